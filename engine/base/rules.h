/* SPDX-License-Identifier: MIT */
/* The table behind muster_rule(): every rule with its words, in the order of enum muster_code. */
#ifndef MUSTER_BASE_RULES_H
#define MUSTER_BASE_RULES_H

#include "muster.h"

extern const struct muster_rule rules[MUSTER_CODE_COUNT];

#endif
