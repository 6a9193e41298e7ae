/* SPDX-License-Identifier: MIT */
#include "remote/follow.h"

#include <string.h>

#include "command.h"
#include "remote/endpoints.h"
#include "remote/retry.h"
#include "remote/system.h"
#include "remote/text.h"
#include "terminal.h"

/* Milliseconds between two questions: short jobs end at once, long ones are not disturbed. */
enum { PAUSE_FIRST = 100, PAUSE_MAX = 5000 };

/* Answers in a row that make no sense before it is given up. */
enum { NONSENSE_MAX = 5 };

static const char what[] = "GET /sync-users/{id}/status";

enum step { STEP_AGAIN, STEP_END };

struct follower {
    struct http_session *session;
    struct http_request request;
    struct receipt *receipt;
    struct verdict *verdict;
    struct text heard; /* the last answer in words, where it has no documented meaning */
    unsigned nonsense;
    bool once;
    int result;
};

/* Whether the answer is about the job: it is fine, or a refusal that tells how the job ended. One
 * that is fine without being the usual one has to have a word. */
static bool answer_counts(const struct http_reply *reply, const struct verdict *verdict)
{
    bool worded = reply->status == 200 || verdict->kind != VERDICT_NONE;
    bool ended = verdict->kind == VERDICT_COMPLETED ||
                 verdict->kind == VERDICT_COMPLETED_WITH_ERRORS || verdict->kind == VERDICT_INVALID;

    return (http_reply_is_fine(reply) && worded) || (http_reply_is_refusal(reply) && ended);
}

static enum step follower_judge(struct follower *follower, const struct http_reply *reply)
{
    struct verdict *verdict = follower->verdict;

    if (!answer_counts(reply, verdict)) {
        follower->result = reply_complain(reply, verdict, what);
        verdict->kind = VERDICT_NONE; /* its words are not about the job */
        return STEP_END;
    }
    text_clear(&follower->heard);
    switch (verdict->kind) {
    case VERDICT_COMPLETED:
    case VERDICT_COMPLETED_WITH_ERRORS:
        return STEP_END;
    case VERDICT_INVALID:
        follower->result = EXIT_REFUSED;
        return STEP_END;
    case VERDICT_PROCESSING:
        follower->nonsense = 0;
        return follower->once ? STEP_END : STEP_AGAIN;
    default:
        break;
    }
    /* Nobody knows from this how the job stands, but an answer of pieces may be followed by a whole
     * one. */
    follower->nonsense = verdict->kind == VERDICT_NONE ? follower->nonsense + 1 : 0;
    if (!follower->once && follower->nonsense < NONSENSE_MAX) {
        verdict_describe(&follower->heard, verdict, reply);
        return STEP_AGAIN;
    }
    follower->result = reply_complain(reply, verdict, what);
    return STEP_END;
}

static enum step follower_ask(struct follower *follower)
{
    struct http_reply reply;

    retry_send(follower->session, &follower->request, &reply);
    if (reply.outcome == HTTP_LATE && follower->verdict->document != NULL) {
        http_reply_close(&reply);
        return STEP_AGAIN; /* there is no time left for it: what was heard last stands */
    }
    verdict_close(follower->verdict);
    verdict_read(follower->verdict, &reply);
    if (follower->receipt != NULL && reply.outcome == HTTP_ANSWERED &&
        follower->verdict->kind != VERDICT_PROCESSING) {
        receipt_answer_note(follower->receipt, what, reply.status,
                            verdict_status_shown(follower->verdict));
    }
    enum step step = follower_judge(follower, &reply);
    http_reply_close(&reply);
    return step;
}

void follow_way(struct text *text, const char *url, const struct receipt *receipt)
{
    struct http_url base;
    struct text option = {0};
    const char *why = NULL;

    if (receipt != NULL && receipt->is_saved) {
        text_format(text, "muster status %s", receipt->path);
        return;
    }
    if (http_status_url_base(&base, url, &why)) {
        text_put(&option, " --base ");
        http_url_write(&option, &base);
    }
    const char *words = text_string(&option);
    bool usual = strcmp(words, "") == 0 || strcmp(words, " --base " BASE_CONNECTOR) == 0;
    text_format(text, "muster status %s%s", url, usual ? "" : words);
    text_close(&option);
}

/* The job goes on without us. Without a receipt this is all that leads to it. */
static void follower_leave(const struct follower *follower, bool late)
{
    const struct receipt *receipt = follower->receipt;
    struct text way = {0};

    follow_way(&way, follower->request.url, receipt);
    complain("%s; it can be followed with: %s",
             late ? "the job has not ended in time" : "nobody knows how the job stands",
             text_string(&way));
    text_close(&way);
    if (receipt != NULL && receipt_is_live(receipt)) {
        advise("the remote took the files, and may be at work: look at its results; %s",
               receipt->is_saved ? "--force sends them once more"
                                 : "another push sends them once more");
    }
}

int follow_job(struct http_session *session, const char *url, bool once, struct receipt *receipt,
               struct verdict *verdict)
{
    struct follower follower = {
        .session = session,
        .request = {.method = "GET", .url = url},
        .receipt = receipt,
        .verdict = verdict,
        .once = once,
        .result = EXIT_DONE,
    };
    uint64_t pause = PAUSE_FIRST;
    enum step step = STEP_AGAIN;

    *verdict = (struct verdict){0};
    progress_begin("waiting for the remote");
    while ((step = follower_ask(&follower)) == STEP_AGAIN) {
        if (clock_now() + pause >= http_session_deadline(session)) {
            break;
        }
        clock_sleep(pause);
        pause = pause * 3 / 2 < PAUSE_MAX ? pause * 3 / 2 : PAUSE_MAX;
    }
    progress_end();
    bool late = step == STEP_AGAIN;
    follower.result = late ? EXIT_UNAVAILABLE : follower.result;
    /* A dry run that is refused has changed nothing, and is sent again. Who asks for a job alone
     * knows how. */
    bool refused = follower.result == EXIT_REFUSED && receipt != NULL && !receipt_is_live(receipt);
    bool ended = follower.result == EXIT_DONE || verdict->kind == VERDICT_INVALID;
    if (late || (!ended && receipt != NULL && !refused)) {
        follower_leave(&follower, late);
    }
    if (follower.heard.size > 0) {
        complain("the remote's last word on the job was: %s", text_string(&follower.heard));
    }
    text_close(&follower.heard);
    return follower.result;
}
