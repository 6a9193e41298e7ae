/* SPDX-License-Identifier: MIT */
/*
 * Where results go: standard output or -o FILE, the options about them, and the reports.
 *
 *     struct output output;
 *     int result = output_open(&output, options.path);
 *     if (result == EXIT_DONE) {
 *         status = muster_report_check(roster, &report, output_write, &output);
 *         result = output_finish(&output, status);
 *     }
 *
 * A file is written beside its place and renamed, mode 0600, so that there is the old one or the
 * whole new one. A closed pipe ends the program quietly.
 */
#ifndef MUSTER_TOOLS_OUTPUT_H
#define MUSTER_TOOLS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command.h"
#include "muster.h"
#include "options.h"

/* Initialise with output_options_init. */
struct output_options {
    const char *path; /* -o; NULL: standard output */
    int format;       /* enum muster_format */
    uint64_t max_show;
    int color; /* 0 auto, 1 always, 2 never */
    bool quiet;
    bool verbose;
    int privacy; /* enum muster_privacy */
    const char *pseudonym_key_path;
    char *pseudonym_key; /* set by output_options_settle */
    size_t pseudonym_key_size;
};

enum { OUTPUT_OPTION_COUNT = 8 };

void output_options_init(struct output_options *options);

/* Fill `list`, which has room for OUTPUT_OPTION_COUNT, and return its group. */
struct option_group output_options_list(struct output_options *options, struct option *list);

/* Read the key of pseudonyms. EXIT_DONE, or EXIT_USAGE or EXIT_UNREADABLE after saying why. */
int output_options_settle(struct output_options *options, const struct command *command);
void output_options_close(struct output_options *options);

/*
 * What the engine's reports want to know: colour and width are those of the terminal behind
 * `descriptor` (1: where -o or standard output goes; 2: standard error).
 */
struct muster_report_options output_report(const struct output_options *options,
                                           const struct command *command, int descriptor);

struct output {
    int descriptor;
    const char *path; /* as the user wrote it; NULL: standard output */
    char *temporary;  /* the file that is renamed at the end; NULL: written in place */
    int os_error;     /* of the first write that failed; then nothing more is written */
    char *pending;    /* bytes that wait for company */
    size_t pending_size;
};

/* An input of the command, or a file that it needs; "-" is standard input, and NULL none. Nothing
 * is written over it. */
void output_spare(const char *path);

/* EXIT_DONE, or EXIT_USAGE after saying that there is an input under this name; NULL and "-" are
 * standard output. */
int output_judge(const char *path);

/* The same for two files that are both to be written, and must not be one. */
int output_judge_both(const char *path, const char *other);

/* Whether the path of -o, or NULL without it, stands for standard output. */
bool output_is_standard(const char *path);

/* NULL or "-" is standard output. EXIT_DONE, or EXIT_UNREADABLE or EXIT_USAGE after saying why. */
int output_open(struct output *output, const char *path);

/* The same for standard error, for findings; close it too. */
int output_open_standard_error(struct output *output);

/* A muster_write; `context` is the struct output. */
bool output_write(void *context, const char *bytes, size_t size);

/* muster_snapshot_write, but a signal that would end the program waits until there is no temporary
 * file to stay. */
enum muster_status output_snapshot(const struct muster_roster *roster, const char *path,
                                   struct muster_error *error);

/*
 * Write what is pending and put the file into its place, or drop it where `keep` is false.
 * EXIT_DONE, or EXIT_UNREADABLE after saying what went wrong.
 */
int output_close(struct output *output, bool keep);

/* The same after a call of the engine that wrote there: kept where it gave MUSTER_OK. */
int output_finish(struct output *output, enum muster_status status);

#endif
