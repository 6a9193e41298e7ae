/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "remote/http.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "muster.h"
#include "remote/system.h"
#include "terminal.h"

/* A remote that does not even take the connection in this time is not there. */
#define CONNECT_TIMEOUT 15000L
/* Seconds until a silent connection is asked whether the other end is still there, and until it is
 * asked again. */
#define KEEPALIVE_IDLE  60L
#define KEEPALIVE_AGAIN 15L

struct http_session {
    CURL *easy;
    struct http_url base;
    struct curl_slist *secret; /* the header with the token, wiped at the end */
    const struct token *token; /* the caller's */
    uint64_t deadline;
    uint64_t stall;
};

/* What the callbacks of one request need. */
struct exchange {
    const struct http_request *request;
    struct http_reply *reply;
    bool too_large;
    uint64_t unsent;   /* bytes of the upload that libcurl has not fetched */
    uint64_t moved_at; /* when a byte of a body was last seen */
    uint64_t stall;
    bool stalled;
};

void http_reply_close(struct http_reply *reply)
{
    text_close(&reply->body);
    *reply = (struct http_reply){0};
}

uint64_t http_session_deadline(const struct http_session *session)
{
    return session->deadline;
}

static void secret_close(struct curl_slist *secret)
{
    for (struct curl_slist *at = secret; at != NULL; at = at->next) {
        memory_wipe(at->data, strlen(at->data));
    }
    curl_slist_free_all(secret);
}

static struct curl_slist *secret_make(const struct http_options *options)
{
    struct text header = {0};
    struct curl_slist *secret = NULL;

    if (options->key_header == NULL) {
        text_format(&header, "Authorization: Bearer %s", options->token->bytes);
    } else {
        text_format(&header, "%s: %s", options->key_header, options->token->bytes);
    }
    if (!header.exhausted) {
        secret = curl_slist_append(NULL, text_string(&header));
    }
    text_wipe(&header);
    return secret;
}

static bool session_harden(CURL *easy, const struct http_url *base)
{
    bool fine =
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, base->scheme) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_IDLE) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_AGAIN) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_USERAGENT, "muster/" MUSTER_VERSION) == CURLE_OK;

    /* One request, one answer: later versions of HTTP may repeat a request by themselves. */
    fine = fine &&
           curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK;
    if (fine && base->loopback) {
        fine = curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_NOPROXY, "*") == CURLE_OK;
    }
    return fine;
}

int http_session_open(struct http_session **session, const struct http_options *options)
{
    *session = NULL;
    /* A connection that breaks must not end the program; see output.c for a closed pipe. */
    (void)signal(SIGPIPE, SIG_IGN);
    /* libcurl would write the secrets of every connection there, and whoever has the file and the
     * traffic has the token. */
    (void)unsetenv("SSLKEYLOGFILE");
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
        complain("libcurl does not start");
        return EXIT_INTERNAL;
    }
    struct http_session *made = calloc(1, sizeof(*made));
    if (made != NULL) {
        made->base = *options->base;
        made->deadline = clock_now() + options->timeout;
        made->stall = options->stall > 0 ? options->stall : HTTP_STALL_DEFAULT;
        made->easy = curl_easy_init();
        made->secret = secret_make(options);
        made->token = options->token;
    }
    if (made == NULL || made->easy == NULL || made->secret == NULL ||
        !session_harden(made->easy, &made->base)) {
        http_session_close(made);
        if (made == NULL) {
            curl_global_cleanup();
        }
        return memory_complain();
    }
    *session = made;
    return EXIT_DONE;
}

void http_session_close(struct http_session *session)
{
    if (session == NULL) {
        return;
    }
    if (session->easy != NULL) {
        curl_easy_cleanup(session->easy);
    }
    secret_close(session->secret);
    free(session);
    curl_global_cleanup();
}

