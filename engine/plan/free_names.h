/* SPDX-License-Identifier: MIT */
/*
 * Names of a plan's own, `Name (id)`: for now, where a name is still held, and for good, where it
 * stays held by a team that the plan must not touch.
 *
 * They are made up as if they were free, which they nearly always are, and held against all others
 * once, at the end. Only where one is not, all names are indexed, and whatever is not free is made
 * up again with a suffix. Who has such a name from an earlier plan keeps it, suffix and all.
 */
#ifndef MUSTER_PLAN_FREE_NAMES_H
#define MUSTER_PLAN_FREE_NAMES_H

#include "plan/plan_state.h"
#include "plan/slot_map.h"

/* What a name of our own is made from. */
struct made_name {
    span name, id;
    uint32_t keeper; /* the old team that has this name when all is done, or ORG_NONE */
};

struct free_names {
    struct plan *plan;      /* its `names` are these, by name_ref */
    struct made_name *made; /* by name_ref */
    size_t made_capacity;
    struct slot_map used; /* ours, or all there are and will be; by index, see used_name */
    uint64_t *shared;     /* a bit for each index whose name another one has too */
    uint32_t next_suffix;
};

/* Make up a name for a team out of a name; returns its name_ref. Memory that runs out sets the
 * plan's `exhausted`, and NAME_NEW is returned. */
uint32_t free_name_make(struct free_names *names, uint32_t team, span name);

/* Have a new team called by a name of our own from here on, since the one that it wants stays held.
 */
void free_name_settle(struct free_names *names, uint32_t team);

/* All have been made up: see to it that each is free when it is given. */
void free_names_finish(struct free_names *names);

/* Whether a name is given to a team that has it already; once they are finished. */
bool free_name_is_kept(const struct free_names *names, uint32_t name_ref);

/* Also of one that is zeroed but for its plan, as it is to begin with. */
void free_names_close(struct free_names *names);

#endif
