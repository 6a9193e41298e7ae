/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/parallel.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include "base/limits.h"
#include "csv/source.h"
#include "support.h"

#define TASK_MAX 200

struct tally {
    atomic_uint runs[TASK_MAX];
};

static void tally_task(void *context, unsigned task)
{
    struct tally *tally = context;
    atomic_fetch_add(&tally->runs[task], 1);
}

Test(parallel, every_task_runs_once_with_any_number_of_threads, .timeout = 60)
{
    static const unsigned counts[] = {0, 1, 2, 3, 7, 64, TASK_MAX};
    for (unsigned jobs = 1; jobs <= 8; jobs++) {
        struct parallel *parallel = parallel_open(jobs);
        cr_assert(ne(ptr, parallel, NULL));
        for (size_t index = 0; index < 7; index++) {
            struct tally tally = {0};
            parallel_run(parallel, counts[index], tally_task, &tally);
            for (unsigned task = 0; task < TASK_MAX; task++) {
                unsigned want = task < counts[index] ? 1 : 0;
                cr_assert(eq(u32, atomic_load(&tally.runs[task]), want), "%u jobs, task %u of %u",
                          jobs, task, counts[index]);
            }
        }
        parallel_close(parallel);
    }
}

Test(parallel, runs_may_follow_each_other_at_once, .timeout = 60)
{
    struct parallel *parallel = parallel_open(4);
    for (unsigned round = 0; round < 5000; round++) {
        struct tally tally = {0};
        parallel_run(parallel, 5, tally_task, &tally);
        for (unsigned task = 0; task < 5; task++) {
            cr_assert(eq(u32, atomic_load(&tally.runs[task]), 1), "round %u", round);
        }
    }
    parallel_close(parallel);
}

static void square_task(void *context, unsigned task)
{
    unsigned long *squares = context;
    squares[task] = (unsigned long)task * task;
}

Test(parallel, what_the_threads_wrote_is_there_when_the_run_returns, .timeout = 60)
{
    struct parallel *parallel = parallel_open(3);
    for (unsigned round = 0; round < 1000; round++) {
        unsigned long squares[50] = {0};
        parallel_run(parallel, 50, square_task, squares);
        for (unsigned task = 0; task < 50; task++) {
            cr_assert(eq(ulong, squares[task], (unsigned long)task * task));
        }
    }
    parallel_close(parallel);
}

struct sequence {
    unsigned tasks[5];
    unsigned count;
};

static void sequence_task(void *context, unsigned task)
{
    struct sequence *sequence = context;
    sequence->tasks[sequence->count++] = task;
}

static void errand_run(void *context)
{
    sequence_task(context, 100);
}

Test(parallel, an_errand_comes_before_the_tasks_and_is_none_of_them)
{
    struct sequence sequence = {.count = 0};
    const struct errand errand = {errand_run, &sequence};
    parallel_run_beside(NULL, 3, sequence_task, &sequence, &errand);
    cr_assert(eq(u32, sequence.count, 4));
    cr_expect(eq(u32, sequence.tasks[0], 100));
    for (unsigned index = 0; index < 3; index++) {
        cr_expect(eq(u32, sequence.tasks[1 + index], index));
    }
    sequence.count = 0;
    parallel_run_beside(NULL, 1, sequence_task, &sequence, NULL);
    cr_expect(eq(u32, sequence.count, 1));
    cr_expect(eq(u32, sequence.tasks[0], 0));
}

Test(parallel, without_threads_the_tasks_run_here_in_order)
{
    struct sequence sequence = {.count = 0};
    parallel_run(NULL, 5, sequence_task, &sequence);
    cr_assert(eq(u32, sequence.count, 5));
    for (unsigned index = 0; index < 5; index++) {
        cr_expect(eq(u32, sequence.tasks[index], index));
    }
    cr_expect(eq(u32, parallel_jobs(NULL), 1));
    parallel_close(NULL);
}

/* An errand that is done once somebody says so. */
struct held {
    atomic_bool released;
    atomic_uint done;
};

static void held_run(void *context)
{
    struct held *held = context;
    while (!atomic_load(&held->released)) {
        sched_yield();
    }
    atomic_fetch_add(&held->done, 1);
}

/* Two tasks that want two threads, as each waits for the other. */
struct couple {
    struct held *held;
    atomic_uint here;
};

static void couple_task(void *context, unsigned task)
{
    struct couple *couple = context;
    if (task == 0) {
        atomic_store(&couple->held->released, true);
    }
    atomic_fetch_add(&couple->here, 1);
    while (atomic_load(&couple->here) < 2) {
        sched_yield();
    }
}

