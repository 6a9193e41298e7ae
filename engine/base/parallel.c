/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "base/parallel.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>
#if defined(__linux__)
#include <sched.h>
#include <sys/prctl.h>
#endif

#include "base/limits.h"

/* How often a thread looks for new work before it goes to sleep: runs follow each other within
 * microseconds, and waking a sleeper costs more than one of them. */
#define SPIN_COUNT 4000

struct parallel {
    unsigned jobs;
    unsigned thread_count;
    pthread_t threads[JOB_COUNT_MAX];
    pthread_mutex_t mutex;
    pthread_cond_t work_there;
    pthread_cond_t work_done;
    atomic_uint generation;
    atomic_uint next_task;
    atomic_uint busy; /* threads that have not finished this generation */
    unsigned task_count;
    parallel_task *task;
    void *context;
    unsigned present; /* threads that take part: all, but for one that has an errand */
    bool running;     /* a generation that may still be joined */
    bool closing;
    const struct errand *errand; /* what the first thread begins with; or NULL */
};

unsigned parallel_processors(void)
{
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        return (unsigned)CPU_COUNT(&set);
    }
#endif
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (unsigned)count : 1;
}

static void tasks_take(struct parallel *parallel)
{
    for (;;) {
        unsigned task = atomic_fetch_add(&parallel->next_task, 1);
        if (task >= parallel->task_count) {
            return;
        }
        parallel->task(parallel->context, task);
    }
}

