/* SPDX-License-Identifier: MIT */
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/seed.h"
#include "plan/plan_state.h"

/* Stands in for a roster that is not given: its counts are zero, so its source is never asked. */
static const struct org nobody;

/* The numbers of teams and of the names that a plan makes up, at most one each, are 32 bits. */
#define TEAM_NUMBER_COUNT_MAX 0x7FFFFF00U

void plan_push(struct plan *plan, struct step step)
{
    struct step *grown =
        memory_grow(plan->steps, &plan->step_capacity, plan->step_count + 1, sizeof *plan->steps);
    if (grown == NULL) {
        plan->exhausted = true;
        return;
    }
    plan->steps = grown;
    plan->steps[plan->step_count++] = step;
    plan->forecast.counts[step.kind]++;
    plan->forecast.temporary_count += (step.flags & STEP_TEMPORARY) != 0;
}

static bool plan_allocate(struct plan *plan)
{
    size_t team_count = plan->team_count;
    plan->team_flags = memory_array(team_count, sizeof *plan->team_flags);
    plan->name_refs = memory_array(team_count, sizeof *plan->name_refs);
    plan->parents = memory_array(team_count, sizeof *plan->parents);
    plan->old_parents = memory_array(plan->old_org->team_count, sizeof *plan->old_parents);
    plan->new_parents = memory_array(plan->new_team_count, sizeof *plan->new_parents);
    plan->removed_managers = bits_open(plan->old_org->manager_count);
    if (plan->team_flags == NULL || plan->name_refs == NULL || plan->parents == NULL ||
        plan->old_parents == NULL || plan->new_parents == NULL || plan->removed_managers == NULL) {
        return false;
    }
    memset(plan->team_flags, 0, team_count);
    for (uint32_t team = 0; team < plan->team_count; team++) {
        plan->name_refs[team] = team < plan->new_team_count ? NAME_NEW : NAME_OLD;
    }
    return true;
}

/* A team that the plan does not touch keeps its name. */
static void keep_names(struct plan *plan)
{
    for (uint32_t team = 0; team < plan->new_team_count; team++) {
        if (!plan_has_flag(plan, team, TEAM_IN_SCOPE) && !plan_is_added(plan, team)) {
            plan->name_refs[team] = NAME_OLD;
        }
    }
}

/* A plan that is being made. */
struct making {
    struct plan *plan;
    const struct muster_plan_options *options;
    struct plan_population population;
};

/* All that can be done while nobody knows yet which users are which. */
static void make_teams(void *context)
{
    struct making *making = context;
    struct plan *plan = making->plan;
    plan_mark_scope(plan, making->options);
    if (!plan->exhausted && plan->diff != NULL) {
        keep_names(plan);
        plan_rekey_teams(plan);
        plan_rename(plan);
        plan_arrange(plan);
    }
    plan_count_population(plan, &making->population);
    if (!plan->exhausted) {
        plan_foresee(plan, making->options);
    }
}

static void make_users(struct making *making)
{
    struct plan *plan = making->plan;
    const struct muster_plan_options *options = making->options;
    if (plan->diff != NULL) {
        plan_rekey_users(plan);
        plan_assign_people(plan);
        plan_delete(plan);
    }
    if (plan->deprovision->user_count > 0) {
        plan_deprovision(plan, options);
    }
    if (!plan->exhausted) {
        plan_weigh(plan, &making->population, options);
    }
}

/* Teams while users are compared, then users. */
static enum muster_status plan_make(struct plan *plan, const struct muster_plan_options *options)
{
    struct making making = {.plan = plan, .options = options};
    const struct errand teams = {make_teams, &making};
    enum muster_status status = MUSTER_OK;
    if (plan->new_org != &nobody) {
        status = diff_open_teams(&plan->diff, plan->old_org, plan->new_org, options->jobs);
    }
    if (status == MUSTER_OK && !plan_allocate(plan)) {
        status = MUSTER_NO_MEMORY;
    }
    if (status == MUSTER_OK && plan->diff != NULL) {
        status = diff_match_rest(plan->diff, &teams);
    } else if (status == MUSTER_OK) {
        make_teams(&making);
    }
    if (status == MUSTER_OK && !plan->exhausted) {
        make_users(&making);
    }
    return plan->exhausted ? MUSTER_NO_MEMORY : status;
}

enum muster_status plan_open(struct plan **result, const struct org *old_org,
                             const struct org *new_org, const struct org *deprovision,
                             const struct muster_plan_options *options)
{
    static const struct muster_plan_options defaults;
    *result = NULL;
    struct plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL) {
        return MUSTER_NO_MEMORY;
    }
    options = options != NULL ? options : &defaults;
    plan->old_org = old_org;
    plan->new_org = new_org != NULL ? new_org : &nobody;
    plan->deprovision = deprovision != NULL ? deprovision : &nobody;
    plan->scoped = options->root_count > 0;
    plan->seed = seed_make();
    plan->new_team_count = plan->new_org->team_count;
    plan->team_count = plan->new_team_count + old_org->team_count;
    bool fits = plan->new_team_count <= TEAM_NUMBER_COUNT_MAX / 2 &&
                old_org->team_count <= TEAM_NUMBER_COUNT_MAX / 2;
    enum muster_status status = fits ? plan_make(plan, options) : MUSTER_NO_MEMORY;
    if (status != MUSTER_OK) {
        plan_close(plan);
        return status;
    }
    *result = plan;
    return MUSTER_OK;
}

void plan_close(struct plan *plan)
{
    if (plan == NULL) {
        return;
    }
    diff_close(plan->diff);
    free(plan->team_flags);
    free(plan->name_refs);
    free(plan->parents);
    free(plan->old_parents);
    free(plan->new_parents);
    free(plan->rekeyed_users);
    free(plan->removed_managers);
    free(plan->gone_users);
    free(plan->gone_by_new_id);
    arena_close(&plan->arena);
    free(plan->names);
    free(plan->steps);
    free(plan->guards);
    buffer_close(&plan->subject_scratch);
    buffer_close(&plan->from_scratch);
    buffer_close(&plan->text);
    free(plan);
}

size_t plan_count(const struct plan *plan)
{
    return plan->step_count;
}

enum muster_operation_kind plan_operation_kind(const struct plan *plan, size_t index)
{
    return (enum muster_operation_kind)plan->steps[index].kind;
}

enum muster_status plan_status(const struct plan *plan)
{
    return plan->status;
}

const struct muster_guard *plan_guards(const struct plan *plan, size_t *count)
{
    *count = plan->guard_count;
    return plan->guards;
}

const struct muster_forecast *plan_forecast(const struct plan *plan)
{
    return &plan->forecast;
}

const struct muster_team_move *plan_largest_moves(const struct plan *plan, size_t *count)
{
    if (*count > plan->move_count) {
        *count = plan->move_count;
    }
    return plan->moves;
}
