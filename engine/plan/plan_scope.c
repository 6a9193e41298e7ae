/* SPDX-License-Identifier: MIT */
/*
 * What a plan may touch. Without roots, everything. With roots, a team is in scope if it is one of
 * the named ones or below one, in the old roster or in the new. Roots are ids of the new roster,
 * and one that no team has there names nothing. A re-keyed user is in scope, if one of the teams
 * that it is a member or a manager of is.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "plan/plan_state.h"
#include "plan/slot_map.h"
#include "plan/tree_order.h"

/* The ids of the roots, as a set. */
struct root_set {
    const struct muster_span *roots;
    struct slot_map map;
    uint64_t seed;
};

/* Whether an id is among them; if not, the probe stands where it would go. */
static bool root_set_has(const struct root_set *set, span id, struct slot_probe *probe)
{
    slot_probe_start(probe, &set->map, hash_bytes(id.ptr, id.len, set->seed));
    uint32_t index = slot_probe_next(probe, &set->map);
    while (index != SLOT_NONE && !span_equal(set->roots[index], id)) {
        index = slot_probe_next(probe, &set->map);
    }
    return index != SLOT_NONE;
}

static bool root_set_open(struct root_set *set, const struct plan *plan,
                          const struct muster_plan_options *options)
{
    *set = (struct root_set){.roots = options->roots, .seed = plan->seed};
    if (options->root_count > UINT32_MAX - 1 || !slot_map_open(&set->map, options->root_count)) {
        return false;
    }
    for (uint32_t index = 0; index < options->root_count; index++) {
        struct slot_probe probe;
        if (!root_set_has(set, set->roots[index], &probe) &&
            !slot_map_add(&set->map, &probe, index)) {
            slot_map_close(&set->map);
            return false;
        }
    }
    return true;
}

/*
 * Whether a team is one of the named ones. An old team is known by the id that it has now; without
 * a new roster there is none but its own.
 */
static bool is_named(const struct plan *plan, const struct org *org, const struct root_set *roots,
                     uint32_t team)
{
    struct slot_probe probe;
    span id = org->teams[team].id;
    if (org == plan->old_org && plan->diff != NULL) {
        uint32_t number = plan_number_old(plan, team);
        if (plan_is_removed(plan, number)) {
            return false;
        }
        id = plan->new_org->teams[number].id;
    }
    return root_set_has(roots, id, &probe);
}

/* Put the named teams of one side and all below them in scope. */
static void mark_below(struct plan *plan, const struct org *org, const struct root_set *roots)
{
    bool old_side = org == plan->old_org;
    const uint32_t *parents = old_side ? plan->old_parents : plan->new_parents;
    struct tree_order order = {0};
    uint8_t *inside = memory_array(org->team_count, sizeof *inside);
    if (inside == NULL || !tree_order_open(&order, parents, org->team_count, NULL)) {
        plan->exhausted = true;
    }
    for (uint32_t n = 0; n < order.count; n++) {
        uint32_t team = order.places[n];
        uint32_t parent = parents[team];
        inside[team] =
            (parent != ORG_NONE && inside[parent] != 0) || is_named(plan, org, roots, team);
        if (inside[team] != 0) {
            plan->team_flags[old_side ? plan_number_old(plan, team) : team] |= TEAM_IN_SCOPE;
        }
    }
    tree_order_close(&order);
    free(inside);
}

static void mark_roots(struct plan *plan, const struct muster_plan_options *options)
{
    struct root_set roots;
    if (!root_set_open(&roots, plan, options)) {
        plan->exhausted = true;
        return;
    }
    mark_below(plan, plan->old_org, &roots);
    mark_below(plan, plan->new_org, &roots);
    slot_map_close(&roots.map);
}

/* What the plan asks of an old team; gives its flags. */
static uint8_t take_old_team(struct plan *plan, uint32_t old_team)
{
    const struct org_team *entry = &plan->old_org->teams[old_team];
    plan->old_parents[old_team] = entry->parent;
    return entry->name_collides ? TEAM_EXEMPT | TEAM_SHARED : 0;
}

/* The same of a new team and its partner, if it has one. */
static uint8_t take_new_team(struct plan *plan, uint32_t team)
{
    const struct org_team *entry = &plan->new_org->teams[team];
    uint32_t old_team = plan_old_team(plan, team);
    uint8_t flags = entry->name_collides ? TEAM_EXEMPT : 0;
    plan->new_parents[team] = entry->parent;
    if (old_team != ORG_NONE) {
        const struct org_team *partner = &plan->old_org->teams[old_team];
        flags |= take_old_team(plan, old_team);
        flags |= span_equal(partner->final_name, entry->final_name) ? 0 : TEAM_OTHER_NAME;
    }
    return flags;
}

