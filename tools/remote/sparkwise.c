/* SPDX-License-Identifier: MIT */
#include "remote/sparkwise.h"

#include <string.h>

#include "command.h"
#include "remote/json_text.h"
#include "remote/retry.h"
#include "remote/verdict.h"
#include "terminal.h"

/* More pages than anybody has; where a remote always announces a next one, this ends it. */
enum { PAGE_COUNT_MAX = 1000000 };

int sparkwise_reach(struct reach *reach, const struct remote_options *options,
                    const struct command *command)
{
    int result = remote_reach(reach, options, BASE_SPARKWISE, command);

    return result == EXIT_DONE ? remote_connect(reach, options, sparkwise_key_header) : result;
}

/* Whether an answer says by itself that it is one: refused, or done with lists of what. */
static bool answer_is_whole(const json_t *document)
{
    const json_t *success = json_object_get(document, "success");
    const json_t *data = json_object_get(document, "data");

    return json_is_false(success) ||
           (json_is_true(success) &&
            (json_list(data, "success") != NULL || json_list(data, "failed") != NULL ||
             json_list(data, "items") != NULL));
}

/* The body of an answer with success, or NULL. Another word than 200, as "accepted", proves nothing
 * alone: there the body has to be whole. */
static json_t *answer_body(const struct http_reply *reply)
{
    if (!http_reply_is_fine(reply)) {
        return NULL;
    }
    json_t *document = json_read(text_string(&reply->body), reply->body.size);
    if (reply->status != 200 && !answer_is_whole(document)) {
        json_decref(document);
        return NULL;
    }
    return document;
}

static int answer_take(const struct http_reply *reply, const char *what, json_t **document)
{
    struct verdict verdict;
    int result = EXIT_DONE;

    verdict_read(&verdict, reply);
    *document = answer_body(reply);
    if (json_is_false(json_object_get(*document, "success"))) {
        struct text shown = {0};
        verdict_describe(&shown, &verdict, reply);
        complain("%s: the remote refused: %s", what, text_string(&shown));
        text_close(&shown);
        result = EXIT_REFUSED;
    } else if (*document == NULL) {
        result = reply_complain(reply, &verdict, what);
    }
    verdict_close(&verdict);
    if (result != EXIT_DONE) {
        json_decref(*document);
        *document = NULL;
    }
    return result;
}

/* Whether a write that came to nothing may have been carried out. Of refusals only a redirect
 * leaves that open, which may come behind a POST that was. */
static bool write_is_uncertain(const struct http_reply *reply, int result)
{
    bool redirected =
        reply->outcome == HTTP_ANSWERED && reply->status >= 300 && reply->status < 400;

    return (result == EXIT_REFUSED ? redirected : result != EXIT_DONE) && reply_is_uncertain(reply);
}

int sparkwise_ask(struct reach *reach, enum endpoint_id id, const char *query,
                  const struct text *body, json_t **document)
{
    const struct endpoint *endpoint = &endpoints[id];
    struct text url = {0};
    struct text what = {0};
    struct http_reply reply = {0};

    *document = NULL;
    reach->uncertain = false;
    text_format(&url, "%s%s%s", text_string(&reach->base_text), endpoint->path,
                query != NULL ? query : "");
    text_format(&what, "%s %s", endpoint->method, endpoint->path);
    struct http_request request = {
        .method = endpoint->method,
        .url = text_string(&url),
        .content_type = body != NULL ? "application/json" : NULL,
        .body = body != NULL ? text_string(body) : NULL,
        .body_size = body != NULL ? body->size : 0,
        .once = body != NULL,
    };
    int result = EXIT_INTERNAL;
    if (url.exhausted || what.exhausted) {
        result = memory_complain();
    } else {
        retry_send(reach->session, &request, &reply);
        result = answer_take(&reply, text_string(&what), document);
        reach->uncertain = request.once && write_is_uncertain(&reply, result);
    }
    if (reach->uncertain) {
        complain("nobody knows whether the remote has carried it out: it is not sent again");
        result = EXIT_UNAVAILABLE;
    }
    http_reply_close(&reply);
    text_close(&url);
    text_close(&what);
    return result;
}

/* The columns of a CSV file are the documented members of the items. */
static const char *const user_columns[] = {"id",       "remoteId", "email", "firstName",
                                           "lastName", "active",   NULL};
