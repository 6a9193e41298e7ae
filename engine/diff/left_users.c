/* SPDX-License-Identifier: MIT */
#include "diff/left_users.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Room for so many more. */
static bool left_reserve(struct left_users *left, size_t more)
{
    uint32_t *places =
        memory_grow(left->places, &left->place_capacity, left->count + more, sizeof *left->places);
    left->places = places != NULL ? places : left->places;
    if (places == NULL || left->unhashed) {
        return places != NULL;
    }
    struct key_hashes *hashes =
        memory_grow(left->hashes, &left->hash_capacity, left->count + more, sizeof *left->hashes);
    left->hashes = hashes != NULL ? hashes : left->hashes;
    return hashes != NULL;
}

bool left_users_push(struct left_users *left, uint32_t place, const struct key_hashes *hashes)
{
    left->unhashed = left->unhashed || hashes == NULL;
    if (!left_reserve(left, 1)) {
        return false;
    }
    if (!left->unhashed) {
        assert(hashes != NULL);
        left->hashes[left->count] = *hashes;
    }
    left->places[left->count++] = place;
    return true;
}

bool left_users_append(struct left_users *left, const struct left_users *more)
{
    left->unhashed = left->unhashed || more->unhashed;
    if (more->count == 0) {
        return true;
    }
    if (!left_reserve(left, more->count)) {
        return false;
    }
    if (!left->unhashed) {
        memcpy(left->hashes + left->count, more->hashes, more->count * sizeof *more->hashes);
    }
    memcpy(left->places + left->count, more->places, more->count * sizeof *more->places);
    left->count += more->count;
    return true;
}

void left_users_close(struct left_users *left)
{
    free(left->places);
    free(left->hashes);
    *left = (struct left_users){0};
}
