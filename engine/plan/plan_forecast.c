/* SPDX-License-Identifier: MIT */
/* What the old roster amounts to, and what the plan will look like to people. */
#include <stdlib.h>
#include <string.h>

#include "plan/plan_state.h"
#include "plan/tree_order.h"

/* Users whose teams are fetched at once, where no place is empty. */
#define FETCHED_AT_ONCE 256U

/* The teams of old users from `user` on, ORG_NONE for who has none; gives how many users that are.
 */
static uint32_t fetch_teams(const struct org *org, uint32_t user, uint32_t *teams)
{
    uint32_t left = org->user_count - user;
    uint32_t count = left < FETCHED_AT_ONCE ? left : FETCHED_AT_ONCE;
    if (org->kept_user_count == org->user_count) {
        org_user_teams(org, user, count, teams);
        return count;
    }
    for (uint32_t n = 0; n < count; n++) {
        teams[n] = org_user_kept(org, user + n) ? org_user_team(org, user + n) : ORG_NONE;
    }
    return count;
}

void plan_count_population(const struct plan *plan, struct plan_population *population)
{
    const struct org *org = plan->old_org;
    uint32_t teams[FETCHED_AT_ONCE];
    uint32_t count;
    population->user_count = org->kept_user_count;
    population->team_count = org->team_count;
    population->manager_count = org->manager_count;
    for (uint32_t user = 0; user < org->user_count; user += count) {
        uint32_t members = 0;
        count = fetch_teams(org, user, teams);
        for (uint32_t n = 0; n < count; n++) {
            members += teams[n] != ORG_NONE;
        }
        population->membership_count += members;
    }
}

uint32_t *plan_member_counts(const struct plan *plan, const uint64_t *wanted)
{
    const struct org *org = plan->old_org;
    uint32_t teams[FETCHED_AT_ONCE];
    uint32_t count;
    uint32_t *counts = memory_array(org->team_count, sizeof *counts);
    if (counts == NULL) {
        return NULL;
    }
    memset(counts, 0, org->team_count * sizeof *counts);
    for (uint32_t user = 0; user < org->user_count; user += count) {
        count = fetch_teams(org, user, teams);
        for (uint32_t n = 0; n < count; n++) {
            if (teams[n] != ORG_NONE && (wanted == NULL || bit_get(wanted, teams[n]))) {
                counts[teams[n]]++;
            }
        }
    }
    return counts;
}

/* ---- The largest moves ------------------------------------------------------------------- */

struct weighed_move {
    uint64_t head_count;
    size_t step;
};

/* Most people first, then as in the plan. */
static int compare_moves(const void *a, const void *b)
{
    const struct weighed_move *left = a;
    const struct weighed_move *right = b;
    if (left->head_count != right->head_count) {
        return left->head_count < right->head_count ? 1 : -1;
    }
    return (left->step > right->step) - (left->step < right->step);
}

/* A bit for each old team that is moved, or is below one that is; NULL where memory ran out. */
static uint64_t *moved_teams(const struct plan *plan)
{
    uint32_t team_count = plan->old_org->team_count;
    uint64_t *moved = bits_open(team_count);
    for (size_t n = 0; moved != NULL && n < plan->step_count; n++) {
        if (plan->steps[n].kind == MUSTER_MOVE_TEAM) {
            bit_set(moved, plan_old_team(plan, plan->steps[n].subject));
        }
    }
    if (moved != NULL && !tree_choose_below(moved, plan->old_parents, team_count)) {
        free(moved);
        moved = NULL;
    }
    return moved;
}

/* The members of each of these old teams and of all teams below it; NULL where memory ran out.
 * `moved` has those above them too afterwards, whose sums mean nothing. */
static uint64_t *count_heads(const struct plan *plan, uint64_t *moved)
{
    uint32_t team_count = plan->old_org->team_count;
    uint64_t *heads = memory_array(team_count, sizeof *heads);
    uint32_t *members = plan_member_counts(plan, moved);
    struct tree_order order = {0};
    if (heads == NULL || members == NULL ||
        !tree_order_open(&order, plan->old_parents, team_count, moved)) {
        free(heads);
        free(members);
        return NULL;
    }
    for (uint32_t team = 0; team < team_count; team++) {
        heads[team] = members[team];
    }
    for (uint32_t n = order.count; n-- > 0;) {
        uint32_t team = order.places[n];
        if (plan->old_parents[team] != ORG_NONE) {
            heads[plan->old_parents[team]] += heads[team];
        }
    }
    tree_order_close(&order);
    free(members);
    return heads;
}

static span name_or_none(const struct plan *plan, uint32_t team)
{
    return team != OPERATION_NONE ? plan_team_name(plan, team) : SPAN_NONE;
}

static void keep_moves(struct plan *plan, const struct weighed_move *weighed, size_t count)
{
    size_t kept = count < LARGEST_MOVE_COUNT_MAX ? count : LARGEST_MOVE_COUNT_MAX;
    plan->moves = arena_array(&plan->arena, kept, sizeof *plan->moves);
    if (plan->moves == NULL) {
        plan->exhausted = true;
        return;
    }
    plan->move_count = kept;
    for (size_t n = 0; n < kept; n++) {
        const struct step *step = &plan->steps[weighed[n].step];
        plan->moves[n] = (struct muster_team_move){.team = plan_team_id(plan, step->subject),
                                                   .team_name = plan_team_name(plan, step->subject),
                                                   .from_name = name_or_none(plan, step->from),
                                                   .to_name = name_or_none(plan, step->to),
                                                   .head_count = weighed[n].head_count};
    }
}

/* The moves of the plan with the people whom each takes along. */
static void weigh_moves(const struct plan *plan, const uint64_t *heads,
                        struct weighed_move *weighed)
{
    size_t filled = 0;
    for (size_t n = 0; n < plan->step_count; n++) {
        if (plan->steps[n].kind == MUSTER_MOVE_TEAM) {
            uint32_t old_team = plan_old_team(plan, plan->steps[n].subject);
            weighed[filled++] = (struct weighed_move){heads[old_team], n};
        }
    }
}

static void rank_moves(struct plan *plan)
{
    size_t count = (size_t)plan->forecast.counts[MUSTER_MOVE_TEAM];
    struct weighed_move *weighed = memory_array(count, sizeof *weighed);
    uint64_t *moved = moved_teams(plan);
    uint64_t *heads = moved != NULL ? count_heads(plan, moved) : NULL;
    if (weighed == NULL || heads == NULL) {
        plan->exhausted = true;
    } else {
        weigh_moves(plan, heads, weighed);
        qsort(weighed, count, sizeof *weighed, compare_moves);
        keep_moves(plan, weighed, count);
    }
    free(weighed);
    free(moved);
    free(heads);
}

void plan_foresee(struct plan *plan, const struct muster_plan_options *options)
{
    plan->forecast.scoped = plan->scoped;
    plan->forecast.retain_privileges_ignored = options->retain_privileges && !options->keep_users;
    if (plan->forecast.counts[MUSTER_MOVE_TEAM] > 0) {
        rank_moves(plan);
    }
}
