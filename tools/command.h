/* SPDX-License-Identifier: MIT */
/*
 * What a command of the program is, and how the program ends.
 *
 * A command lives in a file of its own under commands/, with its usage text first, and has one
 * entry in the table of main.c. Its `run` gets the arguments from its own name on, reads them with
 * options_parse (options.h), finds its files with inputs_resolve (inputs.h), writes with
 * output_open (output.h) and returns an exit code.
 */
#ifndef MUSTER_TOOLS_COMMAND_H
#define MUSTER_TOOLS_COMMAND_H

enum exit_code {
    EXIT_DONE = 0,
    EXIT_FINDINGS = 1,      /* findings at or above --fail-on */
    EXIT_USAGE = 2,         /* wrong usage */
    EXIT_UNREADABLE = 3,    /* an input cannot be read, an output cannot be written */
    EXIT_GUARD = 4,         /* a guard stopped the run */
    EXIT_STALE = 5,         /* the plan no longer fits its inputs */
    EXIT_REFUSED = 6,       /* the remote refused */
    EXIT_UNAVAILABLE = 7,   /* the remote is unavailable or timed out */
    EXIT_REMOTE_ERRORS = 8, /* the remote finished with errors */
    EXIT_DIFFERENCES = 10,  /* diff --exit-code, and there are some */
    EXIT_INTERNAL = 70,     /* our own failure */
};

struct command {
    const char *name;
    const char *summary; /* one line for `muster --help`, without a full stop */
    /* What `--help` prints above the options: lines "usage: ...", an explanation, two examples. */
    const char *usage;
    const char *output_help; /* of --output; NULL: it stands for standard output */
    /* arguments[0] is the name of the command, before it stands that of the program, and behind the
     * last a NULL; returns an exit code. */
    int (*run)(int count, char **arguments);
};

extern const struct command command_check;
extern const struct command command_diff;
extern const struct command command_plan;
extern const struct command command_snapshot;
extern const struct command command_leavers;
extern const struct command command_fix;
extern const struct command command_records;
extern const struct command command_explain;
extern const struct command command_push;
extern const struct command command_status;
extern const struct command command_pull;
extern const struct command command_serve;

#endif
