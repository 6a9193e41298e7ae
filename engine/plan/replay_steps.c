/* SPDX-License-Identifier: MIT */
/*
 * The steps of a replay, one function for each kind: is it valid where it stands, and what does it
 * change? Teams and users are looked up by the ids that are printed.
 */
#include "plan/replay.h"

#include "base/hash.h"

/* ---- Looking up -------------------------------------------------------------------------- */

static uint64_t text_hash(const struct replay *replay, span text)
{
    return hash_bytes(text.ptr, text.len, replay->plan->seed);
}

/* The team with this id just now, or ORG_NONE. */
static uint32_t find_team(const struct replay *replay, span id, struct slot_probe *probe)
{
    slot_probe_start(probe, &replay->team_ids, text_hash(replay, id));
    uint32_t team = slot_probe_next(probe, &replay->team_ids);
    while (team != SLOT_NONE && !span_equal(replay->teams[team].id, id)) {
        team = slot_probe_next(probe, &replay->team_ids);
    }
    return team != SLOT_NONE ? team : ORG_NONE;
}

/* The team that is not exempt and has this name just now, or ORG_NONE. */
static uint32_t find_named(const struct replay *replay, span name, struct slot_probe *probe)
{
    slot_probe_start(probe, &replay->team_names, text_hash(replay, name));
    uint32_t team = slot_probe_next(probe, &replay->team_names);
    while (team != SLOT_NONE && !span_equal(replay->teams[team].name, name)) {
        team = slot_probe_next(probe, &replay->team_names);
    }
    return team != SLOT_NONE ? team : ORG_NONE;
}

void replay_read_user(const struct replay *replay, uint32_t slot, struct buffer *scratch,
                      struct org_user *user)
{
    const struct plan *plan = replay->plan;
    uint32_t old_count = plan->old_org->user_count;
    if (slot >= old_count) {
        org_user_read(plan->new_org, slot - old_count, scratch, user);
    } else if (bit_get(replay->rekeyed, slot)) {
        org_user_read(plan->new_org, plan_new_user(plan, slot), scratch, user);
    } else {
        org_user_read(plan->old_org, slot, scratch, user);
    }
}

static bool slot_has_id(struct replay *replay, uint32_t slot, span id)
{
    struct org_user user;
    replay_read_user(replay, slot, &replay->candidate_scratch, &user);
    return span_equal(user.id, id);
}

/* The slot of the user with this id just now, or ORG_NONE. */
static uint32_t find_user(struct replay *replay, span id, struct slot_probe *probe)
{
    slot_probe_start(probe, &replay->user_ids, text_hash(replay, id));
    uint32_t slot = slot_probe_next(probe, &replay->user_ids);
    while (slot != SLOT_NONE && !slot_has_id(replay, slot, id)) {
        slot = slot_probe_next(probe, &replay->user_ids);
    }
    return slot != SLOT_NONE ? slot : ORG_NONE;
}

static uint64_t pair_hash(const struct replay *replay, struct replay_manager pair)
{
    return hash_bytes(&pair, sizeof pair, replay->plan->seed);
}

/* The index in `managers` of a pair of team and user, or ORG_NONE. */
static uint32_t find_pair(const struct replay *replay, struct replay_manager pair,
                          struct slot_probe *probe)
{
    slot_probe_start(probe, &replay->manager_pairs, pair_hash(replay, pair));
    uint32_t index = slot_probe_next(probe, &replay->manager_pairs);
    while (index != SLOT_NONE && (replay->managers[index].team != pair.team ||
                                  replay->managers[index].user != pair.user)) {
        index = slot_probe_next(probe, &replay->manager_pairs);
    }
    return index != SLOT_NONE ? index : ORG_NONE;
}

/* ---- Putting in -------------------------------------------------------------------------- */

static void learn(struct replay *replay, struct slot_map *map, const struct slot_probe *probe,
                  uint32_t value)
{
    if (!slot_map_add(map, probe, value)) {
        replay->exhausted = true;
    }
}

