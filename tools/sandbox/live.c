/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sandbox/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "remote/file.h"
#include "remote/json_text.h"
#include "sandbox/people.h"

/* Teams above a user's own that are shown with it; deeper trees are cut. */
enum { ANCESTOR_COUNT_MAX = 64 };

static const char plan_id[] = "sandbox";
static const char product_id[] = "library";

bool live_open(struct live *live, struct account *account)
{
    *live = (struct live){0};
    enum muster_status status = account_roster(account, &live->roster);
    live->people = people_load(account);
    return status == MUSTER_OK && live->people != NULL;
}

/* A file that is not there has a stamp of zeros. */
static void stamps_take(struct stat stamps[2], const struct account *account)
{
    static const char *const names[] = {"roster.snap", "people.json"};

    for (size_t index = 0; index < 2; index++) {
        struct text path = {0};
        account_path(&path, account, names[index], NULL);
        if (path.exhausted || stat(text_string(&path), &stamps[index]) != 0) {
            stamps[index] = (struct stat){0};
        }
        text_close(&path);
    }
}

static bool stamps_agree(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && file_is_as_it_was(a, b);
}

static void cache_close(void *cache)
{
    live_close(cache);
    free(cache);
}

/* Make it anew where it is not there or has grown old. The caller holds the account's lock, so no
 * job is half done. */
static struct live *cache_refresh(struct account *account)
{
    struct live *live = account->cache;
    struct stat stamps[2];

    /* Before the files are read: what is younger than its stamp is read again the next time. */
    stamps_take(stamps, account);
    if (live != NULL && stamps_agree(&live->stamps[0], &stamps[0]) &&
        stamps_agree(&live->stamps[1], &stamps[1])) {
        return live;
    }
    if (live == NULL) {
        live = calloc(1, sizeof(*live));
        account->cache = live;
        account->cache_close = cache_close;
    } else {
        live_close(live);
    }
    if (live == NULL) {
        return NULL;
    }
    if (!live_open(live, account)) {
        cache_close(live);
        account->cache = NULL;
        return NULL;
    }
    memcpy(live->stamps, stamps, sizeof(stamps));
    return live;
}

struct live *live_borrow(struct account *account)
{
    pthread_mutex_lock(&account->cache_lock);
    pthread_mutex_lock(&account->lock);
    struct live *live = cache_refresh(account);
    pthread_mutex_unlock(&account->lock);
    if (live == NULL) {
        pthread_mutex_unlock(&account->cache_lock);
    }
    return live;
}

bool live_return(struct account *account)
{
    const struct live *live = account->cache;
    bool whole = muster_roster_status(live->roster) == MUSTER_OK;

    if (!whole) { /* its indexes may lack somebody too */
        cache_close(account->cache);
        account->cache = NULL;
    }
    pthread_mutex_unlock(&account->cache_lock);
    return whole;
}

void live_close(struct live *live)
{
    muster_roster_close(live->roster);
    json_decref(live->people);
    json_decref(live->team_index);
    json_decref(live->user_index);
    *live = (struct live){0};
}

void id_hash(char hex[SHA256_HEX_SIZE], const char *salt, struct muster_span id)
{
    struct sha256 hash;
    unsigned char digest[SHA256_SIZE];

    sha256_begin(&hash);
    sha256_add(&hash, salt, strlen(salt) + 1);
    if (id.len > 0) {
        sha256_add(&hash, id.ptr, id.len);
    }
    sha256_end(&hash, digest);
    sha256_hex(digest, hex);
}

json_t *uuid_made_up(const char *salt, struct muster_span id)
{
    char hex[SHA256_HEX_SIZE];
    char uuid[40];

    id_hash(hex, salt, id);
    snprintf(uuid, sizeof(uuid), "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
             hex + 20);
    return json_string(uuid);
}

static json_t *remote_id(struct muster_span id)
{
    return uuid_made_up("user", id);
}

void moment_made_up(char moment[32], const char *salt, struct muster_span id, unsigned minutes)
{
    char hex[SHA256_HEX_SIZE];
    unsigned number = 0;
    struct tm parts;

    id_hash(hex, salt, id);
    sscanf(hex, "%6x", &number);
    /* Within 2024 and 2025. */
    time_t seconds = 1704067200 + (time_t)(number % 731) * 86400 + (time_t)(number % 86400) +
                     (time_t)minutes * 60;
    gmtime_r(&seconds, &parts);
    strftime(moment, 32, "%Y-%m-%dT%H:%M:%S.000Z", &parts);
}

/* Every eighth has never logged in. */
static json_t *last_login(struct muster_span id)
{
    char hex[SHA256_HEX_SIZE];
    char moment[32];

    id_hash(hex, "never", id);
    if (hex[0] == '0' || hex[0] == '8') {
        return json_null();
    }
    moment_made_up(moment, "login", id, 0);
    return json_string(moment);
}

