/* SPDX-License-Identifier: MIT */
/* What sending a file has in common, whichever endpoint it goes to. */
#include <string.h>

#include "command.h"
#include "remote/json_text.h"
#include "remote/push.h"
#include "remote/retry.h"
#include "terminal.h"

static const char *word_of(bool value)
{
    return value ? "true" : "false";
}

static bool run_is_sync(const struct push_run *run)
{
    return strcmp(run->kind, "sync") == 0;
}

/* The query of the address, without "?". */
static void push_query(struct text *query, const struct push_run *run)
{
    const struct push_options *options = run->options;
    const struct option_list *roots = &options->shared->input.roots;

    text_format(query, "dryRun=%s&exitOnError=%s", word_of(!options->live),
                word_of(options->shared->input.strict));
    if (!run_is_sync(run)) {
        text_format(query, "&removeUsers=%s&retainPrivileges=%s",
                    word_of(!options->plan.keep_users), word_of(options->plan.retain_privileges));
        return;
    }
    text_format(query, "&sendManagerInvites=%s", word_of(!options->no_manager_invites));
    for (size_t index = 0; index < roots->count; index++) {
        text_put(query, index == 0 ? "&rootTeamIds=" : ",");
        text_query(query, roots->items[index].ptr, roots->items[index].len);
    }
}

json_t *push_parameters(const struct push_run *run)
{
    const struct push_options *options = run->options;
    const struct option_list *roots = &options->shared->input.roots;

    if (!run_is_sync(run)) {
        return json_pack("{s:b, s:b, s:b, s:b}", "dryRun", !options->live, "exitOnError",
                         options->shared->input.strict, "removeUsers", !options->plan.keep_users,
                         "retainPrivileges", options->plan.retain_privileges);
    }
    json_t *parameters = json_pack("{s:b, s:b, s:b, s:[]}", "dryRun", !options->live, "exitOnError",
                                   options->shared->input.strict, "sendManagerInvites",
                                   !options->no_manager_invites, "rootTeamIds");
    json_t *list = json_object_get(parameters, "rootTeamIds");
    for (size_t index = 0; index < roots->count; index++) {
        if (json_array_append_new(list, json_span(roots->items[index])) != 0) {
            json_decref(parameters);
            return NULL;
        }
    }
    return parameters;
}

int push_note(struct push_run *run, enum receipt_state state, int result)
{
    if (state == RECEIPT_FINISHED) {
        receipt_end_note(run->receipt, &run->verdict);
    } else {
        receipt_state_note(run->receipt, state);
    }
    run->unsaved = receipt_save(run->receipt) != EXIT_DONE;
    return result;
}

int push_unsure(struct push_run *run)
{
    if (!run->options->live) {
        return push_note(run, RECEIPT_UNAVAILABLE, EXIT_UNAVAILABLE);
    }
    complain("nobody knows whether the remote has carried it out: it is not sent again");
    advise("look at the remote's results before anything else is sent");
    return push_note(run, RECEIPT_UNKNOWN, EXIT_UNAVAILABLE);
}

/* Where an answer is missing, whether the request may have been carried out. */
static int failure_note(struct push_run *run, const struct http_reply *reply, const char *what)
{
    int result = reply_complain(reply, &run->verdict, what);

    if (run->options->live && reply_is_uncertain(reply)) {
        return push_unsure(run);
    }
    return push_note(run, result == EXIT_REFUSED ? RECEIPT_REFUSED : RECEIPT_UNAVAILABLE, result);
}

/* A word that can be acted on. Documented verdicts come with HTTP 400; one that tells how a run
 * ended is believed of any refusal, since something may have been done. */
static bool answer_is_verdict(const struct http_reply *reply, const struct verdict *verdict)
{
    bool believed =
        verdict_is_end(verdict) || (reply->status == 400 && verdict->kind != VERDICT_UNKNOWN);

    return verdict->status != NULL &&
           (http_reply_is_fine(reply) || (http_reply_is_refusal(reply) && believed));
}

static void answer_tell(const struct push_run *run, const struct http_reply *reply, size_t index)
{
    struct text words = {0};

    verdict_describe(&words, &run->verdict, reply);
    if (!run->options->shared->output.quiet) {
        inform("%s.csv: %s", muster_file_name(run->files[index]), text_string(&words));
    }
    text_close(&words);
}

int push_file(struct push_run *run, const char *path, size_t index)
{
    const char *name = muster_file_name(run->files[index]);
    struct text url = {0};
    struct text disposition = {0};
    struct text what = {0};
    struct http_reply reply = {0};

    text_format(&url, "%s%s?", text_string(&run->reach->base_text), path);
    push_query(&url, run);
    text_format(&disposition, "attachment; filename=\"%s.csv\"", name);
    text_format(&what, "POST %s (%s.csv)", path, name);
    struct http_request request = {
        .method = "POST",
        .url = text_string(&url),
        .content_type = "text/csv",
        .disposition = text_string(&disposition),
        .upload = &run->uploads[index],
        .once = run->options->live,
    };
    receipt_state_note(run->receipt, RECEIPT_SENDING);
    int result = url.exhausted || disposition.exhausted || what.exhausted
                     ? memory_complain()
                     : receipt_save(run->receipt);
    if (result == EXIT_DONE) {
        progress_begin("sending");
        retry_send(run->reach->session, &request, &reply);
        progress_end();
        verdict_close(&run->verdict);
        verdict_read(&run->verdict, &reply);
        receipt_answer_note(run->receipt, text_string(&what), reply.status,
                            verdict_status_shown(&run->verdict));
        if (answer_is_verdict(&reply, &run->verdict)) {
            answer_tell(run, &reply, index);
        } else {
            result = failure_note(run, &reply, text_string(&what));
        }
    }
    http_reply_close(&reply);
    text_close(&url);
    text_close(&disposition);
    text_close(&what);
    return result;
}
