/* SPDX-License-Identifier: MIT */
/* Members and managers: who joins, moves and leaves. */
#include <stdlib.h>
#include <string.h>

#include "plan/plan_state.h"

/* ---- Members ----------------------------------------------------------------------------- */

static void assign_member(struct plan *plan, uint32_t user, uint32_t from, uint32_t to)
{
    bool touches =
        plan_has_flag(plan, from, TEAM_IN_SCOPE) || plan_has_flag(plan, to, TEAM_IN_SCOPE);
    if (!touches) {
        return;
    }
    if (plan_has_flag(plan, to, TEAM_ABSENT)) {
        to = ORG_NONE; /* nowhere to go: leaving is all that is in scope */
    }
    if (from == to) {
        return;
    }
    uint8_t kind = MUSTER_MOVE_TEAM_MEMBER;
    if (from == ORG_NONE) {
        kind = MUSTER_ADD_TEAM_MEMBER;
    } else if (to == ORG_NONE) {
        kind = MUSTER_REMOVE_TEAM_MEMBER;
    }
    plan_push(plan, (struct step){.kind = kind, .subject = user, .from = from, .to = to});
}

/* Users whose teams are looked up at once, so that the waits for memory overlap. */
#define ASSIGNED_AT_ONCE 64U

/* Where some users come from and go to. */
struct assignment {
    uint32_t count;
    uint32_t users[ASSIGNED_AT_ONCE], from[ASSIGNED_AT_ONCE], to[ASSIGNED_AT_ONCE];
};

/* The next users from `user` on who may have another team; gives where to go on. */
static uint32_t assignment_fill(struct assignment *assignment, const struct plan *plan,
                                uint32_t user)
{
    uint32_t count = 0;
    for (; user != ORG_NONE && count < ASSIGNED_AT_ONCE; count++) {
        uint32_t partner = plan_old_user(plan, user);
        assignment->users[count] = user;
        assignment->from[count] =
            partner != ORG_NONE ? org_user_team(plan->old_org, partner) : ORG_NONE;
        assignment->to[count] = org_user_team(plan->new_org, user);
        user = diff_touched_user(plan->diff, user + 1);
    }
    for (uint32_t n = 0; n < count; n++) {
        assignment->from[n] = plan_number_old(plan, assignment->from[n]);
    }
    assignment->count = count;
    return user;
}

static void assign_members(void *context)
{
    struct plan *plan = context;
    struct assignment some;
    for (uint32_t user = diff_touched_user(plan->diff, 0); user != ORG_NONE;) {
        user = assignment_fill(&some, plan, user);
        for (uint32_t n = 0; n < some.count; n++) {
            assign_member(plan, some.users[n], some.from[n], some.to[n]);
        }
    }
    size_t count;
    const uint32_t *leavers = diff_leavers(plan->diff, &count);
    for (size_t n = 0; n < count; n++) {
        uint32_t from = plan_number_old(plan, org_user_team(plan->old_org, leavers[n]));
        if (plan_has_flag(plan, from, TEAM_IN_SCOPE)) {
            plan_push(plan, (struct step){.kind = MUSTER_REMOVE_TEAM_MEMBER,
                                          .flags = STEP_OLD_USER,
                                          .subject = leavers[n],
                                          .from = from,
                                          .to = OPERATION_NONE});
        }
    }
}

/* ---- Managers ---------------------------------------------------------------------------- */

/* What comparing managers needs; the sets are those of the team at hand, as new places. */
struct managing {
    struct plan *plan;
    uint64_t *managed_before; /* a bit for each old place that managed something */
    uint64_t *counted;        /* a bit for each new place that is counted as a new manager */
    uint64_t *changed;        /* a bit for each new team whose managers are others than before */
    uint32_t *old_set, *new_set;
    size_t old_count, new_count;
};

static bool set_has(const uint32_t *set, size_t count, uint32_t user)
{
    return count > 0 && bsearch(&user, set, count, sizeof *set, org_places_compare) != NULL;
}

static const struct org_team *old_entry(const struct plan *plan, uint32_t team)
{
    uint32_t old_team = plan_old_team(plan, team);
    return old_team != ORG_NONE ? &plan->old_org->teams[old_team] : NULL;
}

static const struct org_team *new_entry(const struct plan *plan, uint32_t team)
{
    return team < plan->new_team_count ? &plan->new_org->teams[team] : NULL;
}