static size_t body_receive(char *bytes, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    struct text *body = &exchange->reply->body;

    (void)size; /* always 1 */
    exchange->moved_at = clock_now();
    if (count > HTTP_REPLY_SIZE_MAX - body->size) {
        exchange->too_large = true;
        return 0;
    }
    text_append(body, bytes, count);
    return body->exhausted ? 0 : count;
}

static size_t body_send(char *bytes, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;

    (void)size; /* always 1 */
    ssize_t got = upload_read(exchange->request->upload, bytes, count);
    if (got < 0) {
        return CURL_READFUNC_ABORT;
    }
    exchange->moved_at = clock_now();
    exchange->unsent -= (uint64_t)got;
    return (size_t)got;
}

/* libcurl goes back only to send the whole body again, before any answer. */
static int body_seek(void *context, curl_off_t offset, int origin)
{
    struct exchange *exchange = context;

    if (offset != 0 || origin != SEEK_SET) {
        return CURL_SEEKFUNC_CANTSEEK;
    }
    upload_rewind(exchange->request->upload);
    exchange->unsent = exchange->request->upload->size;
    return CURL_SEEKFUNC_OK;
}

/*
 * libcurl calls this at least once a second. Its own limit of speed would also count the time that
 * the remote takes to think about an export, between the bodies: that may be all of the session's.
 */
static int stall_watch(void *context, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
                       curl_off_t up)
{
    struct exchange *exchange = context;
    bool body_moves = exchange->unsent > 0 || exchange->reply->body.size > 0;

    (void)down_all;
    (void)down;
    (void)up_all;
    (void)up;
    exchange->stalled = body_moves && clock_now() - exchange->moved_at > exchange->stall;
    return exchange->stalled ? 1 : 0;
}

static bool body_set(CURL *easy, struct exchange *exchange)
{
    const struct http_request *request = exchange->request;

    if (strcmp(request->method, "POST") != 0) {
        return curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    }
    bool fine = curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK;
    if (request->upload == NULL || request->upload->size == 0) {
        const char *body = request->body != NULL ? request->body : "";
        curl_off_t size = (curl_off_t)request->body_size;
        return fine && curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, size) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body) == CURLE_OK;
    }
    upload_rewind(request->upload);
    exchange->unsent = request->upload->size;
    curl_off_t size = (curl_off_t)request->upload->size;
    return fine && curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, size) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_READFUNCTION, body_send) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_READDATA, exchange) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, body_seek) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SEEKDATA, exchange) == CURLE_OK;
}

/* The headers of one request in front of the one with the token, which is not copied. */
static struct curl_slist *headers_make(const struct http_session *session,
                                       const struct http_request *request)
{
    struct text header = {0};
    struct curl_slist *list = NULL;
    const char *values[] = {request->content_type, request->disposition, "application/json"};
    const char *names[] = {"Content-Type", "Content-Disposition", "Accept"};

    for (size_t index = 0; index < sizeof(names) / sizeof(names[0]); index++) {
        if (values[index] == NULL) {
            continue;
        }
        text_clear(&header);
        text_format(&header, "%s: %s", names[index], values[index]);
        struct curl_slist *longer = curl_slist_append(list, text_string(&header));
        if (longer == NULL || header.exhausted) {
            curl_slist_free_all(longer != NULL ? longer : list);
            text_close(&header);
            return NULL;
        }
        list = longer;
    }
    text_close(&header);
    struct curl_slist *last = list;
    while (last->next != NULL) {
        last = last->next;
    }
    last->next = session->secret;
    return list;
}

static void headers_close(struct curl_slist *list, const struct http_session *session)
{
    struct curl_slist *at = list;

    while (at->next != session->secret) {
        at = at->next;
    }
    at->next = NULL;
    curl_slist_free_all(list);
}

static bool request_set(struct http_session *session, struct exchange *exchange,
                        struct curl_slist *headers)
{
    CURL *easy = session->easy;
    uint64_t now = clock_now();
    /* Where the time ended a moment ago libcurl shall say so. */
    long left = now < session->deadline ? (long)(session->deadline - now) : 1;
    /* On a connection that was used before, libcurl repeats a request that got no answer. */
    long fresh = exchange->request->once ? 1L : 0L;

