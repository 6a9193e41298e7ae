/* SPDX-License-Identifier: MIT */
#include "sandbox/workers.h"

#include <pthread.h>
#include <stdlib.h>

struct task {
    struct task *next;
    const void *lane;
    task_run *run;
    void *context;
};

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct task *first;
    struct task **last;
    const void **lanes; /* what each thread is at work for */
    pthread_t *threads;
    unsigned count;
    bool stopping;
};

static bool lane_is_taken(const struct workers *workers, const void *lane)
{
    for (unsigned index = 0; lane != NULL && index < workers->count; index++) {
        if (workers->lanes[index] == lane) {
            return true;
        }
    }
    return false;
}

/* Take the first task out whose lane is free. */
static struct task *task_take(struct workers *workers)
{
    struct task **at = &workers->first;

    while (*at != NULL && !workers->stopping && lane_is_taken(workers, (*at)->lane)) {
        at = &(*at)->next;
    }
    struct task *task = *at;
    if (task != NULL) {
        *at = task->next;
    }
    if (task != NULL && *at == NULL) {
        workers->last = at;
    }
    return task;
}

static void *worker_run(void *context)
{
    struct workers *workers = context;
    unsigned self = 0;

    pthread_mutex_lock(&workers->lock);
    while (!pthread_equal(workers->threads[self], pthread_self())) {
        self++;
    }
    for (;;) {
        struct task *task = task_take(workers);
        if (task == NULL && workers->stopping) {
            break;
        }
        if (task == NULL) {
            pthread_cond_wait(&workers->changed, &workers->lock);
            continue;
        }
        workers->lanes[self] = task->lane;
        bool stopping = workers->stopping;
        pthread_mutex_unlock(&workers->lock);
        task->run(task->context, stopping);
        free(task);
        pthread_mutex_lock(&workers->lock);
        workers->lanes[self] = NULL;
        pthread_cond_broadcast(&workers->changed);
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

struct workers *workers_open(unsigned count)
{
    struct workers *workers = calloc(1, sizeof(*workers));

    if (workers == NULL) {
        return NULL;
    }
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->changed, NULL);
    workers->last = &workers->first;
    workers->lanes = calloc(count, sizeof(*workers->lanes));
    workers->threads = calloc(count, sizeof(*workers->threads));
    bool fine = workers->lanes != NULL && workers->threads != NULL;
    /* The threads look themselves up, so none may start before all are noted. */
    pthread_mutex_lock(&workers->lock);
    while (fine && workers->count < count) {
        fine = pthread_create(&workers->threads[workers->count], NULL, worker_run, workers) == 0;
        workers->count += fine ? 1 : 0;
    }
    pthread_mutex_unlock(&workers->lock);
    if (!fine) {
        workers_close(workers);
        return NULL;
    }
    return workers;
}

bool workers_add(struct workers *workers, const void *lane, task_run *run, void *context)
{
    struct task *task = calloc(1, sizeof(*task));

    if (task == NULL) {
        return false;
    }
    *task = (struct task){.lane = lane, .run = run, .context = context};
    pthread_mutex_lock(&workers->lock);
    bool taken = !workers->stopping;
    if (taken) {
        *workers->last = task;
        workers->last = &task->next;
        pthread_cond_broadcast(&workers->changed);
    }
    pthread_mutex_unlock(&workers->lock);
    if (!taken) {
        free(task);
    }
    return taken;
}

void workers_stop(struct workers *workers)
{
    if (workers == NULL) {
        return;
    }
    pthread_mutex_lock(&workers->lock);
    workers->stopping = true;
    pthread_cond_broadcast(&workers->changed);
    pthread_mutex_unlock(&workers->lock);
    for (unsigned index = 0; index < workers->count; index++) {
        pthread_join(workers->threads[index], NULL);
    }
    workers->count = 0;
}

void workers_close(struct workers *workers)
{
    if (workers == NULL) {
        return;
    }
    workers_stop(workers);
    pthread_cond_destroy(&workers->changed);
    pthread_mutex_destroy(&workers->lock);
    free(workers->lanes);
    free(workers->threads);
    free(workers);
}
