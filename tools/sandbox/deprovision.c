/* SPDX-License-Identifier: MIT */
/*
 * POST /deprovision: one file, and a verdict as soon as there is one. What takes longer than
 * WAIT_MAX is answered with "Processing", and is carried out all the same.
 *
 * The documented replies hold a status alone; dryRun, listOfOperations and errors are added to
 * them, because a dry run is said to return its operations.
 */
#include <string.h>

#include "remote/json_text.h"
#include "sandbox/jobs.h"
#include "sandbox/people.h"

enum { WAIT_MAX = 5000 };

static json_t *status_answer(const char *status)
{
    return json_pack("{s:s}", "status", status);
}

/* A parameter that is true or false; the default where it is not given. False after a refusal. */
static bool flag_take(struct call *call, json_t *parameters, const char *name, bool usual)
{
    const char *word = json_word(call->query, name);
    bool value = word != NULL ? strcmp(word, "true") == 0 : usual;

    if (word != NULL && !value && strcmp(word, "false") != 0) {
        struct text error = {0};
        text_format(&error, "%s is true or false", name);
        call_refuse(call, 400, text_string(&error));
        text_close(&error);
        return false;
    }
    return json_put(parameters, name, json_boolean(value));
}

static struct job *job_make(struct call *call)
{
    json_t *parameters = json_object();

    if (!flag_take(call, parameters, "dryRun", true) ||
        !flag_take(call, parameters, "exitOnError", false) ||
        !flag_take(call, parameters, "removeUsers", true) ||
        !flag_take(call, parameters, "retainPrivileges", false)) {
        json_decref(parameters);
        return NULL;
    }
    struct job *job = job_open(call->sandbox, call->account, "deprovision", parameters);
    if (job == NULL) {
        return NULL;
    }
    if (job_take(job, call->spool, MUSTER_DEPROVISION) != 0 || job_commit(job) != 0 ||
        !job_submit(job)) {
        job_discard(job);
        job_release(job);
        return NULL;
    }
    return job;
}

void deprovision_receive(struct call *call)
{
    struct job *job = job_make(call);

    if (job == NULL) {
        if (call->status == 0) {
            call_answer(call, 500, NULL);
        }
        return;
    }
    if (job_wait(job, WAIT_MAX)) {
        call_answer(call, job->http, json_incref(job->answer));
    } else {
        call_answer(call, 200, status_answer("Processing"));
    }
    job_release(job);
}

/* ---- The job ------------------------------------------------------------------------------ */

static bool ids_collect(json_t *ids, struct muster_roster *roster)
{
    struct muster_user user;
    bool fine = ids != NULL;

    for (uint32_t place = 0; fine && place < muster_roster_user_places(roster); place++) {
        if (muster_roster_user(roster, place, &user)) {
            fine = json_object_setn_new(ids, user.id.ptr, user.id.len, json_true()) == 0;
        }
    }
    return fine;
}

/* Who was in the old roster and is not in the new one has left the plan. */
static bool leavers_note(json_t *people, struct muster_roster *old_roster, const json_t *left)
{
    struct muster_user user;
    bool fine = true;

    for (uint32_t place = 0; fine && place < muster_roster_user_places(old_roster); place++) {
        if (muster_roster_user(old_roster, place, &user) &&
            json_object_getn(left, user.id.ptr, user.id.len) == NULL) {
            fine = people_depart(people, &user);
        }
    }
    return fine;
}

/* Whom the operations of the plan leave without a licence. */
static bool licences_note(json_t *people, struct muster_plan *plan, const json_t *left)
{
    bool fine = true;

    for (size_t index = 0; fine && index < muster_plan_count(plan); index++) {
        struct muster_operation operation;
        muster_plan_operation(plan, index, &operation);
        struct muster_span id = operation.user;
        if (operation.kind == MUSTER_REMOVE_LICENSE &&
            json_object_getn(left, id.ptr, id.len) != NULL) {
            fine = people_unlicense(people, id);
        }
    }
    return fine;
}

static bool people_note(json_t *people, struct muster_plan *plan, struct muster_roster *after,
                        bool *changed)
{
    struct muster_roster *old_roster = muster_plan_old_roster(plan);
    json_t *left = json_object();
    bool fine = ids_collect(left, after) && leavers_note(people, old_roster, left) &&
                licences_note(people, plan, left) && muster_roster_status(after) == MUSTER_OK &&
                muster_roster_status(old_roster) == MUSTER_OK;

    json_decref(left);
    *changed = true;
    return fine;
}

/* The engine's answer with the words of this endpoint. */
static bool answer_settle(struct job *job, struct text *result, bool stopped)
{
    json_t *answer = json_read(text_string(result), result->size);
    bool errors = json_array_size(json_object_get(answer, "errors")) > 0;
    const char *status = stopped  ? "Validation Completed With Errors"
                         : errors ? "Completed With Errors"
                                  : "Completed Successfully";

    text_clear(result);
    /* Where headers are missing there are errors alone. */
    bool listed = json_list(answer, "listOfOperations") != NULL ||
                  json_put(answer, "listOfOperations", json_array());
    bool fine = listed && json_put(answer, "status", json_string(status)) &&
                json_put(answer, "dryRun", json_boolean(job_is(job, "dryRun")));
    json_append(result, answer);
    job->http = errors || stopped ? 400 : 200;
    job->answer = answer;
    return fine && !result->exhausted;
}

void deprovision_job_run(struct job *job)
{
    static const struct job_kind kind = {.settle = answer_settle, .note = people_note};
    struct text result = {0};

    if (!job_carry_out(job, &kind, &result)) {
        json_decref(job->answer);
        job->answer =
            json_pack("{s:s, s:[], s:[s]}", "status", "Completed With Errors", "listOfOperations",
                      "errors", "The sandbox failed; nothing was changed");
        job->http = 500;
        text_close(&result); /* where memory ran out for it, it would stay so */
        json_append(&result, job->answer);
        (void)job_finish(job, &result, NULL, NULL);
    }
    text_close(&result);
}
