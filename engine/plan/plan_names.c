/* SPDX-License-Identifier: MIT */
/*
 * Renames, in an order in which every new name is free when it is given.
 *
 * A wanted name has at most one holder, and a holder wants at most one other name, so whoever has
 * to wait for whom is a set of chains and circles:
 *
 *     A -> "B" held by B -> "C" held by C -> "D" held by nobody        renamed C, B, A
 *     A -> "B" held by B -> "A" held by A                              A for now, B, A
 *
 * A holder that is going away is renamed for now before all others. A holder that the plan must
 * not touch keeps its name, and the team that wants it gets a name of our own, `Name (id)`, or
 * keeps it where a plan before this one gave it that. Who is given a name that several will have
 * waits for nobody. Old teams that share one are renamed for now where somebody else wants it.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/free_names.h"
#include "plan/name_filter.h"
#include "plan/plan_state.h"
#include "plan/slot_map.h"

enum rename_state { AT_REST, WAITING, RENAMED };

struct renaming {
    struct plan *plan;
    struct slot_map holders;   /* the wanted names that one old team has for itself -> its number */
    struct name_filter wanted; /* the names that are given */
    struct slot_map wanters;   /* the names that are given to one team -> its number; see below */
    struct free_names ours;    /* names of our own */
    uint8_t *states;           /* enum rename_state by number */
    uint32_t *now;             /* what a team is called just now, by number: NAME_OLD or made up */
    uint32_t *path;            /* the teams that wait for each other, the first to ask first */
};

static span old_name(const struct plan *plan, uint32_t team)
{
    return plan->old_org->teams[plan_old_team(plan, team)].final_name;
}

/* The old team that holds a wanted name, or ORG_NONE. */
static uint32_t find_holder(const struct renaming *renaming, span name, uint64_t hash,
                            struct slot_probe *probe)
{
    slot_probe_start(probe, &renaming->holders, hash);
    uint32_t team = slot_probe_next(probe, &renaming->holders);
    while (team != SLOT_NONE && !span_equal(old_name(renaming->plan, team), name)) {
        team = slot_probe_next(probe, &renaming->holders);
    }
    return team != SLOT_NONE ? team : ORG_NONE;
}

/* Whether an old team may hold a name that is given to another one. Without roots whoever stays and
 * is not renamed holds none: it would be under a collision, and they wait for nobody. */
static bool may_hold_wanted(const struct plan *plan, uint32_t old_team)
{
    uint32_t team = plan_number_old(plan, old_team);
    return !plan_has_flag(plan, team, TEAM_SHARED) &&
           (plan->scoped || plan_is_removed(plan, team) || plan_has_flag(plan, team, TEAM_NAMED));
}

static void fill_holders(struct renaming *renaming)
{
    struct plan *plan = renaming->plan;
    const struct org *org = plan->old_org;
    for (uint32_t old_team = 0; old_team < org->team_count; old_team++) {
        if (!may_hold_wanted(plan, old_team)) {
            continue;
        }
        struct slot_probe probe;
        span name = org->teams[old_team].final_name;
        uint64_t hash = name_hash(renaming->plan, name);
        if (filter_may_have(&renaming->wanted, hash) &&
            find_holder(renaming, name, hash, &probe) == ORG_NONE &&
            !slot_map_add(&renaming->holders, &probe, plan_number_old(plan, old_team))) {
            plan->exhausted = true;
        }
    }
}

/* ---- Chains and circles ------------------------------------------------------------------ */

static void push_rename(struct renaming *renaming, uint32_t team, uint32_t to)
{
    /* A team whose name stays held by one that must not be touched keeps what was made up. */
    bool for_now = to <= NAME_LAST && to != renaming->plan->name_refs[team];
    plan_push(renaming->plan, (struct step){.kind = MUSTER_RENAME_TEAM,
                                            .flags = for_now ? STEP_TEMPORARY : 0,
                                            .subject = team,
                                            .from = renaming->now[team],
                                            .to = to});
    renaming->now[team] = to;
}

static bool is_renamed(const struct plan *plan, uint32_t team)
{
    return plan_has_flag(plan, team, TEAM_NAMED) && !plan_is_added(plan, team);
}

