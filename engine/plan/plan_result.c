/* SPDX-License-Identifier: MIT */
/*
 * The roster that a replay ends with, as an org that owns all its memory.
 *
 *     a user's record:  len len len len | id | email | first name | last name
 *
 * one behind the other in `bytes`; `offsets` says where each begins.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/replay.h"

#define FIELD_COUNT 4

struct result {
    struct org org;
    struct arena arena; /* the texts of teams */
    struct buffer bytes;
    size_t *offsets;
    uint32_t *user_teams;
    size_t user_capacity;
};

/* ---- The org ----------------------------------------------------------------------------- */

static const struct result *result_of(const struct org *org)
{
    return org->behind;
}

static bool result_user_kept(const struct org *org, uint32_t user)
{
    return user < org->user_count;
}

static uint32_t result_user_team(const struct org *org, uint32_t user)
{
    return result_of(org)->user_teams[user];
}

static void result_user_read(const struct org *org, uint32_t user, struct buffer *scratch,
                             struct org_user *into)
{
    const struct result *result = result_of(org);
    const char *bytes = result->bytes.bytes + result->offsets[user];
    size_t lens[FIELD_COUNT];
    span fields[FIELD_COUNT];
    memcpy(lens, bytes, sizeof lens);
    bytes += sizeof lens;
    for (int field = 0; field < FIELD_COUNT; field++) {
        fields[field] = span_make(bytes, lens[field]);
        bytes += lens[field];
    }
    buffer_clear(scratch);
    *into = (struct org_user){.id = fields[0],
                              .email = fields[1],
                              .first_name = fields[2],
                              .last_name = fields[3],
                              .team = result->user_teams[user]};
}

static const struct org_source result_source = {
    .user_kept = result_user_kept, .user_team = result_user_team, .user_read = result_user_read};

void plan_result_close(struct org *org)
{
    if (org == NULL) {
        return;
    }
    struct result *result = (struct result *)org; /* its first member */
    arena_close(&result->arena);
    buffer_close(&result->bytes);
    free(result->offsets);
    free(result->user_teams);
    free(result->org.teams);
    free(result->org.managers);
    free(result);
}

/* ---- Filling it -------------------------------------------------------------------------- */

struct building {
    struct replay *replay;
    struct result *result;
    uint32_t *team_ranks; /* by number: the index in the result, or ORG_NONE */
    uint32_t *user_ranks; /* by slot, likewise */
    bool exhausted;
    bool complete;
};

static bool is_new_team(const struct plan *plan, uint32_t team)
{
    return !plan_is_removed(plan, team) && plan_has_flag(plan, team, TEAM_IN_SCOPE);
}

static void build_team(struct building *building, uint32_t team, struct org_team *into)
{
    const struct plan *plan = building->replay->plan;
    const struct replay_team *entry = &building->replay->teams[team];
    const struct org_team *source = is_new_team(plan, team)
                                        ? &plan->new_org->teams[team]
                                        : &plan->old_org->teams[plan_old_team(plan, team)];
    struct arena *arena = &building->result->arena;
    *into = (struct org_team){.id = arena_copy(arena, entry->id),
                              .name = arena_copy(arena, source->name),
                              .final_name = arena_copy(arena, entry->name),
                              .parent = ORG_NONE,
                              .name_collides = source->name_collides};
    if (entry->parent != ORG_NONE) {
        into->parent = building->team_ranks[entry->parent];
    }
}

static void build_teams(struct building *building)
{
    const struct plan *plan = building->replay->plan;
    struct org *org = &building->result->org;
    for (uint32_t team = 0; team < plan->team_count; team++) {
        bool alive = building->replay->teams[team].alive;
        building->team_ranks[team] = alive ? org->team_count++ : ORG_NONE;
    }
    org->teams = memory_array(org->team_count, sizeof *org->teams);
    if (org->teams == NULL) {
        building->exhausted = true;
        return;
    }
    for (uint32_t team = 0; team < plan->team_count; team++) {
        if (building->team_ranks[team] != ORG_NONE) {
            build_team(building, team, &org->teams[building->team_ranks[team]]);
        }
    }
    building->exhausted |= building->result->arena.exhausted;
}

static void build_user(struct building *building, uint32_t slot, const struct org_user *user)
{
    struct result *result = building->result;
    uint32_t team = building->replay->user_teams[slot];
    uint32_t rank = result->org.user_count++;
    span fields[FIELD_COUNT] = {user->id, user->email, user->first_name, user->last_name};
    building->user_ranks[slot] = rank;
    result->user_teams[rank] = team != ORG_NONE ? building->team_ranks[team] : ORG_NONE;
    result->offsets[rank] = result->bytes.size;
    size_t lens[FIELD_COUNT];
    size_t size = sizeof lens;
    for (int field = 0; field < FIELD_COUNT; field++) {
        lens[field] = fields[field].len;
        size += lens[field];
    }
    char *room = buffer_reserve(&result->bytes, size);
    if (room == NULL) {
        building->exhausted = true;
        return;
    }
    memcpy(room, lens, sizeof lens);
    room += sizeof lens;
    for (int field = 0; field < FIELD_COUNT; field++) {
        if (lens[field] > 0) {
            memcpy(room, fields[field].ptr, lens[field]);
        }
        room += lens[field];
    }
    result->bytes.size += size;
}

