/* SPDX-License-Identifier: MIT */
/*
 * The front door: takes connections on loopback, looks at the head of each as it came in, without
 * taking it out of the socket, and hands the sound ones on. The others are answered here. A head
 * that does not come in time is not waited for, however many of them there are.
 */
#ifndef MUSTER_TOOLS_SANDBOX_FRONT_H
#define MUSTER_TOOLS_SANDBOX_FRONT_H

#include <stdbool.h>

#include "sandbox/service.h"

struct front;

/* Connections that are not yet handed on; more wait until the system lets them in. */
enum { VISITOR_COUNT_MAX = 2048 };

/* Listen on 127.0.0.1; port 0 is a free one, and *port the one that it is. NULL after saying why.
 */
struct front *front_open(unsigned *port);

/* Begin to take connections. False where no thread can be made. */
bool front_start(struct front *front, struct service *service);

/* Take no more connections, and close those that have not been handed on. */
void front_close(struct front *front);

#endif