static const char *const cluster_columns[] = {
    "clusterId",      "moduleId",           "moduleName",
    "moduleCategory", "moduleThumbnailUrl", "moduleDescription",
    "duration",       "iframeCode",         NULL};
static const char *const completion_columns[] = {"id",
                                                 "remoteUserId",
                                                 "clusterId",
                                                 "moduleId",
                                                 "moduleName",
                                                 "moduleCategory",
                                                 "moduleThumbnailUrl",
                                                 "moduleDescription",
                                                 "duration",
                                                 "attended",
                                                 "sessionScheduledStartAt",
                                                 "sessionScheduledEndAt",
                                                 "participantFirstVisitedAt",
                                                 "participantLastVisitedAt",
                                                 "timeInSessionMins",
                                                 "stepsVisited",
                                                 "totalSteps",
                                                 "percentageStepsVisited",
                                                 "hash",
                                                 NULL};

static void head_write(struct text *csv, const char *const *columns)
{
    for (size_t index = 0; columns[index] != NULL; index++) {
        text_put(csv, index > 0 ? "," : "");
        text_put(csv, columns[index]);
    }
    text_put(csv, "\n");
}

static void member_write(struct text *csv, const json_t *value)
{
    if (json_is_string(value)) {
        text_csv_plain(csv, json_string_value(value), json_string_length(value));
    } else if (json_is_boolean(value)) {
        text_put(csv, json_is_true(value) ? "true" : "false");
    } else if (json_is_integer(value)) {
        text_format(csv, "%lld", (long long)json_integer_value(value));
    } else if (json_is_real(value)) {
        text_format(csv, "%.15g", json_real_value(value));
    }
}

static void item_write(struct text *csv, const json_t *item, const char *const *columns)
{
    for (size_t column = 0; columns[column] != NULL; column++) {
        text_put(csv, column > 0 ? "," : "");
        member_write(csv, json_object_get(item, columns[column]));
    }
    text_put(csv, "\n");
}

static bool is_named(const json_t *item, const char *key)
{
    const json_t *name = json_object_get(item, key);

    return json_is_integer(name) || json_string_length(name) > 0;
}

/* What a user has to have and lacks, or NULL: a row without it would say nothing, or that somebody
 * is not active. */
static const char *users_lack(const json_t *items)
{
    for (size_t index = 0; index < json_array_size(items); index++) {
        const json_t *item = json_array_get(items, index);
        if (!is_named(item, "id")) {
            return "id";
        }
        if (!json_is_boolean(json_object_get(item, "active"))) {
            return "active";
        }
    }
    return NULL;
}

/* What is known of the users behind a page. */
struct paging {
    bool more;         /* there is a next page */
    uint64_t count;    /* users so far */
    uint64_t repeated; /* of them those that were there before */
    json_t *seen;      /* their ids */
    json_int_t total;  /* by what the remote says; 0 where it says nothing */
};

/* Each user once: of those that come again the first is kept. */
static void users_write(struct text *csv, const json_t *items, struct paging *paging)
{
    struct text id = {0};

    for (size_t index = 0; index < json_array_size(items); index++) {
        const json_t *item = json_array_get(items, index);
        text_clear(&id);
        member_write(&id, json_object_get(item, "id"));
        if (json_object_getn(paging->seen, text_string(&id), id.size) != NULL) {
            paging->repeated++;
            continue;
        }
        if (json_object_setn_new(paging->seen, text_string(&id), id.size, json_true()) != 0) {
            csv->exhausted = true;
        }
        item_write(csv, item, user_columns);
    }
    paging->count += json_array_size(items);
    csv->exhausted = csv->exhausted || id.exhausted;
    text_close(&id);
}

static int users_page(struct reach *reach, uint64_t page, const struct pull_options *options,
                      struct text *csv, struct paging *paging)
{
    struct text query = {0};
    json_t *document = NULL;

