/* SPDX-License-Identifier: MIT */
/*
 * Team id to number, for the look-up that every user row makes.
 *
 * An id of up to 12 bytes lies in the slot itself, so that an answer touches a quarter of a cache
 * line and not the file. Of a longer one there is a hash, and whoever asks confirms the bytes.
 *
 *     slot:   b0 b1 b2 ... b11 | number        short: padded with NULs, which no value has
 *             hash (8) | FFFFFFFF | number     long: these four bytes are no UTF-8
 */
#ifndef MUSTER_TABLE_ID_MAP_H
#define MUSTER_TABLE_ID_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/hash.h"
#include "base/span.h"

#define ID_KEY_SIZE 12
#define ID_KEY_LONG UINT32_MAX
#define ID_MAP_NONE UINT32_MAX

/* Zero: the empty id. */
struct id_key {
    uint64_t low;
    uint32_t high;
};

struct id_slot {
    uint64_t low;
    uint32_t high;
    uint32_t number;
};

struct id_map {
    struct id_slot *slots;
    size_t slot_count;
    size_t size;
    uint64_t seed;
};

static inline struct id_key id_key_make(span id, uint64_t seed)
{
    struct id_key key = {0, 0};
    if (id.len > ID_KEY_SIZE) {
        return (struct id_key){hash_bytes(id.ptr, id.len, seed), ID_KEY_LONG};
    }
    memcpy(&key.low, id.ptr, id.len < 8 ? id.len : 8);
    if (id.len > 8) {
        memcpy(&key.high, id.ptr + 8, id.len - 8);
    }
    return key;
}

static inline bool id_key_is_long(struct id_key key)
{
    return key.high == ID_KEY_LONG;
}

static inline bool id_key_is_empty(struct id_key key)
{
    return key.low == 0 && key.high == 0;
}

/* Room for `count` ids. False where memory ran out. */
bool id_map_open(struct id_map *map, size_t count, uint64_t seed);
void id_map_close(struct id_map *map);
/* The key must not be empty. Of equal keys the one that was added first is found. */
void id_map_add(struct id_map *map, struct id_key key, uint32_t number);

static inline size_t id_map_place(const struct id_map *map, struct id_key key)
{
    uint64_t mixed = hash_pair(key.low, key.high, map->seed);
    return (size_t)((mixed >> 32) * map->slot_count >> 32);
}

/* Look up from the place that id_map_place gave; ID_MAP_NONE where the id is unknown. */
static inline uint32_t id_map_find(const struct id_map *map, struct id_key key, size_t place)
{
    for (;;) {
        const struct id_slot *slot = &map->slots[place];
        if (slot->low == key.low && slot->high == key.high) {
            return slot->number;
        }
        if (slot->low == 0 && slot->high == 0) {
            return ID_MAP_NONE;
        }
        place = place + 1 < map->slot_count ? place + 1 : 0;
    }
}

#endif
