/* SPDX-License-Identifier: MIT */
/*
 * The calls of Sparkwise. Its users are those of the live roster, changed and added to by what was
 * upserted or deactivated here. A user whose address ends in ".invalid" is one of an untrusted
 * domain and cannot be processed. Clusters are the teams, completions their members.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "remote/endpoints.h"
#include "remote/json_text.h"
#include "remote/remote.h"
#include "sandbox/call.h"
#include "sandbox/live.h"
#include "sandbox/people.h"

enum { SESSION_MINUTES = 60 };

static struct muster_span word_span(const char *word)
{
    return (struct muster_span){word, strlen(word)};
}

static json_t *user_json(struct muster_span remote_id, const json_t *first, const json_t *last,
                         const json_t *email, bool active)
{
    char hex[SHA256_HEX_SIZE];

    id_hash(hex, "sparkwise", remote_id);
    return json_pack("{s:s, s:O?, s:O?, s:O?, s:b, s:o}", "id", hex, "firstName", first, "lastName",
                     last, sparkwise_email_member, email, "active", active, "remoteId",
                     json_span(remote_id));
}

static json_t *entry_json(struct muster_span remote_id, const json_t *entry)
{
    return user_json(remote_id, json_object_get(entry, "firstName"),
                     json_object_get(entry, "lastName"),
                     json_object_get(entry, sparkwise_email_member),
                     json_is_true(json_object_get(entry, "active")));
}

static json_t *roster_user_json(const struct muster_user *user)
{
    json_t *first = json_span(user->first_name);
    json_t *last = json_span(user->last_name);
    json_t *email = json_span(user->email);
    json_t *result = user_json(user->id, first, last, email, true);

    json_decref(first);
    json_decref(last);
    json_decref(email);
    return result;
}

/* Part of everybody: those of the roster come first, in its order, and those who are known here
 * alone come last. */
struct users_page {
    json_t *items;
    uint64_t first;
    uint64_t end;
    uint64_t total; /* those who were counted so far */
};

/* Whether the next one belongs to the page. */
static bool page_counts(struct users_page *page)
{
    uint64_t position = page->total++;

    return position >= page->first && position < page->end;
}

static void users_collect(struct live *live, struct users_page *page)
{
    json_t *entries = json_object_get(live->people, "sparkwise");
    struct muster_user user;
    const char *remote_id = NULL;
    json_t *entry = NULL;

    for (uint32_t place = 0; place < muster_roster_user_places(live->roster); place++) {
        if (muster_roster_user(live->roster, place, &user) && page_counts(page)) {
            entry = json_object_getn(entries, user.id.ptr, user.id.len);
            json_t *one = entry != NULL ? entry_json(user.id, entry) : roster_user_json(&user);
            (void)json_array_append_new(page->items, one);
        }
    }
    json_object_foreach(entries, remote_id, entry)
    {
        struct muster_span id = word_span(remote_id);
        if (!live_has_user(live, id) && page_counts(page)) {
            (void)json_array_append_new(page->items, entry_json(id, entry));
        }
    }
}

/* A number of the query within its range; the default where it is not given. */
static bool number_take(const struct call *call, const char *name, uint64_t *number, uint64_t least)
{
    const char *word = json_word(call->query, name);

    if (word == NULL) {
        return true;
    }
    if (word[0] == '\0' || strlen(word) > 9 || strspn(word, "0123456789") != strlen(word)) {
        return false;
    }
    *number = strtoull(word, NULL, 10);
    return *number >= least;
}

static json_t *number_or_null(bool there, uint64_t number)
{
    return there ? json_integer((json_int_t)number) : json_null();
}

static void users_answer(struct call *call, struct live *live)
{
    uint64_t page = 0;
    uint64_t size = SPARKWISE_PAGE_MAX;

    if (!number_take(call, "page", &page, 0) || !number_take(call, "pageSize", &size, 1) ||
        size > SPARKWISE_PAGE_MAX) {
        call_refuse_sparkwise(call, 400, "page is at least 0, pageSize from 1 to 200");
        return;
    }
    size = call->sandbox->fault.short_pages ? (size + 2) / 3 : size;
    struct users_page users = {json_array(), page * size, (page + 1) * size, 0};
    users_collect(live, &users);
    uint64_t pages = (users.total + size - 1) / size;
    call_answer(call, 200,
                json_pack("{s:b, s:{s:o, s:I, s:I, s:o, s:o, s:I, s:I}, s:n}", "success", 1, "data",
                          "items", users.items, "page", (json_int_t)page, "size", (json_int_t)size,
                          "next", number_or_null(page + 1 < pages, page + 1), "prev",
                          number_or_null(page > 0, page - 1), "totalPages", (json_int_t)pages,
                          "total", (json_int_t)users.total, "error"));
}

