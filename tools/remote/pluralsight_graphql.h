/* SPDX-License-Identifier: MIT */
/*
 * Reads over GraphQL, page by page. Only hasNextPage ends a list: a remote may shorten pages as it
 * likes. A cursor that comes twice would never end, and ends the read as an error.
 */
#ifndef MUSTER_TOOLS_REMOTE_PLURALSIGHT_GRAPHQL_H
#define MUSTER_TOOLS_REMOTE_PLURALSIGHT_GRAPHQL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "remote/endpoints.h"
#include "remote/http.h"

struct graphql {
    struct http_session *session;
    const char *url;
    uint64_t page_size;
};

/* Gets each node; false stops the read (memory ran out). */
typedef bool graphql_visit(void *context, const json_t *node);

/* Read all pages of a query. EXIT_DONE or an exit code after saying why. */
int graphql_pages(const struct graphql *graphql, enum query_id id, graphql_visit *visit,
                  void *context);

/* Ask once; *field is the query's root in the answer, inside *document, which is the caller's. */
int graphql_ask(const struct graphql *graphql, enum query_id id, const char *cursor,
                json_t **document, const json_t **field);

#endif
