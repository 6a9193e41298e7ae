/* SPDX-License-Identifier: MIT */
/*
 * The organisation: users, teams, memberships, managers as arrays and indexes, no pointers.
 *
 * Two things can stand behind it: a checked export, whose users stay in the bytes of the CSV file
 * and are split again when they are asked for (ten million copies would cost more than all the
 * rules together), or a snapshot. Teams are few, and are held.
 *
 * Users have *places*, in the order of the file they came from. A place whose record was removed
 * is empty. Only kept teams are here.
 */
#ifndef MUSTER_ORG_ORG_H
#define MUSTER_ORG_ORG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/span.h"

#define ORG_NONE UINT32_MAX

struct org_user {
    span id, email, first_name, last_name; /* decoded values */
    uint32_t team;                         /* team index or ORG_NONE */
};

struct org_team {
    span id, name, final_name; /* live as long as the org */
    uint32_t parent;           /* team index or ORG_NONE */
    uint32_t manager_first;    /* managers[manager_first .. + manager_count) */
    uint32_t manager_count;
    bool name_collides; /* under a team-name-collision: names of it are not compared */
};

/* Of two places or team indexes, for qsort and bsearch. */
static inline int org_places_compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* Sort places and drop repeats; gives how many are left. */
static inline size_t org_places_set(uint32_t *places, size_t count)
{
    size_t kept = count > 0 ? 1 : 0;
    if (count > 1) {
        qsort(places, count, sizeof *places, org_places_compare);
    }
    for (size_t index = 1; index < count; index++) {
        if (places[index] != places[kept - 1]) {
            places[kept++] = places[index];
        }
    }
    return kept;
}

struct org;

/* What stands behind an org. */
struct org_source {
    /* False where the place is empty. */
    bool (*user_kept)(const struct org *org, uint32_t user);
    /* The team index of a kept user, or ORG_NONE. */
    uint32_t (*user_team)(const struct org *org, uint32_t user);
    /*
     * Fill `result` with a kept user. The spans point into the org, or into `scratch` where a
     * value had to be decoded; they live until `scratch` is changed. `scratch` is cleared first.
     */
    void (*user_read)(const struct org *org, uint32_t user, struct buffer *scratch,
                      struct org_user *result);
    /* NULL: nothing to do. Ask for what says where a user's values are, or, `found`, for them. */
    void (*user_prefetch)(const struct org *org, uint32_t user, bool found);
    /* NULL: one by one. The teams of `count` places from `first` on, none of which is empty. */
    void (*user_teams)(const struct org *org, uint32_t first, uint32_t count, uint32_t *teams);
    /*
     * NULL where the source cannot. How many of `count` users from `first` on have the same values,
     * but for the team, as those of another org of this source from `other_first` on; counted up to
     * the first who has not, or who takes a closer look.
     */
    uint32_t (*users_alike)(const struct org *org, uint32_t first, const struct org *other,
                            uint32_t other_first, uint32_t count);
    /*
     * NULL where the source cannot. The first gives the values of a user and of all behind; the
     * second says how many users have just those, as above. It ends before an empty place.
     */
    struct text_rows (*user_texts)(const struct org *org, uint32_t first);
    uint32_t (*users_are)(const struct org *org, uint32_t first, uint32_t count,
                          struct text_rows texts);
};

struct org {
    const struct org_source *source;
    const void *behind;  /* the table or the snapshot */
    uint32_t user_count; /* places */
    uint32_t kept_user_count;
    uint32_t team_count;
    struct org_team *teams;
    uint32_t *managers; /* user places */
    uint32_t manager_count;
};

static inline bool org_user_kept(const struct org *org, uint32_t user)
{
    return org->source->user_kept(org, user);
}

static inline uint32_t org_user_team(const struct org *org, uint32_t user)
{
    return org->source->user_team(org, user);
}

static inline void org_user_teams(const struct org *org, uint32_t first, uint32_t count,
                                  uint32_t *teams)
{
    if (org->source->user_teams != NULL) {
        org->source->user_teams(org, first, count, teams);
        return;
    }
    for (uint32_t n = 0; n < count; n++) {
        teams[n] = org_user_team(org, first + n);
    }
}

/* For whoever will read users here and there: ask for many, then again with `found`, then read. */
static inline void org_user_prefetch(const struct org *org, uint32_t user, bool found)
{
    if (org->source->user_prefetch != NULL) {
        org->source->user_prefetch(org, user, found);
    }
}

static inline void org_user_read(const struct org *org, uint32_t user, struct buffer *scratch,
                                 struct org_user *result)
{
    org->source->user_read(org, user, scratch, result);
}

#endif
