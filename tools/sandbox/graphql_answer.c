/* SPDX-License-Identifier: MIT */
/* The reads over GraphQL: root fields, and their pages. */
#include <stdlib.h>
#include <string.h>

#include "remote/json_text.h"
#include "sandbox/call.h"
#include "sandbox/graphql.h"
#include "sandbox/live.h"

/* Larger pages are shortened without an error, as the remote does. */
enum { PAGE_DEFAULT = 100, PAGE_MAX = 1000 };

/* A list that is shown by page. */
struct pages {
    const char *root;
    uint64_t (*positions)(const struct live *live);
    live_member *member;
};

static const struct pages lists[] = {
    {"users", live_user_positions, live_user},
    {"teams", live_team_positions, live_team},
    {"teamManagers", live_manager_positions, live_manager},
};

/* How a root field is answered, and what went wrong with it. */
struct answer {
    struct call *call;
    struct live *live;
    json_t *data;
    json_t *errors;
    json_t *warnings;
};

static void error_note(struct answer *answer, const char *message, const char *path)
{
    (void)json_array_append_new(answer->errors,
                                json_pack("{s:s, s:[s]}", "message", message, "path", path));
}

static uint64_t page_size(struct answer *answer, const struct selection *field)
{
    const json_t *first = json_object_get(field->arguments, "first");
    json_int_t wanted = json_is_integer(first) ? json_integer_value(first) : PAGE_DEFAULT;

    if (wanted < 1) {
        return 1;
    }
    if (wanted > PAGE_MAX) {
        (void)json_array_append_new(
            answer->warnings, json_pack("{s:s}", "message", "The page size was reduced to 1000"));
        wanted = PAGE_MAX;
    }
    if (answer->call->sandbox->fault.short_pages) {
        wanted = (wanted + 2) / 3;
    }
    return (uint64_t)wanted;
}

/* A cursor is the position behind its entry. False where this is none of ours. */
static bool cursor_read(const json_t *after, uint64_t *position)
{
    const char *word = json_string_value(after);

    *position = 0;
    if (after == NULL || json_is_null(after)) {
        return true;
    }
    if (word == NULL || strncmp(word, "at-", 3) != 0 || word[3] == '\0' || strlen(word) > 20 ||
        strspn(word + 3, "0123456789") != strlen(word + 3)) {
        return false;
    }
    *position = strtoull(word + 3, NULL, 10);
    return true;
}

static json_t *cursor_make(uint64_t position)
{
    return json_sprintf("at-%llu", (unsigned long long)position);
}

/* A page with nodes and edges, of a list with `total` positions, some of which may be empty; its
 * members are in `ready`, or, where it is not NULL, `member` makes them. */
static json_t *page_make(struct answer *answer, const struct selection *field, uint64_t total,
                         live_member *member, const json_t *ready)
{
    uint64_t wanted = page_size(answer, field);
    uint64_t position = 0;
    json_t *nodes = json_array();
    json_t *edges = json_array();

    if (!cursor_read(json_object_get(field->arguments, "after"), &position)) {
        error_note(answer, "The cursor is not valid", field->alias);
        position = total;
    }
    for (; position < total && json_array_size(nodes) < wanted; position++) {
        json_t *node = json_incref(json_array_get(ready, (size_t)position));
        if (member != NULL) {
            node = member(answer->live, position);
        }
        if (node != NULL) {
            (void)json_array_append(nodes, node);
            (void)json_array_append_new(
                edges, json_pack("{s:o, s:o}", "cursor", cursor_make(position + 1), "node", node));
        }
    }
    return json_pack("{s:I, s:o, s:o, s:{s:b, s:o, s:b, s:n}}", "totalCount", (json_int_t)total,
                     "nodes", nodes, "edges", edges, "pageInfo", "hasNextPage", position < total,
                     "endCursor", cursor_make(position), "hasPreviousPage", 0, "startCursor");
}

static json_t *root_make(struct answer *answer, const struct selection *field)
{
    if (strcmp(field->name, "planInfo") == 0) {
        return live_plan(answer->live);
    }
    if (strcmp(field->name, "planAdmins") == 0) {
        json_t *admins = live_admins(answer->live);
        json_t *page = page_make(answer, field, json_array_size(admins), NULL, admins);
        json_decref(admins);
        return page;
    }
    for (size_t index = 0; index < sizeof(lists) / sizeof(lists[0]); index++) {
        if (strcmp(field->name, lists[index].root) == 0) {
            return page_make(answer, field, lists[index].positions(answer->live),
                             lists[index].member, NULL);
        }
    }
    return NULL;
}

static void root_answer(struct answer *answer, const struct selection *field)
{
    const char *missing = NULL;
    struct text message = {0};
    json_t *value = root_make(answer, field);

    if (value == NULL) {
        missing = field->name;
    } else {
        (void)json_put(answer->data, field->alias,
                       selection_project(field->fields, value, &missing));
    }
    if (missing != NULL) {
        text_format(&message, "Cannot query field \"%s\"", missing);
        error_note(answer, text_string(&message), field->alias);
    }
    text_close(&message);
    json_decref(value);
}

static void answer_send(struct call *call, struct answer *answer)
{
    json_t *document = json_object();

    if (json_array_size(answer->errors) > 0) {
        (void)json_object_set(document, "errors", answer->errors);
    }
    (void)json_object_set(document, "data", answer->data);
    if (json_array_size(answer->warnings) > 0) {
        (void)json_put(document, "extensions", json_pack("{s:O}", "warnings", answer->warnings));
    }
    call_answer(call, 200, document);
}

void graphql_answer(struct call *call)
{
    json_t *request = json_read(text_string(&call->body), call->body.size);
    const char *query = json_word(request, "query");
    const char *why = "there is no query";
    struct selection *fields = NULL;
    struct answer answer = {
        .call = call, .data = json_object(), .errors = json_array(), .warnings = json_array()};

    if (query != NULL) {
        fields = selection_read(query, json_object_get(request, "variables"), &why);
    }
    answer.live = fields != NULL ? live_borrow(call->account) : NULL;
    if (fields == NULL) {
        call_answer(call, 400, json_pack("{s:[{s:s}]}", "errors", "message", why));
    } else if (answer.live == NULL) {
        call_answer(call, 500, NULL);
    } else {
        for (const struct selection *field = fields; field != NULL; field = field->next) {
            root_answer(&answer, field);
        }
        if (live_return(call->account)) {
            answer_send(call, &answer);
        } else {
            call_answer(call, 500, NULL);
        }
    }
    selection_close(fields);
    json_decref(answer.data);
    json_decref(answer.errors);
    json_decref(answer.warnings);
    json_decref(request);
}
