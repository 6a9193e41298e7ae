/* SPDX-License-Identifier: MIT */
/*
 * Random rosters made of small numbers, and what a plan between two of them has to contain, worked
 * out with nested loops and nothing that the engine uses.
 */
#ifndef MUSTER_TESTS_PLAN_MODEL_H
#define MUSTER_TESTS_PLAN_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "muster.h"
#include "small_org.h"

#define THINGS 10 /* ids, names and addresses are numbers below this */
#define NONE   (-1)

struct model_team {
    int id, name, parent;  /* parent: index */
    bool managers[THINGS]; /* by index of the user */
};

struct model_user {
    int id, email, team; /* team: index */
};

struct model {
    int team_count, user_count;
    struct model_team teams[THINGS];
    struct model_user users[THINGS];
};

static uint64_t random_state;

static inline int random_below(int limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (int)(random_state % (uint64_t)limit);
}

static inline void shuffle(int *numbers)
{
    for (int n = 0; n < THINGS; n++) {
        numbers[n] = n;
    }
    for (int n = THINGS - 1; n > 0; n--) {
        int other = random_below(n + 1);
        int kept = numbers[n];
        numbers[n] = numbers[other];
        numbers[other] = kept;
    }
}

/* ---- Random rosters ---------------------------------------------------------------------- */

/* Parents are chosen along a random order, so that no circle comes about. */
static inline void random_parents(struct model *model)
{
    int order[THINGS];
    shuffle(order);
    for (int n = 0; n < THINGS; n++) {
        int parent = n > 0 ? order[random_below(n)] : NONE;
        bool top = parent >= model->team_count || random_below(4) == 0;
        if (order[n] < model->team_count) {
            model->teams[order[n]].parent = top ? NONE : parent;
        }
    }
}

static inline struct model random_model(bool collisions)
{
    struct model model = {.team_count = random_below(THINGS), .user_count = random_below(THINGS)};
    int ids[THINGS], names[THINGS], emails[THINGS];
    shuffle(ids);
    shuffle(names);
    for (int team = 0; team < model.team_count; team++) {
        bool any = collisions && random_below(3) == 0;
        model.teams[team].id = ids[team];
        model.teams[team].name = any ? random_below(THINGS) : names[team];
        for (int user = 0; user < model.user_count; user++) {
            model.teams[team].managers[user] = random_below(5) == 0;
        }
    }
    random_parents(&model);
    shuffle(ids);
    shuffle(emails);
    for (int user = 0; user < model.user_count; user++) {
        int team = random_below(THINGS);
        model.users[user] =
            (struct model_user){ids[user], emails[user], team < model.team_count ? team : NONE};
    }
    return model;
}

/* The same roster with a few things changed. */
static inline struct model mutated_model(const struct model *source)
{
    struct model model = *source;
    struct model other = random_model(false);
    for (int change = random_below(4); change > 0; change--) {
        int team = random_below(THINGS);
        int user = random_below(THINGS);
        int kind = random_below(5);
        if (kind == 0) {
            random_parents(&model);
        } else if (kind == 1 && team < model.team_count && user < model.team_count) {
            int kept = model.teams[team].name;
            model.teams[team].name = model.teams[user].name;
            model.teams[user].name = kept;
        } else if (kind == 2 && user < model.user_count) {
            model.users[user].team = team < model.team_count ? team : NONE;
        } else if (kind == 3 && team < model.team_count && user < model.user_count) {
            model.teams[team].managers[user] = !model.teams[team].managers[user];
        } else if (kind == 4 && model.team_count > 0 && other.team_count >= model.team_count) {
            for (int each = 0; each < model.team_count; each++) {
                model.teams[each].id = other.teams[each].id;
            }
        }
    }
    return model;
}

static inline span numbered(char *text, char letter, int number)
{
    return span_make(text, (size_t)snprintf(text, 16, "%c%d", letter, number));
}