static const json_t *team_index(struct live *live)
{
    struct muster_team team;

    if (live->team_index != NULL) {
        return live->team_index;
    }
    live->team_index = json_object();
    for (uint32_t index = 0; index < muster_roster_team_count(live->roster); index++) {
        muster_roster_team(live->roster, index, &team);
        (void)json_object_setn_new(live->team_index, team.id.ptr, team.id.len, json_integer(index));
    }
    return live->team_index;
}

bool live_team_find(struct live *live, struct muster_span id, struct muster_team *team)
{
    const json_t *at = json_object_getn(team_index(live), id.ptr, id.len);

    if (at != NULL) {
        muster_roster_team(live->roster, (uint32_t)json_integer_value(at), team);
    }
    return at != NULL;
}

static json_t *team_node(const struct muster_team *team)
{
    return json_pack("{s:o, s:o, s:n, s:o, s:s}", "id", json_span(team->id), "name",
                     json_span(team->final_name), "description", "parentTeamId",
                     json_span(team->parent_team_id), "planId", plan_id);
}

/* The user's own team and those above it. */
static json_t *user_teams(struct live *live, struct muster_span id)
{
    json_t *nodes = json_array();
    json_t *edges = json_array();
    struct muster_team team;

    for (unsigned depth = 0; id.ptr != NULL && depth < ANCESTOR_COUNT_MAX; depth++) {
        if (!live_team_find(live, id, &team)) {
            break;
        }
        json_t *node = team_node(&team);
        (void)json_array_append_new(edges,
                                    json_pack("{s:b, s:O}", "isDirect", depth == 0, "node", node));
        (void)json_array_append_new(nodes, node);
        id = team.parent_team_id;
    }
    return json_pack("{s:o, s:o}", "nodes", nodes, "edges", edges);
}

static json_t *user_node(struct live *live, const struct muster_user *user)
{
    bool licensed = people_is_licensed(live->people, user->id);
    json_t *products = licensed ? json_pack("[s]", product_id) : json_array();
    json_t *node = json_pack(
        "{s:o, s:o, s:o, s:[], s:o, s:o, s:n, s:o, s:b, s:n, s:o, s:o, s:b, s:b, s:s, s:o}",
        "psUserId", remote_id(user->id), "id", remote_id(user->id), "email", json_span(user->email),
        "additionalEmails", "firstName", json_span(user->first_name), "lastName",
        json_span(user->last_name), "note", "createdOn", json_string("2023-01-01T00:00:00.000Z"),
        "isOnAccount", 1, "removedOn", "lastLogin", last_login(user->id), "currentSsoIdentifier",
        json_span(user->id), "ssoEnabled", 1, "mfaEnabled", 0, "planId", plan_id, "productIds",
        products);

    if (!json_put(node, "startedOn", json_string("2023-01-01T00:00:00.000Z")) ||
        !json_put(node, "teams", user_teams(live, user->team_id))) {
        json_decref(node);
        node = NULL;
    }
    return node;
}

static json_t *departed_node(struct live *live, size_t index)
{
    const json_t *entry = json_array_get(json_object_get(live->people, "departed"), index);
    struct muster_user user = {
        .id = {json_string_value(json_object_get(entry, "id")),
               json_string_length(json_object_get(entry, "id"))},
        .email = {json_string_value(json_object_get(entry, "email")),
                  json_string_length(json_object_get(entry, "email"))},
        .first_name = {json_string_value(json_object_get(entry, "firstName")),
                       json_string_length(json_object_get(entry, "firstName"))},
        .last_name = {json_string_value(json_object_get(entry, "lastName")),
                      json_string_length(json_object_get(entry, "lastName"))},
    };
    json_t *node = user_node(live, &user);

    if (!json_put(node, "isOnAccount", json_false()) ||
        !json_put(node, "removedOn", json_incref(json_object_get(entry, "removedOn"))) ||
        !json_put(node, "productIds", json_array())) {
        json_decref(node);
        node = NULL;
    }
    return node;
}

uint64_t live_user_positions(const struct live *live)
{
    return (uint64_t)muster_roster_user_places(live->roster) +
           json_array_size(json_object_get(live->people, "departed"));
}

json_t *live_user(struct live *live, uint64_t position)
{
    uint32_t places = muster_roster_user_places(live->roster);
    struct muster_user user;

    if (position >= places) {
        return departed_node(live, (size_t)(position - places));
    }
    return muster_roster_user(live->roster, (uint32_t)position, &user) ? user_node(live, &user)
                                                                       : NULL;
}

