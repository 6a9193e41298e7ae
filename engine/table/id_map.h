/* SPDX-License-Identifier: MIT */
/*
 * Team id to number, for the look-up that every user row makes.
 *
 * An id of up to 15 bytes lies in the slot itself, with its length, so that an answer touches one
 * cache line and not the file. Longer ids share one marker and are looked up elsewhere.
 *
 *     slot:   b0 b1 ... b14 len | number
 */
#ifndef MUSTER_TABLE_ID_MAP_H
#define MUSTER_TABLE_ID_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/hash.h"
#include "base/span.h"

#define ID_KEY_SIZE 15
#define ID_KEY_LONG 0xFF
#define ID_MAP_NONE UINT32_MAX

/* Zero: the empty id. */
struct id_key {
    uint64_t low;
    uint64_t high; /* the length is the highest byte */
};

struct id_slot {
    struct id_key key;
    uint32_t number;
    uint32_t unused;
};

struct id_map {
    struct id_slot *slots;
    size_t mask;
    size_t size;
    uint64_t seed;
};

static inline struct id_key id_key_make(span id)
{
    struct id_key key = {0, 0};
    unsigned char bytes[16] = {0};
    if (id.len > ID_KEY_SIZE) {
        key.high = (uint64_t)ID_KEY_LONG << 56;
        return key;
    }
    if (id.len > 0) {
        memcpy(bytes, id.ptr, id.len);
    }
    memcpy(&key.low, bytes, 8);
    memcpy(&key.high, bytes + 8, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    key.low = __builtin_bswap64(key.low);
    key.high = __builtin_bswap64(key.high);
#endif
    key.high |= (uint64_t)id.len << 56;
    return key;
}

static inline bool id_key_is_long(struct id_key key)
{
    return key.high >> 56 == ID_KEY_LONG;
}

static inline bool id_key_is_empty(struct id_key key)
{
    return (key.low | key.high) == 0;
}

/* Room for `count` ids. False where memory ran out. */
bool id_map_open(struct id_map *map, size_t count, uint64_t seed);
void id_map_close(struct id_map *map);
/* The id must be new, not empty and not long. */
void id_map_add(struct id_map *map, struct id_key key, uint32_t number);

static inline size_t id_map_place(const struct id_map *map, struct id_key key)
{
    return (size_t)hash_bytes(&key, sizeof key, map->seed) & map->mask;
}

/* Look up from the place that id_map_place gave; ID_MAP_NONE where the id is unknown. */
static inline uint32_t id_map_find(const struct id_map *map, struct id_key key, size_t place)
{
    for (;;) {
        const struct id_slot *slot = &map->slots[place];
        if (slot->key.low == key.low && slot->key.high == key.high) {
            return slot->number;
        }
        if (id_key_is_empty(slot->key)) {
            return ID_MAP_NONE;
        }
        place = (place + 1) & map->mask;
    }
}

#endif
