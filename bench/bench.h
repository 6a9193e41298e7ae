/* SPDX-License-Identifier: MIT */
/*
 * What the micro benches share: a clock, warm-up, the median of several runs, one line a case.
 *
 *     case              median      best  processor   GB/s  ns/item  ins/item    result
 *     memchr LF        4.10 ms   4.05 ms    4.10 ms  15.10     4.10         -   1000001
 *
 * Every piece of work returns a number, which is printed: it keeps the compiler from dropping the
 * work, and shows whether two ways of doing the same thing agree.
 */
#ifndef MUSTER_BENCH_BENCH_H
#define MUSTER_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct bench {
    const char *folder; /* with users.csv and teams.csv, as `generate` makes it */
    const char *later;  /* the same organisation in a later state, or NULL */
    const char *filter; /* only cases with this in their names; NULL: all */
    unsigned run_count;
    int counter; /* of instructions, or -1 where the machine does not let us count */
};

struct bench_case {
    const char *name;
    uint64_t bytes;                 /* 0: not shown */
    uint64_t items;                 /* rows, keys, findings; 0: not shown */
    void (*prepare)(void *context); /* before every run, not timed; may be NULL */
    uint64_t (*work)(void *context);
    void (*finish)(void *context); /* after every run, not timed; may be NULL */
    void *context;
};

/* Read the arguments; ends the program where they are wrong. */
void bench_open(struct bench *bench, int count, char **arguments);
void bench_close(struct bench *bench);

/* Run one case and print its line. */
void bench_run(const struct bench *bench, const struct bench_case *the_case);

/* Whether the filter lets a case through: for those who want to save an expensive preparation. */
bool bench_wants(const struct bench *bench, const char *name);

/* Print a line that divides the cases. */
void bench_title(const char *title);

/* Seconds since some moment. */
double bench_clock(void);

/* A file as a whole; ends the program where it cannot be read. Freed with free(). */
span bench_load(const char *folder, const char *name);

/* End the program with a message. */
_Noreturn void bench_fail(const char *what);

/* The yardstick, first in every bench: memchr over the bytes for line feeds, and memcpy of them. */
void bench_yardstick(const struct bench *bench, span bytes);

/* A cheap sequence of random numbers. */
uint64_t bench_random(uint64_t *state);

#endif
