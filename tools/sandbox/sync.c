/* SPDX-License-Identifier: MIT */
/*
 * POST /sync-users: a file waits until its partner is there; then both become a job. Parameters may
 * come with either; the request that completes the pair is asked first, then the other one, then
 * the default. Where they disagree about dryRun, it is one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "remote/file.h"
#include "remote/json_text.h"
#include "sandbox/jobs.h"
#include "sandbox/people.h"

/* ---- Parameters --------------------------------------------------------------------------- */

/* A parameter that is true or false, from the query; false with a refusal where it is neither. */
static bool flag_take(struct call *call, json_t *given, const char *name)
{
    const char *word = json_word(call->query, name);

    if (word == NULL) {
        return true;
    }
    if (strcmp(word, "true") != 0 && strcmp(word, "false") != 0) {
        struct text error = {0};
        text_format(&error, "%s is true or false", name);
        call_answer(
            call, 400,
            json_pack("{s:s, s:[s]}", "status", "Invalid data", "errors", text_string(&error)));
        text_close(&error);
        return false;
    }
    return json_put(given, name, json_boolean(strcmp(word, "true") == 0));
}

static json_t *roots_split(const char *word)
{
    json_t *roots = json_array();

    while (*word != '\0') {
        size_t length = strcspn(word, ",");
        if (length > 0 && json_array_append_new(roots, json_stringn(word, length)) != 0) {
            json_decref(roots);
            return NULL;
        }
        word += length + (word[length] == ',' ? 1 : 0);
    }
    return roots;
}

/* What this request gives; NULL after the call was answered. */
static json_t *parameters_given(struct call *call)
{
    json_t *given = json_object();
    const char *roots = json_word(call->query, "rootTeamIds");
    bool fine = flag_take(call, given, "dryRun") && flag_take(call, given, "exitOnError") &&
                flag_take(call, given, "sendManagerInvites");

    if (fine && roots != NULL) {
        fine = json_put(given, "rootTeamIds", roots_split(roots));
    }
    if (!fine) {
        if (call->status == 0) {
            call_answer(call, 500, NULL);
        }
        json_decref(given);
        return NULL;
    }
    return given;
}

static json_t *parameters_join(json_t *given, json_t *before)
{
    json_t *joined = json_pack("{s:b, s:b, s:b, s:[]}", "dryRun", 1, "exitOnError", 0,
                               "sendManagerInvites", 1, "rootTeamIds");
    bool dry = json_is_true(json_object_get(given, "dryRun")) ||
               json_is_true(json_object_get(before, "dryRun"));

    if ((before != NULL && json_object_update(joined, before) != 0) ||
        json_object_update(joined, given) != 0 ||
        (dry && !json_put(joined, "dryRun", json_true()))) {
        json_decref(joined);
        return NULL;
    }
    return joined;
}

/* ---- The pair ----------------------------------------------------------------------------- */

static enum muster_file partner(enum muster_file kind)
{
    return kind == MUSTER_USERS ? MUSTER_TEAMS : MUSTER_USERS;
}

/* Keep this file until its partner comes; a second one of its kind takes its place. */
static int held_put(struct call *call, json_t *given)
{
    struct text path = {0};
    json_t *held =
        json_pack("{s:s, s:O}", "kind", muster_file_name(call->kind), "parameters", given);

    int error = account_prepare(call->account);
    account_path(&path, call->account, "held.csv", NULL);
    if (error == 0) {
        error = path.exhausted ? ENOMEM : 0;
    }
    if (error == 0 && rename(call->spool, text_string(&path)) != 0) {
        error = errno;
    }
    if (error == 0) {
        error = account_json_write(call->account, "held.json", held);
    }
    json_decref(held);
    text_close(&path);
    return error;
}

static void held_remove(struct call *call)
{
    static const char *const names[] = {"held.json", "held.csv"};

    for (size_t index = 0; index < 2; index++) {
        struct text path = {0};
        account_path(&path, call->account, names[index], NULL);
        (void)unlink(text_string(&path));
        text_close(&path);
    }
}

static void held_answer(struct call *call, json_t *given)
{
    struct text status = {0};

    if (held_put(call, given) != 0) {
        call_answer(call, 500, NULL);
        return;
    }
    text_format(&status, "Awaiting %s file", muster_file_name(partner(call->kind)));
    call_answer(call, 200, json_pack("{s:s}", "status", text_string(&status)));
    text_close(&status);
}

/* Both files and their parameters become a job; NULL after a failure. */
static struct job *pair_take(struct call *call, json_t *given, const json_t *held)
{
    json_t *joined = parameters_join(given, json_object_get(held, "parameters"));
    struct job *job = job_open(call->sandbox, call->account, "sync", joined);
    struct text path = {0};

