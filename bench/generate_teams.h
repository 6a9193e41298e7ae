/* SPDX-License-Identifier: MIT */

/*
 * The teams of a generated organisation: the first tree, and what a week does to it.
 *
 * A team is never below a team of a greater or equal level, and a change keeps that, so the parents
 * form no circle unless one is asked for.
 */
#ifndef MUSTER_BENCH_GENERATE_TEAMS_H
#define MUSTER_BENCH_GENERATE_TEAMS_H

#include <stddef.h>
#include <stdint.h>

#include "generate_organisation.h"

/* How many places `teams` and `order` need so that every week finds room. */
size_t teams_capacity(uint32_t team_count, double churn);

/* Fill the first `team_count` places, in the shape that the options ask for. */
void teams_build(struct organisation *organisation);

/* Rename, move, add, delete and re-key some teams, swap names and change managers. */
void teams_change(struct organisation *organisation, unsigned week);

/* Rings of six in a tree, the whole chain as one ring, each team of a star its own parent. */
void teams_close_circles(struct organisation *organisation);

/* About how many rows of users a week's re-keyed and deleted teams change. */
uint64_t teams_user_rows_changed(uint32_t team_count, double churn);

#endif
