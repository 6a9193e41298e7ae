/* SPDX-License-Identifier: MIT */
/*
 * Guards: the plan held against limits, as a whole and for each top-level team of the old roster.
 *
 * Every operation counts for one old team, the one that it takes something from or does something
 * to. What is said about a tripped guard are the teams that carry most of it: that old team, or,
 * where it is deleted, the topmost of the teams that are deleted with it. So a department that is
 * missing from an export is one entry, and not four thousand.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "plan/plan_state.h"
#include "plan/tree_order.h"

/* A limit beyond this never trips; it keeps products within 64 bits. */
#define AMOUNT_MAX UINT32_MAX

struct carrier {
    uint32_t old_team;
    uint64_t count;
};

/* The teams that carry most of one guard, most first. */
struct carriers {
    struct carrier items[CARRIER_COUNT_MAX];
    size_t count;
};

/* Figures of the subtree below each top-level team, by its index; others stay zero. */
struct subtree {
    uint64_t team_count, membership_count, manager_count;
};

struct weighing {
    struct plan *plan;
    const struct plan_population *population;
    const struct muster_plan_options *options;
    uint32_t *tops;     /* the top-level team above each old team */
    uint32_t *carriers; /* the team that each old team's operations are put down to */
    struct subtree *subtrees;
    uint64_t *counts; /* of the kind at hand, by carrier */
    uint64_t *subtree_counts;
    size_t *guard_of_top; /* 1 + the index of the guard of the kind at hand; 0: none tripped */
    bool opened;          /* all of this is there */
};

static const struct muster_limit default_limits[MUSTER_OPERATION_KIND_COUNT] = {
    [MUSTER_MOVE_TEAM_MEMBER] = {.percent = true, .amount = 75},
    [MUSTER_REMOVE_TEAM_MEMBER] = {.percent = true, .amount = 10},
    [MUSTER_REMOVE_TEAM_MANAGER] = {.percent = true, .amount = 10},
    [MUSTER_DELETE_TEAM] = {.percent = true, .amount = 10},
};

static bool is_tripped(const struct muster_guard *guard, uint64_t population_min)
{
    uint64_t amount = guard->limit.amount;
    if (amount > AMOUNT_MAX) {
        return false;
    }
    if (!guard->limit.percent) {
        return guard->count > amount;
    }
    return guard->population >= population_min && guard->count * 100 > amount * guard->population;
}

/* ---- What counts for whom ---------------------------------------------------------------- */

static uint32_t team_of_old_user(const struct plan *plan, uint32_t old_user)
{
    return old_user != ORG_NONE ? org_user_team(plan->old_org, old_user) : ORG_NONE;
}

static uint32_t old_team_or_none(const struct plan *plan, uint32_t team)
{
    return team != OPERATION_NONE ? plan_old_team(plan, team) : ORG_NONE;
}

/* The old team that an operation counts for, or ORG_NONE. */
static uint32_t step_old_team(const struct plan *plan, const struct step *step)
{
    switch ((enum muster_operation_kind)step->kind) {
    case MUSTER_REKEY_TEAM:
    case MUSTER_RENAME_TEAM:
    case MUSTER_MOVE_TEAM:
    case MUSTER_DELETE_TEAM:
        return plan_old_team(plan, step->subject);
    case MUSTER_ADD_TEAM:
    case MUSTER_ADD_TEAM_MEMBER:
    case MUSTER_ADD_TEAM_MANAGER:
        return old_team_or_none(plan, step->to);
    case MUSTER_MOVE_TEAM_MEMBER:
    case MUSTER_REMOVE_TEAM_MEMBER:
    case MUSTER_REMOVE_TEAM_MANAGER:
        return old_team_or_none(plan, step->from);
    case MUSTER_REKEY_USER:
        return team_of_old_user(plan, plan_old_user(plan, step->subject));
    default:
        return team_of_old_user(plan, plan_removed_user(plan, step));
    }
}

