/* SPDX-License-Identifier: MIT */
/*
 * The users of one side whom the lockstep has passed over, in the order of their places: they are
 * joined by hash. Where each of them was read, so were their keys, while they were at hand; the
 * join then looks only at those who may have a partner.
 */
#ifndef MUSTER_DIFF_LEFT_USERS_H
#define MUSTER_DIFF_LEFT_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diff/user_key.h"

/* By enum diff_key; 0 where there is no such key, as somebody may have no address. */
struct key_hashes {
    uint64_t of[DIFF_BY_EMAIL + 1];
};

/* A zeroed one is empty. */
struct left_users {
    uint32_t *places;
    struct key_hashes *hashes; /* by index; of all, unless `unhashed` */
    size_t count;
    size_t place_capacity, hash_capacity;
    bool unhashed; /* somebody was not read */
};

/* `hashes` is NULL where the user was not read. False where memory ran out. */
bool left_users_push(struct left_users *left, uint32_t place, const struct key_hashes *hashes);

/* Put the users of the next stretch behind. False where memory ran out. */
bool left_users_append(struct left_users *left, const struct left_users *more);

void left_users_close(struct left_users *left);

#endif
