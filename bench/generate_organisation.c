/* SPDX-License-Identifier: MIT */
#include "generate_organisation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "generate_teams.h"

#define SHARE_ONE (UINT64_C(1) << 32)

enum event {
    EVENT_NONE,
    EVENT_JOIN,
    EVENT_LEAVE,
    EVENT_MOVE,
    EVENT_MARRY,
    EVENT_ADDRESS,
    EVENT_REKEY
};

/*
 * The slots of the users are cut into blocks of twelve and each team is given one: its managers sit
 * there. A step that has no factor in common with the number of teams makes team * step a
 * permutation; the inverse of the step (by the extended algorithm of Euclid) leads back.
 */
static void blocks_build(struct organisation *organisation)
{
    int64_t count = organisation->team_count;
    int64_t step = count * 618 / 1000 + 1;

    for (;; step++) {
        int64_t rest = count;
        int64_t rest_next = step % count;
        int64_t factor = 0;
        int64_t factor_next = 1;
        while (rest_next != 0) {
            int64_t quotient = rest / rest_next;
            int64_t held = rest - quotient * rest_next;
            rest = rest_next;
            rest_next = held;
            held = factor - quotient * factor_next;
            factor = factor_next;
            factor_next = held;
        }
        if (rest == 1) {
            organisation->block_step = (uint64_t)(step % count);
            organisation->block_step_back = (uint64_t)((factor % count + count) % count);
            return;
        }
    }
}

/* The first seat of a block, from which the others are counted. */
static uint64_t seat_first(const struct organisation *organisation, uint64_t block)
{
    return organisation_draw(organisation, STREAM_SEATS, block) % USERS_PER_TEAM;
}

/*
 * The slot of a team's seat. Five and twelve have no common factor, so the seats 0 to 11 are the
 * twelve slots of the block, each once.
 */
static uint64_t seat_slot(const struct organisation *organisation, uint32_t team, uint64_t seat)
{
    uint64_t block = team * organisation->block_step % organisation->team_count_at[0];
    uint64_t first = seat_first(organisation, block);
    uint64_t user_count = organisation->options.user_count;

    if (user_count < USERS_PER_TEAM) {
        return (first + seat) % user_count;
    }
    return block * USERS_PER_TEAM + (first + seat * 5) % USERS_PER_TEAM;
}

/* Whether a slot is the first seat of a team, that of its head, and of which. */
static bool seat_is_head(const struct organisation *organisation, uint64_t slot, uint32_t *team)
{
    uint64_t block = slot / USERS_PER_TEAM;
    uint64_t count = organisation->team_count_at[0];

    if (block >= count || slot % USERS_PER_TEAM != seat_first(organisation, block)) {
        return false;
    }
    *team = (uint32_t)(block * organisation->block_step_back % count);
    return true;
}

/*
 * A team for someone: one in 32 goes to a team above others, the rest to the leaves, unevenly. A
 * leaf sends a part of those who draw it, between none and all by its weight, on to a partner: so
 * teams come in all sizes at the cost of one more random number.
 */
static uint32_t team_pick(const struct organisation *organisation, uint64_t random, unsigned week)
{
    uint32_t leaves_begin = organisation->leaves_begin;
    uint32_t leaf_count = organisation->team_count_at[week] - leaves_begin;

    if (random % 32 == 0 && leaves_begin > 0) {
        return random_below(random, leaves_begin);
    }
    uint32_t leaf = leaves_begin + random_below(random, leaf_count);
    uint64_t weight = organisation_draw(organisation, STREAM_WEIGHT, leaf);
    uint32_t partner = leaves_begin + random_below(weight, leaf_count);

    return (random >> 8 & 0xFF) <= (weight & 0xFF) ? leaf : partner;
}

/* People move to the teams of the week more often than to others: a new team needs someone. */
static uint32_t team_pick_move(const struct organisation *organisation, uint64_t random,
                               unsigned week)
{
    uint32_t old_count = organisation->team_count_at[week - 1];
    uint32_t new_count = organisation->team_count_at[week] - old_count;

    if (random % 4 == 0 && new_count > 0) {
        return old_count + random_below(random, new_count);
    }
    return random % 128 == 1 ? NO_TEAM : team_pick(organisation, random_mix(random), week);
}

/* Where someone is at first: the head of a team in it, one in a hundred nowhere. */
static uint32_t user_home(const struct organisation *organisation, uint64_t slot)
{
    uint64_t random = organisation_draw(organisation, STREAM_HOME, slot);
    uint32_t team = NO_TEAM;

    if (organisation->options.placement == PLACEMENT_NONE ||
        seat_is_head(organisation, slot, &team)) {
        return team;
    }
    if (organisation->options.placement == PLACEMENT_USUAL && (random >> 16) % 100 == 0) {
        return NO_TEAM;
    }
    return team_pick(organisation, random, 0);
}

static bool team_is_marked(const struct organisation *organisation, uint32_t team)
{
    return (organisation->marks[team / 64] >> team % 64 & 1) != 0;
}

uint64_t organisation_team_key(const struct organisation *organisation, uint32_t team)
{
    return team_is_marked(organisation, team) ? organisation->teams[team].key : team;
}

/* The people of a team that is gone are in the team above it. */
static uint32_t team_settled(const struct organisation *organisation, uint32_t team)
{
    while (team != NO_TEAM && team_is_marked(organisation, team) &&
           organisation->teams[team].gone) {
        team = organisation->teams[team].parent;
    }
    return team;
}

