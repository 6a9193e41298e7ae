/* SPDX-License-Identifier: MIT */
#include "org_equal.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/seed.h"
#include "plan/slot_map.h"

struct comparison {
    const struct org *a, *b;
    uint64_t seed;
    uint32_t *team_partners; /* by team of `a`: the team of `b` with the same id */
    uint32_t *user_partners; /* by place of `a`, likewise */
    uint32_t *sets[2];
    struct buffer scratch[2];
};

/* The team of `b` with this id that is in the map, or SLOT_NONE. */
static uint32_t find_team(const struct comparison *comparison, const struct slot_map *map, span id,
                          struct slot_probe *probe)
{
    slot_probe_start(probe, map, hash_bytes(id.ptr, id.len, comparison->seed));
    uint32_t team = slot_probe_next(probe, map);
    while (team != SLOT_NONE && !span_equal(comparison->b->teams[team].id, id)) {
        team = slot_probe_next(probe, map);
    }
    return team;
}

/* Match all teams by id; false where one has no partner, or an id is there twice. */
static bool pair_teams(struct comparison *comparison, struct slot_map *map)
{
    const struct org *a = comparison->a;
    const struct org *b = comparison->b;
    struct slot_probe probe;
    for (uint32_t team = 0; team < b->team_count; team++) {
        if (find_team(comparison, map, b->teams[team].id, &probe) != SLOT_NONE ||
            !slot_map_add(map, &probe, team)) {
            return false;
        }
    }
    for (uint32_t team = 0; team < a->team_count; team++) {
        uint32_t other = find_team(comparison, map, a->teams[team].id, &probe);
        if (other == SLOT_NONE) {
            return false;
        }
        comparison->team_partners[team] = other;
        slot_map_remove(map, &probe); /* so that every team is somebody's only partner */
    }
    return true;
}

/* The place of `b` with the id of the user in the first scratch, or SLOT_NONE. */
static uint32_t find_user(struct comparison *comparison, const struct slot_map *map, span id,
                          struct slot_probe *probe)
{
    struct org_user other;
    slot_probe_start(probe, map, hash_bytes(id.ptr, id.len, comparison->seed));
    uint32_t place = slot_probe_next(probe, map);
    while (place != SLOT_NONE) {
        org_user_read(comparison->b, place, &comparison->scratch[1], &other);
        if (span_equal(other.id, id)) {
            break;
        }
        place = slot_probe_next(probe, map);
    }
    return place;
}

/* Match those users of `a` who have a partner in `b`; false as above. */
static bool pair_users(struct comparison *comparison, struct slot_map *map)
{
    const struct org *a = comparison->a;
    const struct org *b = comparison->b;
    struct slot_probe probe;
    struct org_user user;
    for (uint32_t place = 0; place < b->user_count; place++) {
        if (!org_user_kept(b, place)) {
            continue;
        }
        org_user_read(b, place, &comparison->scratch[0], &user);
        if (find_user(comparison, map, user.id, &probe) != SLOT_NONE ||
            !slot_map_add(map, &probe, place)) {
            return false;
        }
    }
    for (uint32_t place = 0; place < a->user_count; place++) {
        comparison->user_partners[place] = ORG_NONE;
        if (!org_user_kept(a, place)) {
            continue;
        }
        org_user_read(a, place, &comparison->scratch[0], &user);
        uint32_t found = find_user(comparison, map, user.id, &probe);
        if (found != SLOT_NONE) {
            comparison->user_partners[place] = found;
            slot_map_remove(map, &probe);
        }
    }
    return true;
}

static bool same_team(const struct comparison *comparison, uint32_t a, uint32_t b)
{
    return a == ORG_NONE ? b == ORG_NONE : comparison->team_partners[a] == b;
}

static bool same_managers(struct comparison *comparison, const struct org_team *a,
                          const struct org_team *b)
{
    uint32_t count = a->manager_count;
    if (count != b->manager_count) {
        return false;
    }
    for (uint32_t n = 0; n < count; n++) {
        uint32_t manager = comparison->a->managers[a->manager_first + n];
        comparison->sets[0][n] = comparison->user_partners[manager];
        comparison->sets[1][n] = comparison->b->managers[b->manager_first + n];
    }
    qsort(comparison->sets[0], count, sizeof(uint32_t), org_places_compare);
    qsort(comparison->sets[1], count, sizeof(uint32_t), org_places_compare);
    return memcmp(comparison->sets[0], comparison->sets[1], count * sizeof(uint32_t)) == 0;
}

static bool same_teams(struct comparison *comparison)
{
    for (uint32_t team = 0; team < comparison->a->team_count; team++) {
        const struct org_team *a = &comparison->a->teams[team];
        const struct org_team *b = &comparison->b->teams[comparison->team_partners[team]];
        bool same_name =
            a->name_collides || b->name_collides || span_equal(a->final_name, b->final_name);
        if (!same_name || !same_team(comparison, a->parent, b->parent) ||
            !same_managers(comparison, a, b)) {
            return false;
        }
    }
    return true;
}

static uint32_t count_members(const struct org *org)
{
    uint32_t count = 0;
    for (uint32_t user = 0; user < org->user_count; user++) {
        count += org_user_kept(org, user) && org_user_team(org, user) != ORG_NONE;
    }
    return count;
}

static bool same_members(const struct comparison *comparison)
{
    const struct org *a = comparison->a;
    for (uint32_t user = 0; user < a->user_count; user++) {
        uint32_t team = org_user_kept(a, user) ? org_user_team(a, user) : ORG_NONE;
        uint32_t partner = comparison->user_partners[user];
        if (team != ORG_NONE &&
            (partner == ORG_NONE ||
             !same_team(comparison, team, org_user_team(comparison->b, partner)))) {
            return false;
        }
    }
    return count_members(a) == count_members(comparison->b);
}

bool orgs_equal(const struct org *a, const struct org *b)
{
    if (a->team_count != b->team_count) {
        return false;
    }
    struct comparison comparison = {.a = a, .b = b, .seed = seed_make()};
    struct slot_map teams = {0};
    struct slot_map users = {0};
    comparison.team_partners = memory_array(a->team_count, sizeof(uint32_t));
    comparison.user_partners = memory_array(a->user_count, sizeof(uint32_t));
    comparison.sets[0] = memory_array(a->manager_count, sizeof(uint32_t));
    comparison.sets[1] = memory_array(a->manager_count, sizeof(uint32_t));
    bool equal = comparison.team_partners != NULL && comparison.user_partners != NULL &&
                 comparison.sets[0] != NULL && comparison.sets[1] != NULL &&
                 slot_map_open(&teams, b->team_count) &&
                 slot_map_open(&users, b->kept_user_count) && pair_teams(&comparison, &teams) &&
                 pair_users(&comparison, &users) && same_teams(&comparison) &&
                 same_members(&comparison);
    slot_map_close(&teams);
    slot_map_close(&users);
    free(comparison.team_partners);
    free(comparison.user_partners);
    free(comparison.sets[0]);
    free(comparison.sets[1]);
    buffer_close(&comparison.scratch[0]);
    buffer_close(&comparison.scratch[1]);
    return equal;
}