static void user_index_make(struct live *live)
{
    struct muster_user user;

    live->user_index = json_object();
    for (uint32_t place = 0; place < muster_roster_user_places(live->roster); place++) {
        if (muster_roster_user(live->roster, place, &user)) {
            (void)json_object_setn_new(live->user_index, user.id.ptr, user.id.len,
                                       json_integer(place));
        }
    }
}

static const json_t *user_place(struct live *live, struct muster_span id)
{
    if (live->user_index == NULL) {
        user_index_make(live);
    }
    return json_object_getn(live->user_index, id.ptr, id.len);
}

bool live_has_user(struct live *live, struct muster_span id)
{
    return user_place(live, id) != NULL;
}

json_t *live_user_find(struct live *live, struct muster_span id)
{
    const json_t *place = user_place(live, id);
    return place != NULL ? live_user(live, (uint64_t)json_integer_value(place)) : NULL;
}

uint64_t live_team_positions(const struct live *live)
{
    return muster_roster_team_count(live->roster);
}

json_t *live_team(struct live *live, uint64_t position)
{
    struct muster_team team;

    muster_roster_team(live->roster, (uint32_t)position, &team);
    return team_node(&team);
}

uint64_t live_manager_positions(const struct live *live)
{
    struct muster_team team;
    uint64_t count = 0;

    for (uint32_t index = 0; index < muster_roster_team_count(live->roster); index++) {
        muster_roster_team(live->roster, index, &team);
        count += team.manager_count;
    }
    return count;
}

json_t *live_manager(struct live *live, uint64_t position)
{
    struct muster_team team = {0};
    struct muster_user user;

    if (position < live->manager_first) {
        live->manager_team = 0;
        live->manager_first = 0;
    }
    muster_roster_team(live->roster, live->manager_team, &team);
    while (position - live->manager_first >= team.manager_count) {
        live->manager_first += team.manager_count;
        muster_roster_team(live->roster, ++live->manager_team, &team);
    }
    uint32_t n = (uint32_t)(position - live->manager_first);
    uint32_t place = muster_roster_manager(live->roster, live->manager_team, n);
    if (!muster_roster_user(live->roster, place, &user)) {
        return NULL;
    }
    return json_pack("{s:o, s:o, s:o, s:s}", "psUserId", remote_id(user.id), "email",
                     json_span(user.email), "teamId", json_span(team.id), "permissionLevel",
                     "FULL");
}

static json_t *admin_node(const struct muster_user *user)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o}", "psUserId", remote_id(user->id), "email",
                     json_span(user->email), "firstName", json_span(user->first_name), "lastName",
                     json_span(user->last_name), "planId", plan_id, "currentSsoIdentifier",
                     json_span(user->id));
}

/* The managers of one team, each of them once. */
static void admins_add(struct live *live, uint32_t index, uint32_t count, json_t *admins)
{
    struct muster_user user;

    for (uint32_t n = 0; n < count; n++) {
        if (muster_roster_user(live->roster, muster_roster_manager(live->roster, index, n),
                               &user) &&
            json_object_getn(admins, user.id.ptr, user.id.len) == NULL) {
            (void)json_object_setn_new(admins, user.id.ptr, user.id.len, admin_node(&user));
        }
    }
}

json_t *live_admins(struct live *live)
{
    json_t *by_id = json_object();
    json_t *admins = json_array();
    struct muster_team team;
    const char *id = NULL;
    json_t *node = NULL;

    for (uint32_t index = 0; index < muster_roster_team_count(live->roster); index++) {
        muster_roster_team(live->roster, index, &team);
        if (team.parent_team_id.ptr == NULL) {
            admins_add(live, index, team.manager_count, by_id);
        }
    }
    json_object_foreach(by_id, id, node)
    {
        (void)json_array_append(admins, node);
    }
    json_decref(by_id);
    return admins;
}

/* Some of those who have no license may have left since. */
static uint64_t licensed_count(struct live *live)
{
    uint64_t count = muster_roster_summary(live->roster)->kept[MUSTER_USERS];
    const char *id = NULL;
    json_t *entry = NULL;

    json_object_foreach(json_object_get(live->people, "unlicensed"), id, entry)
    {
        count -= live_has_user(live, (struct muster_span){id, strlen(id)}) ? 1 : 0;
    }
    return count;
}

json_t *live_plan(struct live *live)
{
    json_int_t assigned = (json_int_t)licensed_count(live);
    json_int_t bought = (assigned + 100) / 100 * 100;

    return json_pack("{s:s, s:s, s:[{s:s, s:s, s:I, s:I, s:I}]}", "id", plan_id, "name", "Sandbox",
                     "products", "id", product_id, "name", "Library", "purchasedLicenseCount",
                     bought, "assignedLicenseCount", assigned, "remainingLicenseCount",
                     bought - assigned);
}
