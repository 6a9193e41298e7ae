/* SPDX-License-Identifier: MIT */
/*
 * An account's live organisation as the read endpoints show it: the stored roster and what is kept
 * beside it. Ids of users are hashes of the customer's, so they stay the same; teams keep theirs,
 * so that what was pushed can be pulled again. Last logins are made up from the same hash.
 */
#ifndef MUSTER_TOOLS_SANDBOX_LIVE_H
#define MUSTER_TOOLS_SANDBOX_LIVE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "muster.h"
#include "sandbox/store.h"

struct live {
    struct muster_roster *roster;
    json_t *people;
    json_t *team_index; /* team id to index; made when it is needed */
    json_t *user_index; /* likewise user id to place */
    /* The team whose managers were asked for last, and the position of its first one: positions
     * are asked for in order. */
    uint32_t manager_team;
    uint64_t manager_first;
    struct stat stamps[2]; /* of the files that it was made from */
};

/* Kept open between two reads, as long as the files behind it are the same; whoever borrows it has
 * it alone until it is given back. NULL where it cannot be opened: nothing is to be given back. The
 * way back is false where memory ran out for a user meanwhile: an answer may lack somebody. */
struct live *live_borrow(struct account *account);
bool live_return(struct account *account);

/* One of one's own, for a caller who holds the account's lock and is going to change people. */
bool live_open(struct live *live, struct account *account);
void live_close(struct live *live);

/* Members of lists by position; where one is empty, NULL. */
typedef json_t *live_member(struct live *live, uint64_t position);

uint64_t live_user_positions(const struct live *live);
json_t *live_user(struct live *live, uint64_t position);
uint64_t live_team_positions(const struct live *live);
json_t *live_team(struct live *live, uint64_t position);
uint64_t live_manager_positions(const struct live *live);
json_t *live_manager(struct live *live, uint64_t position);

/* The team with this id; false where there is none. */
bool live_team_find(struct live *live, struct muster_span id, struct muster_team *team);

bool live_has_user(struct live *live, struct muster_span id);

/* The user with this id as live_user shows them, or NULL. */
json_t *live_user_find(struct live *live, struct muster_span id);

/* Administrators: those who manage a team at the top. */
json_t *live_admins(struct live *live);
json_t *live_plan(struct live *live);

/* A moment out of a hash, within two years, and so many minutes later: "2024-05-01T00:02:00.000Z".
 */
void moment_made_up(char moment[32], const char *salt, struct muster_span id, unsigned minutes);

/* "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx" out of a hash. */
json_t *uuid_made_up(const char *salt, struct muster_span id);

/* 64 hexadecimal digits that stand for an id. */
void id_hash(char hex[SHA256_HEX_SIZE], const char *salt, struct muster_span id);

#endif
