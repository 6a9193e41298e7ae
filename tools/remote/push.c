/* SPDX-License-Identifier: MIT */
#include "remote/push.h"

#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "exits.h"
#include "remote/endpoints.h"
#include "remote/file.h"
#include "remote/json_text.h"
#include "terminal.h"

/* Standard input and pipes are held in memory: they are checked, and then they are sent. */
#define STREAM_SIZE_MAX ((size_t)4 << 30)

enum { RUN_SYNC, RUN_DEPROVISION, RUN_COUNT };

static const char *const run_kinds[RUN_COUNT] = {"sync", "deprovision"};

/* One push: everything that its runs share. */
struct push {
    const struct push_options *options;
    struct inputs inputs;
    struct text streams[MUSTER_FILE_COUNT]; /* what can be read once alone, by input */
    struct reach reach;
    struct receipt receipt;
    struct text report; /* written at the end: a reader that goes away must not end the sending */
    bool told;          /* there is something in it */
    struct push_run runs[RUN_COUNT];
};

static bool is_stream(const char *path)
{
    struct stat about;

    return is_standard_input(path) || (stat(path, &about) == 0 && S_ISFIFO(about.st_mode));
}

static int streams_take(struct push *push)
{
    for (size_t index = 0; index < push->inputs.count; index++) {
        struct muster_input *input = &push->inputs.items[index];
        struct text *stream = &push->streams[index];
        if (input->path == NULL || !is_stream(input->path)) {
            continue;
        }
        int error = file_read(stream, input->path, STREAM_SIZE_MAX);
        if (error != 0) {
            complain("cannot read %s: %s",
                     is_standard_input(input->path) ? "standard input" : input->path,
                     strerror(error));
            return EXIT_UNREADABLE;
        }
        text_append(stream, "", 0);
        input->data = (struct muster_span){text_string(stream), stream->size};
    }
    return EXIT_DONE;
}

/* Teams go first: the users file is the one that begins the job. */
static int run_take(struct push *push, struct push_run *run, enum muster_file file)
{
    const struct muster_input *input = inputs_find(&push->inputs, file);
    struct upload *upload = &run->uploads[run->upload_count];

    if (input == NULL) {
        return EXIT_DONE;
    }
    if (input->data.ptr != NULL) {
        upload_open_data(upload, input->path, input->data);
    } else {
        int result = upload_open(upload, input->path);
        if (result != EXIT_DONE) {
            return result;
        }
    }
    run->files[run->upload_count++] = file;
    run->inputs.items[run->inputs.count++] = *input;
    return EXIT_DONE;
}

static json_t *sent_describe(const struct push_run *run)
{
    json_t *files = json_array();
    const char *base = text_string(&run->reach->base_text);
    json_t *sent = json_pack("{s:s, s:o, s:O}", "base", base, "parameters", push_parameters(run),
                             "files", files);

    for (size_t index = 0; sent != NULL && index < run->upload_count; index++) {
        char hex[SHA256_HEX_SIZE];
        sha256_hex(run->uploads[index].digest, hex);
        json_t *file = json_pack("{s:s, s:I, s:s}", "kind", muster_file_name(run->files[index]),
                                 "bytes", (json_int_t)run->uploads[index].size, "sha256", hex);
        if (json_array_append_new(files, file) != 0) {
            json_decref(sent);
            sent = NULL;
        }
    }
    json_decref(files);
    return sent;
}

/* Whether a push of two runs ended between them: then it goes on with the second. */
static bool deprovision_is_open(struct push *push)
{
    if (inputs_find(&push->inputs, MUSTER_DEPROVISION) == NULL) {
        return false;
    }
    enum receipt_state state = receipt_turn(&push->receipt, run_kinds[RUN_DEPROVISION]);
    return state != RECEIPT_FINISHED && state != RECEIPT_PROCESSING;
}

/* The remote was at work on the deprovision file when it answered, and no more will be heard. It is
 * not sent again; an export beside it is. */
static int deprovision_taken(const struct push *push, struct push_run *run)
{
    static const char words[] =
        "the remote took the deprovision file, as the receipt %s says: it is not sent again";

    run->applied = true;
    if (push->runs[RUN_SYNC].upload_count == 0) {
        complain(words, push->receipt.path);
        advise("how it ended is told in the remote's portal; --force sends it once more");
        return EXIT_UNAVAILABLE;
    }
    if (!push->options->shared->output.quiet) {
        inform(words, push->receipt.path);
    }
    return EXIT_DONE;
}

/* A receipt that was edited, or is of a later version: what was sent with it may be at work. */
static int receipt_mistrust(const struct receipt *receipt, enum receipt_state state)
{
    if (state == RECEIPT_STRANGE) {
        complain("the receipt %s is in a state that is not known here: nothing was sent",
                 receipt->path);
    } else {
        complain("the receipt %s does not say where its job can be followed: nothing was sent",
                 receipt->path);
    }
    advise("look at the remote's results; --force sends it all the same");
    return EXIT_UNREADABLE;
}

