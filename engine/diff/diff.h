/* SPDX-License-Identifier: MIT */
/*
 * Two organisations -> differences.
 *
 *     teams matched -> users matched and compared in one pass -> a cursor over what differs
 *
 * Users are matched by id, then those left by lower-cased e-mail; teams by id, then those left by
 * final name, where it is unique among those left on each side. A pair matched the second way is
 * re-keyed: the same thing under a new id. Everything that refers to a team or to a user is
 * compared between matched partners, so a re-keyed parent is no move.
 *
 * Who stands where his neighbours are costs a few bits (partners.h), and one more bit says whether
 * there is anything to tell about a user: whoever walks over ten million users to find ten thousand
 * reads bits.
 */
#ifndef MUSTER_DIFF_DIFF_H
#define MUSTER_DIFF_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/parallel.h"
#include "muster.h"
#include "org/org.h"

struct diff;

/* Which teams are which: a team of the other side for each, or ORG_NONE. Partners are mutual. And
 * which users were found by e-mail alone, and which teams by final name; ascending. */
struct diff_match {
    uint32_t *new_team_of;         /* by old team */
    uint32_t *old_team_of;         /* by new team */
    const uint32_t *rekeyed_users; /* new places */
    const uint32_t *rekeyed_teams; /* new teams */
    size_t rekeyed_user_count, rekeyed_team_count;
};

/*
 * Match two organisations, which must both outlive the result. Two empty ones are allowed. `jobs`
 * is the number of threads that may be used; 0 counts as one.
 *
 * Returns MUSTER_OK, or MUSTER_NO_MEMORY with `*diff` set to NULL.
 */
MUSTER_CHECKED enum muster_status diff_open(struct diff **diff, const struct org *old_org,
                                            const struct org *new_org, unsigned jobs);

/*
 * The same in two steps: the first matches the teams, the second the users. Who has work that wants
 * no users gives it to the second as `beside` (or NULL); it is done meanwhile, by one thread. Where
 * the second fails the diff can only be closed.
 */
MUSTER_CHECKED enum muster_status diff_open_teams(struct diff **diff, const struct org *old_org,
                                                  const struct org *new_org, unsigned jobs);
MUSTER_CHECKED enum muster_status diff_match_rest(struct diff *diff, const struct errand *beside);
void diff_close(struct diff *diff);

/* Lives as long as the diff. */
const struct diff_match *diff_matches(const struct diff *diff);

/* The partner of a place on the other side, or ORG_NONE, which an empty place always has. */
uint32_t diff_new_user(const struct diff *diff, uint32_t old_place);
uint32_t diff_old_user(const struct diff *diff, uint32_t new_place);

/* Set the bit of each new team that has no partner, or not its managers in their order; wants the
 * users to be matched. `beside` (or NULL) is done meanwhile. */
void diff_mark_managers(const struct diff *diff, uint64_t *changed, const struct errand *beside);

/*
 * The first new place at or behind `from` whose user was added or differs from its partner in any
 * field, or ORG_NONE.
 */
uint32_t diff_touched_user(const struct diff *diff, uint32_t from);

/* Places of the old users without a partner, ascending. Lives as long as the diff. */
const uint32_t *diff_leavers(const struct diff *diff, size_t *count);

/*
 * The next difference, or false after the last: users that were added or changed in the order of
 * the new organisation, then the removed ones in the order of the old, then teams likewise. The
 * spans live until the next call. False comes early where memory ran out; see diff_status.
 */
bool diff_next(struct diff *diff, struct muster_difference *difference);

/* How many users or teams were changed, by enum muster_change. Lives as long as the diff. */
const uint64_t *diff_counts(struct diff *diff, enum muster_entity entity);

/* Start again before the first difference. */
void diff_rewind(struct diff *diff);

/* Leave such users or teams out from here on, until the next rewind. */
void diff_skip(struct diff *diff, enum muster_entity entity, enum muster_change change);

/* MUSTER_OK, or MUSTER_NO_MEMORY once diff_next had to give up. */
enum muster_status diff_status(const struct diff *diff);

#endif