    text_format(&query, "?page=%llu&pageSize=%llu", (unsigned long long)page,
                (unsigned long long)options->page_size);
    int result = sparkwise_ask(reach, ENDPOINT_USERS, text_string(&query), NULL, &document);
    text_close(&query);
    if (result != EXIT_DONE) {
        return result;
    }
    const json_t *data = json_object_get(document, "data");
    const json_t *items = json_list(data, "items");
    const json_t *next = json_object_get(data, "next");
    const json_t *number = json_object_get(data, "page");
    const char *lacking = users_lack(items);
    if (items == NULL || (number != NULL && json_integer_value(number) != (json_int_t)page)) {
        complain("the remote's answer is not the page %llu that was asked for",
                 (unsigned long long)page);
        result = EXIT_UNAVAILABLE;
    } else if (lacking != NULL) {
        complain("the remote's page %llu has a user without %s", (unsigned long long)page, lacking);
        result = EXIT_UNAVAILABLE;
    } else {
        users_write(csv, items, paging);
    }
    /* A page may be empty in the middle, where all of its users are hidden or gone. */
    paging->more = next != NULL && !json_is_null(next);
    paging->total = json_integer_value(json_object_get(data, "total"));
    json_decref(document);
    return result;
}

static int paging_judge(const struct paging *paging)
{
    struct grouped room;

    if (paging->total > 0 && paging->count < (uint64_t)paging->total) {
        complain("the remote says that it has %llu users, and its pages end after %llu",
                 (unsigned long long)paging->total, (unsigned long long)paging->count);
        advise("where users were removed meanwhile, pull again");
        return EXIT_UNAVAILABLE;
    }
    if (paging->repeated > 0) {
        complain("the remote's pages have %s more than once: of each the first is kept",
                 number_counted(&room, paging->repeated, "user", "users"));
        advise("where users were added meanwhile, pull again: some may be missing");
    }
    return EXIT_DONE;
}

static int users_pull(struct reach *reach, const struct pull_options *options, struct text *csv)
{
    struct paging paging = {.more = true, .seen = json_object()};
    int result = paging.seen != NULL ? EXIT_DONE : memory_complain();

    head_write(csv, user_columns);
    for (uint64_t page = 0; paging.more && result == EXIT_DONE; page++) {
        if (page >= PAGE_COUNT_MAX) {
            complain("the remote's pages have no end");
            result = EXIT_UNAVAILABLE;
        } else {
            result = users_page(reach, page, options, csv, &paging);
        }
    }
    json_decref(paging.seen);
    return result == EXIT_DONE ? paging_judge(&paging) : result;
}

/* "?from=...&to=...": a date alone is its first moment. */
static void range_query(struct text *query, const struct pull_options *options)
{
    const char *names[] = {"from", "to"};
    const char *values[] = {options->since, options->until};

    for (size_t index = 0; index < 2; index++) {
        if (values[index] == NULL) {
            continue;
        }
        text_format(query, "%c%s=", query->size == 0 ? '?' : '&', names[index]);
        text_query(query, values[index], strlen(values[index]));
        text_put(query, strlen(values[index]) == 10 ? "T00%3A00%3A00Z" : "");
    }
}

static int range_pull(struct reach *reach, const struct pull_options *options, struct text *csv)
{
    bool clusters = options->what == PULL_CLUSTERS;
    const char *const *columns = clusters ? cluster_columns : completion_columns;
    enum endpoint_id id = clusters ? ENDPOINT_CLUSTERS : ENDPOINT_COMPLETIONS;
    struct text query = {0};
    json_t *document = NULL;

    range_query(&query, options);
    int result = sparkwise_ask(reach, id, text_string(&query), NULL, &document);
    text_close(&query);
    if (result != EXIT_DONE) {
        return result;
    }
    /* Clusters come in an envelope, completions as they are. */
    const json_t *items =
        clusters ? json_list(json_object_get(document, "data"), "items") : document;
    bool understood = json_is_array(items);
    head_write(csv, columns);
    for (size_t index = 0; understood && index < json_array_size(items); index++) {
        const json_t *item = json_array_get(items, index);
        understood = is_named(item, columns[0]);
        item_write(csv, item, columns);
    }
    if (!understood) {
        complain("%s: the answer cannot be understood", endpoints[id].path);
        result = EXIT_UNAVAILABLE;
    }
    json_decref(document);
    return result;
}

int sparkwise_pull(const struct pull_options *options)
{
    struct reach reach = {0};
    struct text csv = {0};

    int result = sparkwise_reach(&reach, &options->remote, options->command);
    if (result == EXIT_DONE) {
        progress_begin("reading from Sparkwise");
        result = options->what == PULL_USERS ? users_pull(&reach, options, &csv)
                                             : range_pull(&reach, options, &csv);
        progress_end();
    }
    if (result == EXIT_DONE) {
        result = remote_write(options->path, &csv);
    }
    text_close(&csv);
    remote_leave(&reach);
    return result;
}