static void fill_sets(struct managing *managing, uint32_t team)
{
    const struct plan *plan = managing->plan;
    const struct org_team *before = old_entry(plan, team);
    const struct org_team *after = new_entry(plan, team);
    managing->old_count = 0;
    managing->new_count = 0;
    for (uint32_t n = 0; before != NULL && n < before->manager_count; n++) {
        uint32_t partner = plan_new_user(plan, plan->old_org->managers[before->manager_first + n]);
        if (partner != ORG_NONE) {
            managing->old_set[managing->old_count++] = partner;
        }
    }
    for (uint32_t n = 0; after != NULL && n < after->manager_count; n++) {
        managing->new_set[managing->new_count++] =
            plan->new_org->managers[after->manager_first + n];
    }
    managing->old_count = org_places_set(managing->old_set, managing->old_count);
    managing->new_count = org_places_set(managing->new_set, managing->new_count);
}

/* People who become managers and managed nothing before are the ones who are invited. */
static void count_new_manager(struct managing *managing, uint32_t user)
{
    struct plan *plan = managing->plan;
    uint32_t partner = plan_old_user(plan, user);
    bool known = partner != ORG_NONE && bit_get(managing->managed_before, partner);
    if (!known && !bit_get(managing->counted, user)) {
        bit_set(managing->counted, user);
        plan->forecast.new_manager_count++;
    }
}

static void add_managers(struct managing *managing, uint32_t team)
{
    struct plan *plan = managing->plan;
    const struct org_team *after = new_entry(plan, team);
    for (uint32_t n = 0; after != NULL && n < after->manager_count; n++) {
        uint32_t user = plan->new_org->managers[after->manager_first + n];
        if (!set_has(managing->old_set, managing->old_count, user)) {
            plan_push(plan, (struct step){.kind = MUSTER_ADD_TEAM_MANAGER,
                                          .subject = user,
                                          .from = OPERATION_NONE,
                                          .to = team});
            count_new_manager(managing, user);
        }
    }
}

static void remove_managers(struct managing *managing, uint32_t team)
{
    struct plan *plan = managing->plan;
    const struct org_team *before = old_entry(plan, team);
    for (uint32_t n = 0; before != NULL && n < before->manager_count; n++) {
        uint32_t place = before->manager_first + n;
        uint32_t user = plan->old_org->managers[place];
        uint32_t partner = plan_new_user(plan, user);
        if (partner != ORG_NONE && set_has(managing->new_set, managing->new_count, partner)) {
            continue;
        }
        bit_set(plan->removed_managers, place);
        plan_push(plan, (struct step){.kind = MUSTER_REMOVE_TEAM_MANAGER,
                                      .flags = partner == ORG_NONE ? STEP_OLD_USER : 0,
                                      .subject = partner == ORG_NONE ? user : partner,
                                      .from = team,
                                      .to = OPERATION_NONE});
    }
}

/* The new ones first, so that no team is without a manager in between. */
static void assign_managers(struct managing *managing)
{
    const struct plan *plan = managing->plan;
    for (uint32_t place = 0; place < plan->old_org->manager_count; place++) {
        bit_set(managing->managed_before, plan->old_org->managers[place]);
    }
    for (uint32_t team = 0; team < plan->team_count; team++) {
        bool may_change = plan_is_removed(plan, team) || bit_get(managing->changed, team);
        if (may_change && plan_has_flag(plan, team, TEAM_IN_SCOPE)) {
            fill_sets(managing, team);
            add_managers(managing, team);
            remove_managers(managing, team);
        }
    }
}

/* Members come first in the plan; what is to be known about managers is found meanwhile. */
void plan_assign_people(struct plan *plan)
{
    struct managing managing = {.plan = plan};
    const struct errand members = {assign_members, plan};
    managing.managed_before = bits_open(plan->old_org->user_count);
    managing.counted = bits_open(plan->new_org->user_count);
    managing.changed = bits_open(plan->new_team_count);
    managing.old_set = memory_array(plan->old_org->manager_count, sizeof *managing.old_set);
    managing.new_set = memory_array(plan->new_org->manager_count, sizeof *managing.new_set);
    if (managing.managed_before == NULL || managing.counted == NULL || managing.changed == NULL ||
        managing.old_set == NULL || managing.new_set == NULL) {
        plan->exhausted = true;
    } else {
        diff_mark_managers(plan->diff, managing.changed, &members);
        assign_managers(&managing);
    }
    free(managing.managed_before);
    free(managing.counted);
    free(managing.changed);
    free(managing.old_set);
    free(managing.new_set);
}