void replay_learn_team_name(struct replay *replay, uint32_t team)
{
    struct replay_team *entry = &replay->teams[team];
    struct slot_probe probe;
    if (!entry->exempt && find_named(replay, entry->name, &probe) == ORG_NONE) {
        learn(replay, &replay->team_names, &probe, team);
    }
}

static void forget_team_name(struct replay *replay, uint32_t team)
{
    struct slot_probe probe;
    if (find_named(replay, replay->teams[team].name, &probe) == team) {
        slot_map_remove(&replay->team_names, &probe);
    }
}

bool replay_learn_team(struct replay *replay, uint32_t team)
{
    struct slot_probe probe;
    struct replay_team *entry = &replay->teams[team];
    if (find_team(replay, entry->id, &probe) != ORG_NONE) {
        return false;
    }
    learn(replay, &replay->team_ids, &probe, team);
    return true;
}

bool replay_learn_user(struct replay *replay, uint32_t slot)
{
    struct org_user user;
    struct slot_probe probe;
    replay_read_user(replay, slot, &replay->scratch, &user);
    if (find_user(replay, user.id, &probe) != ORG_NONE) {
        return false;
    }
    learn(replay, &replay->user_ids, &probe, slot);
    bit_set(replay->known, slot);
    return true;
}

bool replay_learn_manager(struct replay *replay, struct replay_manager pair)
{
    struct slot_probe probe;
    if (find_pair(replay, pair, &probe) != ORG_NONE) {
        return false;
    }
    struct replay_manager *grown = memory_grow(replay->managers, &replay->manager_capacity,
                                               replay->manager_count + 1, sizeof *grown);
    if (grown == NULL || replay->manager_count >= REPLAY_SLOT_COUNT_MAX) {
        replay->managers = grown != NULL ? grown : replay->managers;
        replay->exhausted = true;
        return true;
    }
    replay->managers = grown;
    replay->managers[replay->manager_count] = pair;
    learn(replay, &replay->manager_pairs, &probe, (uint32_t)replay->manager_count++);
    replay->teams[pair.team].manager_count++;
    return true;
}

/* ---- The steps --------------------------------------------------------------------------- */

static bool rekey_team(struct replay *replay, const struct muster_operation *operation)
{
    struct slot_probe from, to;
    uint32_t team = find_team(replay, operation->from, &from);
    if (team == ORG_NONE || find_team(replay, operation->team, &to) != ORG_NONE) {
        return false;
    }
    slot_map_remove(&replay->team_ids, &from);
    replay->teams[team].id = operation->team;
    return replay_learn_team(replay, team);
}

static bool rekey_user(struct replay *replay, const struct muster_operation *operation)
{
    const struct plan *plan = replay->plan;
    struct slot_probe from, to;
    if (find_user(replay, operation->user, &to) != ORG_NONE) {
        return false;
    }
    uint32_t slot = find_user(replay, operation->from, &from);
    if (slot == ORG_NONE || slot >= plan->old_org->user_count ||
        plan_new_user(plan, slot) == ORG_NONE) {
        return false;
    }
    slot_map_remove(&replay->user_ids, &from);
    bit_set(replay->rekeyed, slot);
    return slot_has_id(replay, slot, operation->user) && replay_learn_user(replay, slot);
}

static bool rename_team(struct replay *replay, const struct muster_operation *operation)
{
    struct slot_probe probe;
    uint32_t team = find_team(replay, operation->team, &probe);
    if (team == ORG_NONE || !span_equal(replay->teams[team].name, operation->from) ||
        span_equal(operation->from, operation->to)) {
        return false;
    }
    struct replay_team *entry = &replay->teams[team];
    if (!entry->exempt && find_named(replay, operation->to, &probe) != ORG_NONE) {
        return false;
    }
    forget_team_name(replay, team);
    entry->name = operation->to;
    replay_learn_team_name(replay, team);
    return true;
}

/* Find a parent; absent is the top. False where it is named and does not exist. */
static bool find_parent(const struct replay *replay, span id, uint32_t *parent)
{
    struct slot_probe probe;
    *parent = id.ptr != NULL ? find_team(replay, id, &probe) : ORG_NONE;
    return id.ptr == NULL || *parent != ORG_NONE;
}

