/* SPDX-License-Identifier: MIT */
/* A few threads that wait for work. The one that asks takes its share. */
#ifndef MUSTER_BASE_PARALLEL_H
#define MUSTER_BASE_PARALLEL_H

#include <stdbool.h>
#include <stdint.h>

struct parallel;

/* One task of a run; tasks of one run must not touch each other's data. */
typedef void parallel_task(void *context, unsigned task);

/* Something else that one thread can do meanwhile. */
struct errand {
    void (*run)(void *context);
    void *context;
};

/*
 * `jobs` threads in all, the caller among them; 0 takes the number of processors. Where threads
 * cannot be started, fewer do the work. NULL where memory ran out.
 */
struct parallel *parallel_open(unsigned jobs);

/* The same, with an errand that one of the threads does before it takes part; it is done when they
 * are closed, and has to live until then. Nobody does it where NULL is returned. */
struct parallel *parallel_open_beside(unsigned jobs, const struct errand *errand);
void parallel_close(struct parallel *parallel);

unsigned parallel_jobs(const struct parallel *parallel);

/* Where task `task` of `task_count` begins, which have `count` things in equal shares; that of the
 * next is where it ends. */
static inline uint64_t parallel_share(uint64_t count, unsigned task, unsigned task_count)
{
    return count * task / task_count;
}

/* Run the tasks 0 .. task_count - 1 and return when all of them are done. NULL runs them here. */
void parallel_run(struct parallel *parallel, unsigned task_count, parallel_task *task,
                  void *context);

/* The same beside an errand, or NULL. It comes first: it may take longer than any task. */
void parallel_run_beside(struct parallel *parallel, unsigned task_count, parallel_task *task,
                         void *context, const struct errand *errand);

/*
 * Work of which some has an order and some has not. Each thread asks `take` for a piece that may be
 * done now, does it, and says so; where there is none yet it waits until another has said so.
 * `take` and `done` are called by one thread at a time, `work` by as many as there are.
 */
enum flow_answer { FLOW_TAKEN, FLOW_WAITS, FLOW_ENDED };

struct flow_piece {
    unsigned kind;
    unsigned index;
};

struct flow {
    enum flow_answer (*take)(void *context, struct flow_piece *piece);
    void (*work)(void *context, struct flow_piece piece);
    void (*done)(void *context, struct flow_piece piece);
};

/* Returns when `take` has answered FLOW_ENDED to every thread. It must never let one thread alone
 * wait. */
void parallel_flow(struct parallel *parallel, unsigned jobs, const struct flow *flow,
                   void *context);

/* The number of processors that this process may use. */
unsigned parallel_processors(void);

#endif