static inline struct small_org *org_of(const struct model *model)
{
    struct small_org *small = small_org_new();
    char id[16], other[16];
    for (int n = 0; n < model->user_count; n++) {
        const struct model_user *user = &model->users[n];
        small_org_add_user(
            small, (struct org_user){.id = numbered(id, 'U', user->id),
                                     .email = numbered(other, n % 2 == 0 ? 'E' : 'e', user->email),
                                     .team = user->team != NONE ? (uint32_t)user->team : ORG_NONE});
    }
    for (int n = 0; n < model->team_count; n++) {
        const struct model_team *team = &model->teams[n];
        span name = numbered(other, 'N', team->name);
        small_org_add_team(
            small,
            (struct org_team){.id = numbered(id, 'T', team->id),
                              .name = name,
                              .final_name = name,
                              .parent = team->parent != NONE ? (uint32_t)team->parent : ORG_NONE});
        for (int user = 0; user < model->user_count; user++) {
            if (team->managers[user]) {
                small_org_add_manager(small, (uint32_t)user);
            }
        }
    }
    small_org_find_collisions(small);
    return small;
}

/* ---- Who is who -------------------------------------------------------------------------- */

struct pairing {
    const struct model *before, *after;
    int new_team[THINGS], old_team[THINGS]; /* indexes, or NONE */
    int new_user[THINGS], old_user[THINGS];
    bool old_scope[THINGS], new_scope[THINGS]; /* of teams */
    bool scoped;
};

static inline void pair(int *new_of, int *old_of, int before, int after)
{
    new_of[before] = after;
    old_of[after] = before;
}

static inline void pair_teams_by_name(struct pairing *pairing)
{
    const struct model *before = pairing->before;
    const struct model *after = pairing->after;
    int counts[2][THINGS] = {{0}};
    int last[2][THINGS];
    for (int team = 0; team < before->team_count; team++) {
        if (pairing->new_team[team] == NONE) {
            counts[0][before->teams[team].name]++;
            last[0][before->teams[team].name] = team;
        }
    }
    for (int team = 0; team < after->team_count; team++) {
        if (pairing->old_team[team] == NONE) {
            counts[1][after->teams[team].name]++;
            last[1][after->teams[team].name] = team;
        }
    }
    for (int name = 0; name < THINGS; name++) {
        if (counts[0][name] == 1 && counts[1][name] == 1) {
            pair(pairing->new_team, pairing->old_team, last[0][name], last[1][name]);
        }
    }
}

static inline struct pairing pair_up(const struct model *before, const struct model *after)
{
    struct pairing pairing = {.before = before, .after = after};
    for (int n = 0; n < THINGS; n++) {
        pairing.new_team[n] = pairing.old_team[n] = NONE;
        pairing.new_user[n] = pairing.old_user[n] = NONE;
        pairing.old_scope[n] = pairing.new_scope[n] = true;
    }
    for (int a = 0; a < before->team_count; a++) {
        for (int b = 0; b < after->team_count; b++) {
            if (before->teams[a].id == after->teams[b].id) {
                pair(pairing.new_team, pairing.old_team, a, b);
            }
        }
    }
    pair_teams_by_name(&pairing);
    for (int round = 0; round < 2; round++) {
        for (int a = 0; a < before->user_count; a++) {
            for (int b = 0; b < after->user_count; b++) {
                bool same = round == 0 ? before->users[a].id == after->users[b].id
                                       : before->users[a].email == after->users[b].email;
                if (same && pairing.new_user[a] == NONE && pairing.old_user[b] == NONE) {
                    pair(pairing.new_user, pairing.old_user, a, b);
                }
            }
        }
    }
    return pairing;
}

/* Whether a team, or one above it, is named: by the id that it has in the new roster. */
static inline bool is_below_root(const struct pairing *pairing, bool old_side, int team,
                                 const bool *roots)
{
    const struct model *model = old_side ? pairing->before : pairing->after;
    for (; team != NONE; team = model->teams[team].parent) {
        int named = old_side ? pairing->new_team[team] : team;
        if (named != NONE && roots[pairing->after->teams[named].id]) {
            return true;
        }
    }
    return false;
}

