/* SPDX-License-Identifier: MIT */
/* Requests over libmicrohttpd: the only file that includes its header is service.c. */
#ifndef MUSTER_TOOLS_SANDBOX_SERVICE_H
#define MUSTER_TOOLS_SANDBOX_SERVICE_H

#include <stdbool.h>
#include <sys/socket.h>

#include "sandbox/call.h"

struct service;

/* NULL where it cannot be started. */
struct service *service_open(struct sandbox *sandbox);

/* Hand on a connection whose first request has been judged; its socket is taken over. */
void service_connect(struct service *service, int descriptor, const struct sockaddr *address,
                     socklen_t size);

/* All calls have to be answered: close the workers first. */
void service_close(struct service *service);

#endif
