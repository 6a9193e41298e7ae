/* SPDX-License-Identifier: MIT */
/* The live organisation of a plan, as far as a roster and a report of its use need it. */
#ifndef MUSTER_TOOLS_REMOTE_PLURALSIGHT_PEOPLE_H
#define MUSTER_TOOLS_REMOTE_PLURALSIGHT_PEOPLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "muster.h"
#include "remote/pluralsight_graphql.h"

/* All strings belong to the blocks of `struct people` and may be empty, never NULL. */
struct person {
    const char *remote_id; /* psUserId */
    const char *id;        /* what users.csv calls them; set by people_identify */
    const char *sso;
    const char *email;
    const char *first_name;
    const char *last_name;
    const char *last_login; /* "": never */
    const char *removed_on;
    const char *team;   /* the remote's id of the first team that they are in themselves */
    const char *emails; /* additional ones, each ended by a line feed */
    bool several_teams;
    bool team_unclear; /* it is not said whether, or which, a team is their own */
    bool on_account;
    bool licensed;
    bool admin;
};

struct managed_team {
    const char *remote_id;
    const char *id; /* what teams.csv calls it; set by people_identify */
    const char *remote_name;
    const char *name; /* without what the remote appends to names that are not unique */
    const char *parent;
    bool parent_unclear; /* neither a word nor null */
    size_t *managers;    /* indexes of people, in the remote's order */
    size_t manager_count;
    size_t manager_capacity;
};

struct people {
    struct person *persons;
    size_t person_count;
    size_t person_capacity;
    struct managed_team *teams;
    size_t team_count;
    size_t team_capacity;
    json_t *person_index; /* remote id to index */
    json_t *team_index;
    struct people_block *blocks;
    json_t *products;        /* licence counts; NULL: not available */
    size_t unknown_managers; /* manager places of people who are not listed or not on the plan */
    size_t persons_twice;    /* nodes of an id that was there before, with other data */
    size_t teams_twice;
    size_t unlisted_places; /* manager places of others, in teams that are not listed */
    size_t admin_count;
    bool admins_known;
    bool exhausted;
};

/* Read everything. EXIT_DONE or an exit code after saying why; close it in any case. */
int people_read(struct people *people, const struct graphql *graphql);
void people_close(struct people *people);

/*
 * Give people and teams the ids of the customer: the SSO id, else what `known` (may be NULL) calls
 * the user of that e-mail address, else the address; and for teams what `known` calls the team of
 * that name. False where memory ran out.
 */
bool people_identify(struct people *people, struct muster_roster *known);

/* Take away from team names what the remote appends; called by people_identify. */
bool people_names_restore(struct people *people);

/* A copy of a string that lives as long as the people; "" with `exhausted` set where memory ran
 * out. */
const char *people_keep(struct people *people, const char *bytes, size_t size);

/* The indexes behind remote ids; false where they are not known. */
bool people_find(const json_t *index, const char *remote_id, size_t *found);

#endif
