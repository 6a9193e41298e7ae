/* SPDX-License-Identifier: MIT */
/* Leavers who have not left: people whose record in the new users file is only broken. */
#ifndef MUSTER_TOOLS_COMMANDS_STILL_THERE_H
#define MUSTER_TOOLS_COMMANDS_STILL_THERE_H

#include <stdbool.h>
#include <stddef.h>

#include "muster.h"

/*
 * Count the leavers of `diff` whose id or e-mail address stands in a record of the new users file
 * that was rejected; `trim` takes the blanks off its values first. MUSTER_OK, or the status of what
 * failed.
 */
enum muster_status leavers_still_there(struct muster_diff *diff, bool trim, size_t *count);

#endif
