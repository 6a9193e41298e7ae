/* SPDX-License-Identifier: MIT */
/*
 * Every request for memory fails in turn, once alone and once with all that follow. A call then
 * returns MUSTER_NO_MEMORY and gives back what it took, or it does without and its result is the
 * usual one. Nothing else, and never a crash.
 */
#ifndef MUSTER_TESTS_PROPERTY_FAILING_TURNS_H
#define MUSTER_TESTS_PROPERTY_FAILING_TURNS_H

#include <stddef.h>
#include <stdint.h>

#include "muster.h"
#include "support.h"

typedef enum muster_status call(void);

/* For calls to say what they have given. It is reduced to a number: to keep it would take memory.
 */
void gather(const void *bytes, size_t size);
void gather_span(span value);

/* Compare two rosters and gather what differs; `count` (or NULL) gets the number. */
enum muster_status gather_differences(struct muster_roster *old_roster,
                                      struct muster_roster *new_roster, uint64_t *count);

void fail_in_turn(call *what);

#endif