/* The users of the new roster, in its order. */
static void build_new_users(struct building *building)
{
    struct replay *replay = building->replay;
    const struct plan *plan = replay->plan;
    for (uint32_t place = 0; place < plan->new_org->user_count; place++) {
        uint32_t partner = plan_old_user(plan, place);
        uint32_t slot = partner != ORG_NONE ? partner : plan->old_org->user_count + place;
        if (org_user_kept(plan->new_org, place) && bit_get(replay->known, slot)) {
            struct org_user user;
            org_user_read(plan->new_org, place, &replay->scratch, &user);
            build_user(building, slot, &user);
        }
    }
}

/* The users of the old roster, under their present ids, and those that came in. */
static void build_known_users(struct building *building)
{
    struct replay *replay = building->replay;
    const struct plan *plan = replay->plan;
    for (uint32_t slot = 0; slot < replay->slot_count; slot++) {
        if (!bit_get(replay->known, slot)) {
            continue;
        }
        struct org_user now;
        replay_read_user(replay, slot, &replay->scratch, &now);
        if (bit_get(replay->rekeyed, slot)) {
            struct org_user before;
            org_user_read(plan->old_org, slot, &replay->candidate_scratch, &before);
            before.id = now.id;
            now = before;
        }
        build_user(building, slot, &now);
    }
}

/* Managers by team, in the order in which they became it. */
static void build_managers(struct building *building)
{
    const struct replay *replay = building->replay;
    struct org *org = &building->result->org;
    for (size_t n = 0; n < replay->manager_count; n++) {
        struct replay_manager manager = replay->managers[n];
        bool there = manager.team != ORG_NONE && bit_get(replay->known, manager.user);
        building->complete &= !there || building->user_ranks[manager.user] != ORG_NONE;
        if (there && building->complete) {
            org->teams[building->team_ranks[manager.team]].manager_count++;
            org->manager_count++;
        }
    }
    org->managers = memory_array(org->manager_count, sizeof *org->managers);
    if (org->managers == NULL || !building->complete) {
        building->exhausted |= org->managers == NULL;
        return;
    }
    uint32_t first = 0;
    for (uint32_t team = 0; team < org->team_count; team++) {
        org->teams[team].manager_first = first;
        first += org->teams[team].manager_count;
        org->teams[team].manager_count = 0;
    }
    for (size_t n = 0; n < replay->manager_count; n++) {
        struct replay_manager manager = replay->managers[n];
        if (manager.team != ORG_NONE && bit_get(replay->known, manager.user)) {
            struct org_team *team = &org->teams[building->team_ranks[manager.team]];
            org->managers[team->manager_first + team->manager_count++] =
                building->user_ranks[manager.user];
        }
    }
}

/* Whether everybody who is in a team at the end has a place in the result. */
static bool has_all_members(const struct building *building)
{
    const struct org *org = &building->result->org;
    uint64_t counted = 0;
    uint64_t expected = 0;
    for (uint32_t user = 0; user < org->user_count; user++) {
        counted += building->result->user_teams[user] != ORG_NONE;
    }
    for (uint32_t team = 0; team < building->replay->plan->team_count; team++) {
        expected += building->replay->teams[team].member_count;
    }
    return counted == expected;
}

static bool building_open(struct building *building)
{
    size_t slot_count = (size_t)building->replay->slot_count;
    struct result *result = building->result;
    building->team_ranks =
        memory_array(building->replay->plan->team_count, sizeof *building->team_ranks);
    building->user_ranks = memory_array(slot_count, sizeof *building->user_ranks);
    result->offsets = memory_array(slot_count, sizeof *result->offsets);
    result->user_teams = memory_array(slot_count, sizeof *result->user_teams);
    if (building->team_ranks == NULL || building->user_ranks == NULL || result->offsets == NULL ||
        result->user_teams == NULL) {
        return false;
    }
    memset(building->user_ranks, 0xFF, slot_count * sizeof *building->user_ranks);
    return true;
}

static void build(struct building *building)
{
    const struct plan *plan = building->replay->plan;
    build_teams(building);
    if (plan->diff != NULL && !plan->scoped) {
        build_new_users(building);
    } else {
        build_known_users(building);
    }
    if (!building->exhausted) {
        build_managers(building);
        building->complete &= has_all_members(building);
    }
}

struct org *replay_result(struct replay *replay, bool *complete)
{
    struct result *result = calloc(1, sizeof *result);
    if (result == NULL) {
        return NULL;
    }
    result->org.source = &result_source;
    result->org.behind = result;
    struct building building = {.replay = replay, .result = result, .complete = true};
    if (building_open(&building)) {
        build(&building);
    } else {
        building.exhausted = true;
    }
    free(building.team_ranks);
    free(building.user_ranks);
    result->org.kept_user_count = result->org.user_count;
    *complete = building.complete;
    if (building.exhausted) {
        plan_result_close(&result->org);
        return NULL;
    }
    return &result->org;
}
