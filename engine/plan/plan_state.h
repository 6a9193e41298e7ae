/* SPDX-License-Identifier: MIT */
/*
 * What the files of this folder share; nobody else includes it.
 *
 * A plan numbers the teams of both rosters together:
 *
 *     0 ........ new_team_count - 1 | new_team_count ........ team_count - 1
 *     new team, and its old partner | new_team_count + old team, where that has no partner
 *
 * so a team keeps one number through all that happens to it. The numbers of old teams that have a
 * partner are not used.
 */
#ifndef MUSTER_PLAN_PLAN_STATE_H
#define MUSTER_PLAN_PLAN_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/span.h"
#include "diff/diff.h"
#include "org/org.h"
#include "plan/operation.h"
#include "plan/plan.h"

#define TEAM_USED       0x01U /* the number stands for a team */
#define TEAM_IN_SCOPE   0x02U
#define TEAM_ABSENT     0x04U /* a new team that is not added, because it is out of scope */
#define TEAM_EXEMPT     0x08U /* under a collision of names on either side */
#define TEAM_NAMED      0x10U /* the plan gives it a name: it is added, or its final name changes */
#define TEAM_PLACED     0x20U /* the plan gives it a place: it is added, or its parent changes */
#define TEAM_SHARED     0x40U /* it shared its name with others in the old roster */
#define TEAM_OTHER_NAME 0x80U /* its final name is another one in each roster */

struct plan {
    const struct org *old_org, *new_org; /* new_org may be an empty one */
    const struct org *deprovision;       /* likewise */
    struct diff *diff;                   /* old_org against new_org; NULL without a new org */
    uint64_t seed;
    bool scoped;    /* limited by roots */
    bool exhausted; /* memory ran out while planning; sticks */

    uint32_t new_team_count, team_count;
    uint8_t *team_flags;
    uint32_t *name_refs;   /* of the final name after the plan: NAME_OLD, NAME_NEW or made up */
    uint32_t *parents;     /* after the plan */
    uint32_t *old_parents; /* of each roster's own teams */
    uint32_t *new_parents;
    uint64_t *rekeyed_users;    /* a bit for each new place whose rekeyUser is in the plan */
    uint64_t *removed_managers; /* a bit for each manager place of the old roster, likewise */
    /* By record of the deprovision file: whom of the old roster it is about, or ORG_NONE; and a bit
     * where the id that it has is somebody's only from this plan on. */
    uint32_t *gone_users;
    uint64_t *gone_by_new_id;

    struct arena arena; /* names, guards, moves */
    span *names;        /* made up */
    size_t name_count, name_capacity;
    struct step *steps;
    size_t step_count, step_capacity;

    struct muster_guard *guards;
    size_t guard_count, guard_capacity;
    struct muster_forecast forecast;
    struct muster_team_move *moves;
    size_t move_count;

    struct buffer subject_scratch, from_scratch; /* for the users of plan_operation */
    struct buffer text;
    enum muster_status status;
};

/* ---- Numbers ----------------------------------------------------------------------------- */

/* The number of an old team; ORG_NONE for none. */
static inline uint32_t plan_number_old(const struct plan *plan, uint32_t old_team)
{
    if (old_team == ORG_NONE) {
        return ORG_NONE;
    }
    uint32_t partner =
        plan->diff != NULL ? diff_matches(plan->diff)->new_team_of[old_team] : ORG_NONE;
    return partner != ORG_NONE ? partner : plan->new_team_count + old_team;
}

/* The old team with this number, or ORG_NONE. */
static inline uint32_t plan_old_team(const struct plan *plan, uint32_t team)
{
    if (team >= plan->new_team_count) {
        return team - plan->new_team_count;
    }
    return diff_matches(plan->diff)->old_team_of[team];
}

static inline bool plan_is_added(const struct plan *plan, uint32_t team)
{
    return team < plan->new_team_count && plan_old_team(plan, team) == ORG_NONE;
}

static inline bool plan_is_removed(const struct plan *plan, uint32_t team)
{
    return team >= plan->new_team_count;
}

static inline bool plan_has_flag(const struct plan *plan, uint32_t team, uint8_t flag)
{
    return team != ORG_NONE && (plan->team_flags[team] & flag) != 0;
}

/* Whether the plan deletes an old team. */
static inline bool plan_deletes(const struct plan *plan, uint32_t old_team)
{
    uint32_t team = plan_number_old(plan, old_team);
    return plan->diff != NULL && plan_is_removed(plan, team) &&
           plan_has_flag(plan, team, TEAM_IN_SCOPE);
}

/* The new place of an old user and the reverse; ORG_NONE for nobody. */
static inline uint32_t plan_new_user(const struct plan *plan, uint32_t old_user)
{
    return plan->diff != NULL ? diff_new_user(plan->diff, old_user) : ORG_NONE;
}

static inline uint32_t plan_old_user(const struct plan *plan, uint32_t new_user)
{
    return diff_old_user(plan->diff, new_user);
}

/* The old user whom a step of the deprovision file takes away, or ORG_NONE; its subject is a record
 * of the file, or who has another id since the plan's first steps. */
static inline uint32_t plan_removed_user(const struct plan *plan, const struct step *step)
{
    if ((step->flags & STEP_AGAIN) != 0) {
        return ORG_NONE;
    }
    return (step->flags & STEP_DEPROVISION) != 0 ? plan->gone_users[step->subject]
                                                 : plan_old_user(plan, step->subject);
}

/* ---- Lists ------------------------------------------------------------------------------- */

/* Add a step. Memory that runs out sets `exhausted`. */
void plan_push(struct plan *plan, struct step step);

/* The phases. Those that want no users may come before the users are matched. */

/* Which teams are in scope; see `team_flags`. */
void plan_mark_scope(struct plan *plan, const struct muster_plan_options *options);
void plan_rekey_teams(struct plan *plan);
/* They come behind the teams, before all else that is in the plan by then. */
void plan_rekey_users(struct plan *plan);
void plan_rename(struct plan *plan);
void plan_arrange(struct plan *plan);
void plan_assign_people(struct plan *plan);
void plan_delete(struct plan *plan);
void plan_deprovision(struct plan *plan, const struct muster_plan_options *options);

/* ---- What is told about the plan --------------------------------------------------------- */

/* How many there are of everything in the old roster. */
struct plan_population {
    uint64_t user_count, team_count, membership_count, manager_count;
};

void plan_count_population(const struct plan *plan, struct plan_population *population);

/* The members of each old team, to be freed; of those that have no bit in `wanted` (NULL: all
 * have), 0. NULL where memory ran out. */
uint32_t *plan_member_counts(const struct plan *plan, const uint64_t *wanted);

/* They set `exhausted` where memory ran out. */
void plan_weigh(struct plan *plan, const struct plan_population *population,
                const struct muster_plan_options *options);
void plan_foresee(struct plan *plan, const struct muster_plan_options *options);

/* ---- Words ------------------------------------------------------------------------------- */

/* The id and the name that a team has in what is printed. */
span plan_team_id(const struct plan *plan, uint32_t team);
span plan_team_name(const struct plan *plan, uint32_t team);
/* `"Cloud" (SUP20)` */
void plan_write_team(const struct plan *plan, uint32_t team, struct buffer *text);
/* A name of the plan's own: see operation.h. */
span plan_name(const struct plan *plan, uint32_t team, uint32_t name_ref);
/* Set the ids and names of an operation, all but its text; `user` is set where there is one. */
void plan_fill_operation(struct plan *plan, const struct step *step,
                         struct muster_operation *operation, struct org_user *user);

#endif