Test(parallel, whoever_has_an_errand_takes_part_afterwards, .timeout = 60)
{
    for (unsigned round = 0; round < 200; round++) {
        struct held held = {false, 0};
        struct couple couple = {&held, 0};
        struct tally tally = {0};
        const struct errand errand = {held_run, &held};
        struct parallel *parallel = parallel_open_beside(2, &errand);
        cr_assert(eq(u32, parallel_jobs(parallel), 2));
        parallel_run(parallel, 5, tally_task, &tally);
        for (unsigned task = 0; task < 5; task++) {
            cr_assert(eq(u32, atomic_load(&tally.runs[task]), 1));
        }
        cr_assert(eq(u32, atomic_load(&held.done), 0), "nobody waited for it");
        parallel_run(parallel, 2, couple_task, &couple);
        cr_assert(eq(u32, atomic_load(&held.done), 1), "also in the run that goes on");
        atomic_store(&couple.here, 0);
        parallel_run(parallel, 2, couple_task, &couple);
        parallel_close(parallel);
    }
}

Test(parallel, an_errand_is_done_when_the_threads_are_closed, .timeout = 60)
{
    for (unsigned jobs = 1; jobs <= 5; jobs++) {
        for (unsigned round = 0; round < 100; round++) {
            struct held held = {true, 0};
            struct tally tally = {0};
            const struct errand errand = {held_run, &held};
            struct parallel *parallel = parallel_open_beside(jobs, &errand);
            for (unsigned run = 0; run < round % 4; run++) {
                parallel_run(parallel, 7, tally_task, &tally);
            }
            parallel_close(parallel);
            cr_assert(eq(u32, atomic_load(&held.done), 1), "%u jobs", jobs);
            for (unsigned task = 0; task < 7; task++) {
                cr_assert(eq(u32, atomic_load(&tally.runs[task]), round % 4));
            }
        }
    }
}

#if defined(__linux__)

struct places {
    pthread_barrier_t all_here;
    cpu_set_t allowed[4];
};

/* Each thread has one of these, since it waits for the others. */
static void place_task(void *context, unsigned task)
{
    struct places *places = context;
    CPU_ZERO(&places->allowed[task]);
    (void)sched_getaffinity(0, sizeof places->allowed[task], &places->allowed[task]);
    pthread_barrier_wait(&places->all_here);
}

Test(parallel, threads_may_run_wherever_the_program_may, .timeout = 60)
{
    struct places places;
    cpu_set_t own;
    cr_assert(eq(int, sched_getaffinity(0, sizeof own, &own), 0));
    cr_assert(eq(int, pthread_barrier_init(&places.all_here, NULL, 4), 0));
    struct parallel *parallel = parallel_open(4);
    cr_assert(eq(u32, parallel_jobs(parallel), 4));
    parallel_run(parallel, 4, place_task, &places);
    for (unsigned task = 0; task < 4; task++) {
        cr_expect(ne(int, CPU_EQUAL(&places.allowed[task], &own), 0), "task %u", task);
    }
    parallel_close(parallel);
    pthread_barrier_destroy(&places.all_here);
}

/* From here on whoever asks for other processors gets SIGSYS. */
static bool affinity_forbid(void)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sched_setaffinity, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {sizeof steps / sizeof *steps, steps};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/* As in a service with `SystemCallFilter=~@resources`. */
Test(parallel, threads_begin_where_nobody_may_change_how_they_are_scheduled, .timeout = 60)
{
    struct tally tally = {0};
    if (!affinity_forbid()) {
        cr_skip("system calls cannot be filtered here");
    }
    struct parallel *parallel = parallel_open(4);
    cr_assert(eq(u32, parallel_jobs(parallel), 4));
    parallel_run(parallel, TASK_MAX, tally_task, &tally);
    for (unsigned task = 0; task < TASK_MAX; task++) {
        cr_assert(eq(u32, atomic_load(&tally.runs[task]), 1), "task %u", task);
    }
    parallel_close(parallel);
}

#endif

Test(parallel, an_unused_crew_can_be_closed, .timeout = 60)
{
    for (unsigned round = 0; round < 200; round++) {
        parallel_close(parallel_open(3));
    }
}

Test(parallel, the_number_of_threads_has_a_limit_and_a_default, .timeout = 60)
{
    struct parallel *many = parallel_open(JOB_COUNT_MAX + 1000);
    cr_expect(le(u32, parallel_jobs(many), JOB_COUNT_MAX));
    parallel_close(many);
    struct parallel *usual = parallel_open(0);
    cr_expect(ge(u32, parallel_processors(), 1));
    cr_expect(le(u32, parallel_jobs(usual), parallel_processors()));
    cr_expect(ge(u32, parallel_jobs(usual), 1));
    parallel_close(usual);
    struct parallel *one = parallel_open(1);
    cr_expect(eq(u32, parallel_jobs(one), 1));
    parallel_close(one);
}

/* ---- Work of which some has an order ---- */

#define ITEM_COUNT 200U
#define ROOM       3U

/* Items are made in any order, with room for a few, and taken away in theirs. */
struct line {
    unsigned begun;
    unsigned taken_away;
    bool taking;
    bool made[ITEM_COUNT];
    unsigned made_count[ITEM_COUNT];
    unsigned order[ITEM_COUNT];
};

enum { MAKE, TAKE_AWAY };

