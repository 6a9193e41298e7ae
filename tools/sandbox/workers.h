/* SPDX-License-Identifier: MIT */
/*
 * Threads that carry out tasks in the order in which they came. Tasks with the same lane (an
 * account) never run at the same time; those without one always may.
 */
#ifndef MUSTER_TOOLS_SANDBOX_WORKERS_H
#define MUSTER_TOOLS_SANDBOX_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

/* `stopping` is true where the program is about to end and the task shall only tidy up. */
typedef void task_run(void *context, bool stopping);

struct workers;

/* NULL where memory ran out or threads cannot be made. */
struct workers *workers_open(unsigned count);

/* False where memory ran out or they were stopped; nothing was taken over then. `lane` may be NULL.
 */
bool workers_add(struct workers *workers, const void *lane, task_run *run, void *context);

/* Let what runs end, hand the rest to its tasks with `stopping`, join the threads, and take nothing
 * more. */
void workers_stop(struct workers *workers);

/* Stop them, if that has not been done, and free them. */
void workers_close(struct workers *workers);

#endif
