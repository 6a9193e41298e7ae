/* SPDX-License-Identifier: MIT */
/* What the old roster amounts to, and what the plan will look like to people. */
#include <stdlib.h>
#include <string.h>

#include "plan/plan_state.h"

/* Users whose teams are fetched at once, where no place is empty. */
#define FETCHED_AT_ONCE 256U

static void count_members(const struct org *org, struct plan_population *population)
{
    bool full = org->kept_user_count == org->user_count;
    uint32_t teams[FETCHED_AT_ONCE];
    uint32_t count;
    for (uint32_t user = 0; user < org->user_count; user += count) {
        uint32_t left = org->user_count - user;
        count = !full ? 1 : left < FETCHED_AT_ONCE ? left : FETCHED_AT_ONCE;
        if (!full && !org_user_kept(org, user)) {
            continue;
        }
        org_user_teams(org, user, count, teams);
        for (uint32_t n = 0; n < count; n++) {
            if (teams[n] != ORG_NONE) {
                population->member_counts[teams[n]]++;
                population->membership_count++;
            }
        }
    }
}

void plan_count_population(struct plan *plan, struct plan_population *population)
{
    const struct org *org = plan->old_org;
    population->user_count = org->kept_user_count;
    population->team_count = org->team_count;
    population->manager_count = org->manager_count;
    population->member_counts = memory_array(org->team_count, sizeof *population->member_counts);
    if (population->member_counts == NULL) {
        plan->exhausted = true;
        return;
    }
    memset(population->member_counts, 0, org->team_count * sizeof *population->member_counts);
    count_members(org, population);
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

/* The members of each old team and of all teams below it; NULL where memory ran out. */
static uint64_t *count_heads(const struct plan *plan, const struct plan_population *population)
{
    const struct org *org = plan->old_org;
    uint64_t *heads = memory_array(org->team_count, sizeof *heads);
    if (heads == NULL) {
        return NULL;
    }
    for (uint32_t team = 0; team < org->team_count; team++) {
        heads[team] = population->member_counts[team];
    }
    for (uint32_t n = plan->old_order_count; n-- > 0;) {
        uint32_t team = plan->old_order[n];
        if (org->teams[team].parent != ORG_NONE) {
            heads[org->teams[team].parent] += heads[team];
        }
    }
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

static void rank_moves(struct plan *plan, const struct plan_population *population)
{
    size_t count = (size_t)plan->forecast.counts[MUSTER_MOVE_TEAM];
    struct weighed_move *weighed = memory_array(count, sizeof *weighed);
    uint64_t *heads = count_heads(plan, population);
    if (weighed == NULL || heads == NULL) {
        plan->exhausted = true;
    } else {
        weigh_moves(plan, heads, weighed);
        qsort(weighed, count, sizeof *weighed, compare_moves);
        keep_moves(plan, weighed, count);
    }
    free(weighed);
    free(heads);
}

void plan_foresee(struct plan *plan, const struct plan_population *population,
                  const struct muster_plan_options *options)
{
    plan->forecast.scoped = plan->scoped;
    plan->forecast.retain_privileges_ignored = options->retain_privileges && !options->keep_users;
    if (plan->forecast.counts[MUSTER_MOVE_TEAM] > 0) {
        rank_moves(plan, population);
    }
}