/* What a limit is a share of. */
static void guard_populate(struct muster_guard *guard, const struct subtree *subtree,
                           uint64_t user_count, enum muster_operation_kind kind)
{
    guard->population_of = "users";
    guard->population = user_count;
    switch (kind) {
    case MUSTER_REKEY_TEAM:
    case MUSTER_RENAME_TEAM:
    case MUSTER_ADD_TEAM:
    case MUSTER_MOVE_TEAM:
    case MUSTER_DELETE_TEAM:
        guard->population_of = "teams";
        guard->population = subtree->team_count;
        break;
    case MUSTER_ADD_TEAM_MEMBER:
    case MUSTER_MOVE_TEAM_MEMBER:
    case MUSTER_REMOVE_TEAM_MEMBER:
        guard->population_of = "memberships";
        guard->population = subtree->membership_count;
        break;
    case MUSTER_ADD_TEAM_MANAGER:
    case MUSTER_REMOVE_TEAM_MANAGER:
        guard->population_of = "manager places";
        guard->population = subtree->manager_count;
        break;
    default:
        break;
    }
}

/* `member_counts` is NULL where nobody asks for those of a subtree. False where memory ran out. */
static bool find_tops(struct weighing *weighing, const uint32_t *member_counts)
{
    const struct plan *plan = weighing->plan;
    struct tree_order order;
    if (!tree_order_open(&order, plan->old_parents, plan->old_org->team_count, NULL)) {
        return false;
    }
    for (uint32_t n = 0; n < order.count; n++) {
        uint32_t team = order.places[n];
        const struct org_team *entry = &plan->old_org->teams[team];
        if (entry->parent != ORG_NONE) {
            weighing->tops[team] = weighing->tops[entry->parent];
            bool with_parent = plan_deletes(plan, team) && plan_deletes(plan, entry->parent);
            weighing->carriers[team] = with_parent ? weighing->carriers[entry->parent] : team;
        }
        struct subtree *subtree = &weighing->subtrees[weighing->tops[team]];
        subtree->team_count++;
        subtree->membership_count += member_counts != NULL ? member_counts[team] : 0;
        subtree->manager_count += entry->manager_count;
    }
    tree_order_close(&order);
    return true;
}

/* ---- Carriers ---------------------------------------------------------------------------- */

/* Keep the largest few; of equal ones those that came first. */
static void carriers_add(struct carriers *carriers, struct carrier item)
{
    size_t at = carriers->count;
    while (at > 0 && carriers->items[at - 1].count < item.count) {
        at--;
    }
    if (at == CARRIER_COUNT_MAX) {
        return;
    }
    if (carriers->count < CARRIER_COUNT_MAX) {
        carriers->count++;
    }
    memmove(&carriers->items[at + 1], &carriers->items[at],
            (carriers->count - 1 - at) * sizeof *carriers->items);
    carriers->items[at] = item;
}

/* `"Cloud" (SUP20): 310, "Sales" (SUP31): 120`, as `write_number` has figures. */
static span carriers_text(struct plan *plan, const struct carriers *carriers,
                          void (*write_number)(struct buffer *, uint64_t))
{
    struct buffer *text = &plan->text;
    buffer_clear(text);
    for (size_t n = 0; n < carriers->count; n++) {
        if (n > 0) {
            buffer_text(text, ", ");
        }
        plan_write_team(plan, plan_number_old(plan, carriers->items[n].old_team), text);
        buffer_text(text, ": ");
        write_number(text, carriers->items[n].count);
    }
    span copy = arena_copy(&plan->arena, buffer_view(text));
    plan->exhausted |= plan->arena.exhausted || text->exhausted;
    return copy;
}