static inline void limit_scope(struct pairing *pairing, const bool *roots)
{
    bool old_scope[THINGS] = {false}, new_scope[THINGS] = {false};
    for (int team = 0; team < pairing->before->team_count; team++) {
        old_scope[team] = is_below_root(pairing, true, team, roots);
    }
    for (int team = 0; team < pairing->after->team_count; team++) {
        new_scope[team] = is_below_root(pairing, false, team, roots);
    }
    pairing->scoped = true;
    for (int n = 0; n < THINGS; n++) {
        int after = pairing->new_team[n];
        int before = pairing->old_team[n];
        pairing->old_scope[n] = old_scope[n] || (after != NONE && new_scope[after]);
        pairing->new_scope[n] = new_scope[n] || (before != NONE && old_scope[before]);
    }
}

static inline bool in_old(const struct pairing *pairing, int team)
{
    return team != NONE && pairing->old_scope[team];
}

static inline bool in_new(const struct pairing *pairing, int team)
{
    return team != NONE && pairing->new_scope[team];
}

static inline bool same_team(const struct pairing *pairing, int before, int after)
{
    return before == NONE ? after == NONE : pairing->new_team[before] == after && after != NONE;
}

/* A new team that a limited plan does not add. */
static inline bool is_absent(const struct pairing *pairing, int team)
{
    return team != NONE && pairing->old_team[team] == NONE && !pairing->new_scope[team];
}

/* ---- How many operations ----------------------------------------------------------------- */

/* Whether the move of a new team that has a partner touches one in scope: itself, or where it hangs
 * or hung. */
static inline bool move_in_scope(const struct pairing *pairing, int team)
{
    int partner = pairing->old_team[team];
    return pairing->new_scope[team] || in_old(pairing, pairing->before->teams[partner].parent) ||
           in_new(pairing, pairing->after->teams[team].parent);
}

static inline void count_teams(const struct pairing *pairing, uint64_t *counts)
{
    for (int team = 0; team < pairing->after->team_count; team++) {
        const struct model_team *after = &pairing->after->teams[team];
        int partner = pairing->old_team[team];
        bool in_scope = pairing->new_scope[team];
        if (partner == NONE) {
            counts[MUSTER_ADD_TEAM] += in_scope;
            continue;
        }
        const struct model_team *before = &pairing->before->teams[partner];
        counts[MUSTER_REKEY_TEAM] += in_scope && before->id != after->id;
        counts[MUSTER_RENAME_TEAM] += in_scope && before->name != after->name;
        counts[MUSTER_MOVE_TEAM] +=
            move_in_scope(pairing, team) && !same_team(pairing, before->parent, after->parent);
    }
    for (int team = 0; team < pairing->before->team_count; team++) {
        counts[MUSTER_DELETE_TEAM] += pairing->new_team[team] == NONE && pairing->old_scope[team];
    }
}

static inline bool manages_in_scope(const struct pairing *pairing, int before, int after)
{
    bool found = false;
    for (int team = 0; team < pairing->before->team_count; team++) {
        found |= pairing->old_scope[team] && pairing->before->teams[team].managers[before];
    }
    for (int team = 0; team < pairing->after->team_count; team++) {
        found |= pairing->new_scope[team] && pairing->after->teams[team].managers[after];
    }
    return found;
}

static inline void count_members(const struct pairing *pairing, uint64_t *counts)
{
    for (int user = 0; user < pairing->after->user_count; user++) {
        int partner = pairing->old_user[user];
        int to = pairing->after->users[user].team;
        int from = partner != NONE ? pairing->before->users[partner].team : NONE;
        bool touches = in_old(pairing, from) || in_new(pairing, to);
        if (partner != NONE &&
            pairing->before->users[partner].id != pairing->after->users[user].id) {
            counts[MUSTER_REKEY_USER] +=
                !pairing->scoped || touches || manages_in_scope(pairing, partner, user);
        }
        if (!touches || same_team(pairing, from, to)) {
            continue;
        }
        counts[MUSTER_ADD_TEAM_MEMBER] += from == NONE;
        counts[MUSTER_REMOVE_TEAM_MEMBER] += to == NONE;
        counts[MUSTER_MOVE_TEAM_MEMBER] += from != NONE && to != NONE;
    }
    for (int user = 0; user < pairing->before->user_count; user++) {
        counts[MUSTER_REMOVE_TEAM_MEMBER] +=
            pairing->new_user[user] == NONE && in_old(pairing, pairing->before->users[user].team);
    }
}

