/* SPDX-License-Identifier: MIT */
/*
 * From the tables of an export to an organisation: passes 3 to 5.
 *
 * The order matters. Teams first: their tree needs nobody else. Then the users are read, with the
 * ids of the teams at hand. Then managers, who are users, and the names, which managers go into.
 * What does not resolve becomes a finding.
 */
#ifndef MUSTER_ORG_ORG_EXPORT_H
#define MUSTER_ORG_ORG_EXPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/findings.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "org/org.h"
#include "table/id_map.h"
#include "table/table.h"

struct org_export {
    struct org org;
    const struct table *users; /* NULL: none, or given up after a fatal finding */
    const struct table *teams; /* the same */
    struct parallel *parallel;
    struct id_map team_ids; /* team id to team index, or TEAM_REMOVED | row */
    /* By row of teams, where any was removed: its parent's row, and the row that is to blame. */
    uint32_t *parent_rows;
    uint32_t *causes;
    uint32_t *team_of_row; /* team index or ORG_NONE */
    uint32_t *row_of_team;
    struct finding_list tree;        /* pass 3, teams */
    struct finding_list memberships; /* pass 4, users */
    struct finding_list managers;    /* pass 4, teams */
    struct finding_list roots;       /* pass 4, the flag */
    struct finding_list names;       /* pass 5 */
    struct arena *arenas; /* of the ranges of teams; what they have of values lives there */
    unsigned arena_count;
};

/* Pass 3. The table may be changed: rows of removed teams are marked. False: no memory. */
bool org_export_teams(struct org_export *built, struct table *teams, struct parallel *parallel);

/* What table_options.team_confirm wants; `context` is the org_export. */
uint32_t org_export_confirm_team(const void *context, span id, uint32_t team);

/* The team with this id: its index, TEAM_REMOVED | row, or ID_MAP_NONE. */
uint32_t org_export_find_team(const struct org_export *built, span id);

/* Passes 4 and 5: memberships, managers, final names. `users` may be NULL. False: no memory. */
bool org_export_users(struct org_export *built, struct table *users);

/* The ids of --root. Returns false: no memory. */
bool org_export_roots(struct org_export *built, const span *roots, size_t count);

void org_export_close(struct org_export *built);

/* The next id of a list behind `*at`, without blanks; false after the last. Repeats are given. */
bool id_list_next(span list, size_t *at, span *id);

#endif
