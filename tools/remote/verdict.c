/* SPDX-License-Identifier: MIT */
#include "remote/verdict.h"

#include <string.h>

#include "command.h"
#include "remote/json_text.h"
#include "terminal.h"

/* So many errors of a refusal are told; no report follows that would hold the others. */
enum { REFUSAL_ERRORS_MAX = 20 };

/* The literal words of both endpoints. */
static const struct {
    const char *word;
    enum verdict_kind kind;
} status_words[] = {
    {"processing", VERDICT_PROCESSING},
    {"completed", VERDICT_COMPLETED},
    {"completedWithErrors", VERDICT_COMPLETED_WITH_ERRORS},
    {"Invalid data", VERDICT_INVALID},
    {"No files", VERDICT_NO_FILES},
    {"Processing", VERDICT_PROCESSING},
    {"Validation Completed With Errors", VERDICT_VALIDATION_ERRORS},
    {"Completed With Errors", VERDICT_COMPLETED_WITH_ERRORS},
    {"Completed Successfully", VERDICT_COMPLETED},
    {"Awaiting users file", VERDICT_AWAITING},
    {"Awaiting teams file", VERDICT_AWAITING},
};

static enum verdict_kind status_kind(const char *status)
{
    if (status == NULL) {
        return VERDICT_NONE;
    }
    for (size_t index = 0; index < sizeof(status_words) / sizeof(status_words[0]); index++) {
        if (strcmp(status, status_words[index].word) == 0) {
            return status_words[index].kind;
        }
    }
    return strncmp(status, "Awaiting ", 9) == 0 ? VERDICT_AWAITING : VERDICT_UNKNOWN;
}

/* A list that is there is a list, or null. */
static bool lists_are_sound(const json_t *document)
{
    static const char *const keys[] = {"listOfOperations", "errors"};

    for (size_t index = 0; index < 2; index++) {
        const json_t *list = json_object_get(document, keys[index]);
        if (list != NULL && !json_is_null(list) && !json_is_array(list)) {
            return false;
        }
    }
    return true;
}

void verdict_read(struct verdict *verdict, const struct http_reply *reply)
{
    *verdict = (struct verdict){0};
    if (reply->outcome != HTTP_ANSWERED) {
        return;
    }
    verdict->document = json_read(text_string(&reply->body), reply->body.size);
    if (!json_is_object(verdict->document)) {
        return;
    }
    verdict->status = json_word(verdict->document, "status");
    verdict->status_url = json_word(verdict->document, "statusUrl");
    verdict->operations = json_list(verdict->document, "listOfOperations");
    verdict->errors = json_list(verdict->document, "errors");
    const json_t *dry_run = json_object_get(verdict->document, "dryRun");
    verdict->dry_run = json_is_boolean(dry_run) ? dry_run : NULL;
    const json_t *error = json_object_get(verdict->document, "error");
    verdict->message =
        json_is_object(error) ? json_word(error, "message") : json_string_value(error);
    verdict->kind =
        lists_are_sound(verdict->document) ? status_kind(verdict->status) : VERDICT_NONE;
    if (verdict->kind == VERDICT_COMPLETED && json_array_size(verdict->errors) > 0) {
        verdict->kind = VERDICT_COMPLETED_WITH_ERRORS;
    }
}

void verdict_close(struct verdict *verdict)
{
    json_decref(verdict->document);
    *verdict = (struct verdict){0};
}

/* One command has one level of privacy. */
static bool words_hidden;

void verdict_keep_privacy(enum muster_privacy privacy)
{
    words_hidden = privacy != MUSTER_PRIVACY_FULL;
}

const char *verdict_status_shown(const struct verdict *verdict)
{
    for (size_t index = 0; words_hidden && verdict->status != NULL; index++) {
        if (index == sizeof(status_words) / sizeof(status_words[0])) {
            return NULL;
        }
        if (strcmp(verdict->status, status_words[index].word) == 0) {
            break;
        }
    }
    return verdict->status;
}

bool verdict_is_end(const struct verdict *verdict)
{
    return verdict->kind == VERDICT_COMPLETED || verdict->kind == VERDICT_COMPLETED_WITH_ERRORS ||
           verdict->kind == VERDICT_VALIDATION_ERRORS || verdict->kind == VERDICT_INVALID ||
           verdict->kind == VERDICT_NO_FILES;
}

bool verdict_is_disobedient(const struct verdict *verdict, bool live)
{
    return verdict->dry_run != NULL && json_is_true(verdict->dry_run) == live;
}

