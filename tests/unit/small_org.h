/* SPDX-License-Identifier: MIT */
/*
 * Organisations in memory, for tests of what comes after the organisation.
 *
 *     struct small_org *org = small_org_open("X1|ann@x.com|Ann|Lee|T1\n"
 *                                            "-\n"                       an empty place
 *                                            "X2|bob@x.com|Bob|Ray|\n",  in no team
 *                                            "T1|Cloud||X1,X2\n"         at the top, two managers
 *                                            "T2|Sales=Sales (T2)|T1|"); with another final name
 *
 * Users point into memory of their own, so that a use after the org was closed is found. Where
 * two final names are the same, both collide.
 */
#ifndef MUSTER_TESTS_SMALL_ORG_H
#define MUSTER_TESTS_SMALL_ORG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/span.h"
#include "org/org.h"

struct small_org {
    struct org org;
    struct arena arena;
    struct org_user *users; /* id.ptr NULL: an empty place */
    size_t user_capacity, team_capacity, manager_capacity;
    bool values_in_scratch;  /* give users out as if they had to be decoded */
    struct buffer run_bytes; /* see small_org_with_runs */
    size_t *run_starts;
};

static inline const struct small_org *small_org_of(const struct org *org)
{
    return org->behind;
}

static inline bool small_user_kept(const struct org *org, uint32_t user)
{
    return small_org_of(org)->users[user].id.ptr != NULL;
}

static inline uint32_t small_user_team(const struct org *org, uint32_t user)
{
    return small_org_of(org)->users[user].team;
}

static inline void small_user_read(const struct org *org, uint32_t user, struct buffer *scratch,
                                   struct org_user *result)
{
    buffer_clear(scratch);
    *result = small_org_of(org)->users[user];
    if (small_org_of(org)->values_in_scratch) {
        span *fields[] = {&result->id, &result->email, &result->first_name, &result->last_name};
        size_t size =
            result->id.len + result->email.len + result->first_name.len + result->last_name.len;
        (void)buffer_reserve(scratch, size);
        for (int field = 0; field < 4; field++) {
            size_t at = scratch->size;
            buffer_span(scratch, *fields[field]);
            *fields[field] =
                scratch->exhausted ? SPAN("") : span_make(scratch->bytes + at, fields[field]->len);
        }
    }
}

static const struct org_source small_org_source = {
    .user_kept = small_user_kept, .user_team = small_user_team, .user_read = small_user_read};

/* The values of a user as bytes; none of an empty place. */
static inline span small_user_run(const struct org *org, uint32_t user)
{
    const struct small_org *small = small_org_of(org);
    const size_t *starts = small->run_starts;
    size_t size = small->users[user].id.ptr != NULL ? starts[user + 1] - starts[user] : 0;
    return span_make(small->run_bytes.bytes + starts[user], size);
}

static inline uint32_t small_users_alike(const struct org *org, uint32_t first,
                                         const struct org *other, uint32_t other_first,
                                         uint32_t count)
{
    uint32_t alike = 0;
    while (alike < count && small_user_run(org, first + alike).len > 0 &&
           span_equal(small_user_run(org, first + alike),
                      small_user_run(other, other_first + alike))) {
        alike++;
    }
    return alike;
}

static const struct org_source small_org_run_source = {.user_kept = small_user_kept,
                                                       .user_team = small_user_team,
                                                       .user_read = small_user_read,
                                                       .users_alike = small_users_alike};

/* From now on the org shows runs of its users as bytes. */
static inline void small_org_with_runs(struct small_org *small)
{
    small->run_starts = memory_array((size_t)small->org.user_count + 1, sizeof(size_t));
    for (uint32_t user = 0; user < small->org.user_count; user++) {
        const struct org_user *entry = &small->users[user];
        const span fields[] = {entry->id, entry->email, entry->first_name, entry->last_name};
        small->run_starts[user] = small->run_bytes.size;
        for (int field = 0; field < 4; field++) {
            buffer_append(&small->run_bytes, &fields[field].len, sizeof fields[field].len);
            buffer_span(&small->run_bytes, fields[field]);
        }
    }
    small->run_starts[small->org.user_count] = small->run_bytes.size;
    small->org.source = &small_org_run_source;
}

static inline struct small_org *small_org_new(void)
{
    struct small_org *small = calloc(1, sizeof *small);
    small->org.source = &small_org_source;
    small->org.behind = small;
    return small;
}

static inline void small_org_close(struct small_org *small)
{
    arena_close(&small->arena);
    free(small->users);
    free(small->org.teams);
    free(small->org.managers);
    buffer_close(&small->run_bytes);
    free(small->run_starts);
    free(small);
}

static inline void small_org_add_user(struct small_org *small, struct org_user user)
{
    size_t place = small->org.user_count++;
    small->users = memory_grow(small->users, &small->user_capacity, place + 1, sizeof user);
    user.id = arena_copy(&small->arena, user.id);
    user.email = arena_copy(&small->arena, user.email);
    user.first_name = arena_copy(&small->arena, user.first_name);
    user.last_name = arena_copy(&small->arena, user.last_name);
    small->users[place] = user;
    small->org.kept_user_count += user.id.ptr != NULL;
}

