/* SPDX-License-Identifier: MIT */
/*
 * Options as tables. A command writes down its options once, each with the place where its value
 * goes, and gets parsing, --help, --version and messages with a suggestion from here:
 *
 *     bool exit_code = false;
 *     const char *from = NULL;
 *     const struct option own[] = {
 *         {"exit-code", 0, OPTION_FLAG, &exit_code, NULL, "exit 10 where there are differences"},
 *         {"from", 0, OPTION_TEXT, &from, "OLD", "the roster to compare with"},
 *     };
 *     const struct option_group groups[] = {{"Options of diff", own, 2}};
 *     struct option_set set = {.command = &command_diff, .groups = groups, .group_count = 1};
 *     int result;
 *     if (!options_parse(&set, count, arguments, &result)) {
 *         return result;
 *     }
 *
 * The groups that many commands share are made by input_options_list (inputs.h) and
 * output_options_list (output.h).
 */
#ifndef MUSTER_TOOLS_OPTIONS_H
#define MUSTER_TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command.h"
#include "muster.h"

enum option_kind {
    OPTION_FLAG,   /* bool *: becomes true */
    OPTION_TEXT,   /* const char **: the argument as it stands */
    OPTION_NUMBER, /* uint64_t *: a decimal number */
    OPTION_CHOICE, /* int *: the index of the argument among the words of `argument` */
    OPTION_LIST,   /* struct option_list *: repeatable, pieces separated by commas */
    OPTION_TEXTS,  /* struct option_list *: repeatable, each argument as it stands */
};

/* Pieces of arguments, pointing into them. A zeroed list is an empty one. */
struct option_list {
    struct muster_span *items;
    size_t count;
    size_t capacity;
};

void option_list_close(struct option_list *list);

struct option {
    const char *name; /* without dashes; never NULL */
    char letter;      /* 0: none */
    enum option_kind kind;
    void *storage;
    const char *argument; /* its word in the help; OPTION_CHOICE: "one|two|three"; flag: NULL */
    const char *help;     /* wrapped where it is printed; NULL: accepted, but not listed */
};

struct option_group {
    const char *title; /* NULL: accepted, but not listed in the help */
    const struct option *options;
    size_t count;
};

struct option_set {
    const struct command *command;
    const struct option_group *groups;
    size_t group_count;
    /* Set by options_parse: what is not an option, in order; points into the arguments. */
    char **files;
    size_t file_count;
};

/*
 * Parse the arguments behind arguments[0]; options and files may be mixed, and behind "--" all are
 * files. True where the command shall go on. Otherwise everything is said (each wrong option, or
 * the help, or the version) and *exit_code is how the program ends.
 */
bool options_parse(struct option_set *set, int count, char **arguments, int *exit_code);

/*
 * Say what is wrong with the usage of a command, and where help is; returns EXIT_USAGE. The text
 * is one sentence without "muster:" and full stop; `hint` may be NULL.
 */
int options_wrong(const struct command *command, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What was printed by stdio is out: EXIT_DONE, or EXIT_UNREADABLE after saying why not. */
int options_printed(void);

/*
 * The end of a complaint about a word that is not known: "; did you mean WORD?" with the one of
 * `words` that is probably meant, behind a `mark` such as "--" or ""; or nothing, where none is
 * near.
 */
struct guess {
    char text[80];
};
struct guess options_guess(struct muster_span word, const char *mark, const char *const *words,
                           size_t count);
/* The same for the codes of rules. */
struct guess options_guess_code(struct muster_span word);

#endif