int verdict_exit(const struct verdict *verdict, bool live)
{
    if (verdict_is_disobedient(verdict, live)) {
        complain(live ? "a live run was asked for, and the remote says that it was a dry run"
                      : "a dry run was asked for, and the remote says that it was none");
        return EXIT_REMOTE_ERRORS;
    }
    bool errors = verdict->kind == VERDICT_COMPLETED_WITH_ERRORS ||
                  verdict->kind == VERDICT_VALIDATION_ERRORS;
    return errors ? EXIT_REMOTE_ERRORS : EXIT_DONE;
}

size_t verdict_words_size(const char *words)
{
    size_t size = strlen(words);

    if (size > WORDS_SIZE_MAX) {
        size = WORDS_SIZE_MAX;
        while (size > 0 && ((unsigned char)words[size] & 0xC0) == 0x80) {
            size--;
        }
    }
    return size;
}

void verdict_words_append(struct text *text, const char *words)
{
    size_t size = verdict_words_size(words);

    if (words_hidden) {
        text_put(text, "(not shown)");
        return;
    }
    text_shown(text, words, size);
    text_put(text, words[size] != '\0' ? "…" : "");
}

void verdict_describe(struct text *text, const struct verdict *verdict,
                      const struct http_reply *reply)
{
    const char *words = verdict->status != NULL ? verdict->status : verdict->message;

    text_format(text, "HTTP %ld", reply->status);
    if (words != NULL && !words_hidden) {
        text_put(text, ", ");
        verdict_words_append(text, words);
    }
}

/* The errors that a refusal lists where it has no status. */
static void refusal_complain(const struct http_reply *reply, const struct verdict *verdict)
{
    size_t count = json_array_size(verdict->errors);

    if (!http_reply_is_refusal(reply) || verdict->status != NULL || words_hidden) {
        return;
    }
    for (size_t index = 0; index < count && index < REFUSAL_ERRORS_MAX; index++) {
        const json_t *error = json_array_get(verdict->errors, index);
        struct text words = {0};
        struct text line = {0};
        if (!json_is_string(error)) {
            json_append(&words, error);
        }
        verdict_words_append(&line, json_is_string(error) ? json_string_value(error)
                                                          : text_string(&words));
        complain("the remote's error: %s", text_string(&line));
        text_close(&line);
        text_close(&words);
    }
    if (count > REFUSAL_ERRORS_MAX) {
        size_t more = count - REFUSAL_ERRORS_MAX;
        complain("the remote names %zu more %s", more, more == 1 ? "error" : "errors");
    }
}

static int answer_complain(const struct http_reply *reply, const struct verdict *verdict,
                           const char *what)
{
    struct text words = {0};
    bool busy = reply->status == 429 || reply->status >= 500;

    verdict_describe(&words, verdict, reply);
    if (busy) {
        complain("%s: the remote is unavailable: %s", what, text_string(&words));
    } else if (reply->status >= 300 && reply->status < 400) {
        complain("%s: the remote refers to another address, which is not followed: %s", what,
                 text_string(&words));
    } else if (reply->status >= 400) {
        complain("%s: the remote refused: %s", what, text_string(&words));
    } else {
        complain("%s: the answer cannot be understood: %s", what, text_string(&words));
    }
    text_close(&words);
    refusal_complain(reply, verdict);
    return reply->status >= 300 && !busy ? EXIT_REFUSED : EXIT_UNAVAILABLE;
}

int reply_complain(const struct http_reply *reply, const struct verdict *verdict, const char *what)
{
    switch (reply->outcome) {
    case HTTP_ANSWERED:
        return answer_complain(reply, verdict, what);
    case HTTP_UNREACHED:
        complain("%s: the remote cannot be reached: %s", what, reply->reason);
        return EXIT_UNAVAILABLE;
    case HTTP_UNTRUSTED:
        complain("%s: the remote's certificate is not to be trusted: %s", what, reply->reason);
        return EXIT_UNAVAILABLE;
    case HTTP_LOST:
        complain("%s: no answer came: %s", what, reply->reason);
        return EXIT_UNAVAILABLE;
    case HTTP_LATE:
        complain("%s: the time is over", what);
        return EXIT_UNAVAILABLE;
    case HTTP_TOO_LARGE:
        complain("%s: the answer is larger than %zu MiB", what, HTTP_REPLY_SIZE_MAX >> 20);
        return EXIT_UNAVAILABLE;
    case HTTP_CHANGED:
        complain("%s: the file changed while it was sent; the remote did not get all of it", what);
        return EXIT_UNREADABLE;
    case HTTP_FAILED:
        break;
    }
    complain("%s: %s", what, reply->reason[0] != '\0' ? reply->reason : "out of memory");
    return EXIT_INTERNAL;
}
