/* SPDX-License-Identifier: MIT */
/*
 * The state of a replay: who is called what, hangs where and is in which team just now. Shared by
 * plan_replay.c, which changes it step by step, and plan_result.c, which makes an org of the end.
 *
 * Teams have the numbers of the plan (plan_state.h), but steps find them by id alone. Users have
 * slots: the places of the old roster, and behind them those of the new one, of which only users
 * without a partner use theirs.
 */
#ifndef MUSTER_PLAN_REPLAY_H
#define MUSTER_PLAN_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/span.h"
#include "plan/plan_state.h"
#include "plan/slot_map.h"

#define REPLAY_SLOT_COUNT_MAX 0xFFFFFF00U

struct replay_team {
    span id, name;
    uint32_t parent; /* number, or ORG_NONE */
    uint32_t child_count, member_count, manager_count;
    uint32_t moves_left; /* moveTeam steps for it that are still to come */
    bool alive;
    bool exempt;  /* from the rules on names */
    bool settled; /* neither it nor any team above it will be moved any more */
};

struct replay_manager {
    uint32_t team; /* ORG_NONE once removed */
    uint32_t user;
};

struct replay {
    struct plan *plan;
    bool exhausted;

    struct replay_team *teams; /* by number */
    struct slot_map team_ids;
    struct slot_map team_names; /* of the teams that are not exempt */

    uint64_t slot_count;
    uint32_t *user_teams; /* by slot */
    uint64_t *known;      /* a bit for each slot: the user is there */
    uint64_t *rekeyed;    /* a bit for each slot: an old user under its new id */
    struct slot_map user_ids;

    struct replay_manager *managers;
    size_t manager_count, manager_capacity;
    struct slot_map manager_pairs;

    struct buffer scratch, candidate_scratch;
};

/*
 * Put something in. False where the id, or the pair, is there already. A name is not put in twice,
 * nor that of an exempt team at all.
 */
bool replay_learn_team(struct replay *replay, uint32_t team);
void replay_learn_team_name(struct replay *replay, uint32_t team);
bool replay_learn_user(struct replay *replay, uint32_t slot);
bool replay_learn_manager(struct replay *replay, struct replay_manager pair);

/* Carry one step out; false where it is not valid. */
bool replay_step(struct replay *replay, const struct step *step);

/* Read the user of a slot under its present id; `user->team` is not its present team. */
void replay_read_user(const struct replay *replay, uint32_t slot, struct buffer *scratch,
                      struct org_user *user);

/*
 * The roster at the end, as an org that owns its memory; NULL where memory ran out. `*complete` is
 * false where somebody is still in a team, or manages one, whom that roster does not have.
 */
struct org *replay_result(struct replay *replay, bool *complete);

#endif
