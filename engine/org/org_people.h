/* SPDX-License-Identifier: MIT */
/*
 * Managers and names, between org_export.c, org_managers.c and org_names.c: what can be found by
 * several threads at once, and what is made of it when all are done.
 */
#ifndef MUSTER_ORG_ORG_PEOPLE_H
#define MUSTER_ORG_ORG_PEOPLE_H

#include "base/buffer.h"
#include "org/org_export.h"
#include "table/key_index.h"

struct manager_range;

/* The managers of all teams, which are shared out in ranges. */
struct managers {
    struct org_export *built;
    struct manager_range *ranges;
    unsigned range_count;
};

/* False where memory ran out; it can be closed all the same. */
bool managers_open(struct managers *managers, struct org_export *built);
/* Look up those of one range. */
void managers_find(struct managers *managers, unsigned range);
/* Room for those of all ranges. False where memory ran out, here or while they were looked up. */
bool managers_join(struct managers *managers);
/* Then put those of one range there. */
void managers_copy(struct managers *managers, unsigned range);
void managers_close(struct managers *managers);

struct naming_range;

/* The names of all teams, which are shared out in ranges as well. */
struct naming {
    struct org_export *built;
    struct naming_range *ranges;
    unsigned range_count;
    uint32_t *first_shared; /* the first team with the same name, where it is shared */
    uint32_t *first_final;  /* the same for final names */
    uint64_t shared_count;  /* teams that share theirs */
    struct key_index names;
};

/* The same rules. */
bool naming_open(struct naming *naming, struct org_export *built);
/* Which teams share a name. */
void naming_share(struct naming *naming);
/* Give those of one range their suffix; wants the managers. */
void naming_rename(struct naming *naming, unsigned range);
/* Hold all that were made against each other and the rest. False where memory ran out. */
bool naming_compare(struct naming *naming);
/* What is to be said of the final names of one range. */
void naming_report(struct naming *naming, unsigned range);
/* Put that of the ranges together. False where memory ran out. */
bool naming_join(struct naming *naming);
void naming_close(struct naming *naming);

#endif