/* Teams are large and lie far apart: what the plan asks of all of them is taken at once. */
static void take_teams(struct plan *plan)
{
    uint8_t flags = plan->scoped ? TEAM_USED : TEAM_USED | TEAM_IN_SCOPE;
    for (uint32_t team = 0; team < plan->new_team_count; team++) {
        plan->team_flags[team] = flags | take_new_team(plan, team);
    }
    for (uint32_t old_team = 0; old_team < plan->old_org->team_count; old_team++) {
        uint32_t team = plan_number_old(plan, old_team);
        if (plan_is_removed(plan, team)) {
            plan->team_flags[team] = flags | take_old_team(plan, old_team);
        }
    }
}

void plan_mark_scope(struct plan *plan, const struct muster_plan_options *options)
{
    take_teams(plan);
    if (plan->scoped) {
        mark_roots(plan, options);
    }
    for (uint32_t team = 0; team < plan->new_team_count; team++) {
        if (plan_is_added(plan, team) && !plan_has_flag(plan, team, TEAM_IN_SCOPE)) {
            plan->team_flags[team] |= TEAM_ABSENT;
        }
    }
}

/* ---- Re-keys ----------------------------------------------------------------------------- */

static void mark_old_managers(const struct plan *plan, const struct org_team *team, uint64_t *bits)
{
    for (uint32_t n = 0; n < team->manager_count; n++) {
        uint32_t user = plan_new_user(plan, plan->old_org->managers[team->manager_first + n]);
        if (user != ORG_NONE) {
            bit_set(bits, user);
        }
    }
}

static void mark_new_managers(const struct plan *plan, const struct org_team *team, uint64_t *bits)
{
    for (uint32_t n = 0; n < team->manager_count; n++) {
        bit_set(bits, plan->new_org->managers[team->manager_first + n]);
    }
}

/* A bit for each new place whose user, now or before, manages a team in scope. */
static uint64_t *managers_in_scope(const struct plan *plan)
{
    uint64_t *bits = bits_open(plan->new_org->user_count);
    if (bits == NULL) {
        return NULL;
    }
    for (uint32_t team = 0; team < plan->new_team_count; team++) {
        if (plan_has_flag(plan, team, TEAM_IN_SCOPE)) {
            mark_new_managers(plan, &plan->new_org->teams[team], bits);
        }
    }
    for (uint32_t team = 0; team < plan->old_org->team_count; team++) {
        if (plan_has_flag(plan, plan_number_old(plan, team), TEAM_IN_SCOPE)) {
            mark_old_managers(plan, &plan->old_org->teams[team], bits);
        }
    }
    return bits;
}

static bool is_member_in_scope(const struct plan *plan, uint32_t new_user)
{
    uint32_t old_team = org_user_team(plan->old_org, plan_old_user(plan, new_user));
    return plan_has_flag(plan, org_user_team(plan->new_org, new_user), TEAM_IN_SCOPE) ||
           plan_has_flag(plan, plan_number_old(plan, old_team), TEAM_IN_SCOPE);
}

/* Put the steps from `from` on in front of those from `to` on. */
static void steps_bring_forward(struct plan *plan, size_t from, size_t to)
{
    size_t count = plan->step_count - from;
    struct step *moved = memory_array(count, sizeof *moved);
    if (moved == NULL) {
        plan->exhausted = true;
        return;
    }
    memcpy(moved, plan->steps + from, count * sizeof *moved);
    memmove(plan->steps + to + count, plan->steps + to, (from - to) * sizeof *moved);
    memcpy(plan->steps + to, moved, count * sizeof *moved);
    free(moved);
}

void plan_rekey_users(struct plan *plan)
{
    if (diff_matches(plan->diff)->rekeyed_user_count == 0) {
        return;
    }
    size_t from = plan->step_count;
    const struct diff_match *match = diff_matches(plan->diff);
    uint64_t *managers = plan->scoped ? managers_in_scope(plan) : NULL;
    plan->rekeyed_users = bits_open(plan->new_org->user_count);
    if (plan->rekeyed_users == NULL || (plan->scoped && managers == NULL)) {
        plan->exhausted = true;
        free(managers);
        return;
    }
    for (size_t n = 0; n < match->rekeyed_user_count; n++) {
        uint32_t user = match->rekeyed_users[n];
        if (managers == NULL || bit_get(managers, user) || is_member_in_scope(plan, user)) {
            bit_set(plan->rekeyed_users, user);
            plan_push(plan, (struct step){.kind = MUSTER_REKEY_USER,
                                          .subject = user,
                                          .from = OPERATION_NONE,
                                          .to = OPERATION_NONE});
        }
    }
    free(managers);
    if (!plan->exhausted && plan->step_count > from) {
        steps_bring_forward(plan, from, (size_t)plan->forecast.counts[MUSTER_REKEY_TEAM]);
    }
}

void plan_rekey_teams(struct plan *plan)
{
    const struct diff_match *match = diff_matches(plan->diff);
    for (size_t n = 0; n < match->rekeyed_team_count; n++) {
        if (plan_has_flag(plan, match->rekeyed_teams[n], TEAM_IN_SCOPE)) {
            plan_push(plan, (struct step){.kind = MUSTER_REKEY_TEAM,
                                          .subject = match->rekeyed_teams[n],
                                          .from = OPERATION_NONE,
                                          .to = OPERATION_NONE});
        }
    }
}