    if (job == NULL) {
        return NULL;
    }
    account_path(&path, call->account, "held.csv", NULL);
    bool fine = !path.exhausted && job_take(job, text_string(&path), partner(call->kind)) == 0 &&
                job_take(job, call->spool, call->kind) == 0 && job_commit(job) == 0;
    held_remove(call);
    if (!fine) {
        job_discard(job);
        job_release(job);
        job = NULL;
    }
    text_close(&path);
    return job;
}

static void status_url(struct text *url, const struct call *call, const struct job *job)
{
    if (call->sandbox->fault.elsewhere) {
        text_put(url, "https://elsewhere.example");
    } else {
        text_format(url, "http://%s", call->host);
    }
    text_format(url, "/sync-users/%s/status", job->id);
}

/* What cannot be used is told at once, everything else by the job. */
static void pair_answer(struct call *call, struct job *job)
{
    struct text result = {0};
    struct text url = {0};

    if (!job_check(job)) {
        job_discard(job);
        call_answer(call, 500, NULL);
        return;
    }
    if (muster_roster_summary(job->roster)->severities[MUSTER_FATAL] > 0) {
        bool told = job_report(job, NULL, &result);
        call_answer(call, 400, told ? json_read(text_string(&result), result.size) : NULL);
        job_discard(job);
        text_close(&result);
        return;
    }
    status_url(&url, call, job);
    json_t *answer =
        json_pack("{s:s, s:s}", "status", "processing", "statusUrl", text_string(&url));
    text_close(&url);
    if (!job_submit(job)) {
        json_decref(answer);
        answer = NULL;
        job_discard(job);
    }
    call_answer(call, answer != NULL ? 200 : 500, answer);
}

void sync_receive(struct call *call)
{
    struct job *job = NULL;
    json_t *given = parameters_given(call);

    if (given == NULL) {
        return;
    }
    pthread_mutex_lock(&call->account->lock);
    json_t *held = account_json(call->account, "held.json");
    const char *kind = json_word(held, "kind");
    bool pair = kind != NULL && strcmp(kind, muster_file_name(partner(call->kind))) == 0;
    if (pair) {
        job = pair_take(call, given, held);
    } else {
        held_answer(call, given);
    }
    pthread_mutex_unlock(&call->account->lock);
    json_decref(held);
    json_decref(given);
    if (pair && job == NULL) {
        call_answer(call, 500, NULL);
    } else if (pair) {
        pair_answer(call, job);
        job_release(job);
    }
}

/* ---- The job ------------------------------------------------------------------------------ */

static bool people_note(json_t *people, struct muster_plan *plan, struct muster_roster *after,
                        bool *changed)
{
    (void)plan;
    return people_return(people, after, changed);
}

void sync_job_run(struct job *job)
{
    static const struct job_kind kind = {.is_export = true, .note = people_note};
    struct text result = {0};

    if (!job_carry_out(job, &kind, &result)) {
        text_close(&result); /* where memory ran out for it, it would stay so */
        text_format(&result,
                    "{\"status\":\"completedWithErrors\",\"dryRun\":%s,\"listOfOperations\":[],"
                    "\"errors\":[\"The sandbox failed; nothing was changed\"]}\n",
                    job_is(job, "dryRun") ? "true" : "false");
        (void)job_finish(job, &result, NULL, NULL);
    }
    text_close(&result);
}

/* ---- GET /sync-users/{id}/status ---------------------------------------------------------- */

void sync_status(struct call *call)
{
    struct text path = {0};
    struct text name = {0};

    /* The folder of the account that asks: nobody sees the jobs of another one. */
    text_format(&name, "jobs/%s", call->id);
    account_path(&path, call->account, text_string(&name), "result.json");
    if (!path.exhausted && file_read(&call->reply, text_string(&path), SIZE_MAX / 8) == 0) {
        call->status = 200;
    } else {
        text_clear(&call->reply);
        text_put(&name, "/job.json");
        json_t *about = account_json(call->account, text_string(&name));
        const json_t *parameters = json_object_get(about, "parameters");
        const char *kind = json_word(about, "kind");
        if (kind != NULL && strcmp(kind, "sync") == 0) {
            call_answer(call, 200,
                        json_pack("{s:s, s:b}", "status", "processing", "dryRun",
                                  json_is_true(json_object_get(parameters, "dryRun"))));
        } else {
            call_refuse(call, 404, "Not Found");
        }
        json_decref(about);
    }
    text_close(&path);
    text_close(&name);
}
