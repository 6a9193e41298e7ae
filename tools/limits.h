/* SPDX-License-Identifier: MIT */
/* --limit KIND=N|P% and --limit-subtree KIND=P%, as they stand in the arguments. */
#ifndef MUSTER_TOOLS_LIMITS_H
#define MUSTER_TOOLS_LIMITS_H

#include <stdbool.h>

#include "command.h"
#include "muster.h"
#include "options.h"

/* Fill `limits` (one for each kind of operation). EXIT_DONE, or EXIT_USAGE after saying why. */
int limits_read(struct muster_limit *limits, const struct option_list *list,
                const struct command *command, bool subtree);

#endif
