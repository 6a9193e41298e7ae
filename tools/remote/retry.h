/* SPDX-License-Identifier: MIT */
/*
 * When a request is sent again: three attempts, 250 ms that double, with jitter, after 429 (as long
 * as Retry-After says), 5xx and connections that failed. A request that changes something is sent
 * again only where it is certain that nothing was done: after 429, 503, and where nothing has left.
 */
#ifndef MUSTER_TOOLS_REMOTE_RETRY_H
#define MUSTER_TOOLS_REMOTE_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "remote/http.h"

enum { RETRY_ATTEMPT_MAX = 3, RETRY_DELAY_FIRST = 250, RETRY_AFTER_MAX = 120000 };

/* As http_send, with what is said above. */
void retry_send(struct http_session *session, const struct http_request *request,
                struct http_reply *reply);

/* Whether this reply to the request is worth another attempt, whatever their number. */
bool retry_is_due(const struct http_request *request, const struct http_reply *reply);

/* Whether a request that got no answer of use may have been carried out all the same. */
bool reply_is_uncertain(const struct http_reply *reply);

/*
 * Milliseconds to wait after the attempt with this number (from 1): Retry-After where there is one,
 * at most RETRY_AFTER_MAX, else the doubled delay of which `random` takes up to a quarter away or
 * adds as much.
 */
uint64_t retry_delay(unsigned attempt, const char *retry_after, uint64_t random);

/* Retry-After in milliseconds, from seconds or a date (seen from `now`, seconds since 1970); false
 * where it is neither. */
bool retry_after_read(const char *text, int64_t now, uint64_t *milliseconds);

#endif