static bool add_team(struct replay *replay, const struct muster_operation *operation, uint32_t team)
{
    struct slot_probe probe;
    struct replay_team *entry = &replay->teams[team];
    uint32_t parent;
    if (entry->alive || !find_parent(replay, operation->parent, &parent)) {
        return false;
    }
    if (!entry->exempt && find_named(replay, operation->name, &probe) != ORG_NONE) {
        return false;
    }
    entry->id = operation->team;
    entry->name = operation->name;
    entry->parent = parent;
    entry->alive = true;
    if (parent != ORG_NONE) {
        replay->teams[parent].child_count++;
    }
    replay_learn_team_name(replay, team);
    return replay_learn_team(replay, team);
}

/*
 * Whether `at` is `team` or below it. The climb stops at a settled team: neither that nor anything
 * above it will move, but `team` is about to, so it is not up there. A plan places teams from the
 * top down, so what was climbed over is settled at once, and no team is climbed over twice.
 */
static bool is_below(struct replay *replay, uint32_t at, uint32_t team)
{
    uint32_t moves_left = 0;
    uint32_t start = at;
    while (at != ORG_NONE && !replay->teams[at].settled) {
        if (at == team) {
            return true;
        }
        moves_left |= replay->teams[at].moves_left;
        at = replay->teams[at].parent;
    }
    for (at = start; moves_left == 0 && at != ORG_NONE && !replay->teams[at].settled;
         at = replay->teams[at].parent) {
        replay->teams[at].settled = true;
    }
    return false;
}

static bool move_team(struct replay *replay, const struct muster_operation *operation,
                      uint32_t subject)
{
    struct slot_probe probe;
    uint32_t team = find_team(replay, operation->team, &probe);
    uint32_t from;
    uint32_t to;
    if (team == ORG_NONE || team != subject || !find_parent(replay, operation->from, &from) ||
        !find_parent(replay, operation->to, &to) || replay->teams[team].parent != from ||
        from == to || is_below(replay, to, team)) {
        return false;
    }
    if (from != ORG_NONE) {
        replay->teams[from].child_count--;
    }
    if (to != ORG_NONE) {
        replay->teams[to].child_count++;
    }
    replay->teams[team].parent = to;
    replay->teams[team].moves_left--;
    return true;
}

/*
 * The user of an operation that puts somebody into a team. Somebody of whom the old roster knows
 * nothing comes with the new one.
 */
static uint32_t find_or_meet_user(struct replay *replay, const struct muster_operation *operation,
                                  const struct step *step)
{
    struct slot_probe probe;
    uint32_t slot = find_user(replay, operation->user, &probe);
    if (slot != ORG_NONE || step->flags != 0 ||
        plan_old_user(replay->plan, step->subject) != ORG_NONE) {
        return slot;
    }
    slot = replay->plan->old_org->user_count + step->subject;
    return slot_has_id(replay, slot, operation->user) && replay_learn_user(replay, slot) ? slot
                                                                                         : ORG_NONE;
}

static void assign(struct replay *replay, uint32_t slot, uint32_t to)
{
    uint32_t from = replay->user_teams[slot];
    if (from != ORG_NONE) {
        replay->teams[from].member_count--;
    }
    if (to != ORG_NONE) {
        replay->teams[to].member_count++;
    }
    replay->user_teams[slot] = to;
}

static bool add_member(struct replay *replay, const struct muster_operation *operation,
                       const struct step *step)
{
    struct slot_probe probe;
    uint32_t team = find_team(replay, operation->team, &probe);
    uint32_t slot = find_or_meet_user(replay, operation, step);
    if (team == ORG_NONE || slot == ORG_NONE || replay->user_teams[slot] != ORG_NONE) {
        return false;
    }
    assign(replay, slot, team);
    return true;
}

/* A move, or, with an absent `to`, a removal. */
static bool move_member(struct replay *replay, span user, span from, span to)
{
    struct slot_probe probe;
    uint32_t old_team = find_team(replay, from, &probe);
    uint32_t new_team;
    uint32_t slot = find_user(replay, user, &probe);
    if (old_team == ORG_NONE || !find_parent(replay, to, &new_team) || slot == ORG_NONE ||
        replay->user_teams[slot] != old_team || old_team == new_team) {
        return false;
    }
    assign(replay, slot, new_team);
    return true;
}