static enum flow_answer line_take(void *context, struct flow_piece *piece)
{
    struct line *line = context;
    if (!line->taking && line->taken_away < ITEM_COUNT && line->made[line->taken_away]) {
        line->taking = true;
        *piece = (struct flow_piece){TAKE_AWAY, line->taken_away};
        return FLOW_TAKEN;
    }
    if (line->begun < ITEM_COUNT && line->begun - line->taken_away < ROOM) {
        *piece = (struct flow_piece){MAKE, line->begun++};
        return FLOW_TAKEN;
    }
    return line->taken_away == ITEM_COUNT ? FLOW_ENDED : FLOW_WAITS;
}

static void line_work(void *context, struct flow_piece piece)
{
    struct line *line = context;
    if (piece.kind == MAKE) {
        line->made_count[piece.index]++;
    } else {
        /* Nobody else takes away meanwhile. */
        line->order[line->taken_away] = piece.index;
    }
}

static void line_done(void *context, struct flow_piece piece)
{
    struct line *line = context;
    if (piece.kind == MAKE) {
        line->made[piece.index] = true;
    } else {
        line->taking = false;
        line->taken_away++;
    }
}

Test(parallel, a_flow_does_each_piece_once_and_keeps_the_order, .timeout = 60)
{
    static const struct flow flow = {line_take, line_work, line_done};
    for (unsigned jobs = 1; jobs <= 5; jobs++) {
        for (unsigned round = 0; round < 50; round++) {
            struct line line = {0};
            struct parallel *parallel = jobs > 1 ? parallel_open(jobs) : NULL;
            parallel_flow(parallel, jobs, &flow, &line);
            parallel_close(parallel);
            for (unsigned item = 0; item < ITEM_COUNT; item++) {
                cr_assert(eq(u32, line.made_count[item], 1));
                cr_assert(eq(u32, line.order[item], item));
            }
        }
    }
}

struct meeting {
    atomic_uint there;
    atomic_uint blocked; /* threads in which a signal to end is blocked */
    atomic_uint deaf;    /* those that could not even be told of a bad address */
};

/* Nobody goes on before both are there, so that both threads have one. */
static void meeting_task(void *context, unsigned task)
{
    struct meeting *meeting = context;
    sigset_t mask;
    (void)task;
    (void)pthread_sigmask(SIG_BLOCK, NULL, &mask);
    atomic_fetch_add(&meeting->blocked, sigismember(&mask, SIGTERM) == 1 ? 1 : 0);
    atomic_fetch_add(&meeting->deaf, sigismember(&mask, SIGBUS) == 1 ? 1 : 0);
    atomic_fetch_add(&meeting->there, 1);
    while (atomic_load(&meeting->there) < 2) {
    }
}

Test(parallel, signals_are_left_to_the_threads_of_the_program, .timeout = 60)
{
    struct meeting meeting = {0};
    sigset_t mask;
    struct parallel *parallel = parallel_open(2);
    cr_assert(eq(u32, parallel_jobs(parallel), 2));
    (void)pthread_sigmask(SIG_BLOCK, NULL, &mask);
    cr_expect(eq(int, sigismember(&mask, SIGTERM), 0), "ours are as before");
    parallel_run(parallel, 2, meeting_task, &meeting);
    cr_expect(eq(u32, atomic_load(&meeting.blocked), 1));
    cr_expect(eq(u32, atomic_load(&meeting.deaf), 0));
    parallel_close(parallel);
}

/* ---- Maps ------------------------------------------------------------------------------- */

/* Bytes of files that this process has in its maps. */
static size_t mapped_bytes(void)
{
    unsigned long size = 0, resident = 0, shared = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    cr_assert(ne(ptr, file, NULL));
    cr_assert(eq(int, fscanf(file, "%lu %lu %lu", &size, &resident, &shared), 3));
    (void)fclose(file);
    return (size_t)shared * (size_t)sysconf(_SC_PAGESIZE);
}

static const struct source_options mapped = {.map_allowed = true};

Test(parallel, a_large_map_is_given_back_by_several_threads_and_by_one_is_left)
{
    static const unsigned jobs[] = {1, 2, 0};
    const char *path = folder_write("large.csv", SPAN("first"));
    cr_assert(eq(int, truncate(path, FORGET_WORTH_SIZE + 4097), 0));
    for (size_t index = 0; index < sizeof jobs / sizeof *jobs; index++) {
        struct source *source = NULL;
        cr_assert(eq(int, source_open(&source, path, &mapped, NULL), MUSTER_OK));
        size_t sum = 0;
        for (size_t at = 0; at < source_size(source); at += 512) {
            sum += source_bytes(source)[at];
        }
        cr_expect(eq(sz, sum, 'f'));
        size_t before = mapped_bytes();
        source_forget(source, jobs[index]);
        size_t after = mapped_bytes();
        bool kept = jobs[index] == 1;
        cr_expect(eq(int, before < after + FORGET_WORTH_SIZE / 2, kept), "%u jobs", jobs[index]);
        /* They can be had again. */
        cr_expect(eq(int, source_bytes(source)[0], 'f'));
        source_close(source);
    }
    source_forget(NULL, 2);
}
