/* SPDX-License-Identifier: MIT */
/*
 * What the commands of the network do, behind their options. A build without libcurl has
 * http_none.c in place of all that speaks to a remote: it says so, politely. What the sandbox and
 * the options need as well is always there (tools/CMakeLists.txt lists it).
 */
#ifndef MUSTER_TOOLS_REMOTE_REMOTE_H
#define MUSTER_TOOLS_REMOTE_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "commands/shared.h"
#include "muster.h"

/* Seconds for a whole run. */
enum { REMOTE_TIMEOUT_DEFAULT = 900, REMOTE_TIMEOUT_MAX = 604800 };

enum remote_target { TARGET_PLURALSIGHT, TARGET_SPARKWISE };

/* What all of them need to reach a remote. */
struct remote_options {
    const char *base;       /* NULL: the documented one */
    const char *token_file; /* NULL: MUSTER_TOKEN_FILE */
    uint64_t timeout;       /* seconds for the whole run */
};

/* The flags of push alone; zeroed: the defaults. */
struct push_options {
    const struct command *command;
    const struct shared *shared; /* the options that commands share, and the files */
    struct remote_options remote;
    int target; /* enum remote_target */
    const char *from;
    const char *receipt;
    bool live;
    bool yes;
    bool force;
    bool unchecked; /* send without looking at the files */
    bool no_manager_invites;
    struct muster_plan_options plan; /* what the push is to be, and the guards */
};

int remote_push(const struct push_options *options);

struct status_options {
    const struct command *command;
    const struct shared *shared;
    struct remote_options remote;
    const char *job; /* an address or the path of a receipt */
    bool once;       /* ask once, do not wait for the end */
};

int remote_status(const struct status_options *options);

enum pull_format { PULL_SNAPSHOT, PULL_CSV };
enum pull_what { PULL_UNSAID = -1, PULL_USERS, PULL_CLUSTERS, PULL_COMPLETIONS };

struct pull_options {
    const struct command *command;
    const struct shared *shared; /* of its options those about the input */
    struct remote_options remote;
    int target;       /* enum remote_target */
    int what;         /* enum pull_what; Sparkwise */
    int format;       /* enum pull_format; Pluralsight */
    const char *path; /* -o: a snapshot, a folder, or for Sparkwise a CSV file */
    const char *from; /* a roster whose ids are taken over */
    uint64_t page_size;
    int report; /* 0: text, 1: json */
    bool quiet;
    const char *inactive_since;
    const char *deprovision_path;
    const char *since;
    const char *until;
};

/* Whether this is a date (2024-05-01) or a moment (2024-05-01T12:00:00Z) of the calendar. */
bool date_is_valid(const char *date);

/* Below 0, 0 or above for valid ones, as strcmp has it; a date alone is its first moment. */
int date_compare(const char *one, const char *other);

int remote_pull(const struct pull_options *options);

#endif
