/* SPDX-License-Identifier: MIT */
/* Which silence of a remote is given up, and which is waited for as long as the session lasts. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "command.h"
#include "remote/http.h"
#include "remote/system.h"

/* Milliseconds. libcurl looks at the clock once a second while nothing moves. */
enum { STALL = 200, THINKING = 2500, TIMEOUT_LONG = 60000, TIMEOUT_SHORT = 1000, SOON = 20000 };

/* More than the buffers between two sockets hold. */
#define UPLOAD_SIZE ((size_t)64 << 20)

enum manner { THINKS, STOPS_READING, STOPS_WRITING };

struct remote {
    enum manner manner;
    int listener;
    int end[2]; /* closed when the client is done */
    unsigned port;
    pthread_t thread;
};

static void bytes_send(int connection, const char *bytes)
{
    (void)!send(connection, bytes, strlen(bytes), MSG_NOSIGNAL);
}

/* Until the end, or for this long (-1: for ever). */
static void end_wait(const struct remote *remote, int milliseconds)
{
    struct pollfd end = {.fd = remote->end[0], .events = POLLIN};

    (void)poll(&end, 1, milliseconds);
}

static void *remote_run(void *context)
{
    const struct remote *remote = context;
    char head[4096];
    size_t size = 0;

    int connection = accept(remote->listener, NULL, NULL);
    while (memmem(head, size, "\r\n\r\n", 4) == NULL && size < sizeof head) {
        ssize_t got = recv(connection, head + size, sizeof head - size, 0);
        if (got <= 0) {
            break;
        }
        size += (size_t)got;
    }
    switch (remote->manner) {
    case THINKS:
        end_wait(remote, THINKING);
        bytes_send(connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        break;
    case STOPS_READING:
        bytes_send(connection, "HTTP/1.1 100 Continue\r\n\r\n");
        break;
    case STOPS_WRITING:
        bytes_send(connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{");
        break;
    }
    end_wait(remote, -1);
    close(connection);
    return NULL;
}

static void remote_open(struct remote *remote, enum manner manner)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    remote->manner = manner;
    remote->listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(eq(int, bind(remote->listener, (struct sockaddr *)&address, size), 0));
    cr_assert(eq(int, listen(remote->listener, 1), 0));
    cr_assert(eq(int, getsockname(remote->listener, (struct sockaddr *)&address, &size), 0));
    remote->port = ntohs(address.sin_port);
    cr_assert(eq(int, pipe(remote->end), 0));
    cr_assert(eq(int, pthread_create(&remote->thread, NULL, remote_run, remote), 0));
}

static void remote_close(struct remote *remote)
{
    close(remote->end[1]);
    cr_assert(eq(int, pthread_join(remote->thread, NULL), 0));
    close(remote->end[0]);
    close(remote->listener);
}

/* Send `size` bytes there, and see what comes of it, within SOON. */
static void expect_outcome(enum manner manner, uint64_t timeout, size_t size,
                           enum http_outcome outcome)
{
    struct remote remote;
    struct http_url base;
    struct http_session *session = NULL;
    struct http_reply reply;
    struct upload upload;
    struct text url = {0};
    char secret[] = "a-token-of-mine";
    struct token token = {secret, sizeof secret - 1};
    const char *why = NULL;
    char *bytes = calloc(1, size);

    remote_open(&remote, manner);
    text_format(&url, "http://127.0.0.1:%u", remote.port);
    cr_assert(http_base_read(&base, text_string(&url), &why));
    struct http_options options = {
        .base = &base, .token = &token, .timeout = timeout, .stall = STALL};
    cr_assert(eq(int, http_session_open(&session, &options), EXIT_DONE));
    upload_open_data(&upload, "export", (struct muster_span){bytes, size});
    struct http_request request = {
        .method = "POST", .url = text_string(&url), .upload = &upload, .once = true};

    uint64_t start = clock_now();
    http_send(session, &request, &reply);
    cr_expect(lt(u64, clock_now() - start, SOON));
    cr_expect(eq(int, (int)reply.outcome, (int)outcome), "%s", reply.reason);
    cr_expect(reply.sent);
    if (outcome == HTTP_LOST) {
        cr_expect(eq(str, reply.reason, (char *)"nothing has moved for 0.2 seconds"));
    }

    http_reply_close(&reply);
    http_session_close(session);
    upload_close(&upload);
    remote_close(&remote);
    text_close(&url);
    free(bytes);
}

Test(stall, a_remote_that_thinks_is_waited_for)
{
    expect_outcome(THINKS, TIMEOUT_LONG, 100, HTTP_ANSWERED);
}

Test(stall, a_remote_that_thinks_too_long_for_the_session_is_late)
{
    expect_outcome(THINKS, TIMEOUT_SHORT, 100, HTTP_LATE);
}

Test(stall, a_body_that_nobody_reads_is_given_up)
{
    expect_outcome(STOPS_READING, TIMEOUT_LONG, UPLOAD_SIZE, HTTP_LOST);
}

Test(stall, an_answer_that_breaks_off_is_given_up)
{
    expect_outcome(STOPS_WRITING, TIMEOUT_LONG, 100, HTTP_LOST);
}
