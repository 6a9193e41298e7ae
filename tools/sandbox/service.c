/* SPDX-License-Identifier: MIT */
/*
 * The way of a request. libmicrohttpd calls `request_handle` several times for one:
 *
 *     the head is there     exchange_begin: route, key, kind of body; a refusal ends it here
 *     a part of the body    exchange_store: into a file, or into memory for JSON
 *     the body is whole     exchange_submit: a reader gets the call, the connection sleeps
 *     a reader has resumed  the reply is sent
 *
 * Every reply closes its connection, so that nothing behind the one request that was judged is
 * taken for another.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sandbox/service.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "remote/endpoints.h"
#include "remote/file.h"
#include "remote/json_text.h"
#include "remote/system.h"
#include "sandbox/requests.h"

/* The body of a request that is not a file. */
enum { JSON_BODY_MAX = 1 << 20 };

/* A connection on which nothing moves for this many seconds is closed. */
enum { IDLE_SECONDS = 5, CONNECTION_MEMORY = 64 << 10 };

/* A body that is refused is read to its end if it is not larger, because many clients only look
 * for an answer then. */
enum { DRAIN_SIZE_MAX = 256 << 10 };

struct service {
    struct sandbox *sandbox;
    struct MHD_Daemon *daemon;
    atomic_uint connection_count;
};

struct exchange {
    struct call call;
    struct MHD_Connection *connection;
    int spool; /* descriptor of call.spool; -1: none */
    uint64_t received;
    uint64_t limit;
    uint64_t deadline;
    bool answered;
    bool submitted;
    unsigned retry_after;
};

