/* SPDX-License-Identifier: MIT */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream.h"
#include "terminal.h"

#define PENDING_SIZE     (64U << 10)
#define KEY_SIZE_MAX     4096
#define NAME_SIZE_MAX    255 /* what the usual file systems allow */
#define SHOW_MAX_DEFAULT 10

void output_options_init(struct output_options *options)
{
    *options = (struct output_options){.max_show = SHOW_MAX_DEFAULT};
}

struct option_group output_options_list(struct output_options *options, struct option *list)
{
    const struct option all[OUTPUT_OPTION_COUNT] = {
        {"format", 0, OPTION_CHOICE, &options->format, "text|jsonl|json|sync",
         "how results are written; sync is the remote's own answer"},
        {"output", 'o', OPTION_TEXT, &options->path, "FILE",
         "write there instead of standard output"},
        {"max-show", 0, OPTION_NUMBER, &options->max_show, "N",
         "text: show at most N of each code or kind (default 10; 0: all)"},
        {"color", 0, OPTION_CHOICE, &options->color, "auto|always|never",
         "colour; auto respects NO_COLOR"},
        {"quiet", 'q', OPTION_FLAG, &options->quiet, NULL, "text: the summary alone"},
        {"verbose", 'v', OPTION_FLAG, &options->verbose, NULL, "text: more about each finding"},
        {"privacy", 0, OPTION_CHOICE, &options->privacy, "full|mask|pseudonym|counts",
         "how much of the values is shown"},
        {"pseudonym-key", 0, OPTION_TEXT, &options->pseudonym_key_path, "FILE",
         "the key of --privacy pseudonym"},
    };
    memcpy(list, all, sizeof all);
    return (struct option_group){"Options about the output", list, OUTPUT_OPTION_COUNT};
}

/* Read at most KEY_SIZE_MAX bytes; 0 or an errno. */
static int key_read(struct output_options *options)
{
    struct stream stream;
    options->pseudonym_key = calloc(1, KEY_SIZE_MAX);
    if (options->pseudonym_key == NULL) {
        return ENOMEM;
    }
    output_spare(options->pseudonym_key_path);
    int failure = stream_open(&stream, options->pseudonym_key_path);
    while (failure == 0 && options->pseudonym_key_size < KEY_SIZE_MAX) {
        ssize_t size = stream_read(&stream, options->pseudonym_key + options->pseudonym_key_size,
                                   KEY_SIZE_MAX - options->pseudonym_key_size);
        if (size == 0) {
            break;
        }
        failure = size < 0 ? errno : 0;
        options->pseudonym_key_size += size > 0 ? (size_t)size : 0;
    }
    stream_close(&stream);
    return failure;
}

/* Of blanks and line ends, as `echo "$NOT_SET" > key` writes, anybody can think as well. */
static bool key_is_blank(const struct output_options *options)
{
    for (size_t index = 0; index < options->pseudonym_key_size; index++) {
        char byte = options->pseudonym_key[index];
        if (byte != ' ' && byte != '\t' && byte != '\r' && byte != '\n') {
            return false;
        }
    }
    return true;
}

int output_options_settle(struct output_options *options, const struct command *command)
{
    if (options->quiet) {
        progress_silence();
    }
    if (options->pseudonym_key_path != NULL && options->privacy == MUSTER_PRIVACY_FULL) {
        /* Whoever gives a key does not expect the values themselves. */
        complain("--pseudonym-key does nothing without --privacy pseudonym: values are shown");
    }
    if (options->privacy != MUSTER_PRIVACY_PSEUDONYM) {
        return EXIT_DONE;
    }
    if (options->pseudonym_key_path == NULL) {
        return options_wrong(command,
                             "make a key once and keep it: head -c 32 /dev/urandom > muster.key",
                             "--privacy pseudonym needs --pseudonym-key FILE");
    }
    int failure = key_read(options);
    if (failure != 0) {
        complain("cannot read %s: %s", options->pseudonym_key_path, strerror(failure));
        stream_advise(failure);
        return failure == ENOMEM ? EXIT_INTERNAL : EXIT_UNREADABLE;
    }
    if (key_is_blank(options)) {
        return options_wrong(command, NULL, "the key of pseudonyms in %s is empty",
                             options->pseudonym_key_path);
    }
    return EXIT_DONE;
}

