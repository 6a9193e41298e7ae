/* SPDX-License-Identifier: MIT */
/* Requests over libmicrohttpd: the only file that includes its header is service.c. */
#ifndef MUSTER_TOOLS_SANDBOX_SERVICE_H
#define MUSTER_TOOLS_SANDBOX_SERVICE_H

#include <stdbool.h>
#include <sys/socket.h>

#include "sandbox/call.h"

struct service;

/* Connections that are served at the same time. */
enum { CONNECTION_COUNT_MAX = 1024 };

/* NULL where it cannot be started. */
struct service *service_open(struct sandbox *sandbox);

/* Whether one more connection can be served now. */
bool service_has_room(const struct service *service);

/* Hand on a connection whose first request has been judged; its socket is taken over. Only where
 * there is room. */
void service_connect(struct service *service, int descriptor, const struct sockaddr *address,
                     socklen_t size);

/* All calls have to be answered: close the workers first. */
void service_close(struct service *service);

#endif