/* Who holds the name that a team wants, if that is in the way; else ORG_NONE. */
static uint32_t find_obstacle(const struct renaming *renaming, uint32_t team)
{
    const struct plan *plan = renaming->plan;
    if (plan->new_org->teams[team].name_collides) {
        return ORG_NONE;
    }
    struct slot_probe probe;
    span name = plan->new_org->teams[team].final_name;
    return find_holder(renaming, name, name_hash(renaming->plan, name), &probe);
}

/* Rename those who are going away and hold a name that is wanted; give up names that stay held. */
static void clear_names(struct renaming *renaming)
{
    struct plan *plan = renaming->plan;
    for (uint32_t team = 0; team < plan->new_team_count; team++) {
        uint32_t holder =
            plan_has_flag(plan, team, TEAM_NAMED) ? find_obstacle(renaming, team) : ORG_NONE;
        if (holder == ORG_NONE || is_renamed(plan, holder)) {
            continue;
        }
        if (!plan_is_removed(plan, holder) || !plan_has_flag(plan, holder, TEAM_IN_SCOPE)) {
            free_name_settle(&renaming->ours, team);
        } else if (renaming->states[holder] == AT_REST) {
            renaming->states[holder] = RENAMED;
            push_rename(renaming, holder,
                        free_name_make(&renaming->ours, holder, old_name(plan, holder)));
        }
    }
}

/* ---- Collisions of the old roster --------------------------------------------------------- */

/* The team that is given a name, or ORG_NONE; `probe` then knows where it would go. */
static uint32_t find_wanter(const struct renaming *renaming, span name, struct slot_probe *probe)
{
    const struct plan *plan = renaming->plan;
    slot_probe_start(probe, &renaming->wanters, name_hash(renaming->plan, name));
    uint32_t team = slot_probe_next(probe, &renaming->wanters);
    while (team != SLOT_NONE && !span_equal(plan->new_org->teams[team].final_name, name)) {
        team = slot_probe_next(probe, &renaming->wanters);
    }
    return team != SLOT_NONE ? team : ORG_NONE;
}

static void fill_wanters(struct renaming *renaming)
{
    struct plan *plan = renaming->plan;
    if (!slot_map_open(&renaming->wanters, plan->new_team_count)) {
        plan->exhausted = true;
        return;
    }
    for (uint32_t team = 0; team < plan->new_team_count; team++) {
        struct slot_probe probe;
        if (plan_has_flag(plan, team, TEAM_NAMED) && !plan_has_flag(plan, team, TEAM_EXEMPT) &&
            find_wanter(renaming, plan->new_org->teams[team].final_name, &probe) == ORG_NONE &&
            !slot_map_add(&renaming->wanters, &probe, team)) {
            plan->exhausted = true;
        }
    }
}

/* An old team that shares its name with others makes room, or where it must not be touched the team
 * that wants the name does without. */
static void make_room(struct renaming *renaming, uint32_t team)
{
    struct plan *plan = renaming->plan;
    struct slot_probe probe;
    span name = old_name(plan, team);
    uint32_t wanter = find_wanter(renaming, name, &probe);
    if (wanter == ORG_NONE || plan->name_refs[wanter] != NAME_NEW) {
        return;
    }
    bool leaves = plan_is_removed(plan, team) || is_renamed(plan, team);
    if (leaves && plan_has_flag(plan, team, TEAM_IN_SCOPE)) {
        push_rename(renaming, team, free_name_make(&renaming->ours, team, name));
    } else {
        free_name_settle(&renaming->ours, wanter);
    }
}

static void clear_collisions(struct renaming *renaming)
{
    struct plan *plan = renaming->plan;
    const struct org *org = plan->old_org;
    bool filled = false;
    for (uint32_t old_team = 0; old_team < org->team_count && !plan->exhausted; old_team++) {
        uint32_t team = plan_number_old(plan, old_team);
        if (!plan_has_flag(plan, team, TEAM_SHARED)) {
            continue;
        }
        if (!filled) {
            fill_wanters(renaming);
            filled = true;
        }
        if (!plan->exhausted) {
            make_room(renaming, team);
        }
    }
}

/* ---- All of them ------------------------------------------------------------------------- */

/* The team that has to be renamed before this one, or ORG_NONE. */
static uint32_t find_first(const struct renaming *renaming, uint32_t team)
{
    if (renaming->plan->name_refs[team] != NAME_NEW) {
        return ORG_NONE;
    }
    uint32_t holder = find_obstacle(renaming, team);
    return holder != ORG_NONE && renaming->states[holder] != RENAMED ? holder : ORG_NONE;
}