/* Say who carries the guards from `first` on, all of one kind; the first may be the whole. */
static void name_carriers(struct weighing *weighing, size_t first)
{
    struct plan *plan = weighing->plan;
    size_t guard_count = plan->guard_count - first;
    struct carriers *found = memory_array(guard_count, sizeof *found);
    if (found == NULL) {
        plan->exhausted = true;
        return;
    }
    memset(found, 0, guard_count * sizeof *found);
    bool whole = guard_count > 0 && plan->guards[first].team.ptr == NULL;
    for (uint32_t team = 0; team < plan->old_org->team_count; team++) {
        struct carrier item = {team, weighing->counts[team]};
        if (item.count == 0) {
            continue;
        }
        if (whole) {
            carriers_add(&found[0], item);
        }
        size_t guard = weighing->guard_of_top[weighing->tops[team]];
        if (guard > 0) {
            carriers_add(&found[guard - 1 - first], item);
        }
    }
    for (size_t n = 0; n < guard_count; n++) {
        struct muster_guard *guard = &plan->guards[first + n];
        if (guard->tripped) {
            guard->carriers = carriers_text(plan, &found[n], buffer_number_grouped);
            guard->carriers_plain = carriers_text(plan, &found[n], buffer_number);
        }
    }
    free(found);
}

/* ---- Guards ------------------------------------------------------------------------------ */

static struct muster_guard *push_guard(struct plan *plan, struct muster_guard guard)
{
    struct muster_guard *grown = memory_grow(plan->guards, &plan->guard_capacity,
                                             plan->guard_count + 1, sizeof *plan->guards);
    if (grown == NULL) {
        plan->exhausted = true;
        return NULL;
    }
    guard.carriers = guard.carriers_plain = SPAN("");
    plan->guards = grown;
    plan->guards[plan->guard_count] = guard;
    plan->forecast.guards_tripped |= guard.tripped;
    return &plan->guards[plan->guard_count++];
}

static void count_kind(struct weighing *weighing, enum muster_operation_kind kind)
{
    const struct plan *plan = weighing->plan;
    uint32_t team_count = plan->old_org->team_count;
    memset(weighing->counts, 0, team_count * sizeof *weighing->counts);
    memset(weighing->subtree_counts, 0, team_count * sizeof *weighing->subtree_counts);
    memset(weighing->guard_of_top, 0, team_count * sizeof *weighing->guard_of_top);
    for (size_t n = 0; n < plan->step_count; n++) {
        const struct step *step = &plan->steps[n];
        uint32_t team = step->kind == kind ? step_old_team(plan, step) : ORG_NONE;
        if (team != ORG_NONE) {
            weighing->counts[weighing->carriers[team]]++;
            weighing->subtree_counts[weighing->tops[team]]++;
        }
    }
}

/* One guard for the whole roster. */
static void weigh_whole(struct weighing *weighing, enum muster_operation_kind kind,
                        struct muster_limit limit)
{
    struct plan *plan = weighing->plan;
    const struct plan_population *population = weighing->population;
    struct subtree whole = {population->team_count, population->membership_count,
                            population->manager_count};
    struct muster_guard guard = {.kind = muster_operation_kind_name(kind),
                                 .count = plan->forecast.counts[kind],
                                 .limit = limit};
    guard_populate(&guard, &whole, population->user_count, kind);
    guard.tripped = is_tripped(&guard, GUARD_POPULATION_MIN);
    push_guard(plan, guard);
}

/* One guard for each top-level team that is large enough to have one. */
static void weigh_subtrees(struct weighing *weighing, enum muster_operation_kind kind,
                           struct muster_limit limit)
{
    struct plan *plan = weighing->plan;
    for (uint32_t team = 0; team < plan->old_org->team_count; team++) {
        if (plan->old_org->teams[team].parent != ORG_NONE) {
            continue;
        }
        const struct subtree *subtree = &weighing->subtrees[team];
        struct muster_guard guard = {.kind = muster_operation_kind_name(kind),
                                     .count = weighing->subtree_counts[team],
                                     .limit = limit,
                                     .team = plan_team_id(plan, plan_number_old(plan, team))};
        guard_populate(&guard, subtree, subtree->membership_count, kind);
        guard.tripped = is_tripped(&guard, GUARD_SUBTREE_POPULATION_MIN);
        if (guard.population < GUARD_SUBTREE_POPULATION_MIN && !guard.tripped) {
            continue;
        }
        push_guard(plan, guard);
        weighing->guard_of_top[team] = guard.tripped ? plan->guard_count : 0;
    }
}

static bool has_subtree_limits(const struct muster_plan_options *options)
{
    bool any = false;
    for (int kind = 0; kind < MUSTER_OPERATION_KIND_COUNT; kind++) {
        any = any || options->subtree_limits[kind].given;
    }
    return any;
}

