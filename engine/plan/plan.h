/* SPDX-License-Identifier: MIT */
/*
 * Differences -> operations, in an order in which every step is valid.
 *
 *     re-keys -> renames -> addTeam and moveTeam from the top down -> members -> managers
 *             -> deleteTeam from the bottom up -> what the deprovision file asks for
 *
 * Temporary renames aside there is exactly one operation for each difference.
 */
#ifndef MUSTER_PLAN_PLAN_H
#define MUSTER_PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "muster.h"
#include "org/org.h"

struct plan;

/*
 * Plan the way from `old_org` to `new_org`, and weigh the plan against the guards.
 *
 * Without `new_org` (NULL) there are only the operations of `deprovision`, an org of users in the
 * order of the file; that one may be NULL as well. The orgs must outlive the plan; `options` may
 * be NULL and is not needed afterwards.
 *
 * Returns MUSTER_OK, or MUSTER_NO_MEMORY with `*plan` set to NULL. A tripped guard is no failure.
 */
MUSTER_CHECKED enum muster_status plan_open(struct plan **plan, const struct org *old_org,
                                            const struct org *new_org,
                                            const struct org *deprovision,
                                            const struct muster_plan_options *options);
void plan_close(struct plan *plan);

size_t plan_count(const struct plan *plan);

enum muster_operation_kind plan_operation_kind(const struct plan *plan, size_t index);

/*
 * The operation with this index, counted from 0. Its spans live until the next call. Where memory
 * ran out they are cut short; see plan_status.
 */
void plan_operation(struct plan *plan, size_t index, struct muster_operation *operation);

/* MUSTER_OK, or MUSTER_NO_MEMORY once the words of an operation could not be made. */
enum muster_status plan_status(const struct plan *plan);

/*
 * The limits that were held against the plan, tripped or not: the four that always count and those
 * that were given, in the order of the kinds, each followed by those on subtrees, in the order of
 * the old roster's teams, for every top-level team that is large enough or trips. "emptyUsers" and
 * "emptyTeams" come last, and only where they tripped.
 */
const struct muster_guard *plan_guards(const struct plan *plan, size_t *count);

const struct muster_forecast *plan_forecast(const struct plan *plan);

/*
 * The moves of teams with the most people below them in the old roster, most first, and in the
 * order of the plan where they are equal. `*count` is how many are wanted, and afterwards how many
 * there are; more than LARGEST_MOVE_COUNT_MAX are never kept.
 */
#define LARGEST_MOVE_COUNT_MAX 100
const struct muster_team_move *plan_largest_moves(const struct plan *plan, size_t *count);

/*
 * Carry the plan out on a copy of the old roster. Each step is checked against the rules for its
 * kind, by the ids and names that are printed and not by what the plan knows of them.
 *
 * The result owns all its memory and is closed with plan_result_close. Its users are those of the
 * new org; where the plan was limited by roots, or has no new org, those of the old one and then
 * the new users that got a place. The operations of a deprovision file remove users from it;
 * removeLicense changes nothing in a roster.
 *
 * Returns MUSTER_OK, MUSTER_NO_MEMORY, or MUSTER_INVALID_STEP with the index of the offending
 * operation in `*step`.
 */
MUSTER_CHECKED enum muster_status plan_replay(struct org **result, struct plan *plan, size_t *step);
void plan_result_close(struct org *result);

#endif