static inline void count_managers(const struct pairing *pairing, uint64_t *counts)
{
    for (int team = 0; team < pairing->after->team_count; team++) {
        int partner = pairing->old_team[team];
        for (int user = 0; in_new(pairing, team) && user < pairing->after->user_count; user++) {
            int before = pairing->old_user[user];
            bool was = partner != NONE && before != NONE &&
                       pairing->before->teams[partner].managers[before];
            counts[MUSTER_ADD_TEAM_MANAGER] += pairing->after->teams[team].managers[user] && !was;
        }
    }
    for (int team = 0; team < pairing->before->team_count; team++) {
        int partner = pairing->new_team[team];
        for (int user = 0; in_old(pairing, team) && user < pairing->before->user_count; user++) {
            int after = pairing->new_user[user];
            bool is =
                partner != NONE && after != NONE && pairing->after->teams[partner].managers[after];
            counts[MUSTER_REMOVE_TEAM_MANAGER] +=
                pairing->before->teams[team].managers[user] && !is;
        }
    }
}

/* One for each circle of names and one for each wanted name of a team that goes away. */
static inline uint64_t count_temporary(const struct pairing *pairing)
{
    int wants[THINGS]; /* by name: the name that its holder is to get */
    bool wanted[THINGS] = {false};
    uint64_t count = 0;
    for (int name = 0; name < THINGS; name++) {
        wants[name] = NONE;
    }
    for (int team = 0; team < pairing->after->team_count; team++) {
        int partner = pairing->old_team[team];
        int name = pairing->after->teams[team].name;
        int before = partner != NONE ? pairing->before->teams[partner].name : NONE;
        if (before != name) {
            wanted[name] = true;
        }
        if (partner != NONE && before != name) {
            wants[before] = name;
        }
    }
    for (int team = 0; team < pairing->before->team_count; team++) {
        count += pairing->new_team[team] == NONE && wanted[pairing->before->teams[team].name];
    }
    for (int name = 0; name < THINGS; name++) {
        int least = name; /* count a circle at its smallest name */
        int at = wants[name];
        for (int n = 0; n < THINGS && at != NONE && at != name; n++) {
            least = at < least ? at : least;
            at = wants[at];
        }
        count += at == name && least == name;
    }
    return count;
}

static inline bool has_collision(const struct model *model)
{
    bool found = false;
    for (int a = 0; a < model->team_count; a++) {
        for (int b = 0; b < a; b++) {
            found |= model->teams[a].name == model->teams[b].name;
        }
    }
    return found;
}

/* An old team as its partner, or, where it has none, as a number of its own. */
static inline int merged(const struct pairing *pairing, int before)
{
    if (before == NONE) {
        return NONE;
    }
    return pairing->new_team[before] != NONE ? pairing->new_team[before] : THINGS + before;
}

/* Whether a limited plan cannot be the plain list of differences in scope. */
static inline bool needs_detours(const struct pairing *pairing)
{
    bool found = false;
    int parents[2 * THINGS];
    for (int team = 0; team < 2 * THINGS; team++) {
        parents[team] = NONE;
    }
    for (int team = 0; team < pairing->before->team_count; team++) {
        parents[merged(pairing, team)] = merged(pairing, pairing->before->teams[team].parent);
    }
    for (int team = 0; team < pairing->after->team_count; team++) {
        if (pairing->old_team[team] == NONE ? pairing->new_scope[team]
                                            : move_in_scope(pairing, team)) {
            parents[team] = pairing->after->teams[team].parent;
            found |= is_absent(pairing, parents[team]);
        }
    }
    for (int team = 0; team < 2 * THINGS; team++) {
        int at = team;
        for (int n = 0; n <= 2 * THINGS && at != NONE; n++) {
            at = parents[at];
        }
        found |= at != NONE; /* a circle */
    }
    for (int user = 0; user < pairing->after->user_count; user++) {
        found |= is_absent(pairing, pairing->after->users[user].team);
    }
    return found;
}

#endif
