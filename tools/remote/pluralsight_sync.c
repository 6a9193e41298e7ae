/* SPDX-License-Identifier: MIT */
/*
 * The team structure connector: two files in two requests, then a job.
 *
 *     POST teams.csv -> Awaiting users file
 *     POST users.csv -> processing, statusUrl        (or Invalid data)
 *     GET statusUrl  -> processing ... completed | completedWithErrors
 *
 * A remote may hold a users file from before. Then it begins a job as soon as the teams file is
 * there, about the wrong pair: a dry run sends the teams file once more behind the users file, a
 * live run can only be followed and told.
 */
#include "command.h"
#include "remote/endpoints.h"
#include "remote/follow.h"
#include "remote/json_text.h"
#include "remote/push.h"
#include "terminal.h"

/* `url` may be part of run->verdict, which is there until the job was followed; not of the receipt,
 * where it is written anew. */
static int sync_follow(struct push_run *run, const char *url)
{
    struct verdict last = {0};
    const char *why = NULL;

    if (url == NULL || !http_status_url_fits(&run->reach->base, url, &why)) {
        struct text shown = {0};
        if (url != NULL) {
            verdict_words_append(&shown, url);
        } else {
            text_put(&shown, "(none)");
        }
        complain("the remote's statusUrl is not followed: %s: %s", text_string(&shown),
                 why != NULL ? why : "there is none");
        text_close(&shown);
        return push_unsure(run);
    }
    receipt_note(run->receipt, "statusUrl", json_string(url));
    (void)push_note(run, RECEIPT_PROCESSING, EXIT_DONE);
    if (run->unsaved) {
        /* The remote is at work all the same, and this is all that leads to it. */
        struct text way = {0};
        follow_way(&way, url, run->receipt);
        advise("the job is followed as well by: %s", text_string(&way));
        text_close(&way);
    }
    int result = follow_job(run->reach->session, url, false, run->receipt, &last);
    verdict_close(&run->verdict);
    run->verdict = last;
    if (last.kind == VERDICT_INVALID || (result == EXIT_REFUSED && !run->options->live)) {
        return push_note(run, RECEIPT_REFUSED, result);
    }
    if (result == EXIT_UNAVAILABLE && last.kind == VERDICT_PROCESSING &&
        verdict_is_disobedient(&last, run->options->live)) {
        result = verdict_exit(&last, run->options->live);
    }
    /* After anything else the receipt stays open: the job goes on without us. */
    return push_note(run, result == EXIT_DONE ? RECEIPT_FINISHED : RECEIPT_PROCESSING, result);
}

/* The answer that should have begun the job. */
static int sync_began(struct push_run *run)
{
    switch (run->verdict.kind) {
    case VERDICT_PROCESSING:
        return sync_follow(run, run->verdict.status_url);
    case VERDICT_COMPLETED:
    case VERDICT_COMPLETED_WITH_ERRORS:
        return push_note(run, RECEIPT_FINISHED, EXIT_DONE);
    case VERDICT_INVALID:
    case VERDICT_NO_FILES:
        return push_note(run, RECEIPT_REFUSED, EXIT_REFUSED);
    case VERDICT_AWAITING:
        complain("the remote has both files and still waits for one");
        return push_note(run, RECEIPT_UNAVAILABLE, EXIT_UNAVAILABLE);
    default:
        complain("the remote's answer is not a documented one");
        return push_unsure(run);
    }
}

/* The teams file alone has begun a job, with a users file that is not ours. */
static int sync_began_early(struct push_run *run)
{
    const char *path = endpoints[ENDPOINT_SYNC].path;

    complain("the remote held a users file from before, and has begun a job with it");
    if (run->options->live) {
        receipt_partial_note(run->receipt);
        return receipt_partial_judge(run->receipt, sync_began(run));
    }
    int result = push_file(run, path, 1);
    if (result == EXIT_DONE && run->verdict.kind == VERDICT_AWAITING) {
        result = push_file(run, path, 0);
    }
    return result == EXIT_DONE ? sync_began(run) : result;
}

int sync_send(struct push_run *run)
{
    const char *path = endpoints[ENDPOINT_SYNC].path;

    if (run->resumed) {
        struct text url = {0};
        text_put(&url, receipt_word(run->receipt, "statusUrl"));
        int result = receipt_partial_judge(run->receipt, sync_follow(run, text_string(&url)));
        text_close(&url);
        return result;
    }
    int result = push_file(run, path, 0);
    if (result != EXIT_DONE) {
        return result;
    }
    if (run->verdict.kind == VERDICT_PROCESSING) {
        return sync_began_early(run);
    }
    if (run->verdict.kind == VERDICT_COMPLETED ||
        run->verdict.kind == VERDICT_COMPLETED_WITH_ERRORS) {
        complain(
            "the remote calls a job completed of which it has half: the users file was not sent");
        return push_unsure(run);
    }
    if (run->verdict.kind == VERDICT_AWAITING) {
        result = push_file(run, path, 1);
    }
    return result == EXIT_DONE ? sync_began(run) : result;
}