static bool add_manager(struct replay *replay, const struct muster_operation *operation,
                        const struct step *step)
{
    struct slot_probe probe;
    uint32_t team = find_team(replay, operation->team, &probe);
    uint32_t slot = find_or_meet_user(replay, operation, step);
    return team != ORG_NONE && slot != ORG_NONE &&
           replay_learn_manager(replay, (struct replay_manager){team, slot});
}

static bool remove_manager(struct replay *replay, const struct muster_operation *operation)
{
    struct slot_probe probe;
    struct replay_manager pair = {find_team(replay, operation->team, &probe),
                                  find_user(replay, operation->user, &probe)};
    uint32_t index = find_pair(replay, pair, &probe);
    if (pair.team == ORG_NONE || pair.user == ORG_NONE || index == ORG_NONE) {
        return false;
    }
    slot_map_remove(&replay->manager_pairs, &probe);
    replay->managers[index].team = ORG_NONE;
    replay->teams[pair.team].manager_count--;
    return true;
}

static bool delete_team(struct replay *replay, const struct muster_operation *operation)
{
    struct slot_probe probe;
    uint32_t team = find_team(replay, operation->team, &probe);
    if (team == ORG_NONE) {
        return false;
    }
    struct replay_team *entry = &replay->teams[team];
    if (entry->child_count > 0 || entry->member_count > 0 || entry->manager_count > 0) {
        return false;
    }
    slot_map_remove(&replay->team_ids, &probe);
    forget_team_name(replay, team);
    if (entry->parent != ORG_NONE) {
        replay->teams[entry->parent].child_count--;
    }
    entry->alive = false;
    return true;
}

/* Nobody need be there to be removed; the file may be older than the roster. */
static bool remove_user(struct replay *replay, const struct muster_operation *operation,
                        const struct step *step)
{
    struct slot_probe probe;
    uint32_t slot = find_user(replay, operation->user, &probe);
    if (slot == ORG_NONE) {
        slot = plan_removed_user(replay->plan, step);
        if (slot == ORG_NONE || !bit_get(replay->known, slot)) {
            return true;
        }
        struct org_user user;
        replay_read_user(replay, slot, &replay->scratch, &user);
        if (find_user(replay, user.id, &probe) != slot) {
            return true;
        }
    }
    slot_map_remove(&replay->user_ids, &probe);
    assign(replay, slot, ORG_NONE);
    bit_clear(replay->known, slot);
    return true;
}

bool replay_step(struct replay *replay, const struct step *step)
{
    struct muster_operation operation;
    struct org_user user;
    plan_fill_operation(replay->plan, step, &operation, &user);
    switch (operation.kind) {
    case MUSTER_REKEY_TEAM:
        return rekey_team(replay, &operation);
    case MUSTER_REKEY_USER:
        return rekey_user(replay, &operation);
    case MUSTER_RENAME_TEAM:
        return rename_team(replay, &operation);
    case MUSTER_ADD_TEAM:
        return add_team(replay, &operation, step->subject);
    case MUSTER_MOVE_TEAM:
        return move_team(replay, &operation, step->subject);
    case MUSTER_ADD_TEAM_MEMBER:
        return add_member(replay, &operation, step);
    case MUSTER_MOVE_TEAM_MEMBER:
        return move_member(replay, operation.user, operation.from, operation.to);
    case MUSTER_REMOVE_TEAM_MEMBER:
        return move_member(replay, operation.user, operation.team, SPAN_NONE);
    case MUSTER_ADD_TEAM_MANAGER:
        return add_manager(replay, &operation, step);
    case MUSTER_REMOVE_TEAM_MANAGER:
        return remove_manager(replay, &operation);
    case MUSTER_DELETE_TEAM:
        return delete_team(replay, &operation);
    case MUSTER_REMOVE_USER:
        return remove_user(replay, &operation, step);
    case MUSTER_REMOVE_LICENSE:
    case MUSTER_OPERATION_KIND_COUNT:
        break;
    }
    return true;
}