/* An open receipt decides: go on with its job, or do not send anything twice. */
static int run_receipt(struct push *push, struct push_run *run)
{
    struct receipt *receipt = &push->receipt;
    enum receipt_state state = receipt_turn(receipt, run->kind);
    bool live = receipt_is_live(receipt);
    bool sync = run == &push->runs[RUN_SYNC];
    bool job = state == RECEIPT_PROCESSING && sync && receipt_word(receipt, "statusUrl") != NULL;
    bool taken = state == RECEIPT_PROCESSING && !sync && live;
    bool uncertain = (state == RECEIPT_SENDING || state == RECEIPT_UNKNOWN) && live;

    if (push->options->force) {
        return EXIT_DONE;
    }
    if (state == RECEIPT_STRANGE || (state == RECEIPT_PROCESSING && sync && !job)) {
        return receipt_mistrust(receipt, state);
    }
    if (taken && receipt_is_about(receipt, run->sent)) {
        return deprovision_taken(push, run);
    }
    run->applied = sync && receipt_is_applied(receipt) && receipt_is_about(receipt, run->sent) &&
                   deprovision_is_open(push);
    if (!job && !uncertain) {
        return EXIT_DONE;
    }
    if (!receipt_is_about(receipt, run->sent)) {
        complain("the receipt %s is still open, and it is about something else that was sent",
                 receipt->path);
        if (job) {
            advise("give this push another receipt, or end that one with: muster status %s",
                   receipt->path);
        } else {
            advise("give this push another receipt; what came of that one is known to the remote "
                   "alone");
        }
        return EXIT_STALE;
    }
    if (uncertain) {
        complain("a live push with the receipt %s may have been carried out: it is not sent again",
                 receipt->path);
        advise("look at the remote's results; --force sends it once more");
        return EXIT_UNAVAILABLE;
    }
    if (!push->options->shared->output.quiet) {
        inform("going on with the job of the receipt %s", receipt->path);
    }
    run->resumed = true;
    return EXIT_DONE;
}

static int run_prepare(struct push *push, int which)
{
    struct push_run *run = &push->runs[which];
    static const enum muster_file files[RUN_COUNT][2] = {{MUSTER_TEAMS, MUSTER_USERS},
                                                         {MUSTER_DEPROVISION, MUSTER_DEPROVISION}};

    run->options = push->options;
    run->kind = run_kinds[which];
    run->reach = &push->reach;
    run->receipt = &push->receipt;
    int result = run_take(push, run, files[which][0]);
    if (result == EXIT_DONE && which == RUN_SYNC) {
        result = run_take(push, run, files[which][1]);
    }
    if (result != EXIT_DONE || run->upload_count == 0) {
        return result;
    }
    if (which == RUN_SYNC && run->upload_count == 1) {
        return options_wrong(push->options->command, NULL,
                             "the remote needs a users file and a teams file together");
    }
    run->sent = sent_describe(run);
    if (run->sent == NULL) {
        return memory_complain();
    }
    result = run_receipt(push, run);
    if (run->applied && which == RUN_SYNC && result == EXIT_DONE &&
        !push->options->shared->output.quiet) {
        inform("the export was applied, as the receipt %s says: it is not sent again",
               push->receipt.path);
    }
    if (result == EXIT_DONE && !run->resumed && !run->applied) {
        result = push_preflight(run);
        result = result == EXIT_DONE ? push_confirm(run) : result;
    }
    return result;
}

/* Whether there is something to send that no receipt knows of. */
static bool run_is_new(const struct push_run *run)
{
    return run->upload_count > 0 && !run->resumed && !run->applied;
}

/* Of two runs these formats are an array, since a document is one. */
static bool report_is_array(const struct push *push)
{
    int format = push->options->shared->output.format;
    return (format == MUSTER_JSON || format == MUSTER_SYNC) &&
           push->runs[RUN_SYNC].upload_count > 0 && !push->runs[RUN_SYNC].applied &&
           push->runs[RUN_DEPROVISION].upload_count > 0 && !push->runs[RUN_DEPROVISION].applied;
}

static int run_send(struct push *push, int which)
{
    struct push_run *run = &push->runs[which];

    if (run->upload_count == 0 || run->applied) {
        return EXIT_DONE;
    }
    (void)receipt_turn(&push->receipt, run->kind);
    if (!run->resumed) {
        receipt_begin(&push->receipt, run->sent);
    }
    int result = which == RUN_SYNC ? sync_send(run) : deprovision_send(run);
    if (result == EXIT_DONE) {
        result = verdict_exit(&run->verdict, run->options->live);
    }
    result = exit_joined(run->findings, result);
    bool told = result == EXIT_DONE || result == EXIT_FINDINGS || result == EXIT_REMOTE_ERRORS ||
                (result == EXIT_REFUSED && run->verdict.status != NULL);
    /* What became of the job counts more than that it could not be noted. */
    result = run->unsaved ? exit_joined(result, EXIT_UNREADABLE) : result;
    if (told) {
        if (report_is_array(push)) {
            text_put(&push->report, push->told ? "," : "[");
        }
        push->told = true;
        result = push_tell(run, &push->report, result);
    }
    return result;
}

