/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sandbox/jobs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "remote/file.h"
#include "remote/json_text.h"

static struct job *job_blank(struct sandbox *sandbox, struct account *account)
{
    struct job *job = calloc(1, sizeof(*job));

    if (job != NULL) {
        job->sandbox = sandbox;
        job->account = account;
        job->holders = 1;
        pthread_mutex_init(&job->lock, NULL);
        pthread_cond_init(&job->ended, NULL);
    }
    return job;
}

static void job_folder(struct text *folder, const struct job *job)
{
    text_format(folder, "jobs/%s", job->id);
}

static void job_path(struct text *path, const struct job *job, const char *name)
{
    struct text folder = {0};

    job_folder(&folder, job);
    account_path(path, job->account, text_string(&folder), name);
    path->exhausted = path->exhausted || folder.exhausted;
    text_close(&folder);
}

/* Where the engine wants the roots: spans over the strings of the parameters. */
static bool job_roots(struct job *job)
{
    const json_t *list = json_list(json_object_get(job->about, "parameters"), "rootTeamIds");
    size_t count = json_array_size(list);

    job->roots = calloc(count + 1, sizeof(*job->roots));
    if (job->roots == NULL) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        const json_t *root = json_array_get(list, index);
        job->roots[index] = (struct muster_span){json_string_value(root), json_string_length(root)};
    }
    job->root_count = count;
    return true;
}