static inline void small_org_add_team(struct small_org *small, struct org_team team)
{
    size_t index = small->org.team_count++;
    small->org.teams = memory_grow(small->org.teams, &small->team_capacity, index + 1, sizeof team);
    team.id = arena_copy(&small->arena, team.id);
    team.name = arena_copy(&small->arena, team.name);
    team.final_name = arena_copy(&small->arena, team.final_name);
    team.manager_first = small->org.manager_count;
    team.manager_count = 0;
    small->org.teams[index] = team;
}

/* Make a user a manager of the team that was added last. */
static inline void small_org_add_manager(struct small_org *small, uint32_t user)
{
    size_t place = small->org.manager_count++;
    small->org.managers = memory_grow(small->org.managers, &small->manager_capacity, place + 1,
                                      sizeof *small->org.managers);
    small->org.managers[place] = user;
    small->org.teams[small->org.team_count - 1].manager_count++;
}

/* ---- By numbers -------------------------------------------------------------------------- */

static inline void add_numbered_user(struct small_org *small, unsigned number,
                                     const char *first_name)
{
    char id[16], email[32];
    struct org_user user = {.team = ORG_NONE, .first_name = span_from(first_name)};
    user.id = span_make(id, (size_t)snprintf(id, sizeof id, "X%u", number));
    user.email = span_make(email, (size_t)snprintf(email, sizeof email, "%u@x.com", number));
    small_org_add_user(small, user);
}

static inline void add_numbered_team(struct small_org *small, unsigned number)
{
    char id[16];
    (void)snprintf(id, sizeof id, "T%u", number);
    span text = span_from(id);
    small_org_add_team(
        small, (struct org_team){.id = text, .name = text, .final_name = text, .parent = ORG_NONE});
}

/* ---- From text --------------------------------------------------------------------------- */

/* What stands before the next `separator`; `*text` goes on behind it. */
static inline span small_take(span *text, char separator)
{
    const char *end = text->len > 0 ? memchr(text->ptr, separator, text->len) : NULL;
    size_t len = end != NULL ? (size_t)(end - text->ptr) : text->len;
    span piece = span_make(text->ptr, len);
    size_t used = end != NULL ? len + 1 : len;
    *text = span_make(text->ptr + used, text->len - used);
    return piece;
}

static inline uint32_t small_org_team(const struct small_org *small, span id)
{
    for (uint32_t team = 0; team < small->org.team_count; team++) {
        if (span_equal(small->org.teams[team].id, id)) {
            return team;
        }
    }
    return ORG_NONE;
}

static inline uint32_t small_org_user(const struct small_org *small, span id)
{
    for (uint32_t user = 0; user < small->org.user_count; user++) {
        if (small->users[user].id.ptr != NULL && span_equal(small->users[user].id, id)) {
            return user;
        }
    }
    return ORG_NONE;
}

static inline void small_org_parse_team(struct small_org *small, span line)
{
    struct org_team team = {.id = small_take(&line, '|')};
    span names = small_take(&line, '|');
    team.name = small_take(&names, '=');
    team.final_name = names.len > 0 ? names : team.name;
    team.parent = ORG_NONE; /* set once all teams are there */
    small_org_add_team(small, team);
    (void)small_take(&line, '|');
    while (line.len > 0) {
        small_org_add_manager(small, small_org_user(small, small_take(&line, ',')));
    }
}

static inline void small_org_parse_teams(struct small_org *small, span text)
{
    span lines = text;
    while (lines.len > 0) {
        small_org_parse_team(small, small_take(&lines, '\n'));
    }
    for (uint32_t team = 0; team < small->org.team_count; team++) {
        span line = small_take(&text, '\n');
        (void)small_take(&line, '|');
        (void)small_take(&line, '|');
        small->org.teams[team].parent = small_org_team(small, small_take(&line, '|'));
    }
}

/* Set name_collides wherever two final names are the same. */
static inline void small_org_find_collisions(struct small_org *small)
{
    struct org_team *teams = small->org.teams;
    for (uint32_t a = 0; a < small->org.team_count; a++) {
        for (uint32_t b = 0; b < a; b++) {
            if (span_equal(teams[a].final_name, teams[b].final_name)) {
                teams[a].name_collides = teams[b].name_collides = true;
            }
        }
    }
}

static inline struct small_org *small_org_open(const char *users, const char *teams)
{
    struct small_org *small = small_org_new();
    span text = span_from(users);
    while (text.len > 0) {
        span line = small_take(&text, '\n');
        struct org_user user = {.team = ORG_NONE};
        if (!span_equal(line, SPAN("-"))) {
            user.id = small_take(&line, '|');
            user.email = small_take(&line, '|');
            user.first_name = small_take(&line, '|');
            user.last_name = small_take(&line, '|');
        }
        small_org_add_user(small, user);
    }
    small_org_parse_teams(small, span_from(teams));
    text = span_from(users);
    for (uint32_t place = 0; place < small->org.user_count; place++) {
        span line = small_take(&text, '\n');
        for (int field = 0; field < 4; field++) {
            (void)small_take(&line, '|');
        }
        small->users[place].team = small_org_team(small, line);
    }
    small_org_find_collisions(small);
    return small;
}

#endif
