/* SPDX-License-Identifier: MIT */
/*
 * The sandbox: the remote endpoints on this machine, over the same engine. sandbox_none.c stands
 * for the folder where the program is built without libmicrohttpd.
 *
 *     front    takes connections, looks at each head as it came in (requests.h), hands it on
 *     service  libmicrohttpd: routes, keys, bodies into files, replies
 *     workers  what takes time: readers carry out requests, writers jobs, one at a time an account
 *     store    what is kept
 */
#ifndef MUSTER_TOOLS_SANDBOX_SANDBOX_H
#define MUSTER_TOOLS_SANDBOX_SANDBOX_H

#include <stdint.h>

#include "command.h"
#include "options.h"

struct sandbox_options {
    const struct command *command;
    const char *state;
    uint64_t port; /* 0: a free one */
    struct option_list token_files;
    struct option_list faults;
    uint64_t body_limit;   /* bytes of one file */
    uint64_t body_seconds; /* for a body to come in */
};

/* Serve until SIGTERM or SIGINT. EXIT_DONE or an exit code after saying why. */
int sandbox_serve(const struct sandbox_options *options);

#endif
