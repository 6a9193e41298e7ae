/* SPDX-License-Identifier: MIT */
/* One request as those see it who answer it, and their answer. */
#ifndef MUSTER_TOOLS_SANDBOX_CALL_H
#define MUSTER_TOOLS_SANDBOX_CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "muster.h"
#include "remote/text.h"
#include "sandbox/fault.h"
#include "sandbox/store.h"
#include "sandbox/workers.h"

/* What all requests share. */
struct sandbox {
    struct store store;
    struct fault fault;
    struct workers *readers;
    struct workers *writers;
    unsigned port;
    uint64_t body_limit;
    uint64_t body_milliseconds;
};

enum route {
    ROUTE_SYNC,
    ROUTE_STATUS,
    ROUTE_DEPROVISION,
    ROUTE_GRAPHQL,
    ROUTE_CLUSTERS,
    ROUTE_COMPLETIONS,
    ROUTE_USERS,
    ROUTE_USERS_UPSERT,
    ROUTE_USERS_DEACTIVATE,
    ROUTE_NONE
};

struct call {
    struct sandbox *sandbox;
    struct account *account;
    enum route route;
    char id[JOB_ID_SIZE];  /* of ROUTE_STATUS */
    char host[256];        /* under which the client knows us */
    json_t *query;         /* object of strings */
    enum muster_file kind; /* of the body, for files */
    char *spool;           /* the file that holds the body; NULL: `body` */
    struct text body;
    /* The answer. */
    unsigned status;
    struct text reply;
};

/* Answer with this document, whose reference is taken over; NULL is a failure of ours. */
void call_answer(struct call *call, unsigned status, json_t *document);
/* {"error":"..."} */
void call_refuse(struct call *call, unsigned status, const char *error);
/* {"success":false,"error":{"message":"...","metadata":{}},"data":null} */
void call_refuse_sparkwise(struct call *call, unsigned status, const char *message);

/* The route of a path and method; the status of ROUTE_NONE is 404 or 405. A path that is not
 * exactly one of the table is none. */
enum route route_find(const char *method, const char *path, char id[JOB_ID_SIZE], unsigned *status);

/* Answer the call: run by a reader, may take its time. */
void sync_receive(struct call *call);
void sync_status(struct call *call);
void deprovision_receive(struct call *call);
void graphql_answer(struct call *call);
void sparkwise_answer(struct call *call);

/* Take up what a restart has interrupted, for all accounts on disk. EXIT_DONE or an exit code. */
int jobs_recover(struct sandbox *sandbox);

#endif