static inline void spin_pause(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* Waits for a generation after `seen`; false when the threads are to end. */
static bool generation_wait(struct parallel *parallel, unsigned seen)
{
    for (int spin = 0; spin < SPIN_COUNT; spin++) {
        if (atomic_load(&parallel->generation) != seen) {
            break;
        }
        spin_pause();
    }
    pthread_mutex_lock(&parallel->mutex);
    while (atomic_load(&parallel->generation) == seen && !parallel->closing) {
        pthread_cond_wait(&parallel->work_there, &parallel->mutex);
    }
    bool closing = parallel->closing;
    pthread_mutex_unlock(&parallel->mutex);
    return !closing;
}

/* Take part from now on, in what is running too. Gives the last generation that is over. */
static unsigned join_late(struct parallel *parallel)
{
    pthread_mutex_lock(&parallel->mutex);
    unsigned seen = atomic_load(&parallel->generation);
    parallel->present++;
    if (parallel->running) {
        atomic_fetch_add(&parallel->busy, 1);
        seen--;
    }
    pthread_mutex_unlock(&parallel->mutex);
    return seen;
}

/* Take part in all generations behind the last one seen. */
static void generations_serve(struct parallel *parallel, unsigned seen)
{
    for (; generation_wait(parallel, seen); seen++) {
        tasks_take(parallel);
        if (atomic_fetch_sub(&parallel->busy, 1) == 1) {
            pthread_mutex_lock(&parallel->mutex);
            pthread_cond_signal(&parallel->work_done);
            pthread_mutex_unlock(&parallel->mutex);
        }
    }
}

static void *thread_main(void *argument)
{
    generations_serve(argument, 0);
    return NULL;
}

static void *errand_main(void *argument)
{
    struct parallel *parallel = argument;
    parallel->errand->run(parallel->errand->context);
    generations_serve(parallel, join_late(parallel));
    return NULL;
}

/*
 * Signals are for the program's own threads, which know what to hold back when. Those of a bad
 * address or instruction go to the thread that meets it, and must not be blocked there.
 */
static void signals_leave(sigset_t *before)
{
    static const int own[] = {SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    sigset_t all;
    (void)sigfillset(&all);
    for (size_t index = 0; index < sizeof own / sizeof *own; index++) {
        (void)sigdelset(&all, own[index]);
    }
    (void)pthread_sigmask(SIG_BLOCK, &all, before);
}

/*
 * A new thread is put where there was least to do lately. Right behind another program that is in
 * half of all cases where its maker runs, and there it waits for up to a fifth of the time that a
 * check of a million users takes. So it is sent to another processor, and then allowed everywhere
 * again. Not where system calls are filtered: a service that may not change how it is scheduled, as
 * `systemd-analyze security` wants it (`SystemCallFilter=~@resources`), is killed for asking.
 */
static void threads_spread(const struct parallel *parallel)
{
#if defined(__linux__)
    cpu_set_t allowed;
    if (prctl(PR_GET_SECCOMP) != 0) {
        return;
    }
    int here = sched_getcpu();
    if (here < 0 || here >= CPU_SETSIZE || sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        return;
    }
    cpu_set_t elsewhere = allowed;
    CPU_CLR((unsigned)here, &elsewhere);
    for (unsigned thread = 0; thread < parallel->thread_count && CPU_COUNT(&elsewhere) > 0;
         thread++) {
        (void)pthread_setaffinity_np(parallel->threads[thread], sizeof elsewhere, &elsewhere);
        (void)pthread_setaffinity_np(parallel->threads[thread], sizeof allowed, &allowed);
    }
#else
    (void)parallel;
#endif
}

/* Fewer threads than are wanted are no failure: the work is done by those that there are. */
static void threads_start(struct parallel *parallel, unsigned wanted)
{
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) {
        return;
    }
    (void)pthread_attr_setstacksize(&attributes, THREAD_STACK_SIZE);
    while (parallel->thread_count + 1 < wanted) {
        bool has_errand = parallel->thread_count == 0 && parallel->errand != NULL;
        if (pthread_create(&parallel->threads[parallel->thread_count], &attributes,
                           has_errand ? errand_main : thread_main, parallel) != 0) {
            break;
        }
        parallel->thread_count++;
    }
    (void)pthread_attr_destroy(&attributes);
}

struct parallel *parallel_open(unsigned jobs)
{
    return parallel_open_beside(jobs, NULL);
}

struct parallel *parallel_open_beside(unsigned jobs, const struct errand *errand)
{
    sigset_t before;
    struct parallel *parallel = calloc(1, sizeof *parallel);
    if (parallel == NULL) {
        return NULL;
    }
    unsigned wanted = jobs != 0 ? jobs : parallel_processors();
    wanted = wanted < JOB_COUNT_MAX ? wanted : JOB_COUNT_MAX;
    pthread_mutex_init(&parallel->mutex, NULL);
    pthread_cond_init(&parallel->work_there, NULL);
    pthread_cond_init(&parallel->work_done, NULL);
    parallel->errand = errand;
    signals_leave(&before);
    threads_start(parallel, wanted);
    threads_spread(parallel);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    parallel->jobs = parallel->thread_count + 1;
    if (parallel->thread_count == 0 && errand != NULL) {
        errand->run(errand->context);
    } else {
        /* Whoever has the errand may be done with it, and counted. */
        pthread_mutex_lock(&parallel->mutex);
        parallel->present += parallel->thread_count - (errand != NULL ? 1 : 0);
        pthread_mutex_unlock(&parallel->mutex);
    }
    return parallel;
}

void parallel_close(struct parallel *parallel)
{
    if (parallel == NULL) {
        return;
    }
    pthread_mutex_lock(&parallel->mutex);
    parallel->closing = true;
    pthread_cond_broadcast(&parallel->work_there);
    pthread_mutex_unlock(&parallel->mutex);
    for (unsigned thread = 0; thread < parallel->thread_count; thread++) {
        pthread_join(parallel->threads[thread], NULL);
    }
    pthread_cond_destroy(&parallel->work_done);
    pthread_cond_destroy(&parallel->work_there);
    pthread_mutex_destroy(&parallel->mutex);
    free(parallel);
}

unsigned parallel_jobs(const struct parallel *parallel)
{
    return parallel != NULL ? parallel->jobs : 1;
}

void parallel_run(struct parallel *parallel, unsigned task_count, parallel_task *task,
                  void *context)
{
    if (parallel == NULL || parallel->thread_count == 0 || task_count < 2) {
        for (unsigned index = 0; index < task_count; index++) {
            task(context, index);
        }
        return;
    }
    pthread_mutex_lock(&parallel->mutex);
    parallel->task = task;
    parallel->context = context;
    parallel->task_count = task_count;
    parallel->running = true;
    atomic_store(&parallel->next_task, 0);
    atomic_store(&parallel->busy, parallel->present);
    atomic_fetch_add(&parallel->generation, 1);
    pthread_cond_broadcast(&parallel->work_there);
    pthread_mutex_unlock(&parallel->mutex);
    tasks_take(parallel);
    for (int spin = 0; spin < SPIN_COUNT && atomic_load(&parallel->busy) != 0; spin++) {
        spin_pause();
    }
    pthread_mutex_lock(&parallel->mutex);
    while (atomic_load(&parallel->busy) != 0) {
        pthread_cond_wait(&parallel->work_done, &parallel->mutex);
    }
    parallel->running = false;
    pthread_mutex_unlock(&parallel->mutex);
}

struct beside_run {
    parallel_task *task;
    void *context;
    const struct errand *errand;
};

static void beside_task(void *context, unsigned task)
{
    const struct beside_run *run = context;
    if (task == 0) {
        run->errand->run(run->errand->context);
    } else {
        run->task(run->context, task - 1);
    }
}

void parallel_run_beside(struct parallel *parallel, unsigned task_count, parallel_task *task,
                         void *context, const struct errand *errand)
{
    if (errand == NULL) {
        parallel_run(parallel, task_count, task, context);
        return;
    }
    struct beside_run run = {task, context, errand};
    parallel_run(parallel, task_count + 1, beside_task, &run);
}

struct flow_run {
    const struct flow *flow;
    void *context;
    pthread_mutex_t mutex;
    pthread_cond_t moved; /* a piece is done, so that others may be possible */
};

static void flow_task(void *context, unsigned task)
{
    struct flow_run *run = context;
    struct flow_piece piece;
    enum flow_answer answer;
    (void)task;
    pthread_mutex_lock(&run->mutex);
    while ((answer = run->flow->take(run->context, &piece)) != FLOW_ENDED) {
        if (answer == FLOW_WAITS) {
            pthread_cond_wait(&run->moved, &run->mutex);
            continue;
        }
        pthread_mutex_unlock(&run->mutex);
        run->flow->work(run->context, piece);
        pthread_mutex_lock(&run->mutex);
        run->flow->done(run->context, piece);
        pthread_cond_broadcast(&run->moved);
    }
    pthread_mutex_unlock(&run->mutex);
}

void parallel_flow(struct parallel *parallel, unsigned jobs, const struct flow *flow, void *context)
{
    struct flow_run run = {.flow = flow, .context = context};
    pthread_mutex_init(&run.mutex, NULL);
    pthread_cond_init(&run.moved, NULL);
    parallel_run(parallel, jobs, flow_task, &run);
    pthread_cond_destroy(&run.moved);
    pthread_mutex_destroy(&run.mutex);
}
