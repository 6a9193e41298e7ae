/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "remote/receipt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "muster.h"
#include "remote/file.h"
#include "remote/json_text.h"
#include "remote/verdict.h"
#include "terminal.h"

enum { RECEIPT_SIZE_MAX = 4 << 20 };

/* Of one run: so many that even with the longest words the receipt can be read again. */
enum { ANSWER_COUNT_MAX = 512 };

static const char *const state_names[RECEIPT_STATE_COUNT] = {
    "none", "sending", "processing", "finished", "refused", "unavailable", "unknown",
};

static json_t *receipt_blank(void)
{
    return json_pack("{s:i, s:s}", "receipt", 1, "muster", MUSTER_VERSION);
}

static bool document_is_receipt(const json_t *document)
{
    return json_integer_value(json_object_get(document, "receipt")) == 1;
}

int receipt_open(struct receipt *receipt, const char *path)
{
    struct text text = {0};
    int error = ENOENT;

    *receipt = (struct receipt){.path = path};
    if (path != NULL) {
        error = file_read(&text, path, RECEIPT_SIZE_MAX);
    }
    receipt->is_new = error == ENOENT;
    if (receipt->is_new) {
        receipt->document = receipt_blank();
    } else if (error == 0) {
        receipt->document = json_read(text_string(&text), text.size);
    }
    text_close(&text);
    if (error != 0 && !receipt->is_new) {
        complain("cannot read the receipt %s: %s", path, strerror(error));
        return EXIT_UNREADABLE;
    }
    if (document_is_receipt(receipt->document)) {
        return EXIT_DONE;
    }
    bool no_memory = receipt->is_new || json_was_starved();
    receipt_close(receipt);
    if (no_memory) {
        return memory_complain();
    }
    complain("%s is not a receipt of this program", path);
    return EXIT_UNREADABLE;
}

/* 0 once the file is ours, EWOULDBLOCK where it is somebody else's, EEXIST where it is no lock,
 * which holds nothing: it would be removed in the end. Or another errno. */
static int lock_take(const char *path, int *descriptor)
{
    struct stat ours;
    struct stat there;

    for (;;) {
        *descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (*descriptor < 0) {
            return errno;
        }
        int error = flock(*descriptor, LOCK_EX | LOCK_NB) != 0 ? errno : 0;
        if (error != 0 && error != EINTR) {
            close(*descriptor);
            return error;
        }
        /* Who had it may have removed it meanwhile; then another has the name. */
        if (error == 0 && fstat(*descriptor, &ours) == 0 && stat(path, &there) == 0 &&
            ours.st_dev == there.st_dev && ours.st_ino == there.st_ino) {
            if (S_ISREG(ours.st_mode) && ours.st_size == 0) {
                return 0;
            }
            close(*descriptor);
            return EEXIST;
        }
        close(*descriptor);
    }
}

void receipt_lock_name(struct text *name, const char *path)
{
    text_format(name, "%s.lock", path);
}

int receipt_open_alone(struct receipt *receipt, const char *path)
{
    struct text name = {0};
    int descriptor = -1;

    if (path == NULL) {
        return receipt_open(receipt, path);
    }
    receipt_lock_name(&name, path);
    int error = name.exhausted ? ENOMEM : lock_take(text_string(&name), &descriptor);
    if (error == EWOULDBLOCK) {
        text_close(&name);
        return EXIT_UNAVAILABLE;
    }
    if (error != 0 && error != ENOLCK && error != ENOTSUP) {
        complain("cannot write beside the receipt %s: %s", path, strerror(error));
        if (error == EEXIST) {
            advise("%s is not its lock: move that file away, or name another receipt",
                   text_string(&name));
        }
        text_close(&name);
        return error == ENOMEM ? EXIT_INTERNAL : EXIT_UNREADABLE;
    }
    int result = receipt_open(receipt, path);
    if (error == 0) {
        receipt->lock_path = name.bytes;
        receipt->lock = descriptor;
        if (result != EXIT_DONE) {
            receipt_close(receipt); /* the lock is given back */
        }
    } else {
        text_close(&name);
    }
    return result;
}

void receipt_close(struct receipt *receipt)
{
    if (receipt->lock_path != NULL) {
        (void)unlink(receipt->lock_path);
        (void)close(receipt->lock);
        free(receipt->lock_path);
    }
    json_decref(receipt->document);
    *receipt = (struct receipt){0};
}

enum receipt_state receipt_turn(struct receipt *receipt, const char *kind)
{
    receipt->kind = kind;
    receipt->run = json_object_get(receipt->document, kind);
    if (receipt->run == NULL) {
        return RECEIPT_NONE;
    }
    const char *name = json_word(receipt->run, "state");
    for (int state = RECEIPT_NONE + 1; name != NULL && state < RECEIPT_STATE_COUNT; state++) {
        if (strcmp(name, state_names[state]) == 0) {
            return (enum receipt_state)state;
        }
    }
    return RECEIPT_STRANGE;
}

const char *receipt_word(const struct receipt *receipt, const char *key)
{
    return json_word(receipt->run, key);
}

