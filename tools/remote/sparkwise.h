/* SPDX-License-Identifier: MIT */
/* What reading from and writing to Sparkwise have in common. */
#ifndef MUSTER_TOOLS_REMOTE_SPARKWISE_H
#define MUSTER_TOOLS_REMOTE_SPARKWISE_H

#include <jansson.h>

#include "remote/endpoints.h"
#include "remote/reach.h"

/* Find it and open a session. EXIT_DONE, or an exit code after saying why; leave it in any case. */
int sparkwise_reach(struct reach *reach, const struct remote_options *options,
                    const struct command *command);

/*
 * Send a request and read the answer into *document (the caller's; NULL after a failure). `query`
 * is NULL or "?...", `body` is NULL for a read. EXIT_DONE, or an exit code after saying why; a
 * write whose answer is lost is EXIT_UNAVAILABLE with reach->uncertain, and is not repeated.
 */
int sparkwise_ask(struct reach *reach, enum endpoint_id id, const char *query,
                  const struct text *body, json_t **document);

int sparkwise_pull(const struct pull_options *options);

#endif