    return curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, left) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_URL, exchange->request->url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, fresh) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_receive) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, stall_watch) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_XFERINFODATA, exchange) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL) == CURLE_OK &&
           body_set(easy, exchange);
}

static enum http_outcome outcome_of_failure(const struct http_session *session,
                                            const struct exchange *exchange, CURLcode code)
{
    bool sent = exchange->reply->sent;
    const struct upload *upload = exchange->request->upload;

    if (exchange->too_large) {
        return HTTP_TOO_LARGE;
    }
    if (upload != NULL && upload->changed) {
        return HTTP_CHANGED;
    }
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CERTPROBLEM:
        return HTTP_UNTRUSTED;
    case CURLE_OPERATION_TIMEDOUT:
        if (clock_now() + 5 >= session->deadline) {
            return HTTP_LATE;
        }
        return sent ? HTTP_LOST : HTTP_UNREACHED;
    case CURLE_WRITE_ERROR:
    case CURLE_URL_MALFORMAT:
        return HTTP_FAILED;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_UNSUPPORTED_PROTOCOL:
        /* Behind a request these are what libcurl calls an endless header, and an answer that is
         * not HTTP. */
        return sent ? HTTP_LOST : HTTP_FAILED;
    default:
        return sent ? HTTP_LOST : HTTP_UNREACHED;
    }
}

static void reply_settle(struct http_session *session, struct exchange *exchange, CURLcode code)
{
    struct http_reply *reply = exchange->reply;
    struct curl_header *after = NULL;
    long sent = 0;

    (void)curl_easy_getinfo(session->easy, CURLINFO_REQUEST_SIZE, &sent);
    reply->sent = sent > 0;
    /* libcurl says the same of bytes behind the end of what is compressed. */
    if (code == CURLE_WRITE_ERROR && !exchange->too_large && !reply->body.exhausted) {
        code = CURLE_BAD_CONTENT_ENCODING;
    }
    if (code != CURLE_OK) {
        reply->outcome = outcome_of_failure(session, exchange, code);
        /* What came is refused only where it is too much, or there is no memory for it. */
        const char *why = code == CURLE_WRITE_ERROR ? http_no_memory : curl_easy_strerror(code);
        strncpy(reply->reason, why, sizeof(reply->reason) - 1);
        if (exchange->stalled) {
            (void)snprintf(reply->reason, sizeof(reply->reason), "nothing has moved for %g seconds",
                           (double)exchange->stall / 1000);
        }
        return;
    }
    reply->outcome = HTTP_ANSWERED;
    (void)curl_easy_getinfo(session->easy, CURLINFO_RESPONSE_CODE, &reply->status);
    if (curl_easy_header(session->easy, "Retry-After", 0, CURLH_HEADER, -1, &after) == CURLHE_OK) {
        strncpy(reply->retry_after, after->value, sizeof(reply->retry_after) - 1);
    }
}

void http_send(struct http_session *session, const struct http_request *request,
               struct http_reply *reply)
{
    struct exchange exchange = {
        .request = request,
        .reply = reply,
        .moved_at = clock_now(),
        .stall = session->stall,
    };

    *reply = (struct http_reply){.outcome = HTTP_FAILED};
    if (clock_now() >= session->deadline) {
        reply->outcome = HTTP_LATE;
        return;
    }
    struct curl_slist *headers = headers_make(session, request);
    if (headers == NULL) {
        return;
    }
    if (request_set(session, &exchange, headers)) {
        reply_settle(session, &exchange, curl_easy_perform(session->easy));
        token_hide(session->token, reply->body.bytes, reply->body.size);
    }
    (void)curl_easy_setopt(session->easy, CURLOPT_HTTPHEADER, NULL);
    headers_close(headers, session);
}
