/* SPDX-License-Identifier: MIT */
/*
 * Memory that runs out when it is told to. The calls that give memory, and the one that starts a
 * thread, are wrapped at link time (see CMakeLists.txt), in the engine and in the test alike, but
 * not within the C library.
 */
#ifndef MUSTER_TESTS_PROPERTY_FAILING_MEMORY_H
#define MUSTER_TESTS_PROPERTY_FAILING_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* From now on the `which`-th request fails, counted from 1, and all behind it if `for_ever`. */
void memory_fail(size_t which, bool for_ever);
/* No request fails any more. Gives how many there were. */
size_t memory_heal(void);
/* Pieces of memory that were given and not taken back. */
long memory_live(void);

#endif
