/* SPDX-License-Identifier: MIT */
/* What the commands that read an export share: their options, and what they do with findings. */
#ifndef MUSTER_TOOLS_COMMANDS_SHARED_H
#define MUSTER_TOOLS_COMMANDS_SHARED_H

#include <stdbool.h>

#include "command.h"
#include "exits.h"
#include "inputs.h"
#include "muster.h"
#include "options.h"
#include "output.h"
#include "rosters.h"

enum { OWN_GROUP_COUNT_MAX = 3 };

struct shared {
    struct input_options input;
    struct output_options output;
    struct option input_list[INPUT_OPTION_COUNT];
    struct option output_list[OUTPUT_OPTION_COUNT];
    struct option_group groups[OWN_GROUP_COUNT_MAX + 2];
    struct option_set set;
};

/*
 * Parse the arguments of a command with its own groups of options, at most OWN_GROUP_COUNT_MAX and
 * one without options behind the last, and the shared ones. False where the program ends with
 * *result; nothing is to be closed then.
 */
struct arguments {
    int count;
    char **items; /* items[0] is the name of the command */
    enum input_use use;
};
bool shared_open(struct shared *shared, const struct command *command,
                 const struct option_group *own, struct arguments arguments, int *result);
void shared_close(struct shared *shared);

/* All of it for a command without options of its own: what `work` returns, or the end of before. */
int shared_run(const struct command *command, struct arguments arguments,
               int (*work)(const struct shared *shared));

/* EXIT_DONE, or EXIT_UNREADABLE after saying that an input changed since it was read. */
int roster_judge_unchanged(const struct muster_roster *roster);

/*
 * output_finish where the rosters that the output is about (`other` may be NULL) are what they were
 * when they were read; else it is dropped. EXIT_DONE, or an exit code after saying why not.
 */
int output_finish_unchanged(struct output *output, enum muster_status status,
                            const struct muster_roster *roster, const struct muster_roster *other);

/*
 * For commands whose result is something else: tell the findings on standard error, if there are
 * any. EXIT_DONE or an exit code.
 */
int findings_tell(struct muster_roster *roster, const struct shared *shared);

/* The same for those that leave standard output free: where --format asks for it, a whole report
 * goes there, also one without findings. */
int findings_tell_as_asked(struct muster_roster *roster, const struct shared *shared);

/* Say on standard error that nothing was written, and why. */
void findings_say_stopped(const struct muster_roster *roster);

/* The findings of a roster as the result of a command, into -o or standard output. Where they do
 * not show why strict mode stops, that is said. */
int findings_report(struct muster_roster *roster, const struct shared *shared);

/* Warn that --retain-privileges does nothing by itself. */
void retaining_say_ignored(void);

#endif
