/* SPDX-License-Identifier: MIT */
/*
 * What a remote answered, read without trusting it: the parts that are documented, each only where
 * it has the documented type, and what the status words mean.
 */
#ifndef MUSTER_TOOLS_REMOTE_VERDICT_H
#define MUSTER_TOOLS_REMOTE_VERDICT_H

#include <jansson.h>
#include <stdbool.h>

#include "remote/http.h"

enum verdict_kind {
    VERDICT_NONE,     /* no JSON object, or no status in it */
    VERDICT_UNKNOWN,  /* a status that is not documented */
    VERDICT_AWAITING, /* "Awaiting ... file" */
    VERDICT_PROCESSING,
    VERDICT_COMPLETED,
    VERDICT_COMPLETED_WITH_ERRORS,
    VERDICT_VALIDATION_ERRORS, /* deprovision: nothing was done */
    VERDICT_INVALID,           /* "Invalid data" */
    VERDICT_NO_FILES,          /* deprovision: the request held no file; it says nothing of a job */
};

struct verdict {
    json_t *document; /* NULL: the reply is not JSON */
    enum verdict_kind kind;
    /* All parts of the document; NULL where they are absent. */
    const char *status;
    const char *status_url;
    const json_t *operations;
    const json_t *errors;
    const json_t *dry_run; /* true or false; NULL: it does not say */
    const char *message;   /* "error" of other replies, or its "message" */
};

void verdict_read(struct verdict *verdict, const struct http_reply *reply);
void verdict_close(struct verdict *verdict);

/* From here on nothing is shown of what a remote says at any level but the full one, since it may
 * name people. */
void verdict_keep_privacy(enum muster_privacy privacy);

/* The bytes of a remote's word that are shown and kept: what is longer than a sentence is cut,
 * between two characters. */
#define WORDS_SIZE_MAX 500
size_t verdict_words_size(const char *words);

/* The same, with a sign where they were cut; below the full level only that they are not shown.
 * Appends. */
void verdict_words_append(struct text *text, const char *words);

/* The status word of an answer; below the full level only where it is a documented one. NULL for
 * another, and where there is none. */
const char *verdict_status_shown(const struct verdict *verdict);

/* Whether the word tells how a run ended. */
bool verdict_is_end(const struct verdict *verdict);

/* Whether the remote did something else than the `dryRun` of a live run, or of a dry one, asks for.
 */
bool verdict_is_disobedient(const struct verdict *verdict, bool live);

/* The exit code of a run that was asked for in this way and followed: EXIT_DONE, or
 * EXIT_REMOTE_ERRORS, after saying so where the remote did something else. */
int verdict_exit(const struct verdict *verdict, bool live);

/* An answer in words for people: the HTTP status, and the remote's own status or message, cut where
 * it is long. Appends. */
void verdict_describe(struct text *text, const struct verdict *verdict,
                      const struct http_reply *reply);

/*
 * Say why a request came to nothing, with `what` ("POST /sync-users (teams.csv)"): the remote
 * refused it, or is unavailable. Of a refusal (HTTP 4xx) without a status the errors are told that
 * it lists, since no report follows that would hold them. EXIT_REFUSED, EXIT_UNAVAILABLE,
 * EXIT_UNREADABLE (the file changed) or EXIT_INTERNAL.
 */
int reply_complain(const struct http_reply *reply, const struct verdict *verdict, const char *what);

#endif
