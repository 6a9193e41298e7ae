/* SPDX-License-Identifier: MIT */

/*
 * A made-up organisation: who exists, in which team, under which manager, in which week.
 *
 * Everything about a user is a pure function of (options, slot), so any number of users costs no
 * memory; teams are kept in an array because weeks build on each other. There are no words in here,
 * only numbers: the writer turns a key into an id and a code into a name.
 */
#ifndef MUSTER_BENCH_GENERATE_ORGANISATION_H
#define MUSTER_BENCH_GENERATE_ORGANISATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USER_COUNT_MAX  UINT64_C(100000000)
#define USERS_PER_TEAM  12
#define MANAGER_MAX     3
#define WEEK_MAX        2
#define LEVEL_COUNT_MAX 8

#define NO_TEAM UINT32_MAX

/* Names from here on are plain words that several teams share. */
#define NAME_SHARED UINT32_C(0xFFFFFF00)

enum shape { SHAPE_TREE, SHAPE_CHAIN, SHAPE_STAR };

/* How many of the users have a team. */
enum placement { PLACEMENT_USUAL, PLACEMENT_ALL, PLACEMENT_NONE };

/* Independent sequences of random numbers; weeks come last as each is followed by the next. */
enum stream {
    STREAM_PARENT,
    STREAM_MANAGERS,
    STREAM_SEATS,
    STREAM_SHARED_NAME,
    STREAM_FILE_ORDER,
    STREAM_WEIGHT,
    STREAM_HOME,
    STREAM_SPELLING,
    STREAM_WORDS,
    STREAM_CHANGES,
    STREAM_JOINER,
    STREAM_WEEK
};

struct organisation_options {
    uint64_t user_count;
    uint64_t seed;
    double churn; /* share of the user rows that changes in a week, 0 to 1 */
    unsigned state;
    enum shape shape;
    enum placement placement;
    bool managers_omitted;
    bool circles; /* no team has a way up */
};

struct team {
    uint32_t parent; /* NO_TEAM for the root */
    uint32_t level;  /* greater than that of its parent, hence no circle by moving */
    uint32_t key;
    uint32_t name;
    uint32_t child_count;
    uint8_t manager_count;
    uint8_t manager_shift;
    uint8_t changed_week; /* a team changes at most once a week */
    bool gone;
};

struct organisation {
    struct organisation_options options;
    uint64_t seed;
    struct team *teams;
    uint32_t *order; /* of the file: position to team */
    uint64_t *marks; /* a bit for each team that is gone or whose key is not its index */
    uint32_t team_count;
    uint32_t team_count_at[WEEK_MAX + 1];
    uint32_t leaves_begin; /* among the first teams, those from here on hold most people */
    uint32_t level_count;
    uint32_t key_next;
    uint32_t name_next;
    uint64_t block_step; /* team to its twelve slots: a permutation and its inverse */
    uint64_t block_step_back;
    uint64_t event_threshold;
    uint64_t draw_count;
};

struct user {
    uint64_t key;     /* behind the id */
    uint64_t person;  /* behind the names and the first address */
    uint64_t surname; /* 0, or behind the name taken in a marriage */
    uint64_t address; /* 0, or behind a later address */
    uint32_t team;
    bool respelled; /* the address in the other case */
    bool present;
};

/* Build the teams and play the weeks up to `options->state`; false where memory ran out. */
bool organisation_open(struct organisation *organisation,
                       const struct organisation_options *options);

void organisation_close(struct organisation *organisation);

/* The user of a slot as of the week asked for; not present after having left. */
struct user organisation_user(const struct organisation *organisation, uint64_t slot);

/* Whether someone joined in that week behind a slot, and who. */
bool organisation_joiner(const struct organisation *organisation, unsigned week, uint64_t slot,
                         struct user *user);

/* The keys of the users that manage a team; returns how many. */
size_t organisation_managers(const struct organisation *organisation, uint32_t team,
                             uint64_t keys[MANAGER_MAX]);

/* As in `teams`, but without touching the array where few teams were re-keyed. */
uint64_t organisation_team_key(const struct organisation *organisation, uint32_t team);

/* The finaliser of splitmix64. */
static inline uint64_t random_mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94D049BB133111EB);
    return value ^ (value >> 31);
}

/* A number below `limit`, which is at most 2^32, from the upper half of a random one. */
static inline uint32_t random_below(uint64_t random, uint64_t limit)
{
    return (uint32_t)((random >> 32) * limit >> 32);
}

/* A random number that depends on the seed, the stream and the index alone. */
static inline uint64_t organisation_draw(const struct organisation *organisation,
                                         enum stream stream, uint64_t index)
{
    return random_mix(organisation->seed + (uint64_t)stream * UINT64_C(0xD1B54A32D192ED03) +
                      index * UINT64_C(0x9E3779B97F4A7C15));
}

/* Numbers below 2^bits in another order; a permutation, so different numbers stay different. */
static inline uint64_t organisation_scatter(const struct organisation *organisation, uint64_t value,
                                            unsigned bits)
{
    uint64_t mask = (UINT64_C(1) << bits) - 1;

    value = (value + organisation->seed) & mask;
    for (int round = 0; round < 3; round++) {
        value = value * UINT64_C(0x9E3779B97F4A7C15) & mask;
        value ^= value >> (bits / 2);
    }
    return value;
}

#endif