static const char *header_of(const struct exchange *exchange, const char *name)
{
    return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

static void exchange_close(struct exchange *exchange)
{
    struct call *call = &exchange->call;

    if (exchange->spool >= 0) {
        close(exchange->spool);
    }
    if (call->spool != NULL) {
        (void)unlink(call->spool); /* nothing, where it was taken over */
    }
    free(call->spool);
    json_decref(call->query);
    text_close(&call->body);
    text_close(&call->reply);
    free(exchange);
}

/* ---- The head ----------------------------------------------------------------------------- */

struct parameters {
    json_t *values;
    bool spoilt; /* by what is not UTF-8, or memory ran out */
};

static enum MHD_Result query_take(void *context, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    struct parameters *query = context;
    const char *before = json_word(query->values, name);

    (void)kind;
    /* Given twice, a dry run stays one. */
    bool dry = before != NULL && strcmp(name, "dryRun") == 0 && strcmp(before, "true") == 0;
    if (!dry && !json_put(query->values, name, json_string(value != NULL ? value : ""))) {
        query->spoilt = true;
    }
    return query->spoilt ? MHD_NO : MHD_YES;
}

static bool route_has_file(enum route route)
{
    return route == ROUTE_SYNC || route == ROUTE_DEPROVISION;
}

static bool route_has_json(enum route route)
{
    return route == ROUTE_GRAPHQL || route == ROUTE_USERS_UPSERT || route == ROUTE_USERS_DEACTIVATE;
}

/* The account that the key belongs to, or NULL after a refusal. */
static struct account *key_judge(struct exchange *exchange)
{
    struct call *call = &exchange->call;
    unsigned char digest[SHA256_SIZE] = {0};
    const char *key = header_of(exchange, sparkwise_key_header);

    bool given = request_key_digest(header_of(exchange, "Authorization"), digest);
    if (!given && call->route >= ROUTE_CLUSTERS && key != NULL && key[0] != '\0') {
        sha256_of(key, strlen(key), digest);
        given = true;
    }
    struct account *account = given ? store_account(&call->sandbox->store, digest) : NULL;
    if (account == NULL) {
        call_refuse(call, 401, "AuthenticationError: Invalid API Key");
    }
    return account;
}

/* Whether the request says that it has a body. */
static bool body_is_announced(const struct exchange *exchange)
{
    const char *length = header_of(exchange, "Content-Length");

    return header_of(exchange, "Transfer-Encoding") != NULL ||
           (length != NULL && strspn(length, "0") != strlen(length));
}

static void invalid_data(struct call *call, const char *error)
{
    call_answer(call, 400, json_pack("{s:s, s:[s]}", "status", "Invalid data", "errors", error));
}

static bool file_judge(struct exchange *exchange)
{
    struct call *call = &exchange->call;
    bool deprovision = call->route == ROUTE_DEPROVISION;

    if (deprovision && !body_is_announced(exchange)) {
        call_answer(call, 400, json_pack("{s:s}", "status", "No files"));
        return false;
    }
    if (!request_type_is(header_of(exchange, "Content-Type"), "text/csv")) {
        call_refuse(call, 415, "Unsupported Media Type: the body is text/csv");
        return false;
    }
    bool named = request_file_kind(header_of(exchange, "Content-Disposition"), &call->kind);
    if (!named || (call->kind == MUSTER_DEPROVISION) != deprovision) {
        invalid_data(call, deprovision
                               ? "Content-Disposition must name the file deprovision.csv"
                               : "Content-Disposition must name the file users.csv or teams.csv");
        return false;
    }
    return true;
}

static bool body_judge(struct exchange *exchange)
{
    struct call *call = &exchange->call;

    exchange->limit = route_has_file(call->route) ? call->sandbox->body_limit : JSON_BODY_MAX;
    if (route_has_file(call->route) && !file_judge(exchange)) {
        return false;
    }
    if (route_has_json(call->route) &&
        !request_type_is(header_of(exchange, "Content-Type"), "application/json")) {
        call_refuse(call, 415, "Unsupported Media Type: the body is application/json");
        return false;
    }
    const char *length = header_of(exchange, "Content-Length");
    if (length != NULL && strtoull(length, NULL, 10) > exchange->limit) {
        call_refuse(call, 413, "Payload Too Large");
        return false;
    }
    return true;
}

static bool fault_strikes(struct exchange *exchange)
{
    struct call *call = &exchange->call;

    if (fault_happens(&call->sandbox->fault, FAULT_BUSY)) {
        exchange->retry_after = 1;
        call_refuse(call, 429, "Too Many Requests");
        return true;
    }
    if (fault_happens(&call->sandbox->fault, FAULT_BROKEN_SERVER)) {
        call_refuse(call, 503, "Service Unavailable");
        return true;
    }
    return false;
}

/* Judge the head; where it is refused the answer is in the call. */
static bool head_judge(struct exchange *exchange, const char *path, const char *method)
{
    struct call *call = &exchange->call;
    unsigned status = 404;

    if (fault_strikes(exchange)) {
        return false;
    }
    call->route = route_find(method, path, call->id, &status);
    if (call->route == ROUTE_NONE) {
        call_refuse(call, status, status == 405 ? "Method Not Allowed" : "Not Found");
        return false;
    }
    call->account = key_judge(exchange);
    if (call->account == NULL || !body_judge(exchange)) {
        return false;
    }
    struct parameters query = {.values = json_object()};
    call->query = query.values;
    int count =
        MHD_get_connection_values(exchange->connection, MHD_GET_ARGUMENT_KIND, query_take, &query);
    /* What is left out could be what a request is bound by. */
    if (count < 0 || query.spoilt || query.values == NULL || json_object_size(query.values) > 64) {
        call_refuse(call, 400, "Bad Request");
        return false;
    }
    const char *host = header_of(exchange, "Host");
    if (request_host_is_plain(host)) {
        strncpy(call->host, host, sizeof(call->host) - 1);
    } else {
        snprintf(call->host, sizeof(call->host), "127.0.0.1:%u", call->sandbox->port);
    }
    return true;
}

/* ---- The reply ---------------------------------------------------------------------------- */

/* A reply that announces more than it sends. */
static ssize_t cut_read(void *context, uint64_t position, char *bytes, size_t room)
{
    const struct text *text = context;
    size_t end = text->size / 2;

    if (position >= end) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    size_t size = end - (size_t)position < room ? end - (size_t)position : room;
    memcpy(bytes, text->bytes + position, size);
    return (ssize_t)size;
}

static enum MHD_Result reply_send(struct exchange *exchange)
{
    struct call *call = &exchange->call;
    struct fault *fault = &call->sandbox->fault;
    struct MHD_Response *response = NULL;

    exchange->answered = true;
    if (fault->broken_json && call->reply.size > 1) {
        call->reply.size /= 2;
    }
    if (fault_happens(fault, FAULT_CUT)) {
        response =
            MHD_create_response_from_callback(call->reply.size, 4096, cut_read, &call->reply, NULL);
    } else {
        response = MHD_create_response_from_buffer(call->reply.size, call->reply.bytes,
                                                   MHD_RESPMEM_PERSISTENT);
    }
    if (response == NULL) {
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, "Content-Type", "application/json");
    (void)MHD_add_response_header(response, "Connection", "close");
    if (exchange->retry_after > 0) {
        (void)MHD_add_response_header(response, "Retry-After", "1");
    }
    enum MHD_Result result = MHD_queue_response(exchange->connection, call->status, response);
    MHD_destroy_response(response);
    return result;
}

/* In the middle of a body libmicrohttpd takes no reply, so this one goes past it. */
static enum MHD_Result reply_force(struct exchange *exchange, const char *status)
{
    const union MHD_ConnectionInfo *about =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct text reply = {0};
    struct text body = {0};

    text_format(&body, "{\"error\":\"%s\"}\n", status + 4);
    text_format(&reply,
                "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                "Connection: close\r\n\r\n%s",
                status, body.size, text_string(&body));
    if (about != NULL && !reply.exhausted) {
        (void)send(about->connect_fd, reply.bytes, reply.size, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    text_close(&reply);
    text_close(&body);
    return MHD_NO;
}

/* ---- The body ----------------------------------------------------------------------------- */

static bool spool_open(struct exchange *exchange)
{
    struct call *call = &exchange->call;
    struct text path = {0};
    char name[JOB_ID_SIZE];

    if (account_prepare(call->account) != 0 || !job_id_make(name)) {
        return false;
    }
    account_path(&path, call->account, "spool-", NULL);
    text_put(&path, name);
    call->spool = path.exhausted ? NULL : path.bytes;
    if (call->spool == NULL) {
        text_close(&path);
        return false;
    }
    exchange->spool = open(call->spool, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return exchange->spool >= 0;
}

static bool body_store(struct exchange *exchange, const char *bytes, size_t size)
{
    struct call *call = &exchange->call;

    if (!route_has_file(call->route)) {
        text_append(&call->body, bytes, size);
        return !call->body.exhausted;
    }
    if (exchange->spool < 0 && !spool_open(exchange)) {
        return false;
    }
    return descriptor_write(exchange->spool, bytes, size) == 0;
}

static enum MHD_Result exchange_store(struct exchange *exchange, const char *bytes, size_t *size)
{
    exchange->received += *size;
    if (clock_now() > exchange->deadline) {
        return reply_force(exchange, "408 Request Timeout");
    }
    if (exchange->call.status == 0 && exchange->received > exchange->limit) {
        return reply_force(exchange, "413 Payload Too Large");
    }
    /* What is refused anyway is read and forgotten. */
    if (exchange->call.status != 0 && exchange->received > DRAIN_SIZE_MAX) {
        return MHD_NO;
    }
    if (exchange->call.status == 0 && !body_store(exchange, bytes, *size)) {
        call_answer(&exchange->call, 500, NULL);
    }
    *size = 0;
    return MHD_YES;
}

/* ---- The call ----------------------------------------------------------------------------- */

static void call_carry_out(struct call *call)
{
    switch (call->route) {
    case ROUTE_SYNC:
        sync_receive(call);
        break;
    case ROUTE_STATUS:
        sync_status(call);
        break;
    case ROUTE_DEPROVISION:
        deprovision_receive(call);
        break;
    case ROUTE_GRAPHQL:
        graphql_answer(call);
        break;
    default:
        sparkwise_answer(call);
        break;
    }
}

/* What was received is to survive a crash before it is answered. Done by a reader, because it may
 * take long, and all connections wait for libmicrohttpd's one thread. */
static bool spool_settle(struct exchange *exchange)
{
    bool fine = true;

    if (exchange->spool >= 0) {
        fine = fsync(exchange->spool) == 0;
        close(exchange->spool);
        exchange->spool = -1;
    }
    return fine;
}

/* Run by a reader while the connection sleeps. */
static void exchange_run(void *context, bool stopping)
{
    struct exchange *exchange = context;
    struct call *call = &exchange->call;

    if (!spool_settle(exchange)) {
        call_answer(call, 500, NULL);
    } else if (stopping || !fault_wait(&call->sandbox->fault, call->sandbox->fault.delay)) {
        call_refuse(call, 503, "Service Unavailable");
    } else {
        call_carry_out(call);
    }
    if (call->reply.bytes == NULL) {
        call_answer(call, 500, NULL);
    }
    MHD_resume_connection(exchange->connection);
}

static enum MHD_Result exchange_submit(struct exchange *exchange)
{
    struct call *call = &exchange->call;

    /* An empty file is a file: what is wrong with it is told as a finding. */
    if (route_has_file(call->route) && exchange->spool < 0 && !spool_open(exchange)) {
        call_answer(call, 500, NULL);
        return reply_send(exchange);
    }
    exchange->submitted = true;
    MHD_suspend_connection(exchange->connection);
    if (!workers_add(call->sandbox->readers, NULL, exchange_run, exchange)) {
        call_refuse(call, 503, "Service Unavailable");
        MHD_resume_connection(exchange->connection);
    }
    return MHD_YES;
}

/* Make the exchange and judge the head. */
static enum MHD_Result exchange_begin(struct service *service, struct MHD_Connection *connection,
                                      const char *path, const char *method, void **state)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));

    if (exchange == NULL) {
        return MHD_NO;
    }
    *state = exchange;
    exchange->call.sandbox = service->sandbox;
    exchange->connection = connection;
    exchange->spool = -1;
    exchange->deadline = clock_now() + service->sandbox->body_milliseconds;
    /* Only from now on: the whole head was there before libmicrohttpd got the connection, so until
     * it was looked at nobody but us was slow. */
    (void)MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT,
                                    (unsigned)IDLE_SECONDS);
    if (head_judge(exchange, path, method)) {
        return MHD_YES;
    }
    const char *length = header_of(exchange, "Content-Length");
    const char *expect = header_of(exchange, "Expect");
    bool small = length != NULL && strtoull(length, NULL, 10) <= DRAIN_SIZE_MAX;
    /* Whoever waits for a go-ahead gets the answer instead of it; whoever sends a small body all
     * the same may finish. */
    bool at_once = expect != NULL || (body_is_announced(exchange) && !small);
    return at_once ? reply_send(exchange) : MHD_YES;
}

