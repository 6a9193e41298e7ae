/* SPDX-License-Identifier: MIT */
/* What the system is asked for besides files: the time, a rest, and luck. */
#ifndef MUSTER_TOOLS_REMOTE_SYSTEM_H
#define MUSTER_TOOLS_REMOTE_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Milliseconds of a clock that is never set back. */
uint64_t clock_now(void);
void clock_sleep(uint64_t milliseconds);

/* Bytes that nobody can guess; false where the system has none. */
bool random_bytes(void *bytes, size_t size);

#endif
