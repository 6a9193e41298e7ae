/* SPDX-License-Identifier: MIT */
/* The table of commands, and what is settled of the process before one of them runs. */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "muster.h"
#include "options.h"
#include "terminal.h"

static const struct command *const commands[] = {
    &command_check,   &command_diff,   &command_plan,    &command_snapshot,
    &command_leavers, &command_fix,    &command_records, &command_explain,
#if !defined(MUSTER_NO_REMOTE)
    &command_push,    &command_status, &command_pull,    &command_serve,
#endif
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void overview_print(FILE *stream)
{
    (void)fprintf(stream, "usage: muster COMMAND [ARGUMENT...]\n"
                          "\n"
                          "Checks, compares and plans rosters kept as CSV, before they are sent.\n"
                          "\n"
                          "commands:\n");
    for (size_t index = 0; index < COMMAND_COUNT; index++) {
        (void)fprintf(stream, "  %-10s%s\n", commands[index]->name, commands[index]->summary);
    }
    (void)fprintf(stream,
                  "\n"
                  "examples:\n"
                  "  muster check export/\n"
                  "  muster plan --from last-week.snap export/\n"
                  "\n"
                  "`muster COMMAND --help` says more about each of them, `muster --version` the\n"
                  "version.\n");
}

static int overview_run(void)
{
    overview_print(stdout);
    return options_printed();
}

static int version_run(void)
{
    (void)printf("muster %s\n", MUSTER_VERSION);
    return options_printed();
}

static const struct command *command_named(const char *name)
{
    for (size_t index = 0; index < COMMAND_COUNT; index++) {
        if (strcmp(commands[index]->name, name) == 0) {
            return commands[index];
        }
    }
    return NULL;
}

static int command_unknown(const char *name)
{
    const char *names[COMMAND_COUNT];
    for (size_t index = 0; index < COMMAND_COUNT; index++) {
        names[index] = commands[index]->name;
    }
    struct muster_span word = {name, strlen(name)};
    complain("there is no command \"%s\"%s", name,
             options_guess(word, "", names, COMMAND_COUNT).text);
    advise(name[0] == '-' ? "options stand behind the command; muster --help lists the commands"
                          : "muster --help lists the commands");
    return EXIT_USAGE;
}

/* `muster help COMMAND` is `muster COMMAND --help`. */
static int help_run(int count, char **arguments)
{
    static char help[] = "--help";
    if (count < 2) {
        return overview_run();
    }
    const struct command *command = command_named(arguments[1]);
    if (command == NULL) {
        return command_unknown(arguments[1]);
    }
    char *asked[] = {arguments[0], arguments[1], help, NULL};
    return command->run(2, asked + 1);
}

/* What stands in for a stream is of no use in the direction that is asked for. Where there is no
 * /dev, that is a folder. */
static bool stream_fill(int stream)
{
    int filled = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    return (filled >= 0 ? filled : open("/", O_RDONLY)) == stream;
}

/*
 * Whoever started us may have closed a standard stream. The next file that is opened would take its
 * number, and get what is meant for the stream. What takes its place here cannot be used, so that
 * using it fails, as it does with a closed one.
 */
static bool streams_fill(void)
{
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        if (fcntl(stream, F_GETFD) < 0 && errno == EBADF && !stream_fill(stream)) {
            return false;
        }
    }
    return true;
}

/*
 * glibc sets 64 MiB of addresses aside for each thread that asks for memory while another one does.
 * Where addresses are few (ulimit -v), the same run then has enough of them or not, by chance. Our
 * threads ask so seldom that one place for all costs nothing.
 */
static void addresses_save(void)
{
#if defined(__GLIBC__)
    (void)mallopt(M_ARENA_MAX, 1);
#endif
}

int main(int count, char **arguments)
{
    addresses_save();
    if (!streams_fill()) {
        return EXIT_INTERNAL; /* there may be nobody to tell */
    }
    /* Whoever started us may have ignored it; a closed pipe is to end us quietly. */
    (void)signal(SIGPIPE, SIG_DFL);
    /* A file that must not grow any more (ulimit -f) is a disk that is full: a failed write, which
     * is told, and takes the temporary file away. */
    (void)signal(SIGXFSZ, SIG_IGN);
    if (count < 2) {
        overview_print(stderr);
        return EXIT_USAGE;
    }
    const char *name = arguments[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        return overview_run();
    }
    if (strcmp(name, "--version") == 0) {
        return version_run();
    }
    if (strcmp(name, "help") == 0) {
        return help_run(count - 1, arguments + 1);
    }
    const struct command *command = command_named(name);
    return command != NULL ? command->run(count - 1, arguments + 1) : command_unknown(name);
}
