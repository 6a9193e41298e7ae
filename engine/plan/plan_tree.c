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
#include "plan/tree_order.h"

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

/* Where everything hangs after the plan. `placed` is given those for whom something has to be done.
 */
static void find_parents(struct plan *plan, uint64_t *placed)
{
    for (uint32_t team = 0; team < plan->team_count; team++) {
        plan->parents[team] = final_parent(plan, team);
        if (may_move(plan, team) ||
            (plan_is_added(plan, team) && plan_has_flag(plan, team, TEAM_IN_SCOPE))) {
            plan->team_flags[team] |= TEAM_PLACED;
            bit_set(placed, team);
        }
    }
}

/* Those who are placed and all above them, in the tree after the plan. False where memory ran out.
 */
static bool order_placed(struct plan *plan, struct tree_order *order)
{
    uint64_t *placed = bits_open(plan->team_count);
    if (placed == NULL) {
        return false;
    }
    find_parents(plan, placed);
    bool done = tree_order_open(order, plan->parents, plan->team_count, placed);
    if (done && !order->whole) {
        tree_order_close(order);
        open_circles(plan);
        done = tree_order_open(order, plan->parents, plan->team_count, placed);
    }
    free(placed);
    return done;
}

void plan_arrange(struct plan *plan)
{
    struct tree_order order = {0};
    if (!order_placed(plan, &order)) {
        plan->exhausted = true;
    }
    for (uint32_t n = 0; n < order.count; n++) {
        if (plan_has_flag(plan, order.places[n], TEAM_PLACED)) {
            arrange_team(plan, order.places[n]);
        }
    }
    tree_order_close(&order);
}

void plan_delete(struct plan *plan)
{
    uint32_t old_count = plan->old_org->team_count;
    uint64_t *deleted = bits_open(old_count);
    struct tree_order order = {0};
    for (uint32_t old_team = 0; deleted != NULL && old_team < old_count; old_team++) {
        if (plan_deletes(plan, old_team)) {
            bit_set(deleted, old_team);
        }
    }
    if (deleted == NULL || !tree_order_open(&order, plan->old_parents, old_count, deleted)) {
        plan->exhausted = true;
    }
    for (uint32_t n = order.count; n-- > 0;) {
        if (plan_deletes(plan, order.places[n])) {
            plan_push(plan, (struct step){.kind = MUSTER_DELETE_TEAM,
                                          .subject = plan_number_old(plan, order.places[n]),
                                          .from = OPERATION_NONE,
                                          .to = OPERATION_NONE});
        }
    }
    tree_order_close(&order);
    free(deleted);
}