bool receipt_is_live(const struct receipt *receipt)
{
    const json_t *sent = json_object_get(receipt->run, "sent");
    const json_t *dry = json_object_get(json_object_get(sent, "parameters"), "dryRun");

    return json_is_false(dry);
}

void receipt_partial_note(struct receipt *receipt)
{
    receipt_note(receipt, "partial", json_true());
}

static bool run_is_partial(const struct receipt *receipt)
{
    return json_is_true(json_object_get(receipt->run, "partial"));
}

int receipt_partial_judge(const struct receipt *receipt, int result)
{
    if (!run_is_partial(receipt)) {
        return result;
    }
    complain("the job was about another users file than that of this export, which was not sent");
    advise("push the export again when the job has ended");
    return result == EXIT_DONE ? EXIT_REMOTE_ERRORS : result;
}

bool receipt_is_applied(const struct receipt *receipt)
{
    const char *state = receipt_word(receipt, "state");
    const json_t *errors = json_object_get(receipt->run, "errors");

    return state != NULL && strcmp(state, state_names[RECEIPT_FINISHED]) == 0 &&
           receipt_is_live(receipt) && !run_is_partial(receipt) && json_is_integer(errors) &&
           json_integer_value(errors) == 0 &&
           !json_is_true(json_object_get(receipt->run, "dryRun"));
}

bool receipt_is_about(const struct receipt *receipt, const json_t *sent)
{
    return json_equal(json_object_get(receipt->run, "sent"), sent) == 1;
}

/* A document that lacks something is not saved: see receipt_save. */
static void receipt_spoil(struct receipt *receipt)
{
    json_decref(receipt->document);
    receipt->document = NULL;
    receipt->run = NULL;
}

void receipt_begin(struct receipt *receipt, json_t *sent)
{
    json_t *run = json_pack("{s:O, s:s, s:o, s:[]}", "sent", sent, "state", "sending", "startedAt",
                            json_time_now(), "answers");

    if (!json_put(receipt->document, receipt->kind, run)) {
        receipt_spoil(receipt);
        return;
    }
    receipt->run = run;
}

void receipt_note(struct receipt *receipt, const char *key, json_t *value)
{
    if (!json_put(receipt->run, key, value)) {
        receipt_spoil(receipt);
    }
}

void receipt_state_note(struct receipt *receipt, enum receipt_state state)
{
    receipt_note(receipt, "state", json_string(state_names[state]));
    if (state != RECEIPT_SENDING && state != RECEIPT_PROCESSING) {
        receipt_note(receipt, "finishedAt", json_time_now());
    }
}

void receipt_end_note(struct receipt *receipt, const struct verdict *verdict)
{
    size_t operations = json_array_size(verdict->operations);
    size_t errors = json_array_size(verdict->errors);

    receipt_state_note(receipt, RECEIPT_FINISHED);
    receipt_note(receipt, "operations", json_integer((json_int_t)operations));
    /* Where there were some that nobody lists, their number is not known. */
    bool counted = errors > 0 || verdict->kind == VERDICT_COMPLETED;
    receipt_note(receipt, "errors", counted ? json_integer((json_int_t)errors) : json_null());
    if (verdict->dry_run != NULL) {
        receipt_note(receipt, "dryRun", json_boolean(json_is_true(verdict->dry_run)));
    }
}

/* A job that is followed for hours gives one answer again and again. */
static bool answer_is_repeated(const json_t *last, const json_t *answer)
{
    static const char *const keys[] = {"request", "http", "status"};
    bool same = last != NULL && answer != NULL;

    for (size_t index = 0; index < sizeof(keys) / sizeof(keys[0]) && same; index++) {
        same = json_equal(json_object_get(last, keys[index]), json_object_get(answer, keys[index]));
    }
    return same;
}

void receipt_answer_note(struct receipt *receipt, const char *request, long http,
                         const char *status)
{
    struct muster_span word = {status, status != NULL ? verdict_words_size(status) : 0};
    json_t *answer = json_pack("{s:o, s:s, s:I, s:o}", "at", json_time_now(), "request", request,
                               "http", (json_int_t)http, "status", json_span(word));
    json_t *answers = json_object_get(receipt->run, "answers");
    json_t *last = json_array_get(answers, json_array_size(answers) - 1);

    if (answer_is_repeated(last, answer)) {
        json_decref(answer);
    } else if (json_array_size(answers) >= ANSWER_COUNT_MAX) {
        /* The first ones tell how it began, and the last one how it stands. */
        if (json_array_set_new(answers, ANSWER_COUNT_MAX - 1, answer) != 0) {
            receipt_spoil(receipt);
        }
    } else if (json_array_append_new(answers, answer) != 0) {
        receipt_spoil(receipt);
    }
}

int receipt_save(struct receipt *receipt)
{
    struct text text = {0};

    if (receipt->path == NULL) {
        return EXIT_DONE;
    }
    json_append(&text, receipt->document);
    text_put(&text, "\n");
    int error = text.exhausted ? ENOMEM : file_write(receipt->path, text_string(&text), text.size);
    text_close(&text);
    receipt->is_saved = error == 0;
    if (error != 0) {
        complain("cannot write the receipt %s: %s", receipt->path, strerror(error));
        return EXIT_UNREADABLE;
    }
    return EXIT_DONE;
}