/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd's own signature */
static enum MHD_Result request_handle(void *context, struct MHD_Connection *connection,
                                      const char *path, const char *method, const char *version,
                                      const char *upload, size_t *upload_size, void **state)
{
    struct exchange *exchange = *state;

    (void)version;
    if (exchange == NULL) {
        return exchange_begin(context, connection, path, method, state);
    }
    if (exchange->answered) {
        return MHD_YES;
    }
    if (*upload_size > 0) {
        return exchange_store(exchange, upload, upload_size);
    }
    if (exchange->submitted || exchange->call.status != 0) {
        return reply_send(exchange);
    }
    return exchange_submit(exchange);
}

static void request_completed(void *context, struct MHD_Connection *connection, void **state,
                              enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    if (*state != NULL) {
        exchange_close(*state);
        *state = NULL;
    }
}

static void connection_change(void *context, struct MHD_Connection *connection, void **state,
                              enum MHD_ConnectionNotificationCode code)
{
    struct service *service = context;

    (void)connection;
    (void)state;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        atomic_fetch_sub(&service->connection_count, 1);
    }
}

struct service *service_open(struct sandbox *sandbox)
{
    struct service *service = calloc(1, sizeof(*service));
    /* Not epoll: where 128 connections have something to tell, or 256 and so on, version 0.9.75
     * waits for one more before it does anything about them, and for ever where none has a time
     * limit yet, as behind a crowd that came at once. */
    unsigned flags = MHD_USE_POLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_NO_LISTEN_SOCKET |
                     MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC;

    if (service == NULL) {
        return NULL;
    }
    service->sandbox = sandbox;
    service->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, request_handle, service, MHD_OPTION_NOTIFY_COMPLETED,
        request_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION, connection_change, service,
        MHD_OPTION_CONNECTION_LIMIT, 2U * CONNECTION_COUNT_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
    if (service->daemon == NULL) {
        free(service);
        return NULL;
    }
    return service;
}

/*
 * At its own limit libmicrohttpd 0.9.75 keeps a lock for ever. It counts connections that are
 * closed but not yet cleared away, so its limit is twice ours, and never reached.
 */
bool service_has_room(const struct service *service)
{
    return atomic_load(&service->connection_count) < CONNECTION_COUNT_MAX;
}

void service_connect(struct service *service, int descriptor, const struct sockaddr *address,
                     socklen_t size)
{
    atomic_fetch_add(&service->connection_count, 1);
    if (MHD_add_connection(service->daemon, descriptor, address, size) != MHD_YES) {
        atomic_fetch_sub(&service->connection_count, 1);
    }
}

void service_close(struct service *service)
{
    if (service != NULL) {
        MHD_stop_daemon(service->daemon);
        free(service);
    }
}