/* Whether from and to are moments, and in this order. */
static bool range_is_sound(const struct call *call)
{
    const char *from = json_word(call->query, "from");
    const char *to = json_word(call->query, "to");

    return (from == NULL || date_is_valid(from)) && (to == NULL || date_is_valid(to)) &&
           (from == NULL || to == NULL || date_compare(from, to) < 0);
}

/* Whether a moment is within from (inclusive) and to (exclusive). */
static bool moment_is_wanted(const struct call *call, const char *moment)
{
    const char *from = json_word(call->query, "from");
    const char *to = json_word(call->query, "to");

    return (from == NULL || date_compare(moment, from) >= 0) &&
           (to == NULL || date_compare(moment, to) < 0);
}

static json_t *module_json(const struct muster_team *team)
{
    return json_pack(
        "{s:o, s:o, s:o, s:s, s:s, s:s, s:i}", "clusterId", uuid_made_up("cluster", team->id),
        "moduleId", uuid_made_up("module", team->id), "moduleName", json_span(team->final_name),
        "moduleCategory", "Teamwork", "moduleThumbnailUrl", "https://example.com/thumbnail.png",
        "moduleDescription", "A session of the sandbox", "duration", SESSION_MINUTES);
}

/* Every other one has self-registration enabled, and only those have code for its form. */
static json_t *cluster_json(const struct muster_team *team)
{
    char hash[SHA256_HEX_SIZE];
    json_t *cluster = module_json(team);

    id_hash(hash, "registration", team->id);
    if (hash[0] < '8' && !json_put(cluster, "iframeCode",
                                   json_string("<iframe src=\"https://example.com/form\" "
                                               "width=\"100%\" height=\"100%\"></iframe>"))) {
        json_decref(cluster);
        cluster = NULL;
    }
    return cluster;
}

static void clusters_answer(struct call *call, struct live *live)
{
    json_t *items = json_array();
    struct muster_team team;

    for (uint32_t index = 0; index < muster_roster_team_count(live->roster); index++) {
        char moment[32];
        muster_roster_team(live->roster, index, &team);
        moment_made_up(moment, "cluster", team.id, 0);
        if (moment_is_wanted(call, moment)) {
            (void)json_array_append_new(items, cluster_json(&team));
        }
    }
    json_int_t total = (json_int_t)json_array_size(items);
    call_answer(
        call, 200,
        json_pack("{s:b, s:{s:o, s:I}}", "success", 1, "data", "items", items, "total", total));
}

/* A moment of the session, so many minutes after its start; null where it did not come. */
static json_t *session_moment(const struct muster_user *user, unsigned minutes, bool came)
{
    char moment[32];

    moment_made_up(moment, "completion", user->id, minutes);
    return came ? json_string(moment) : json_null();
}

static json_t *completion_json(struct live *live, const struct muster_user *user)
{
    char hash[SHA256_HEX_SIZE];
    struct muster_team team;

    if (!live_team_find(live, user->team_id, &team)) {
        return NULL;
    }
    id_hash(hash, "completion", user->id);
    bool came = hash[0] < '8';
    const struct {
        const char *name;
        json_t *value;
    } members[] = {
        {"id", uuid_made_up("completion", user->id)},
        {"remoteUserId", json_span(user->id)},
        {"attended", json_boolean(came)},
        {"sessionScheduledStartAt", session_moment(user, 0, true)},
        {"sessionScheduledEndAt", session_moment(user, SESSION_MINUTES, true)},
        {"participantFirstVisitedAt", session_moment(user, 2, came)},
        {"participantLastVisitedAt", session_moment(user, 55, came)},
        {"timeInSessionMins", json_integer(came ? 53 : 0)},
        {"stepsVisited", json_integer(came ? 8 : 0)},
        {"totalSteps", json_integer(10)},
        {"percentageStepsVisited", json_integer(came ? 80 : 0)},
        {"hash", json_string(hash)},
    };
    json_t *completion = module_json(&team);
    bool fine = completion != NULL;
    for (size_t index = 0; index < sizeof(members) / sizeof(members[0]); index++) {
        fine = json_put(completion, members[index].name, members[index].value) && fine;
    }
    if (!fine) {
        json_decref(completion);
        completion = NULL;
    }
    return completion;
}

/* An array as it is, without the envelope of the other replies. */
static void completions_answer(struct call *call, struct live *live)
{
    json_t *items = json_array();
    struct muster_user user;

    for (uint32_t place = 0; place < muster_roster_user_places(live->roster); place++) {
        char moment[32];
        if (!muster_roster_user(live->roster, place, &user) || user.team_id.ptr == NULL) {
            continue;
        }
        moment_made_up(moment, "completion", user.id, 0);
        if (moment_is_wanted(call, moment)) {
            (void)json_array_append_new(items, completion_json(live, &user));
        }
    }
    call_answer(call, 200, items);
}

