/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "remote/retry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "remote/system.h"

/* "Sun, 06 Nov 1994 08:49:37 GMT", the one form of a date that HTTP lets a server send. */
static bool date_read(const char *text, int64_t *seconds)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm date = {0};
    char month[4] = "";
    int length = 0;

    int count = sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &date.tm_mday,
                       month, &date.tm_year, &date.tm_hour, &date.tm_min, &date.tm_sec, &length);
    const char *found = strlen(month) == 3 ? strstr(months, month) : NULL;
    if (count != 6 || length == 0 || text[length] != '\0' || found == NULL ||
        (found - months) % 3 != 0 || date.tm_year < 1970) {
        return false;
    }
    date.tm_mon = (int)(found - months) / 3;
    date.tm_year -= 1900;
    time_t moment = timegm(&date);
    *seconds = (int64_t)moment;
    return moment != (time_t)-1;
}

bool retry_after_read(const char *text, int64_t now, uint64_t *milliseconds)
{
    int64_t moment = 0;
    size_t digits = strspn(text, "0123456789");

    if (digits > 0 && text[digits] == '\0') {
        /* More digits than this mean "for ever" all the same, and would overflow. */
        *milliseconds = digits > 9 ? UINT64_MAX : strtoull(text, NULL, 10) * 1000;
        return true;
    }
    if (!date_read(text, &moment)) {
        return false;
    }
    *milliseconds = moment > now ? (uint64_t)(moment - now) * 1000 : 0;
    return true;
}

uint64_t retry_delay(unsigned attempt, const char *retry_after, uint64_t random)
{
    uint64_t delay = 0;

    if (retry_after_read(retry_after, (int64_t)time(NULL), &delay)) {
        return delay < RETRY_AFTER_MAX ? delay : RETRY_AFTER_MAX;
    }
    delay = (uint64_t)RETRY_DELAY_FIRST << (attempt > 0 ? attempt - 1 : 0);
    return delay - delay / 4 + random % (delay / 2 + 1);
}

bool retry_is_due(const struct http_request *request, const struct http_reply *reply)
{
    switch (reply->outcome) {
    case HTTP_UNREACHED:
        return true;
    case HTTP_LOST:
        return !request->once;
    case HTTP_ANSWERED:
        /* These two say that nothing was done; any other failure leaves that open. */
        if (request->once) {
            return reply->status == 429 || reply->status == 503;
        }
        return reply->status == 429 || reply->status >= 500;
    default:
        return false;
    }
}

bool reply_is_uncertain(const struct http_reply *reply)
{
    if (reply->outcome == HTTP_ANSWERED) {
        /* 303 is what servers answer after they have carried out a POST. */
        return reply->status < 400 || (reply->status >= 500 && reply->status != 503);
    }
    return reply->sent && reply->outcome != HTTP_CHANGED;
}

void retry_send(struct http_session *session, const struct http_request *request,
                struct http_reply *reply)
{
    for (unsigned attempt = 1;; attempt++) {
        http_send(session, request, reply);
        if (attempt >= RETRY_ATTEMPT_MAX || !retry_is_due(request, reply)) {
            return;
        }
        uint64_t random = 0;
        (void)random_bytes(&random, sizeof(random));
        uint64_t delay = retry_delay(attempt, reply->retry_after, random);
        uint64_t deadline = http_session_deadline(session);
        uint64_t now = clock_now();
        /* Waiting for an attempt that cannot take place any more would only cost time. */
        if (now >= deadline || delay >= deadline - now) {
            return;
        }
        http_reply_close(reply);
        clock_sleep(delay);
    }
}
