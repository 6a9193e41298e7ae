/* SPDX-License-Identifier: MIT */
/*
 * What rosters are made of: the options about inputs that commands share, and the files that are
 * meant (rosters.h opens them). Everything here complains by itself; what it returns is an exit
 * code.
 */
#ifndef MUSTER_TOOLS_INPUTS_H
#define MUSTER_TOOLS_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command.h"
#include "muster.h"
#include "options.h"

enum fail_on { FAIL_ON_ERROR, FAIL_ON_WARNING, FAIL_ON_NEVER };

/* Zeroed: the defaults. */
struct input_options {
    bool strict;
    struct option_list roots; /* --root */
    int fail_on;              /* enum fail_on */
    uint64_t jobs;
    bool trim;
    struct option_list ignore;
    struct option_list severity;
    struct option_list paths[MUSTER_FILE_COUNT]; /* --users, --teams, --deprovision */
    bool digests_wanted;                         /* set by the command, not by an option */
    bool users_suffice;                          /* set by the command: OLD and NEW need no teams */
    const char *output_path; /* likewise: what is written must be none of the inputs */
    uint8_t severities[MUSTER_CODE_COUNT]; /* set by input_options_settle */
    enum muster_simd simd;                 /* likewise, from MUSTER_SIMD */
};

enum { INPUT_OPTION_COUNT = 10 };

/* What a command does with its input. Every command takes all options about it, so that they can be
 * given to any; the help lists those that change something. */
enum input_use {
    INPUT_CHECKED,  /* --root names teams that have to be there */
    INPUT_LEFT,     /* the same, and the users to remove are what comes out: see leavers */
    INPUT_SCOPED,   /* --root is what the command is about */
    INPUT_COMPARED, /* files are not named one by one: see diff */
    INPUT_READ,     /* records are read and not checked */
    INPUT_FETCHED,  /* by the command itself: nothing names files or teams, not even unlisted */
    INPUT_UNUSED,
};

/* Fill `list`, which has room for INPUT_OPTION_COUNT, and return its group. */
struct option_group input_options_list(struct input_options *options, struct option *list,
                                       enum input_use use);

/*
 * Judge what parsing could not: codes of --ignore and --severity, MUSTER_SIMD. EXIT_DONE, or
 * EXIT_USAGE after saying why. Call it once, after options_parse.
 */
int input_options_settle(struct input_options *options, const struct command *command);
/* The first option by which a file of the export is named ("users"), or NULL. */
const char *input_options_named(const struct input_options *options);

void input_options_close(struct input_options *options);

/* The files of one export. */
struct inputs {
    struct muster_input items[MUSTER_FILE_COUNT]; /* in the order of enum muster_file */
    size_t count;
    char *storage[MUSTER_FILE_COUNT]; /* paths that were put together from a DIR */
    const char *folder;               /* the DIR, where one was given; "." for the current one */
    bool named[MUSTER_FILE_COUNT];    /* not just found in a folder */
};

/*
 * Find the files that `files` (FILE... or DIR) and --users, --teams, --deprovision stand for; with
 * none of them the current folder, if it holds one. EXIT_DONE, EXIT_USAGE or EXIT_UNREADABLE.
 */
int inputs_resolve(struct inputs *inputs, const struct input_options *options,
                   const struct option_set *set);
void inputs_close(struct inputs *inputs);

/* The input of this kind, or NULL. */
const struct muster_input *inputs_find(const struct inputs *inputs, enum muster_file file);

/* Say that a file of this kind is needed; EXIT_USAGE, or EXIT_UNREADABLE where a DIR lacks it. */
int inputs_missing(const struct inputs *inputs, enum muster_file file,
                   const struct command *command);

/* Leave this kind out, if it is there. */
void inputs_drop(struct inputs *inputs, enum muster_file file);

/* Take in what a folder holds; *found counts it. EXIT_DONE or an exit code. */
int inputs_add_folder(struct inputs *inputs, const char *folder, int *found,
                      const struct command *command);

bool is_standard_input(const char *path);

/* Say that standard input can be one file only. EXIT_USAGE. */
int standard_input_twice(const struct command *command);

/* The same where --from, or another file that is read besides (or NULL), is standard input, and one
 * of the inputs is as well; else EXIT_DONE. */
int inputs_judge_from(const struct inputs *inputs, const char *from, const struct command *command);

#endif
