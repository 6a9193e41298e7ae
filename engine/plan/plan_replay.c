/* SPDX-License-Identifier: MIT */
/*
 * Carry a plan out on a copy of the old roster, step by step, as somebody would who has nothing but
 * the printed operations. All of it is linear in the rosters and the steps.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/replay.h"

static bool replay_allocate(struct replay *replay)
{
    const struct plan *plan = replay->plan;
    size_t slot_count = (size_t)plan->old_org->user_count + (size_t)plan->new_org->user_count;
    if (slot_count > REPLAY_SLOT_COUNT_MAX) {
        return false;
    }
    size_t known_count = (size_t)plan->old_org->kept_user_count +
                         (plan->scoped ? 0 : plan->new_org->kept_user_count);
    replay->slot_count = slot_count;
    replay->teams = memory_array(plan->team_count, sizeof *replay->teams);
    replay->user_teams = memory_array(slot_count, sizeof *replay->user_teams);
    replay->known = bits_open(slot_count);
    replay->rekeyed = bits_open(slot_count);
    if (replay->teams == NULL || replay->user_teams == NULL || replay->known == NULL ||
        replay->rekeyed == NULL) {
        return false;
    }
    memset(replay->teams, 0, plan->team_count * sizeof *replay->teams);
    memset(replay->user_teams, 0xFF, slot_count * sizeof *replay->user_teams);
    return slot_map_open(&replay->team_ids, plan->old_org->team_count) &&
           slot_map_open(&replay->team_names, plan->old_org->team_count) &&
           slot_map_open(&replay->user_ids, known_count) &&
           slot_map_open(&replay->manager_pairs, plan->old_org->manager_count);
}

static void replay_free(struct replay *replay)
{
    free(replay->teams);
    free(replay->user_teams);
    free(replay->known);
    free(replay->rekeyed);
    free(replay->managers);
    slot_map_close(&replay->team_ids);
    slot_map_close(&replay->team_names);
    slot_map_close(&replay->user_ids);
    slot_map_close(&replay->manager_pairs);
    buffer_close(&replay->scratch);
    buffer_close(&replay->candidate_scratch);
}

/* A team under a collision of names on either side is exempt from the rules on names. */
static void load_teams(struct replay *replay)
{
    const struct plan *plan = replay->plan;
    for (uint32_t team = 0; team < plan->team_count; team++) {
        replay->teams[team].parent = ORG_NONE;
        replay->teams[team].exempt = plan_has_flag(plan, team, TEAM_EXEMPT);
    }
    for (uint32_t old_team = 0; old_team < plan->old_org->team_count; old_team++) {
        const struct org_team *source = &plan->old_org->teams[old_team];
        uint32_t team = plan_number_old(plan, old_team);
        struct replay_team *entry = &replay->teams[team];
        entry->id = source->id;
        entry->name = source->final_name;
        entry->alive = true;
        entry->parent = plan_number_old(plan, source->parent);
        if (entry->parent != ORG_NONE) {
            replay->teams[entry->parent].child_count++;
        }
        (void)replay_learn_team(replay, team);
        replay_learn_team_name(replay, team);
        for (uint32_t n = 0; n < source->manager_count; n++) {
            uint32_t user = plan->old_org->managers[source->manager_first + n];
            (void)replay_learn_manager(replay, (struct replay_manager){team, user});
        }
    }
    for (size_t n = 0; n < plan->step_count; n++) {
        if (plan->steps[n].kind == MUSTER_MOVE_TEAM) {
            replay->teams[plan->steps[n].subject].moves_left++;
        }
    }
}

/* Where the plan is not limited by roots, those who come are there from the start, in no team. */
static void load_users(struct replay *replay)
{
    const struct plan *plan = replay->plan;
    uint32_t old_count = plan->old_org->user_count;
    for (uint32_t user = 0; user < old_count; user++) {
        if (!org_user_kept(plan->old_org, user) || !replay_learn_user(replay, user)) {
            continue;
        }
        uint32_t team = plan_number_old(plan, org_user_team(plan->old_org, user));
        replay->user_teams[user] = team;
        if (team != ORG_NONE) {
            replay->teams[team].member_count++;
        }
    }
    for (uint32_t user = 0; !plan->scoped && user < plan->new_org->user_count; user++) {
        if (org_user_kept(plan->new_org, user) && plan_old_user(plan, user) == ORG_NONE) {
            (void)replay_learn_user(replay, old_count + user);
        }
    }
}

static bool replay_is_exhausted(const struct replay *replay)
{
    return replay->exhausted || replay->scratch.exhausted || replay->candidate_scratch.exhausted ||
           replay->plan->subject_scratch.exhausted || replay->plan->from_scratch.exhausted;
}

static enum muster_status replay_run(struct replay *replay, struct org **result, size_t *step)
{
    const struct plan *plan = replay->plan;
    load_teams(replay);
    load_users(replay);
    for (size_t n = 0; n < plan->step_count; n++) {
        bool valid = replay_step(replay, &plan->steps[n]);
        if (replay_is_exhausted(replay)) {
            return MUSTER_NO_MEMORY;
        }
        if (!valid) {
            *step = n;
            return MUSTER_INVALID_STEP;
        }
    }
    bool complete = true;
    *result = replay_result(replay, &complete);
    if (*result == NULL) {
        return MUSTER_NO_MEMORY;
    }
    if (!complete) {
        plan_result_close(*result);
        *result = NULL;
        *step = plan->step_count;
        return MUSTER_INVALID_STEP;
    }
    return MUSTER_OK;
}

enum muster_status plan_replay(struct org **result, struct plan *plan, size_t *step)
{
    *result = NULL;
    *step = 0;
    struct replay replay = {.plan = plan};
    enum muster_status status =
        replay_allocate(&replay) ? replay_run(&replay, result, step) : MUSTER_NO_MEMORY;
    replay_free(&replay);
    return status;
}
