/* SPDX-License-Identifier: MIT */
/*
 * Where everything is, in one table: base addresses, paths, methods, header names and queries.
 * What no public document states is an assumption and is marked as one, so that it can be put right
 * here alone. The sandbox answers at the same places, from the same table.
 */
#ifndef MUSTER_TOOLS_REMOTE_ENDPOINTS_H
#define MUSTER_TOOLS_REMOTE_ENDPOINTS_H

#include <stdbool.h>
#include <stddef.h>

#define BASE_CONNECTOR "https://integrations-api.pluralsight.com"
#define BASE_GRAPHQL   "https://api.pluralsight.com"
#define BASE_SPARKWISE "https://account-api.sparkwise.co"

enum endpoint_id {
    ENDPOINT_SYNC,
    ENDPOINT_SYNC_STATUS,
    ENDPOINT_DEPROVISION,
    ENDPOINT_GRAPHQL,
    ENDPOINT_CLUSTERS,
    ENDPOINT_COMPLETIONS,
    ENDPOINT_USERS,
    ENDPOINT_USERS_UPSERT,
    ENDPOINT_USERS_DEACTIVATE,
    ENDPOINT_COUNT
};

struct endpoint {
    const char *method;
    const char *path; /* "{id}" stands for one segment */
    bool assumed;
    const char *note; /* where it is stated, or what the assumption rests on */
};

extern const struct endpoint endpoints[ENDPOINT_COUNT];

/* The header that a Sparkwise key travels in. Assumption: see endpoints.c. */
extern const char sparkwise_key_header[];

/* Members of Sparkwise's bodies that no document states. Assumptions: see endpoints.c. */
extern const char sparkwise_email_member[];
extern const char sparkwise_deactivate_member[];

/* The largest page and the largest batch of Sparkwise, documented. */
enum { SPARKWISE_PAGE_MAX = 200, SPARKWISE_BATCH_MAX = 200 };

enum query_id { QUERY_PLAN, QUERY_USERS, QUERY_TEAMS, QUERY_MANAGERS, QUERY_ADMINS, QUERY_COUNT };

/* A query by pages has the variables n (first) and c (after). */
struct query {
    const char *root; /* the field of the answer's data that holds the pages */
    const char *key;  /* a word that every node must have; NULL: none in particular */
    const char *flag; /* what must be true or false in every node; NULL: nothing */
    const char *text;
    bool assumed;
    const char *note;
};

extern const struct query queries[QUERY_COUNT];

#endif
