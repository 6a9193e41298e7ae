/* SPDX-License-Identifier: MIT */
/* What the files of this folder share; nobody else includes it. */
#ifndef MUSTER_DIFF_DIFF_STATE_H
#define MUSTER_DIFF_DIFF_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/buffer.h"
#include "base/parallel.h"
#include "diff/diff.h"
#include "diff/left_users.h"
#include "diff/partners.h"
#include "org/org.h"

/* Places of one side, or teams, ascending. */
struct place_list {
    uint32_t *places;
    size_t count;
    size_t capacity;
};

#define DIFF_ENTITY_COUNT (MUSTER_TEAM + 1)
#define DIFF_CHANGE_COUNT (MUSTER_MODIFIED + 1)

enum diff_phase { DIFF_NEW_USERS, DIFF_OLD_USERS, DIFF_NEW_TEAMS, DIFF_OLD_TEAMS, DIFF_END };

/* Where diff_next stands: what it looks at, and the first field of it that is still to compare. */
struct diff_cursor {
    enum diff_phase phase;
    uint32_t at; /* a new place, an index of `left_old`, a team of the new or of the old side */
    unsigned field;
    bool skipped[DIFF_ENTITY_COUNT][DIFF_CHANGE_COUNT];
    uint32_t partner;                   /* of what stands at `at` */
    struct org_user old_user, new_user; /* of the pair that is being compared */
    struct buffer old_scratch, new_scratch;
    struct buffer old_list, new_list; /* manager ids joined by commas */
};

struct diff {
    const struct org *old_org, *new_org;
    struct parallel *parallel; /* NULL: one thread */
    struct diff_match match;
    uint32_t *team_shifts;                    /* see diff_same_team */
    struct partners new_user_of, old_user_of; /* by old and by new place */
    uint64_t *touched;                        /* a bit for each new place; see diff_touched_user */
    uint64_t *touched_teams; /* likewise for each new team, once they have been compared */
    bool teams_compared;
    uint64_t counts[DIFF_ENTITY_COUNT][DIFF_CHANGE_COUNT];
    /* Without a partner: while matching, not yet; afterwards, for good. */
    struct left_users left_old, left_new;
    struct place_list rekeyed, rekeyed_teams;
    uint32_t *sorted_managers; /* for each thread that compares teams, room for those of any pair */
    size_t sorted_size;        /* of one room, in managers */
    unsigned rooms;
    uint64_t seed;
    enum muster_status status;
    struct diff_cursor cursor;
};

/* False where memory ran out. */
bool place_list_push(struct place_list *list, uint32_t place);

/* Fill the match of the teams. */
MUSTER_CHECKED enum muster_status diff_match_teams(struct diff *diff);

/* Fill the match of the users, `touched` and the lists. Needs the match of the teams. */
MUSTER_CHECKED enum muster_status diff_match_users(struct diff *diff, const struct errand *beside);

/* Somebody who is looked for by id among the users or the teams of one side. */
struct sought {
    const struct org *org;
    span id;
    struct buffer *scratch; /* for users */
};

/* Whether a place is that of the one who is looked for. */
typedef bool sought_is_at(const struct sought *sought, uint32_t place);

/* Of `count` places, RANGE_START_REACH or more, the nearest to `guess`, one of them, where the
 * sought one is; ORG_NONE where that is nowhere near. */
uint32_t diff_seek(const struct sought *sought, uint32_t count, uint32_t guess,
                   sought_is_at *is_at);

/* Note that there is something to tell about a new user. */
void diff_touch_user(struct diff *diff, uint32_t new_place);

/* The same where the user differs from its partner. */
void diff_compare_users(struct diff *diff, const struct org_user *old_user, uint32_t new_place,
                        const struct org_user *new_user);

/* Match what is left on both sides. */
MUSTER_CHECKED enum muster_status diff_join_users(struct diff *diff, enum diff_key key);

/*
 * Teams keep their order, mostly: of TEAM_BLOCK old teams that stand next to each other all
 * partners stand equally far on or back. That distance is noted, and a sixteenth of the room of
 * `new_team_of` stays in the cache while ten million users ask for teams here and there. It is
 * TEAM_SHIFTS where the distances are several, or the one that it happens to be.
 */
#define TEAM_BLOCK  16U
#define TEAM_SHIFTS (UINT32_C(1) << 31)

static inline size_t team_block_count(uint32_t team_count)
{
    return (size_t)team_count / TEAM_BLOCK + 1;
}

/* True where two teams, or none, are the same team on both sides. */
static inline bool diff_same_team(const struct diff *diff, uint32_t old_team, uint32_t new_team)
{
    if (old_team == ORG_NONE || new_team == ORG_NONE) {
        return old_team == new_team;
    }
    uint32_t shift = diff->team_shifts[old_team / TEAM_BLOCK];
    return shift != TEAM_SHIFTS ? old_team + shift == new_team
                                : diff->match.new_team_of[old_team] == new_team;
}

#define DIFF_USER_FIELD_COUNT 5
#define DIFF_TEAM_FIELD_COUNT 5

/* Room to compare the managers of teams. False where memory ran out. */
bool diff_rooms_open(struct diff *diff);

/* Fill `touched_teams` and count, once; nobody asks for that who makes a plan. */
void diff_compare_teams(struct diff *diff);

/* Whether the users at the cursor differ in a field; if so, its name and both values are set. */
bool diff_user_field(const struct diff *diff, unsigned field, struct muster_difference *difference);
/* The same for a new team and its partner. */
bool diff_team_field(struct diff *diff, uint32_t new_team, unsigned field,
                     struct muster_difference *difference);

#endif