/* Whether the deprovision file may follow. A remote that has taken `dryRun` for something else may
 * do so again, and there it would cost people their licences. */
static bool sync_lets_go_on(const struct push *push, int result)
{
    bool errors = result == EXIT_REMOTE_ERRORS;

    if (verdict_is_disobedient(&push->runs[RUN_SYNC].verdict, push->options->live) ||
        (errors && push->options->shared->input.strict)) {
        return false;
    }
    return errors || result == EXIT_DONE || result == EXIT_FINDINGS;
}

static int push_send(struct push *push)
{
    struct output output;

    int result = remote_connect(&push->reach, &push->options->remote, NULL);
    if (result == EXIT_DONE) {
        result = output_open(&output, push->options->shared->output.path);
    }
    if (result != EXIT_DONE) {
        return result;
    }
    result = run_send(push, RUN_SYNC);
    bool go_on = sync_lets_go_on(push, result);
    if (!go_on && push->runs[RUN_DEPROVISION].upload_count > 0) {
        complain("the deprovision file was not sent");
    }
    int second = go_on ? run_send(push, RUN_DEPROVISION) : EXIT_DONE;
    if (push->told && report_is_array(push)) {
        text_put(&push->report, "]\n");
    }
    (void)output_write(&output, text_string(&push->report), push->report.size);
    int closed = output_close(&output, push->told);
    return exit_joined(exit_joined(second, result), closed);
}

/* Before anything is sent: the report goes over nothing that is needed. */
static int outputs_judge(const struct push *push)
{
    const struct shared *shared = push->options->shared;
    const char *path = shared->output.path;
    int result = EXIT_DONE;

    for (size_t index = 0; index < push->inputs.count; index++) {
        output_spare(push->inputs.items[index].path);
    }
    output_spare(token_path(push->options->remote.token_file));
    if (push->options->from != NULL) {
        result = roster_spare_old(push->options->from, &shared->input);
    }
    if (result == EXIT_DONE) {
        result = output_judge(path);
    }
    if (result == EXIT_DONE) {
        result = output_judge_both(push->options->receipt, path);
    }
    return result == EXIT_DONE ? remote_judge_lock(push->options->receipt, path) : result;
}

static int push_prepare(struct push *push)
{
    const struct push_options *options = push->options;

    int result = remote_reach(&push->reach, &options->remote, BASE_CONNECTOR, options->command);
    if (result == EXIT_DONE) {
        const char *receipt = options->receipt;
        result = receipt_open_alone(&push->receipt, receipt);
        if (result == EXIT_UNAVAILABLE) {
            complain("another push is at work with the receipt %s: nothing was sent", receipt);
        }
    }
    for (int which = 0; result == EXIT_DONE && which < RUN_COUNT; which++) {
        result = run_prepare(push, which);
    }
    if (result == EXIT_DONE && run_is_new(&push->runs[RUN_SYNC]) &&
        run_is_new(&push->runs[RUN_DEPROVISION])) {
        result = push_weigh_together(options, &push->inputs);
    }
    return result;
}

static void push_close(struct push *push)
{
    remote_leave(&push->reach);
    for (int which = 0; which < RUN_COUNT; which++) {
        struct push_run *run = &push->runs[which];
        for (size_t index = 0; index < run->upload_count; index++) {
            upload_close(&run->uploads[index]);
        }
        json_decref(run->sent);
        verdict_close(&run->verdict);
    }
    receipt_close(&push->receipt);
    for (size_t index = 0; index < MUSTER_FILE_COUNT; index++) {
        text_close(&push->streams[index]);
    }
    text_close(&push->report);
    inputs_close(&push->inputs);
}

int remote_push(const struct push_options *options)
{
    struct push push = {.options = options};

    verdict_keep_privacy((enum muster_privacy)options->shared->output.privacy);
    int result = inputs_resolve(&push.inputs, &options->shared->input, &options->shared->set);
    if (result != EXIT_DONE) {
        return result;
    }
    result = remote_judge_streams(&push.inputs, options->from, &options->remote, options->command);
    if (result == EXIT_DONE) {
        result = outputs_judge(&push);
    }
    if (result == EXIT_DONE) {
        result = streams_take(&push);
    }
    if (result == EXIT_DONE && options->target == TARGET_SPARKWISE) {
        result = sparkwise_push(options, &push.inputs);
    } else if (result == EXIT_DONE) {
        result = push_prepare(&push);
        if (result == EXIT_DONE) {
            result = push_send(&push);
        }
    }
    push_close(&push);
    return result;
}
