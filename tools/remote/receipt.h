/* SPDX-License-Identifier: MIT */
/*
 * A receipt: what was sent where, with which parameters, and what was answered, in a file that is
 * written anew (whole or not at all, mode 0600) before and after every step that matters. It is
 * also what keeps a push from being sent twice: as long as it is open, a repeated push goes on
 * where the first one ended.
 *
 *     {"receipt":1,"muster":"1.0.0","sync":{run},"deprovision":{run}}
 *     run: {"sent":{"base":..,"parameters":{..},"files":[{"kind","bytes","sha256"}]},
 *           "state":..,"startedAt":..,"statusUrl":..,"partial":true,"finishedAt":..,
 *           "answers":[{"at","request","http","status"}],"operations":7,"errors":0,"dryRun":false}
 */
#ifndef MUSTER_TOOLS_REMOTE_RECEIPT_H
#define MUSTER_TOOLS_REMOTE_RECEIPT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct text;
struct verdict;

enum receipt_state {
    RECEIPT_NONE,       /* no such run yet */
    RECEIPT_SENDING,    /* something is on its way: after a crash nobody knows how far it came */
    RECEIPT_PROCESSING, /* there is a job, which can be followed; a deprovision file was taken */
    RECEIPT_FINISHED,
    RECEIPT_REFUSED,
    RECEIPT_UNAVAILABLE, /* nothing came of it; it can be repeated */
    RECEIPT_UNKNOWN,     /* a live request had left, and its answer is lost */
    RECEIPT_STATE_COUNT,
    RECEIPT_STRANGE = RECEIPT_STATE_COUNT /* there is a run, and its state is none of these */
};

struct receipt {
    const char *path; /* NULL: kept in memory alone */
    bool is_new;      /* there was no such file */
    bool is_saved;    /* the file says the same as the document */
    json_t *document;
    json_t *run;      /* part of the document; NULL: no run of this kind yet */
    const char *kind; /* "sync" or "deprovision" */
    char *lock_path;  /* NULL: not locked */
    int lock;
};

/* Read the receipt if its file exists. EXIT_DONE, or EXIT_UNREADABLE after saying why. */
int receipt_open(struct receipt *receipt, const char *path);

/*
 * The same for who is going to write it: of several at once one goes on, and for the others it is
 * EXIT_UNAVAILABLE, of which nothing is said. What stands for that is a locked file beside the
 * receipt, which goes when the receipt is closed; one that was left behind is in nobody's way.
 */
int receipt_open_alone(struct receipt *receipt, const char *path);
void receipt_close(struct receipt *receipt);

/* The path of that file. Appends. */
void receipt_lock_name(struct text *name, const char *path);

/* Turn to the run of this kind, and tell how it stands. */
enum receipt_state receipt_turn(struct receipt *receipt, const char *kind);

/* A word of the run, or NULL. */
const char *receipt_word(const struct receipt *receipt, const char *key);

/* Whether the run was sent with dryRun=false. */
bool receipt_is_live(const struct receipt *receipt);

/* The job of the run began with the teams file alone, since the remote held another users file. */
void receipt_partial_note(struct receipt *receipt);

/* Where that is noted of a job that has been followed, say so. Returns `result`, or
 * EXIT_REMOTE_ERRORS in place of EXIT_DONE. */
int receipt_partial_judge(const struct receipt *receipt, int result);

/* Whether a live run ended with all of its files carried out, and without an error. Where the
 * remote calls it a dry run, it was none. */
bool receipt_is_applied(const struct receipt *receipt);

/* Whether the run is about just this: base, parameters and files. */
bool receipt_is_about(const struct receipt *receipt, const json_t *sent);

/* Begin the run of this kind anew; keeps a reference to `sent`. */
void receipt_begin(struct receipt *receipt, json_t *sent);

/* These note something; what memory did not suffice for shows when the receipt is saved. */
void receipt_note(struct receipt *receipt, const char *key, json_t *value);
void receipt_state_note(struct receipt *receipt, enum receipt_state state);
/* That it is finished, with how many operations and errors (null: with some that nobody lists), and
 * whether the remote calls it a dry run. */
void receipt_end_note(struct receipt *receipt, const struct verdict *verdict);
void receipt_answer_note(struct receipt *receipt, const char *request, long http,
                         const char *status);

/* EXIT_DONE, or EXIT_UNREADABLE after saying why. */
int receipt_save(struct receipt *receipt);

#endif