static json_int_t moment(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_REALTIME, &now);
    return (json_int_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct job *job_open(struct sandbox *sandbox, struct account *account, const char *kind,
                     json_t *parameters)
{
    struct job *job = job_blank(sandbox, account);
    struct text path = {0};

    if (job == NULL) {
        json_decref(parameters);
        return NULL;
    }
    job->about =
        json_pack("{s:s, s:I, s:o}", "kind", kind, "sequence", moment(), "parameters", parameters);
    bool fine = job->about != NULL && job_roots(job) && account_prepare(account) == 0 &&
                job_id_make(job->id);
    if (fine) {
        job_path(&path, job, NULL);
        fine = !path.exhausted && folder_make(text_string(&path)) == 0;
    }
    text_close(&path);
    if (!fine) {
        job_release(job);
        job = NULL;
    }
    return job;
}

struct job *job_reopen(struct sandbox *sandbox, struct account *account, const char *id)
{
    struct job *job = job_blank(sandbox, account);
    struct text name = {0};

    if (job == NULL) {
        return NULL;
    }
    memcpy(job->id, id, JOB_ID_SIZE);
    text_format(&name, "jobs/%s/job.json", id);
    job->about = name.exhausted ? NULL : account_json(account, text_string(&name));
    text_close(&name);
    if (!json_is_object(job->about) || !job_roots(job)) {
        job_release(job);
        return NULL;
    }
    return job;
}

static void job_file_name(struct text *name, enum muster_file kind)
{
    text_format(name, "%s.csv", muster_file_name(kind));
}

int job_take(struct job *job, const char *path, enum muster_file kind)
{
    struct text name = {0};
    struct text target = {0};

    job_file_name(&name, kind);
    job_path(&target, job, text_string(&name));
    int error = name.exhausted || target.exhausted ? ENOMEM : 0;
    if (error == 0 && rename(path, text_string(&target)) != 0) {
        error = errno;
    }
    text_close(&name);
    text_close(&target);
    return error;
}

int job_commit(struct job *job)
{
    struct text name = {0};

    text_format(&name, "jobs/%s/job.json", job->id);
    int error =
        name.exhausted ? ENOMEM : account_json_write(job->account, text_string(&name), job->about);
    text_close(&name);
    return error;
}

static bool job_files(struct job *job)
{
    bool sync = strcmp(json_word(job->about, "kind"), "sync") == 0;
    struct text folder = {0};

    job_folder(&folder, job);
    const char *name = text_string(&folder);
    bool fine = !folder.exhausted;
    if (fine && sync) {
        fine = export_add(&job->files, job->account, name, MUSTER_USERS) == 0 &&
               export_add(&job->files, job->account, name, MUSTER_TEAMS) == 0;
    } else if (fine) {
        fine = export_add(&job->files, job->account, name, MUSTER_DEPROVISION) == 0;
    }
    text_close(&folder);
    return fine;
}

bool job_check(struct job *job)
{
    struct muster_options options = {
        .roots = job->roots,
        .root_count = job->root_count,
        .roots_named = "rootTeamIds", /* clients have no --root */
    };

    return json_word(job->about, "kind") != NULL && job_files(job) &&
           muster_roster_open(&job->roster, job->files.inputs, job->files.count, &options, NULL) ==
               MUSTER_OK;
}

bool job_is(const struct job *job, const char *parameter)
{
    return json_is_true(json_object_get(json_object_get(job->about, "parameters"), parameter));
}

static void job_run(void *context, bool stopping)
{
    struct job *job = context;

    bool goes_on = !stopping && fault_wait(&job->sandbox->fault, job->sandbox->fault.job_delay);
    if (goes_on) {
        const char *kind = json_word(job->about, "kind");
        if (kind != NULL && strcmp(kind, "deprovision") == 0) {
            deprovision_job_run(job);
        } else {
            sync_job_run(job);
        }
    }
    pthread_mutex_lock(&job->lock);
    job->has_ended = goes_on;
    job->is_put_off = !goes_on;
    pthread_cond_broadcast(&job->ended);
    pthread_mutex_unlock(&job->lock);
    job_release(job);
}

bool job_submit(struct job *job)
{
    pthread_mutex_lock(&job->lock);
    job->holders++;
    pthread_mutex_unlock(&job->lock);
    if (workers_add(job->sandbox->writers, job->account, job_run, job)) {
        return true;
    }
    job_release(job);
    return false;
}

bool job_wait(struct job *job, unsigned milliseconds)
{
    struct timespec until = {0};

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(milliseconds / 1000);
    pthread_mutex_lock(&job->lock);
    int error = 0;
    while (!job->has_ended && !job->is_put_off && error == 0) {
        error = pthread_cond_timedwait(&job->ended, &job->lock, &until);
    }
    bool ended = job->has_ended;
    pthread_mutex_unlock(&job->lock);
    return ended;
}

void job_release(struct job *job)
{
    pthread_mutex_lock(&job->lock);
    unsigned left = --job->holders;
    pthread_mutex_unlock(&job->lock);
    if (left > 0) {
        return;
    }
    muster_roster_close(job->roster);
    export_close(&job->files);
    json_decref(job->about);
    json_decref(job->answer);
    free(job->roots);
    pthread_cond_destroy(&job->ended);
    pthread_mutex_destroy(&job->lock);
    free(job);
}

static void job_unlink(struct job *job, const char *name)
{
    struct text path = {0};

    job_path(&path, job, name);
    if (!path.exhausted) {
        (void)unlink(text_string(&path));
    }
    text_close(&path);
}

static void job_files_unlink(struct job *job)
{
    for (int kind = 0; kind < MUSTER_FILE_COUNT; kind++) {
        struct text name = {0};
        job_file_name(&name, (enum muster_file)kind);
        job_unlink(job, text_string(&name));
        text_close(&name);
    }
}

void job_discard(struct job *job)
{
    struct text path = {0};

    job_files_unlink(job);
    job_unlink(job, "job.json");
    job_path(&path, job, NULL);
    if (!path.exhausted) {
        (void)rmdir(text_string(&path));
    }
    text_close(&path);
}

/* Write what is to come beside the result: it only counts once the result is there. */
static bool next_write(struct job *job, const struct muster_roster *roster, const json_t *people)
{
    struct text path = {0};
    struct text name = {0};
    bool fine = true;

    if (roster != NULL) {
        job_path(&path, job, "roster.next");
        fine =
            !path.exhausted && muster_snapshot_write(roster, text_string(&path), NULL) == MUSTER_OK;
    }
    if (fine && people != NULL) {
        text_format(&name, "jobs/%s/people.next", job->id);
        fine = !name.exhausted && account_json_write(job->account, text_string(&name), people) == 0;
    }
    text_close(&path);
    text_close(&name);
    return fine;
}

void job_next_take(const struct account *account, const char *id, const char *next,
                   const char *live)
{
    struct text from = {0};
    struct text to = {0};

    text_format(&from, "%s/jobs/%s/%s", account->folder, id, next);
    account_path(&to, account, live, NULL);
    if (!from.exhausted && !to.exhausted && rename(text_string(&from), text_string(&to)) == 0) {
        (void)file_sync_folder(text_string(&to));
    }
    text_close(&from);
    text_close(&to);
}

bool job_finish(struct job *job, const struct text *result, const struct muster_roster *roster,
                const json_t *people)
{
    struct text path = {0};

    job_path(&path, job, "result.json");
    bool fine = !path.exhausted && !result->exhausted && next_write(job, roster, people) &&
                file_write(text_string(&path), text_string(result), result->size) == 0;
    if (fine && roster != NULL) {
        job_next_take(job->account, job->id, "roster.next", "roster.snap");
    }
    if (fine && people != NULL) {
        job_next_take(job->account, job->id, "people.next", "people.json");
    }
    if (fine) {
        job_files_unlink(job);
    } else {
        /* What would be live is not, once another result than its own is written. */
        job_unlink(job, "roster.next");
        job_unlink(job, "people.next");
    }
    text_close(&path);
    return fine;
}
