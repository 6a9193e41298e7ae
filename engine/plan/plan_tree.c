/* SPDX-License-Identifier: MIT */
/*
 * Where teams hang: addTeam and moveTeam from the top down, deleteTeam from the bottom up.
 *
 * The order is that of the tree as it will be after the plan. When a team is moved, all above its
 * new parent has found its final place already, so the team cannot be among it, however the old
 * tree hung: parents and children may change places.
 *
 * In a plan that is limited by roots, some moves are left out, and what is left could close a
 * circle. Then the first team of the circle that moves at all goes to the top instead.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/plan_state.h"

/* ---- From the top down ------------------------------------------------------------------- */

/* How far ahead of the queue the memory is asked for. */
#define TREE_AHEAD 16U

/*
 * The children of everything, those of one parent back to back and in ascending order; they begin
 * where `starts` says, which has two entries more than there are indexes. Roots are the children
 * of `count`.
 */
struct family {
    uint32_t *starts;
    uint32_t *children;
};

/* Count, add up, fill: while it is filled, `starts[parent + 1]` is where its next child goes. */
static void family_fill(const struct family *family, const uint32_t *parents, uint32_t count)
{
    uint32_t *next = family->starts + 1;
    memset(family->starts, 0, ((size_t)count + 2) * sizeof *family->starts);
    for (uint32_t index = 0; index < count; index++) {
        if (parents[index] != ORG_NONE) {
            next[parents[index] + 1]++;
        }
    }
    for (uint32_t parent = 0; parent < count; parent++) {
        next[parent + 1] += next[parent];
    }
    for (uint32_t index = 0; index < count; index++) {
        uint32_t parent = parents[index] != ORG_NONE ? parents[index] : count;
        family->children[next[parent]++] = index;
    }
}

static uint32_t copy_children(const struct family *family, uint32_t parent, uint32_t *order)
{
    uint32_t start = family->starts[parent];
    uint32_t count = family->starts[parent + 1] - start;
    for (uint32_t n = 0; n < count; n++) {
        order[n] = family->children[start + n];
    }
    return count;
}

/* The order itself is the queue: what is in it and not looked at yet is still to be followed. */
static uint32_t follow_children(uint32_t *order, const struct family *family, uint32_t root)
{
    uint32_t reached = copy_children(family, root, order);
    for (uint32_t done = 0; done < reached; done++) {
        if (done + TREE_AHEAD < reached) {
            __builtin_prefetch(&family->starts[order[done + TREE_AHEAD]]);
            uint32_t nearer = family->starts[order[done + TREE_AHEAD / 2]];
            __builtin_prefetch(&family->children[nearer]);
        }
        reached += copy_children(family, order[done], order + reached);
    }
    return reached;
}

uint32_t tree_order(uint32_t *order, const uint32_t *parents, uint32_t count, bool *exhausted)
{
    struct family family = {
        .starts = memory_array((size_t)count + 2, sizeof *family.starts),
        .children = memory_array(count, sizeof *family.children),
    };
    uint32_t reached = 0;
    if (family.starts == NULL || family.children == NULL) {
        *exhausted = true;
    } else {
        family_fill(&family, parents, count);
        reached = follow_children(order, &family, count);
    }
    free(family.starts);
    free(family.children);
    return reached;
}

/* ---- The tree after the plan ------------------------------------------------------------- */

static uint32_t old_parent(const struct plan *plan, uint32_t team)
{
    return plan_number_old(plan, plan->old_parents[plan_old_team(plan, team)]);
}

/* Whether the move of a team that stays touches one in scope: itself, or where it hangs or hung. */
static bool move_is_in_scope(const struct plan *plan, uint32_t team)
{
    return plan_has_flag(plan, team, TEAM_IN_SCOPE) ||
           plan_has_flag(plan, old_parent(plan, team), TEAM_IN_SCOPE) ||
           plan_has_flag(plan, plan->new_parents[team], TEAM_IN_SCOPE);
}

static uint32_t final_parent(const struct plan *plan, uint32_t team)
{
    uint8_t flags = plan->team_flags[team];
    if ((flags & TEAM_USED) == 0 || (flags & TEAM_ABSENT) != 0) {
        return ORG_NONE;
    }
    if (plan_is_removed(plan, team) || !move_is_in_scope(plan, team)) {
        return old_parent(plan, team);
    }
    uint32_t parent = plan->new_parents[team];
    return plan_has_flag(plan, parent, TEAM_ABSENT) ? ORG_NONE : parent;
}

