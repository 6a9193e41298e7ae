/* SPDX-License-Identifier: MIT */
/*
 * A push in its parts. An export and a deprovision file go to two places, and each of them is one
 * run: checked, weighed, sent, followed, told. All runs are checked before the first is sent.
 */
#ifndef MUSTER_TOOLS_REMOTE_PUSH_H
#define MUSTER_TOOLS_REMOTE_PUSH_H

#include <stdbool.h>
#include <stddef.h>

#include "inputs.h"
#include "muster.h"
#include "remote/operations.h"
#include "remote/reach.h"
#include "remote/receipt.h"
#include "remote/remote.h"
#include "remote/upload.h"
#include "remote/verdict.h"
#include "rosters.h"

/* Take what is to be sent out of the rosters that were judged, `old_roster` NULL without --from.
 * EXIT_DONE, or an exit code after saying why. */
typedef int push_collect(void *context, struct muster_roster *old_roster,
                         struct muster_roster *roster);

struct push_run {
    const struct push_options *options;
    const char *kind;                         /* "sync" or "deprovision" */
    struct inputs inputs;                     /* the files of this run, borrowed */
    struct upload uploads[MUSTER_FILE_COUNT]; /* in the order of sending */
    enum muster_file files[MUSTER_FILE_COUNT];
    size_t upload_count;
    const struct reach *reach;
    struct receipt *receipt;
    json_t *sent;          /* base, parameters and files, as the receipt keeps them */
    bool resumed;          /* nothing is sent: the receipt's job is followed */
    bool applied;          /* nothing at all is done: the receipt says that it was, or was taken */
    bool planned;          /* `own` counts the operations that we expect */
    bool removes;          /* the plan takes something away, or nobody knows */
    push_collect *collect; /* or NULL: the files are sent as they are */
    void *collect_context;
    bool unsaved; /* the receipt could not be written after something had been sent */
    int findings; /* EXIT_FINDINGS where the check found what --fail-on is about, else EXIT_DONE */
    struct operation_counts own;
    struct verdict verdict; /* the last answer */
};

/*
 * Check the run's files and, with --from, weigh the plan against the guards. EXIT_DONE where it may
 * be sent; otherwise an exit code after saying why.
 */
int push_preflight(struct push_run *run);

/*
 * What two runs take away is one loss: weigh an export and a deprovision file together, as muster
 * plan does, where --from is given. Codes as above; each has been judged by itself before.
 */
int push_weigh_together(const struct push_options *options, const struct inputs *inputs);

/* Whether a live run may go on without --yes. EXIT_DONE or EXIT_GUARD after saying why. */
int push_confirm(const struct push_run *run);

/* Send and follow. EXIT_DONE with the final answer in run->verdict, or an exit code. */
int sync_send(struct push_run *run);
int deprovision_send(struct push_run *run);

/* The parameters of the address, as the receipt keeps them. */
json_t *push_parameters(const struct push_run *run);

/*
 * Send one file to the endpoint and read the answer into run->verdict. EXIT_DONE where there is an
 * answer with a documented word, or with any where it has HTTP 2xx; otherwise an exit code, said
 * and noted.
 */
int push_file(struct push_run *run, const char *path, size_t index);

/* Note how it ended and save the receipt; where that fails, that is noted in the run. Returns
 * `result`. */
int push_note(struct push_run *run, enum receipt_state state, int result);

/* The answer does not tell whether the run was carried out, and why has been said: note that, and
 * say it of a live run. EXIT_UNAVAILABLE. */
int push_unsure(struct push_run *run);

/* Append what came of it to a report. Returns `result`, or EXIT_INTERNAL where memory ran out. */
int push_tell(const struct push_run *run, struct text *report, int result);

/* Upserts and deactivations for Sparkwise. */
int sparkwise_push(const struct push_options *options, struct inputs *inputs);

#endif
