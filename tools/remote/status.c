/* SPDX-License-Identifier: MIT */
/* A job that is followed on its own: by its address, or by the receipt of the push that began it.
 */
#include <errno.h>
#include <string.h>

#include "command.h"
#include "exits.h"
#include "remote/endpoints.h"
#include "remote/follow.h"
#include "remote/json_text.h"
#include "remote/push.h"
#include "terminal.h"

struct status_run {
    const struct status_options *options;
    struct push_options push; /* the same command's view of the shared options */
    struct receipt receipt;
    bool has_receipt;
    const char *url;
    struct reach reach;
};

static bool job_is_address(const char *job)
{
    return strstr(job, "://") != NULL;
}

/* Before anything else is done about it: the token goes where this leads, and nowhere else. */
static int address_judge(const struct status_run *run)
{
    const char *why = NULL;
    struct text shown = {0};

    if (http_status_url_fits(&run->reach.base, run->url, &why)) {
        return EXIT_DONE;
    }
    /* What stands in a receipt is a word of the remote. */
    if (run->has_receipt) {
        verdict_words_append(&shown, run->url);
    }
    int result = options_wrong(
        run->options->command,
        run->has_receipt || run->options->remote.base != NULL
            ? NULL
            : "--base URL says where the remote is, if not at " BASE_CONNECTOR,
        "%s is not followed: %s", run->has_receipt ? text_string(&shown) : run->url, why);
    text_close(&shown);
    return result;
}

/* Who says where the remote is means it: a receipt does not lead elsewhere. */
static int base_judge(const struct status_run *run)
{
    const struct status_options *options = run->options;
    const struct http_url *base = &run->reach.base;
    struct http_url wanted;

    if (options->remote.base == NULL) {
        return EXIT_DONE;
    }
    int result = remote_base_read(&wanted, &options->remote, BASE_CONNECTOR, options->command);
    if (result == EXIT_DONE &&
        (!http_same_origin(&wanted, base) || strcmp(wanted.path, base->path) != 0)) {
        return options_wrong(options->command, NULL,
                             "the receipt %s was sent to another place than --base %s",
                             options->job, options->remote.base);
    }
    return result;
}

/* The receipt says where the job is, and which base it was sent to. */
static int receipt_take(struct status_run *run)
{
    const char *path = run->options->job;
    const char *why = NULL;

    int result = receipt_open(&run->receipt, path);
    if (result != EXIT_DONE) {
        return result;
    }
    run->has_receipt = true;
    if (run->receipt.is_new) {
        complain("cannot read the receipt %s: %s", path, strerror(ENOENT));
        return EXIT_UNREADABLE;
    }
    enum receipt_state state = receipt_turn(&run->receipt, "sync");
    run->url = receipt_word(&run->receipt, "statusUrl");
    if (state == RECEIPT_NONE || state == RECEIPT_STRANGE || run->url == NULL) {
        complain("the receipt %s names no job that could be followed", path);
        return state == RECEIPT_UNKNOWN || state == RECEIPT_SENDING ? EXIT_UNAVAILABLE
                                                                    : EXIT_UNREADABLE;
    }
    const char *base = json_word(json_object_get(run->receipt.run, "sent"), "base");
    if (base == NULL || !http_base_read(&run->reach.base, base, &why)) {
        complain("the receipt %s does not say where it was sent", path);
        return EXIT_UNREADABLE;
    }
    return base_judge(run);
}

static int address_take(struct status_run *run)
{
    const struct status_options *options = run->options;

    run->url = options->job;
    return remote_base_read(&run->reach.base, &options->remote, BASE_CONNECTOR, options->command);
}

/*
 * Note how it ended. A push may have gone on with the receipt since it was read, and it says what
 * that has sent: so it is read again. While a push is at work with it, it is left to that one.
 */
static int receipt_update(const struct status_run *run, const struct verdict *verdict)
{
    struct receipt receipt;

    int result = receipt_open_alone(&receipt, run->options->job);
    if (result != EXIT_DONE) {
        return result == EXIT_UNAVAILABLE ? EXIT_DONE : result;
    }
    (void)receipt_turn(&receipt, "sync");
    const char *url = receipt_word(&receipt, "statusUrl");
    if (url != NULL && strcmp(url, run->url) == 0) {
        if (verdict->kind == VERDICT_INVALID) {
            receipt_state_note(&receipt, RECEIPT_REFUSED);
        } else {
            receipt_end_note(&receipt, verdict);
        }
        result = receipt_save(&receipt);
    }
    receipt_close(&receipt);
    return result;
}

static int status_result(struct status_run *run, const struct verdict *verdict)
{
    /* An address alone does not tell what was asked for. */
    bool live = run->has_receipt ? receipt_is_live(&run->receipt) : json_is_false(verdict->dry_run);
    bool invalid = verdict->kind == VERDICT_INVALID;
    int result = invalid ? EXIT_REFUSED : verdict_exit(verdict, live);

    if (run->has_receipt) {
        result = receipt_partial_judge(&run->receipt, result);
    }
    bool ended = verdict->kind != VERDICT_PROCESSING;

    if (run->has_receipt && ended) {
        /* What became of the job counts more than that it could not be noted. */
        result = exit_joined(result, receipt_update(run, verdict));
    }
    return result;
}

static int status_tell(struct status_run *run, struct verdict *verdict)
{
    struct push_run told = {.options = &run->push, .kind = "sync", .verdict = *verdict};
    struct text report = {0};
    struct output output;

    told.sent = run->has_receipt ? json_pack("{s:{s:b}, s:[]}", "parameters", "dryRun",
                                             !receipt_is_live(&run->receipt), "files")
                                 : json_pack("{s:[]}", "files");
    int result = output_open(&output, run->options->shared->output.path);
    if (result == EXIT_DONE) {
        result = push_tell(&told, &report, status_result(run, verdict));
        (void)output_write(&output, text_string(&report), report.size);
        int closed = output_close(&output, true);
        result = result == EXIT_DONE ? closed : result;
    }
    text_close(&report);
    json_decref(told.sent);
    return result;
}

static int status_follow(struct status_run *run)
{
    struct verdict verdict = {0};
    struct reach *reach = &run->reach;

    int result = address_judge(run);
    if (result == EXIT_DONE) {
        result = token_read(&reach->token, run->options->remote.token_file);
    }
    if (result == EXIT_DONE) {
        result = remote_connect(reach, &run->options->remote, NULL);
    }
    if (result == EXIT_DONE) {
        result = follow_job(reach->session, run->url, run->options->once, NULL, &verdict);
    }
    if (result == EXIT_DONE || verdict.kind == VERDICT_INVALID) {
        result = status_tell(run, &verdict);
    }
    verdict_close(&verdict);
    return result;
}

int remote_status(const struct status_options *options)
{
    struct status_run run = {
        .options = options,
        .push = {.command = options->command, .shared = options->shared},
    };

    verdict_keep_privacy((enum muster_privacy)options->shared->output.privacy);
    output_spare(token_path(options->remote.token_file));
    output_spare(job_is_address(options->job) ? NULL : options->job);
    const char *path = options->shared->output.path;
    int result = output_judge(path);
    if (result == EXIT_DONE && !job_is_address(options->job)) {
        result = remote_judge_lock(options->job, path);
    }
    if (result == EXIT_DONE) {
        result = job_is_address(options->job) ? address_take(&run) : receipt_take(&run);
    }
    if (result == EXIT_DONE) {
        result = status_follow(&run);
    }
    remote_leave(&run.reach);
    if (run.has_receipt) {
        receipt_close(&run.receipt);
    }
    return result;
}
