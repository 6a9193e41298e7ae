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
/* Put the ranges together. False where memory ran out, here or while they were looked up. */
bool managers_join(struct managers *managers);
void managers_close(struct managers *managers);

struct naming {
    struct org_export *built;
    uint32_t *first_shared; /* the first team with the same name, where it is shared */
    uint32_t *first_final;  /* the same for final names */
    uint64_t shared_count;  /* teams that share theirs */
    struct key_index names;
    struct buffer name;
    struct buffer scratch;
};

/* The same rules. */
bool naming_open(struct naming *naming, struct org_export *built);
/* Which teams share a name. */
void naming_share(struct naming *naming);
/* Final names and what is to be said of them; wants the managers. */
bool naming_finish(struct naming *naming);
void naming_close(struct naming *naming);

#endif
