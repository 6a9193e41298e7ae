/* SPDX-License-Identifier: MIT */
/* What pulling and the pushes to Sparkwise have in common. */
#ifndef MUSTER_TOOLS_REMOTE_PULL_H
#define MUSTER_TOOLS_REMOTE_PULL_H

#include "inputs.h"
#include "remote/http.h"
#include "remote/remote.h"

/* A remote within reach. Zeroed but for the address that is documented for it. */
struct reach {
    const char *usual_base;
    struct http_url base;
    struct text base_text;
    struct token token;
    struct http_session *session;
    bool uncertain; /* whether the last write was carried out is not known */
};

/* Read the token and open a session; of `http` the kind of key is used. EXIT_DONE or an exit code
 * after saying why; leave it in any case. */
int remote_reach(struct reach *reach, const struct remote_options *options,
                 const struct command *command, const struct http_options *http);
void remote_leave(struct reach *reach);

/* Standard input is one thing only, of the token and the files that are read (`from` may be NULL):
 * EXIT_DONE, or EXIT_USAGE after saying so. */
int remote_judge_streams(const struct inputs *inputs, const char *from,
                         const struct remote_options *options, const struct command *command);

/* Write all of `text` to `path` (NULL or "-": standard output). EXIT_DONE or an exit code after
 * saying why; a text that lacks something for want of memory is not written. */
int remote_write(const char *path, const struct text *text);

/* Say why `base` cannot be used; the exit code. */
int remote_base_refuse(const struct command *command, const char *base, const char *why);

int sparkwise_pull(const struct pull_options *options);

#endif
