/* SPDX-License-Identifier: MIT */
/*
 * One request over HTTP, and what came of it. http_curl.c does it with libcurl; a build without
 * libcurl speaks to no remote, and http_none.c says so in place of the commands that would.
 *
 * What every request gets, without a switch: certificates are verified; the scheme is https, or
 * http where the host is this machine; redirects are not followed; no proxy for this machine; a
 * reply larger than HTTP_REPLY_SIZE_MAX is refused; nothing takes longer than the session may.
 */
#ifndef MUSTER_TOOLS_REMOTE_HTTP_H
#define MUSTER_TOOLS_REMOTE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "remote/text.h"
#include "remote/token.h"
#include "remote/upload.h"

#define HTTP_REPLY_SIZE_MAX ((size_t)64 << 20)

/* Milliseconds after which a body that has begun and does not move is given up. */
#define HTTP_STALL_DEFAULT 120000

/* The parts of an address that decide where a request goes. */
struct http_url {
    char scheme[8];
    char host[256];
    unsigned port;
    char path[2048]; /* "" instead of "/" */
    bool loopback;   /* the host is this machine */
};

/* The reason that is nobody's fault, and no wrong usage. */
extern const char http_no_memory[];

/*
 * Read the address that requests go to: https, or http to this machine; without user, query and
 * fragment. False with the reason, one clause, in *why.
 */
bool http_base_read(struct http_url *base, const char *text, const char **why);

/*
 * Judge the address where a remote says that its job can be followed: the base's scheme, host and
 * port, the path /sync-users/{id}/status behind the base's, and nothing else in it.
 */
bool http_status_url_fits(const struct http_url *base, const char *text, const char **why);

/* The base that an address of that form belongs to; false where it has another form. */
bool http_status_url_base(struct http_url *base, const char *text, const char **why);

/* Whether two addresses have the same scheme, host and port. */
bool http_same_origin(const struct http_url *a, const struct http_url *b);

/* "https://host:port/path" without a port that goes without saying. */
void http_url_write(struct text *text, const struct http_url *url);

struct http_request {
    const char *method;
    const char *url;
    const char *content_type; /* NULL: none */
    const char *disposition;  /* NULL: none */
    struct upload *upload;    /* the body; NULL: `body` */
    const char *body;         /* NULL with size 0: none */
    size_t body_size;
    /* True where it must not be sent again once a part of it has left: it changes something. */
    bool once;
};

enum http_outcome {
    HTTP_ANSWERED,  /* a whole reply is there, whatever it says */
    HTTP_UNREACHED, /* nothing of the request has left */
    HTTP_UNTRUSTED, /* likewise, because the certificate is not good */
    HTTP_LOST,      /* the request, or a part of it, has left; its answer did not come */
    HTTP_LATE,      /* the session's time was over; `sent` says whether something had left */
    HTTP_TOO_LARGE, /* the reply was given up */
    HTTP_CHANGED,   /* the file changed while it was sent; the remote did not get all of it */
    HTTP_FAILED,    /* no memory, or our own mistake */
};

struct http_reply {
    enum http_outcome outcome;
    bool sent; /* some of the request has left */
    long status;
    struct text body;
    char retry_after[64];
    char reason[256]; /* why no answer came, for people: libcurl's words or ours */
};

void http_reply_close(struct http_reply *reply);

/* Whether a whole reply is there, and says that the request was carried out. */
static inline bool http_reply_is_fine(const struct http_reply *reply)
{
    return reply->outcome == HTTP_ANSWERED && reply->status >= 200 && reply->status < 300;
}

/* The same of one that refuses the request. */
static inline bool http_reply_is_refusal(const struct http_reply *reply)
{
    return reply->outcome == HTTP_ANSWERED && reply->status >= 400 && reply->status < 500;
}

struct http_session;

/* The token stays with the caller until the session is closed. EXIT_DONE or an exit code after
 * saying why. */
struct http_options {
    const struct http_url *base;
    const struct token *token;
    const char *key_header; /* that shows the token; NULL: Authorization, as a bearer's */
    uint64_t timeout;       /* milliseconds for everything that the session does */
    uint64_t stall;         /* 0: HTTP_STALL_DEFAULT */
};
int http_session_open(struct http_session **session, const struct http_options *options);
void http_session_close(struct http_session *session);

/* The moment (clock_now) when the session's time is over. */
uint64_t http_session_deadline(const struct http_session *session);

/* Send it once. `reply` need not be initialised; close it in any case. */
void http_send(struct http_session *session, const struct http_request *request,
               struct http_reply *reply);

#endif
