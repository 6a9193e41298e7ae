/* SPDX-License-Identifier: MIT */
#ifndef MUSTER_TESTS_ORG_EQUAL_H
#define MUSTER_TESTS_ORG_EQUAL_H

#include <stdbool.h>

#include "org/org.h"

/*
 * Whether two orgs have the same teams: by id the same final names (but for names that collide),
 * parents, members and managers, in any order. False where memory ran out, too.
 */
bool orgs_equal(const struct org *a, const struct org *b);

#endif
