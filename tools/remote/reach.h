/* SPDX-License-Identifier: MIT */
/*
 * The way to a remote, which push, status and pull have in common: its address, the token, and a
 * session; and what they read and write beside that.
 */
#ifndef MUSTER_TOOLS_REMOTE_REACH_H
#define MUSTER_TOOLS_REMOTE_REACH_H

#include <stdbool.h>

#include "inputs.h"
#include "remote/http.h"
#include "remote/remote.h"
#include "remote/text.h"
#include "remote/token.h"

/* A remote within reach; zeroed at the beginning. */
struct reach {
    struct http_url base;
    struct text base_text;
    struct token token;
    struct http_session *session;
    bool uncertain; /* whether the last write was carried out is not known */
};

/* Find the address of --base, or the usual one, and read the token. EXIT_DONE, or an exit code
 * after saying why; leave it in any case. */
int remote_reach(struct reach *reach, const struct remote_options *options, const char *usual_base,
                 const struct command *command);

/* Open a session there, whose time begins now. The token is shown in this header; NULL: as a
 * bearer's. EXIT_DONE or an exit code after saying why. */
int remote_connect(struct reach *reach, const struct remote_options *options,
                   const char *key_header);

void remote_leave(struct reach *reach);

/* The address of --base, or the usual one. EXIT_DONE or an exit code after saying what is wrong
 * with it. */
int remote_base_read(struct http_url *base, const struct remote_options *options,
                     const char *usual_base, const struct command *command);

/* Standard input is one thing only, of the token and the files that are read (`from` may be NULL):
 * EXIT_DONE, or EXIT_USAGE after saying so. */
int remote_judge_streams(const struct inputs *inputs, const char *from,
                         const struct remote_options *options, const struct command *command);

/* Whether the output goes over the file that stands beside a receipt (or NULL) while it is written,
 * and is removed with it. EXIT_DONE, or an exit code after saying why. */
int remote_judge_lock(const char *receipt, const char *output);

/* Write all of `text` to `path` (NULL or "-": standard output). EXIT_DONE or an exit code after
 * saying why; a text that lacks something for want of memory is not written. */
int remote_write(const char *path, const struct text *text);

#endif
