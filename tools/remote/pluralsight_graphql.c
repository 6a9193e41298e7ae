/* SPDX-License-Identifier: MIT */
#include "remote/pluralsight_graphql.h"

#include <string.h>

#include "command.h"
#include "remote/json_text.h"
#include "remote/retry.h"
#include "remote/verdict.h"
#include "terminal.h"

/* More pages than any plan has; where a remote invents new cursors for ever, this ends it. */
enum { PAGE_COUNT_MAX = 1000000 };

static bool body_make(struct text *body, const struct graphql *graphql, enum query_id id,
                      const char *cursor)
{
    json_t *request = json_pack("{s:s, s:{s:I, s:s?}}", "query", queries[id].text, "variables", "n",
                                (json_int_t)graphql->page_size, "c", cursor);

    json_append(body, request);
    json_decref(request);
    return !body->exhausted;
}

/* GraphQL says what went wrong with HTTP 200. */
static int errors_complain(const json_t *errors, const char *root)
{
    for (size_t index = 0; index < json_array_size(errors) && index < 3; index++) {
        const char *message = json_word(json_array_get(errors, index), "message");
        struct text shown = {0};
        message = message != NULL ? message : "(no message)";
        text_shown(&shown, message, strlen(message));
        complain("the remote refused the query for %s: %s", root, text_string(&shown));
        text_close(&shown);
    }
    return EXIT_REFUSED;
}

static int answer_take(const struct http_reply *reply, enum query_id id, json_t **document,
                       const json_t **field)
{
    struct verdict verdict;
    struct text what = {0};
    int result = EXIT_DONE;

    verdict_read(&verdict, reply);
    const json_t *data = json_object_get(verdict.document, "data");
    *field = json_object_get(data, queries[id].root);
    text_format(&what, "query for %s", queries[id].root);
    bool fine = reply->outcome == HTTP_ANSWERED && reply->status == 200;
    if (fine && json_array_size(verdict.errors) > 0) {
        result = errors_complain(verdict.errors, queries[id].root);
    } else if (!fine || !json_is_object(*field)) {
        result = reply_complain(reply, &verdict, text_string(&what));
    }
    text_close(&what);
    *document = json_incref(verdict.document);
    verdict_close(&verdict);
    return result;
}

int graphql_ask(const struct graphql *graphql, enum query_id id, const char *cursor,
                json_t **document, const json_t **field)
{
    struct text body = {0};
    struct http_reply reply;

    *document = NULL;
    *field = NULL;
    if (!body_make(&body, graphql, id, cursor)) {
        text_close(&body);
        return memory_complain();
    }
    struct http_request request = {
        .method = "POST",
        .url = graphql->url,
        .content_type = "application/json",
        .body = text_string(&body),
        .body_size = body.size,
    };
    retry_send(graphql->session, &request, &reply);
    int result = answer_take(&reply, id, document, field);
    http_reply_close(&reply);
    text_close(&body);
    return result;
}

/* What a node has to have and lacks, or NULL. */
static const char *node_lacks(const json_t *node, const struct query *query)
{
    const char *word = query->key != NULL ? json_word(node, query->key) : NULL;

    if (query->key != NULL && (word == NULL || word[0] == '\0')) {
        return query->key;
    }
    return query->flag != NULL && !json_is_boolean(json_object_get(node, query->flag)) ? query->flag
                                                                                       : NULL;
}

/* A page that lacks what it is about is not an empty one: nobody would be left of the roster. */
static int nodes_judge(const json_t *field, enum query_id id)
{
    const json_t *nodes = json_object_get(field, "nodes");

    if (!json_is_array(nodes)) {
        complain("the remote's answer to the query for %s has no list of them", queries[id].root);
        return EXIT_UNAVAILABLE;
    }
    for (size_t index = 0; index < json_array_size(nodes); index++) {
        const char *lacking = node_lacks(json_array_get(nodes, index), &queries[id]);
        if (lacking != NULL) {
            complain("the remote's answer to the query for %s has one without %s", queries[id].root,
                     lacking);
            return EXIT_UNAVAILABLE;
        }
    }
    return EXIT_DONE;
}

static bool nodes_visit(const json_t *field, graphql_visit *visit, void *context)
{
    const json_t *nodes = json_list(field, "nodes");

    for (size_t index = 0; index < json_array_size(nodes); index++) {
        if (!visit(context, json_array_get(nodes, index))) {
            return false;
        }
    }
    return true;
}

/* The cursor of the next page in `cursor`; `*more` is false behind the last one. */
static int cursor_advance(const json_t *field, json_t *seen, struct text *cursor, bool *more)
{
    const json_t *info = json_object_get(field, "pageInfo");
    const json_t *next = json_object_get(info, "hasNextPage");
    const char *end = json_word(info, "endCursor");

    *more = json_is_true(next);
    if (json_is_false(next)) {
        return EXIT_DONE;
    }
    if (!*more || end == NULL) {
        complain("the remote's page does not say whether and where it goes on");
        return EXIT_UNAVAILABLE;
    }
    if (json_object_get(seen, end) != NULL || json_object_size(seen) >= PAGE_COUNT_MAX) {
        complain("the remote's pages go round in a circle");
        return EXIT_UNAVAILABLE;
    }
    text_clear(cursor);
    text_put(cursor, end);
    if (cursor->exhausted || !json_put(seen, end, json_true())) {
        return memory_complain();
    }
    return EXIT_DONE;
}

int graphql_pages(const struct graphql *graphql, enum query_id id, graphql_visit *visit,
                  void *context)
{
    json_t *seen = json_object();
    struct text cursor = {0};
    bool more = true;
    int result = EXIT_DONE;

    progress_begin(queries[id].root);
    while (more && result == EXIT_DONE) {
        json_t *document = NULL;
        const json_t *field = NULL;
        const char *after = cursor.bytes != NULL ? text_string(&cursor) : NULL;
        result = graphql_ask(graphql, id, after, &document, &field);
        if (result == EXIT_DONE) {
            result = nodes_judge(field, id);
        }
        if (result == EXIT_DONE && !nodes_visit(field, visit, context)) {
            result = memory_complain();
        }
        if (result == EXIT_DONE) {
            result = cursor_advance(field, seen, &cursor, &more);
        }
        json_decref(document);
    }
    progress_end();
    text_close(&cursor);
    json_decref(seen);
    return result;
}