/* Whether the plan may send a team elsewhere. */
static bool may_move(const struct plan *plan, uint32_t team)
{
    return team < plan->new_team_count && !plan_is_added(plan, team) &&
           move_is_in_scope(plan, team) && plan->parents[team] != old_parent(plan, team);
}

enum { UNSEEN, ON_PATH, CLEARED };

/* Open the circle that `team` lies on at the first team of it that moves. */
static void open_circle(struct plan *plan, uint32_t team)
{
    uint32_t mover = ORG_NONE;
    uint32_t at = team;
    do {
        if (may_move(plan, at) && (mover == ORG_NONE || at < mover)) {
            mover = at;
        }
        at = plan->parents[at];
    } while (at != team);
    plan->parents[mover != ORG_NONE ? mover : team] = ORG_NONE;
}

/* One coloured climb over all teams; nobody is coloured more than twice. */
static void open_circles(struct plan *plan)
{
    uint8_t *colour = memory_array(plan->team_count, sizeof *colour);
    if (colour == NULL) {
        plan->exhausted = true;
        return;
    }
    memset(colour, UNSEEN, plan->team_count);
    for (uint32_t start = 0; start < plan->team_count; start++) {
        uint32_t at = start;
        while (at != ORG_NONE && colour[at] == UNSEEN) {
            colour[at] = ON_PATH;
            at = plan->parents[at];
        }
        uint32_t met = at != ORG_NONE && colour[at] == ON_PATH ? at : ORG_NONE;
        for (at = start; at != ORG_NONE && colour[at] == ON_PATH; at = plan->parents[at]) {
            colour[at] = CLEARED;
        }
        if (met != ORG_NONE) {
            open_circle(plan, met);
        }
    }
    free(colour);
}

/* The numbers from the top down in the tree after the plan; NULL where memory ran out. */
static uint32_t *order_after(struct plan *plan, uint32_t *reached)
{
    uint32_t *order = memory_array(plan->team_count, sizeof *order);
    if (order == NULL) {
        plan->exhausted = true;
        return NULL;
    }
    *reached = tree_order(order, plan->parents, plan->team_count, &plan->exhausted);
    return order;
}

static void arrange_team(struct plan *plan, uint32_t team)
{
    uint32_t to = plan->parents[team];
    if (plan_is_added(plan, team)) {
        plan_push(plan,
                  (struct step){
                      .kind = MUSTER_ADD_TEAM, .subject = team, .from = OPERATION_NONE, .to = to});
        return;
    }
    uint32_t from = old_parent(plan, team);
    if (from != to) {
        plan_push(plan,
                  (struct step){.kind = MUSTER_MOVE_TEAM, .subject = team, .from = from, .to = to});
    }
}

/* Where everything hangs after the plan. True where something has to be arranged for that. */
static bool find_parents(struct plan *plan)
{
    bool any = false;
    for (uint32_t team = 0; team < plan->team_count; team++) {
        plan->parents[team] = final_parent(plan, team);
        bool placed = may_move(plan, team) ||
                      (plan_is_added(plan, team) && plan_has_flag(plan, team, TEAM_IN_SCOPE));
        plan->team_flags[team] |= placed ? TEAM_PLACED : 0;
        any = any || placed;
    }
    return any;
}

void plan_arrange(struct plan *plan)
{
    uint32_t reached = 0;
    uint32_t *order = find_parents(plan) ? order_after(plan, &reached) : NULL;
    if (order != NULL && reached < plan->team_count) {
        open_circles(plan);
        reached = tree_order(order, plan->parents, plan->team_count, &plan->exhausted);
    }
    for (uint32_t n = 0; n < reached; n++) {
        if (plan_has_flag(plan, order[n], TEAM_PLACED)) {
            arrange_team(plan, order[n]);
        }
    }
    free(order);
}

void plan_delete(struct plan *plan)
{
    for (uint32_t n = plan->old_order_count; n-- > 0;) {
        uint32_t team = plan_number_old(plan, plan->old_order[n]);
        if (plan_is_removed(plan, team) && plan_has_flag(plan, team, TEAM_IN_SCOPE)) {
            plan_push(plan, (struct step){.kind = MUSTER_DELETE_TEAM,
                                          .subject = team,
                                          .from = OPERATION_NONE,
                                          .to = OPERATION_NONE});
        }
    }
}
