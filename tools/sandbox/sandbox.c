/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sandbox/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "remote/token.h"
#include "sandbox/front.h"
#include "terminal.h"

/* Readers may wait for a verdict, so there are more of them than processors. */
enum { READER_COUNT = 8, WRITER_COUNT = 2 };

/* Each connection may have a file beside its socket, and some are open for other reasons. */
enum { DESCRIPTOR_COUNT = 2 * CONNECTION_COUNT_MAX + VISITOR_COUNT_MAX + 64 };

/* As many as may be needed, or as are allowed. */
static void descriptors_ask(void)
{
    struct rlimit limit = {0};

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < DESCRIPTOR_COUNT) {
        limit.rlim_cur = limit.rlim_max < DESCRIPTOR_COUNT ? limit.rlim_max : DESCRIPTOR_COUNT;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int tokens_take(struct sandbox *sandbox, const struct option_list *files)
{
    for (size_t index = 0; index < files->count; index++) {
        struct text path = {0};
        struct token token = {0};
        unsigned char digest[SHA256_SIZE];
        text_append(&path, files->items[index].ptr, files->items[index].len);
        int result = path.exhausted ? memory_complain() : token_read(&token, text_string(&path));
        text_close(&path);
        if (result != EXIT_DONE) {
            return result;
        }
        sha256_of(token.bytes, token.size, digest);
        token_close(&token);
        if (!store_accept(&sandbox->store, digest)) {
            if (sandbox->store.account_count < ACCOUNT_COUNT_MAX) {
                return memory_complain();
            }
            complain("there are too many tokens, more than %d", ACCOUNT_COUNT_MAX);
            return EXIT_USAGE;
        }
    }
    return EXIT_DONE;
}

static int faults_take(struct sandbox *sandbox, const struct sandbox_options *options)
{
    const struct option_list *faults = &options->faults;

    for (size_t index = 0; index < faults->count; index++) {
        struct muster_span word = faults->items[index];
        if (!fault_add(&sandbox->fault, word)) {
            return options_wrong(options->command,
                                 "--fault takes delay=MS, job-delay=MS, 429[=N], 5xx[=N], cut[=N], "
                                 "elsewhere, short-pages or broken-json",
                                 "cannot make the fault \"%.*s\"", (int)word.len, word.ptr);
        }
    }
    return EXIT_DONE;
}

static int ready_tell(unsigned port)
{
    if (printf("http://127.0.0.1:%u\n", port) < 0 || fflush(stdout) != 0) {
        complain("cannot write to standard output: %s", strerror(errno));
        return EXIT_UNREADABLE;
    }
    return EXIT_DONE;
}

/* From here on everything is there: serve until a signal comes. */
static int sandbox_run(struct sandbox *sandbox, struct front *front, const sigset_t *signals)
{
    struct service *service = service_open(sandbox);
    int result = EXIT_INTERNAL;
    int signal_number = 0;

    /* What is left of the last time is cleared away before anything new comes in. */
    bool recovered = service != NULL && jobs_recover(sandbox) == EXIT_DONE;
    if (service == NULL || (recovered && !front_start(front, service))) {
        complain("cannot start the threads of the sandbox");
    } else if (recovered) {
        result = ready_tell(sandbox->port);
        if (result == EXIT_DONE) {
            (void)sigwait(signals, &signal_number);
        }
    }
    /* In this order: no new connections, then no work, and none that a worker holds. Connections
     * that are still there may want to add work, so the workers stay until those are gone. */
    front_close(front);
    fault_stop(&sandbox->fault);
    workers_stop(sandbox->readers);
    workers_stop(sandbox->writers);
    service_close(service);
    workers_close(sandbox->readers);
    workers_close(sandbox->writers);
    return result;
}

static int sandbox_start(struct sandbox *sandbox, const struct sandbox_options *options)
{
    sigset_t signals;

    /* Threads inherit the mask, so that only the one that waits for a signal gets it. */
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    sandbox->port = (unsigned)options->port;
    struct front *front = front_open(&sandbox->port);
    if (front == NULL) {
        return EXIT_UNREADABLE;
    }
    sandbox->readers = workers_open(READER_COUNT);
    sandbox->writers = workers_open(WRITER_COUNT);
    if (sandbox->readers == NULL || sandbox->writers == NULL) {
        complain("cannot start the threads of the sandbox");
        workers_close(sandbox->readers);
        workers_close(sandbox->writers);
        front_close(front);
        return EXIT_INTERNAL;
    }
    return sandbox_run(sandbox, front, &signals);
}

int sandbox_serve(const struct sandbox_options *options)
{
    struct sandbox sandbox = {
        .body_limit = options->body_limit,
        .body_milliseconds = options->body_seconds * 1000,
    };

    /* Clients send us their tokens, whether or not there are files with those to accept. */
    core_dumps_stop();
    descriptors_ask();
    fault_open(&sandbox.fault);
    int result = faults_take(&sandbox, options);
    if (result == EXIT_DONE) {
        result = store_open(&sandbox.store, options->state);
        if (result == EXIT_DONE) {
            result = tokens_take(&sandbox, &options->token_files);
        }
        if (result == EXIT_DONE) {
            result = sandbox_start(&sandbox, options);
        }
        store_close(&sandbox.store);
    }
    fault_close(&sandbox.fault);
    return result;
}