/* Rename a team and before it all whom it has to wait for. */
static void rename_chain(struct renaming *renaming, uint32_t team)
{
    struct plan *plan = renaming->plan;
    size_t count = 0;
    uint32_t at = team;
    while (at != ORG_NONE && renaming->states[at] == AT_REST) {
        renaming->states[at] = WAITING;
        renaming->path[count++] = at;
        at = find_first(renaming, at);
    }
    if (at != ORG_NONE) { /* a circle is opened where it was entered */
        push_rename(renaming, at, free_name_make(&renaming->ours, at, old_name(plan, at)));
    }
    while (count-- > 0) {
        at = renaming->path[count];
        push_rename(renaming, at, plan->name_refs[at]);
        renaming->states[at] = RENAMED;
    }
}

static void note_wanted(struct renaming *renaming)
{
    const struct plan *plan = renaming->plan;
    for (uint32_t team = 0; team < plan->new_team_count; team++) {
        if (plan_has_flag(plan, team, TEAM_NAMED)) {
            span name = plan->new_org->teams[team].final_name;
            filter_add(&renaming->wanted, name_hash(renaming->plan, name));
        }
    }
}

/* Whether a step gives a team a name of our own that it has. */
static bool keeps_ours(const struct renaming *renaming, const struct step *step)
{
    return step->from == NAME_OLD && step->to <= NAME_LAST &&
           free_name_is_kept(&renaming->ours, step->to);
}

/* Of the steps from `first` on, all of which are renames, drop those that change nothing. */
static void drop_kept_names(struct renaming *renaming, size_t first)
{
    struct plan *plan = renaming->plan;
    size_t kept = first;
    for (size_t index = first; index < plan->step_count; index++) {
        if (!keeps_ours(renaming, &plan->steps[index])) {
            plan->steps[kept++] = plan->steps[index];
        }
    }
    plan->forecast.counts[MUSTER_RENAME_TEAM] -= plan->step_count - kept;
    plan->step_count = kept;
}

static void rename_all(struct renaming *renaming)
{
    const struct plan *plan = renaming->plan;
    size_t first = plan->step_count;
    note_wanted(renaming);
    fill_holders(renaming);
    clear_collisions(renaming);
    clear_names(renaming);
    for (uint32_t team = 0; team < plan->new_team_count; team++) {
        if (is_renamed(plan, team) && renaming->states[team] == AT_REST) {
            rename_chain(renaming, team);
        }
    }
    free_names_finish(&renaming->ours);
    if (!plan->exhausted) {
        drop_kept_names(renaming, first);
    }
}

/* Returns how many names are given. */
static uint32_t mark_named(struct plan *plan)
{
    uint32_t count = 0;
    for (uint32_t team = 0; team < plan->new_team_count; team++) {
        bool named = plan_has_flag(plan, team, TEAM_IN_SCOPE) &&
                     (plan_is_added(plan, team) || plan_has_flag(plan, team, TEAM_OTHER_NAME));
        plan->team_flags[team] |= named ? TEAM_NAMED : 0;
        count += named;
    }
    return count;
}

void plan_rename(struct plan *plan)
{
    uint32_t wanted_count = mark_named(plan);
    if (wanted_count == 0) {
        return;
    }
    struct renaming renaming = {.plan = plan, .ours = {.plan = plan}};
    renaming.states = memory_array(plan->team_count, sizeof *renaming.states);
    renaming.path = memory_array(plan->team_count, sizeof *renaming.path);
    renaming.now = memory_array(plan->team_count, sizeof *renaming.now);
    if (renaming.states == NULL || renaming.path == NULL || renaming.now == NULL ||
        !filter_open(&renaming.wanted, wanted_count) || !slot_map_open(&renaming.holders, 0)) {
        plan->exhausted = true;
    } else {
        memset(renaming.states, AT_REST, plan->team_count);
        for (uint32_t team = 0; team < plan->team_count; team++) {
            renaming.now[team] = NAME_OLD;
        }
        rename_all(&renaming);
    }
    slot_map_close(&renaming.holders);
    slot_map_close(&renaming.wanters);
    free_names_close(&renaming.ours);
    free(renaming.states);
    free(renaming.path);
    free(renaming.now);
    free(renaming.wanted.bits);
}