static bool email_is_trusted(const json_t *user)
{
    const char *email = json_word(user, sparkwise_email_member);
    size_t length = email != NULL ? strlen(email) : 0;

    return length < 8 || strcasecmp(email + length - 8, ".invalid") != 0;
}

static bool upsert_one(json_t *entries, const json_t *user)
{
    const char *remote_id = json_word(user, "remoteId");
    const json_t *active = json_object_get(user, "active");

    if (remote_id == NULL || remote_id[0] == '\0' || !email_is_trusted(user)) {
        return false;
    }
    return json_put(
        entries, remote_id,
        json_pack("{s:O?, s:O?, s:O?, s:b}", "firstName", json_object_get(user, "firstName"),
                  "lastName", json_object_get(user, "lastName"), sparkwise_email_member,
                  json_object_get(user, sparkwise_email_member), "active", !json_is_false(active)));
}

/* What is known of a user stays; only whether they are active changes. */
static bool deactivate_one(struct live *live, json_t *entries, const json_t *user)
{
    const char *remote_id = json_word(user, "remoteId");

    if (remote_id == NULL || !email_is_trusted(user)) {
        return false;
    }
    json_t *entry = json_object_get(entries, remote_id);
    if (entry != NULL) {
        return json_put(entry, "active", json_false());
    }
    json_t *known = live_user_find(live, word_span(remote_id));
    const json_t *source = known != NULL ? known : user;
    bool fine = json_put(entries, remote_id,
                         json_pack("{s:O?, s:O?, s:O?, s:b}", "firstName",
                                   json_object_get(source, "firstName"), "lastName",
                                   json_object_get(source, "lastName"), sparkwise_email_member,
                                   json_object_get(source, "email"), "active", 0));
    json_decref(known);
    return fine;
}

static json_t *batch_carry_out(struct call *call, struct live *live, const json_t *users)
{
    json_t *entries = json_object_get(live->people, "sparkwise");
    json_t *success = json_array();
    json_t *failed = json_array();

    for (size_t index = 0; index < json_array_size(users); index++) {
        json_t *user = json_array_get(users, index);
        bool done = call->route == ROUTE_USERS_UPSERT ? upsert_one(entries, user)
                                                      : deactivate_one(live, entries, user);
        if (done) {
            const char *remote_id = json_word(user, "remoteId");
            (void)json_array_append_new(
                success, entry_json(word_span(remote_id), json_object_get(entries, remote_id)));
        } else {
            (void)json_array_append_new(failed, json_pack("{s:O, s:s}", "user", user, "error",
                                                          "This user cannot be processed"));
        }
    }
    return json_pack("{s:b, s:{s:o, s:o}, s:n}", "success", 1, "data", "success", success, "failed",
                     failed, "error");
}

/* The lock is held from reading to writing: two batches must not undo each other. */
static void batch_answer(struct call *call)
{
    json_t *request = json_read(text_string(&call->body), call->body.size);
    const json_t *users = json_list(request, "users");
    size_t count = json_array_size(users);
    struct live live = {0};

    if (count < 1 || count > SPARKWISE_BATCH_MAX) {
        call_refuse_sparkwise(call, 400, "users must hold 1 to 200 users");
        json_decref(request);
        return;
    }
    pthread_mutex_lock(&call->account->lock);
    json_t *answer = NULL;
    if (account_prepare(call->account) == 0 && live_open(&live, call->account)) {
        answer = batch_carry_out(call, &live, users);
        if (muster_roster_status(live.roster) != MUSTER_OK ||
            account_json_write(call->account, "people.json", live.people) != 0) {
            json_decref(answer);
            answer = NULL;
        }
    }
    pthread_mutex_unlock(&call->account->lock);
    call_answer(call, answer != NULL ? 200 : 500, answer);
    live_close(&live);
    json_decref(request);
}

void sparkwise_answer(struct call *call)
{
    if (call->route == ROUTE_USERS_UPSERT || call->route == ROUTE_USERS_DEACTIVATE) {
        batch_answer(call);
        return;
    }
    if (call->route != ROUTE_USERS && !range_is_sound(call)) {
        call_refuse_sparkwise(call, 400, "from and to are moments, and to is later than from");
        return;
    }
    struct live *live = live_borrow(call->account);
    if (live == NULL) {
        call_answer(call, 500, NULL);
        return;
    }
    if (call->route == ROUTE_USERS) {
        users_answer(call, live);
    } else if (call->route == ROUTE_CLUSTERS) {
        clusters_answer(call, live);
    } else {
        completions_answer(call, live);
    }
    if (!live_return(call->account)) {
        call_answer(call, 500, NULL);
    }
}