void output_options_close(struct output_options *options)
{
    free(options->pseudonym_key);
    options->pseudonym_key = NULL;
    options->pseudonym_key_size = 0;
}

struct muster_report_options output_report(const struct output_options *options,
                                           const struct command *command, int descriptor)
{
    bool into_file = descriptor == STDOUT_FILENO && !output_is_standard(options->path);
    return (struct muster_report_options){
        .format = (enum muster_format)options->format,
        .command = command->name,
        .show_max = (size_t)options->max_show,
        .color =
            into_file ? options->color == COLOR_ALWAYS : terminal_color(options->color, descriptor),
        .quiet = options->quiet,
        .verbose = options->verbose,
        .width = into_file ? 0 : terminal_width(descriptor),
        .privacy = (enum muster_privacy)options->privacy,
        .pseudonym_key = {options->pseudonym_key, options->pseudonym_key_size},
    };
}

/* The file to remove when a signal ends us; signal handlers have no other context. */
static char *volatile unfinished;

static void unfinished_remove(int number)
{
    if (unfinished != NULL) {
        (void)unlink(unfinished);
    }
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

/* What ends a program that is asked to end, or has had its time. */
static const int ending_signals[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGPIPE, SIGALRM,
                                     SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU};

#define ENDING_COUNT (sizeof ending_signals / sizeof ending_signals[0])

/* Who ignores a signal, or handles it, goes on doing so. */
static void unfinished_set(char *path)
{
    void (*const before)(int) = path != NULL ? SIG_DFL : unfinished_remove;
    unfinished = path;
    for (size_t index = 0; index < ENDING_COUNT; index++) {
        struct sigaction action;
        if (sigaction(ending_signals[index], NULL, &action) == 0 && action.sa_handler == before) {
            action = (struct sigaction){.sa_handler = path != NULL ? unfinished_remove : SIG_DFL};
            (void)sigaction(ending_signals[index], &action, NULL);
        }
    }
}

enum muster_status output_snapshot(const struct muster_roster *roster, const char *path,
                                   struct muster_error *error)
{
    sigset_t held;
    sigset_t before;
    (void)sigemptyset(&held);
    for (size_t index = 0; index < ENDING_COUNT; index++) {
        (void)sigaddset(&held, ending_signals[index]);
    }
    (void)pthread_sigmask(SIG_BLOCK, &held, &before);
    enum muster_status status = muster_snapshot_write(roster, path, error);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

/* Beside `path`, so that a rename can put it there; NULL where memory ran out. */
static char *temporary_name(const char *path)
{
    static const char ending[] = ".XXXXXX";
    const char *slash = strrchr(path, '/');
    size_t folder_size = slash != NULL ? (size_t)(slash - path) + 1 : 0;
    size_t size = strlen(path) + 1 + sizeof ending;
    char *name = malloc(size);
    if (name != NULL) {
        /* A long name is cut, so that the temporary one is not too long. */
        (void)snprintf(name, size, "%.*s.%.*s%s", (int)folder_size, path,
                       (int)(NAME_SIZE_MAX - sizeof ending), path + folder_size, ending);
    }
    return name;
}

static int output_failed(struct output *output, int os_error)
{
    complain("cannot write to %s: %s", output->path != NULL ? output->path : "standard output",
             strerror(os_error));
    free(output->temporary);
    free(output->pending);
    *output = (struct output){.descriptor = -1};
    return os_error == ENOMEM ? EXIT_INTERNAL : EXIT_UNREADABLE;
}

/* What is there already and is no ordinary file (a device, a pipe) is written in place. */
static bool is_written_in_place(const char *path)
{
    struct stat status;
    bool names_descriptor = strncmp(path, "/dev/", 5) == 0 && strncmp(path, "/dev/shm/", 9) != 0;
    return names_descriptor ||
           (stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode));
}

/* Set up everything but the descriptor. */
static bool output_prepare(struct output *output, const char *path)
{
    *output = (struct output){.descriptor = -1, .path = path, .pending = malloc(PENDING_SIZE)};
    return output->pending != NULL;
}

/* Of two rosters, each of three files or a snapshot, and a key, a token and a receipt. */
#define SPARED_MAX 16

static struct {
    dev_t device;
    ino_t file;
} spared[SPARED_MAX];
static size_t spared_count;

bool output_is_standard(const char *path)
{
    return path == NULL || strcmp(path, "-") == 0;
}

/* What stands under the name of a file. False for standard output, and where there is nothing. */
static bool file_look(const char *path, struct stat *status)
{
    return !output_is_standard(path) && stat(path, status) == 0;
}

static bool is_spared(const struct stat *status)
{
    for (size_t index = 0; index < spared_count; index++) {
        if (spared[index].device == status->st_dev && spared[index].file == status->st_ino) {
            return true;
        }
    }
    return false;
}

void output_spare(const char *path)
{
    struct stat status;
    bool there = path != NULL && strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &status) == 0
                                                        : file_look(path, &status);
    if (there && S_ISREG(status.st_mode) && !is_spared(&status) && spared_count < SPARED_MAX) {
        spared[spared_count].device = status.st_dev;
        spared[spared_count++].file = status.st_ino;
    }
}