/* Most plans are within the limits of the whole, and nobody asks for more. */
static bool weighing_open(struct weighing *weighing)
{
    uint32_t team_count = weighing->plan->old_org->team_count;
    if (weighing->opened) {
        return true;
    }
    weighing->tops = memory_array(team_count, sizeof *weighing->tops);
    weighing->carriers = memory_array(team_count, sizeof *weighing->carriers);
    weighing->subtrees = memory_array(team_count, sizeof *weighing->subtrees);
    weighing->counts = memory_array(team_count, sizeof *weighing->counts);
    weighing->subtree_counts = memory_array(team_count, sizeof *weighing->subtree_counts);
    weighing->guard_of_top = memory_array(team_count, sizeof *weighing->guard_of_top);
    if (weighing->tops == NULL || weighing->carriers == NULL || weighing->subtrees == NULL ||
        weighing->counts == NULL || weighing->subtree_counts == NULL ||
        weighing->guard_of_top == NULL) {
        return false;
    }
    for (uint32_t team = 0; team < team_count; team++) {
        weighing->tops[team] = team;
        weighing->carriers[team] = team;
    }
    memset(weighing->subtrees, 0, team_count * sizeof *weighing->subtrees);
    bool counted = has_subtree_limits(weighing->options);
    uint32_t *member_counts = counted ? plan_member_counts(weighing->plan, NULL) : NULL;
    if (counted && member_counts == NULL) {
        return false;
    }
    weighing->opened = find_tops(weighing, member_counts);
    free(member_counts);
    return weighing->opened;
}

static void weigh_kind(struct weighing *weighing, enum muster_operation_kind kind)
{
    struct plan *plan = weighing->plan;
    struct muster_limit limit = weighing->options->limits[kind];
    struct muster_limit subtree_limit = weighing->options->subtree_limits[kind];
    if (!limit.given) {
        limit = default_limits[kind];
    }
    size_t first = plan->guard_count;
    if (limit.given || limit.amount > 0) {
        weigh_whole(weighing, kind, limit);
    }
    bool tripped = plan->guard_count > first && plan->guards[first].tripped;
    if (subtree_limit.given || tripped) {
        if (!weighing_open(weighing)) {
            plan->exhausted = true;
            return;
        }
        count_kind(weighing, kind);
    }
    if (subtree_limit.given) {
        weigh_subtrees(weighing, kind, subtree_limit);
    }
    for (size_t n = first; n < plan->guard_count && !tripped; n++) {
        tripped = plan->guards[n].tripped;
    }
    if (tripped && weighing->opened && !plan->exhausted) {
        name_carriers(weighing, first);
    }
}

static void weigh_emptiness(struct plan *plan)
{
    const struct org *old_org = plan->old_org;
    const struct org *new_org = plan->new_org;
    if (plan->diff == NULL) {
        return;
    }
    struct muster_guard guard = {.tripped = true};
    if (old_org->kept_user_count > 0 && new_org->kept_user_count == 0) {
        guard.kind = "emptyUsers";
        guard.population_of = "users";
        guard.count = guard.population = old_org->kept_user_count;
        push_guard(plan, guard);
    }
    if (old_org->team_count > 0 && new_org->team_count == 0) {
        guard.kind = "emptyTeams";
        guard.population_of = "teams";
        guard.count = guard.population = old_org->team_count;
        push_guard(plan, guard);
    }
}

void plan_weigh(struct plan *plan, const struct plan_population *population,
                const struct muster_plan_options *options)
{
    struct weighing weighing = {.plan = plan, .population = population, .options = options};
    for (int kind = 0; kind < MUSTER_OPERATION_KIND_COUNT && !plan->exhausted; kind++) {
        weigh_kind(&weighing, (enum muster_operation_kind)kind);
    }
    weigh_emptiness(plan);
    free(weighing.tops);
    free(weighing.carriers);
    free(weighing.subtrees);
    free(weighing.counts);
    free(weighing.subtree_counts);
    free(weighing.guard_of_top);
}
