/* SPDX-License-Identifier: MIT */
/*
 * Pass 6: what is noteworthy about the values of kept records. Nothing is removed any more, and
 * what the remote makes of these values is not known.
 */
#ifndef MUSTER_CHECK_CHECK_H
#define MUSTER_CHECK_CHECK_H

#include <stdbool.h>

#include "base/findings.h"
#include "base/parallel.h"
#include "table/table.h"

/* Each check reports into `findings` in the order of keys, and returns false: no memory. */

/* invalid-email, surrounding-space, control-character, special-character. */
bool check_values(const struct table *table, struct parallel *parallel,
                  struct finding_list *findings);

/* case-collision: ids that differ from an earlier kept one only in ASCII case. */
bool check_case(const struct table *table, struct finding_list *findings);

#endif