int output_judge(const char *path)
{
    struct stat status;
    if (file_look(path, &status) && is_spared(&status)) {
        complain("%s is an input, and would be overwritten", path);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

static bool is_same_file(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* The folder that a path leads to, to be freed; NULL where memory ran out. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
}

/* Look at the folder that a file will be put into, and return its name there. NULL where there is
 * no such folder: then nothing can be put there. */
static const char *place_look(const char *path, struct stat *folder)
{
    const char *slash = strrchr(path, '/');
    char *name = folder_of(path);
    bool there = name != NULL && stat(name, folder) == 0;
    free(name);
    return !there ? NULL : slash != NULL ? slash + 1 : path;
}

/* Whether two paths are one file, or will be: neither has to be there yet, and `x` and `./x` are
 * one. */
static bool is_same_place(const char *path, const char *other)
{
    struct stat status;
    struct stat other_status;
    if (strcmp(path, other) == 0 ||
        (file_look(path, &status) && S_ISREG(status.st_mode) && file_look(other, &other_status) &&
         is_same_file(&status, &other_status))) {
        return true;
    }
    const char *name = place_look(path, &status);
    const char *other_name = place_look(other, &other_status);
    return name != NULL && other_name != NULL && strcmp(name, other_name) == 0 &&
           is_same_file(&status, &other_status);
}

int output_judge_both(const char *path, const char *other)
{
    if (!output_is_standard(path) && !output_is_standard(other) && is_same_place(path, other)) {
        complain("%s is to be written twice: one would be lost", path);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

/* A signal waits until it is known what it has to remove. False with errno set. */
static bool temporary_open(struct output *output)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    output->descriptor = mkostemp(output->temporary, O_CLOEXEC); /* mode 0600 */
    int os_error = errno;
    if (output->descriptor >= 0) {
        unfinished_set(output->temporary);
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = os_error;
    return output->descriptor >= 0;
}

static int file_open(struct output *output, const char *path)
{
    struct stat status;
    if (is_written_in_place(path)) {
        output->descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_APPEND);
        return output->descriptor < 0 ? output_failed(output, errno) : EXIT_DONE;
    }
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        return output_failed(output, EISDIR);
    }
    output->temporary = temporary_name(path);
    if (output->temporary == NULL) {
        return output_failed(output, ENOMEM);
    }
    return temporary_open(output) ? EXIT_DONE : output_failed(output, errno);
}

int output_open(struct output *output, const char *path)
{
    bool standard = output_is_standard(path);
    if (!standard && output_judge(path) != EXIT_DONE) {
        return EXIT_USAGE;
    }
    if (!output_prepare(output, standard ? NULL : path)) {
        return output_failed(output, ENOMEM);
    }
    if (!standard) {
        return file_open(output, path);
    }
    output->descriptor = STDOUT_FILENO;
    return EXIT_DONE;
}

int output_open_standard_error(struct output *output)
{
    if (!output_prepare(output, "standard error")) {
        return output_failed(output, ENOMEM);
    }
    output->descriptor = STDERR_FILENO;
    return EXIT_DONE;
}

/* Who reads us has gone: so do we, without a word, as if the signal had not been ignored. */
static void end_quietly(void)
{
    sigset_t pipe_signal;
    (void)sigemptyset(&pipe_signal);
    (void)sigaddset(&pipe_signal, SIGPIPE);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)pthread_sigmask(SIG_UNBLOCK, &pipe_signal, NULL);
    (void)raise(SIGPIPE);
}

/* Who shares a terminal or a pipe with us may have made it one that does not wait. */
static void wait_writable(int descriptor)
{
    struct pollfd ready = {.fd = descriptor, .events = POLLOUT};
    (void)poll(&ready, 1, -1);
}

static void write_failed(struct output *output, int os_error)
{
    if (os_error == EINTR || os_error == EAGAIN) {
        if (os_error == EAGAIN) {
            wait_writable(output->descriptor);
        }
        return; /* once more */
    }
    output->os_error = os_error;
    if (os_error == EPIPE && output->temporary == NULL) {
        end_quietly();
    }
}

static void descriptor_write_all(struct output *output, const char *bytes, size_t size)
{
    while (size > 0 && output->os_error == 0) {
        ssize_t written = write(output->descriptor, bytes, size);
        if (written < 0) {
            write_failed(output, errno);
            continue;
        }
        bytes += written;
        size -= (size_t)written;
    }
}

static void pending_write(struct output *output)
{
    descriptor_write_all(output, output->pending, output->pending_size);
    output->pending_size = 0;
}

bool output_write(void *context, const char *bytes, size_t size)
{
    struct output *output = context;
    if (size > PENDING_SIZE - output->pending_size) {
        pending_write(output);
    }
    if (size >= PENDING_SIZE) {
        progress_end(); /* its line and ours may share the terminal */
        descriptor_write_all(output, bytes, size);
    } else if (size > 0) {
        memcpy(output->pending + output->pending_size, bytes, size);
        output->pending_size += size;
    }
    return output->os_error == 0;
}

/* Make the rename last; that it cannot be made so is no reason to say that it failed. */
static void folder_synchronise(const char *path)
{
    char *folder = folder_of(path);
    if (folder != NULL) {
        int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (descriptor >= 0) {
            (void)fsync(descriptor);
            (void)close(descriptor);
        }
        free(folder);
    }
}

static int synchronise(int descriptor)
{
    int result;
    do {
        result = fsync(descriptor);
    } while (result != 0 && errno == EINTR);
    return result;
}

static void output_place(struct output *output, bool keep)
{
    if (keep && output->os_error == 0 && synchronise(output->descriptor) != 0) {
        output->os_error = errno;
    }
    if (close(output->descriptor) != 0 && output->os_error == 0) {
        output->os_error = errno;
    }
    if (keep && output->os_error == 0 && rename(output->temporary, output->path) != 0) {
        output->os_error = errno;
    }
    if (keep && output->os_error == 0) {
        folder_synchronise(output->path);
    } else {
        (void)unlink(output->temporary);
    }
    unfinished_set(NULL);
}

int output_close(struct output *output, bool keep)
{
    progress_end();
    if (output->descriptor < 0) {
        return EXIT_UNREADABLE; /* it was never opened, which has been said */
    }
    if (keep || output->temporary == NULL) {
        pending_write(output);
    }
    if (output->temporary != NULL) {
        output_place(output, keep);
    } else {
        /* Some file systems tell what went wrong only when a descriptor is closed. */
        int copy =
            output->descriptor > STDERR_FILENO ? output->descriptor : dup(output->descriptor);
        if (copy >= 0 && close(copy) != 0 && output->os_error == 0) {
            output->os_error = errno;
        }
    }
    if (output->os_error != 0) {
        return output_failed(output, output->os_error);
    }
    free(output->temporary);
    free(output->pending);
    *output = (struct output){.descriptor = -1};
    return EXIT_DONE;
}

int output_finish(struct output *output, enum muster_status status)
{
    int result = output_close(output, status == MUSTER_OK);
    if (status == MUSTER_OK || (status == MUSTER_UNWRITABLE && result != EXIT_DONE)) {
        return result;
    }
    complain("%s", muster_status_text(status));
    return status == MUSTER_UNWRITABLE ? EXIT_UNREADABLE : EXIT_INTERNAL;
}