static enum event user_event(const struct organisation *organisation, unsigned week, uint64_t slot)
{
    static const struct {
        unsigned below;
        enum event event;
    } shares[] = {
        {22, EVENT_JOIN},  {42, EVENT_LEAVE},   {72, EVENT_MOVE},
        {84, EVENT_MARRY}, {96, EVENT_ADDRESS}, {100, EVENT_REKEY},
    };
    uint64_t random = organisation_draw(organisation, (enum stream)(STREAM_WEEK + week), slot);
    size_t index = 0;

    if (random >> 32 >= organisation->event_threshold) {
        return EVENT_NONE;
    }
    while (random % 100 >= shares[index].below) {
        index++;
    }
    return shares[index].event;
}

/* Numbers that nobody had before: at most one is needed for a slot and a week. */
static uint64_t fresh_number(const struct organisation *organisation, unsigned week, uint64_t slot)
{
    return week * organisation->options.user_count + slot;
}

static void user_live(const struct organisation *organisation, unsigned week, uint64_t slot,
                      struct user *user)
{
    uint64_t number = fresh_number(organisation, week, slot);
    uint64_t random = organisation_draw(organisation, STREAM_JOINER, number);

    switch (user_event(organisation, week, slot)) {
    case EVENT_NONE:
    case EVENT_JOIN:
        break;
    case EVENT_LEAVE:
        user->present = false;
        break;
    case EVENT_MOVE:
        user->team = team_pick_move(organisation, random, week);
        break;
    case EVENT_MARRY:
        user->surname = number;
        user->address = random % 2 == 0 ? number : user->address;
        break;
    case EVENT_ADDRESS:
        user->respelled = random % 4 == 0 ? !user->respelled : user->respelled;
        user->address = random % 4 == 0 ? user->address : number;
        break;
    case EVENT_REKEY:
        user->key = number;
        break;
    }
}

struct user organisation_user(const struct organisation *organisation, uint64_t slot)
{
    struct user user = {.key = slot, .person = slot, .present = true};

    user.team = user_home(organisation, slot);
    for (unsigned week = 1; week <= organisation->options.state && user.present; week++) {
        user_live(organisation, week, slot, &user);
    }
    user.team = team_settled(organisation, user.team);
    return user;
}

bool organisation_joiner(const struct organisation *organisation, unsigned week, uint64_t slot,
                         struct user *user)
{
    uint64_t number = fresh_number(organisation, week, slot);
    uint64_t random = organisation_draw(organisation, STREAM_JOINER, number);

    if (user_event(organisation, week, slot) != EVENT_JOIN) {
        return false;
    }
    *user = (struct user){.key = number, .person = number, .present = true};
    user->team = team_settled(organisation, team_pick_move(organisation, random, week));
    return true;
}

size_t organisation_managers(const struct organisation *organisation, uint32_t team,
                             uint64_t keys[MANAGER_MAX])
{
    const struct team *managed = &organisation->teams[team];
    uint64_t seat_count = organisation->options.user_count;
    size_t count = 0;

    if (seat_count > USERS_PER_TEAM) {
        seat_count = USERS_PER_TEAM;
    }
    for (uint64_t seat = 0; seat < seat_count && count < managed->manager_count; seat++) {
        uint64_t slot = seat_slot(organisation, team, (seat + managed->manager_shift) % seat_count);
        struct user user = {.key = slot, .present = true};
        for (unsigned week = 1; week <= organisation->options.state && user.present; week++) {
            user_live(organisation, week, slot, &user);
        }
        if (user.present) {
            keys[count++] = user.key;
        }
    }
    return count;
}

/* A re-keyed or deleted team changes the rows of its people; the rest of the churn is theirs. */
static uint64_t event_threshold(const struct organisation_options *options, uint32_t team_count)
{
    double share = options->churn;

    if (options->user_count > 0) {
        share -= (double)teams_user_rows_changed(team_count, options->churn) /
                 (double)options->user_count;
    }
    if (share < options->churn / 4) {
        share = options->churn / 4;
    }
    return (uint64_t)(share * (double)SHARE_ONE);
}

static void marks_set(struct organisation *organisation)
{
    for (uint32_t team = 0; team < organisation->team_count; team++) {
        if (organisation->teams[team].gone || organisation->teams[team].key != team) {
            organisation->marks[team / 64] |= UINT64_C(1) << team % 64;
        }
    }
}

bool organisation_open(struct organisation *organisation,
                       const struct organisation_options *options)
{
    uint32_t count = (uint32_t)(options->user_count / USERS_PER_TEAM);
    count = count > 0 ? count : 1;
    size_t capacity = teams_capacity(count, options->churn);

    *organisation =
        (struct organisation){.options = *options, .seed = random_mix(options->seed + 1)};
    organisation->teams = calloc(capacity, sizeof(*organisation->teams));
    organisation->order = calloc(capacity, sizeof(*organisation->order));
    organisation->marks = calloc(capacity / 64 + 1, sizeof(*organisation->marks));
    if (organisation->teams == NULL || organisation->order == NULL || organisation->marks == NULL) {
        organisation_close(organisation);
        return false;
    }
    organisation->team_count = count;
    organisation->team_count_at[0] = count;
    organisation->key_next = count;
    organisation->name_next = count;
    organisation->event_threshold = event_threshold(options, count);
    blocks_build(organisation);
    teams_build(organisation);
    for (unsigned week = 1; week <= options->state; week++) {
        teams_change(organisation, week);
        organisation->team_count_at[week] = organisation->team_count;
    }
    marks_set(organisation);
    if (options->circles) {
        teams_close_circles(organisation);
    }
    return true;
}

void organisation_close(struct organisation *organisation)
{
    free(organisation->teams);
    free(organisation->order);
    free(organisation->marks);
    *organisation = (struct organisation){0};
}
