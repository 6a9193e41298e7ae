/* SPDX-License-Identifier: MIT */
/*
 * Team id to number, for the look-up that every user row makes.
 *
 * An id of up to 12 bytes lies in the slot itself, so that an answer touches one cache line and not
 * the file. Of a longer one there is a hash, and whoever asks confirms the bytes. Four slots make a
 * bucket, which is filled in order and compared at once; a full one runs over into the next.
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
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/hash.h"
#include "base/span.h"

#define ID_KEY_SIZE     12
#define ID_KEY_LONG     UINT32_MAX
#define ID_MAP_NONE     UINT32_MAX
#define ID_BUCKET_SLOTS 4

/* Zero: the empty id. Compared with a slot as a whole, whatever its last four bytes are. */
struct id_key {
    uint64_t low;
    uint32_t high;
    uint32_t none;
};

struct id_slot {
    uint64_t low;
    uint32_t high;
    uint32_t number;
};

struct id_map {
    struct id_slot *slots; /* in buckets of ID_BUCKET_SLOTS */
    size_t bucket_count;
    size_t size;
    uint64_t seed;
};

static inline struct id_key id_key_make(span id, uint64_t seed)
{
    if (id.len > ID_KEY_SIZE) {
        return (struct id_key){.low = hash_bytes(id.ptr, id.len, seed), .high = ID_KEY_LONG};
    }
    struct id_key key = {.low = bytes_word(id.ptr, id.len)};
    if (id.len > 8) {
        uint64_t rest = bytes_word(id.ptr + 8, id.len - 8);
        memcpy(&key.high, &rest, sizeof key.high);
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
/* The same from the key's place on, where there is room before the bucket `end`; else false.
 * Threads that are given buckets of their own can add at the same time. */
bool id_map_add_before(struct id_map *map, size_t end, size_t place, struct id_key key,
                       uint32_t number);

/* The bucket of a key. */
static inline size_t id_map_place(const struct id_map *map, struct id_key key)
{
    uint64_t mixed = hash_pair(key.low, key.high, map->seed);
    return (size_t)((mixed >> 32) * map->bucket_count >> 32);
}

static inline void id_map_prefetch(const struct id_map *map, size_t place)
{
    /* Into the second cache: more lines can be on their way there than to the first. */
    __builtin_prefetch(&map->slots[place * ID_BUCKET_SLOTS], 0, 2);
}

/* The first slot of a bucket that has the key, or ID_BUCKET_SLOTS. */
static inline unsigned id_bucket_find(const struct id_slot *slots, const struct id_key *key)
{
#if defined(__SSE2__)
    __m128i wanted = _mm_loadu_si128((const __m128i *)key);
    __m128i equal[ID_BUCKET_SLOTS];
    for (int slot = 0; slot < ID_BUCKET_SLOTS; slot++) {
        __m128i words = _mm_loadu_si128((const __m128i *)&slots[slot]);
        equal[slot] = _mm_cmpeq_epi32(words, wanted);
    }
    /* Four bits a slot, of which the last is about the number. */
    __m128i bytes =
        _mm_packs_epi16(_mm_packs_epi32(equal[0], equal[1]), _mm_packs_epi32(equal[2], equal[3]));
    unsigned mask = (unsigned)_mm_movemask_epi8(bytes);
    mask &= mask >> 1 & mask >> 2 & 0x1111U;
    return (unsigned)__builtin_ctz(mask | 0x10000U) / 4;
#else
    unsigned slot = 0;
    while (slot < ID_BUCKET_SLOTS &&
           (slots[slot].low != key->low || slots[slot].high != key->high)) {
        slot++;
    }
    return slot;
#endif
}

/* Look up from the place that id_map_place gave; ID_MAP_NONE where the id is unknown. */
static inline uint32_t id_map_find(const struct id_map *map, const struct id_key *key, size_t place)
{
    for (;;) {
        const struct id_slot *slots = &map->slots[place * ID_BUCKET_SLOTS];
        unsigned slot = id_bucket_find(slots, key);
        if (slot < ID_BUCKET_SLOTS) {
            return slots[slot].number;
        }
        const struct id_slot *last = &slots[ID_BUCKET_SLOTS - 1];
        if (last->low == 0 && last->high == 0) {
            return ID_MAP_NONE;
        }
        place = place + 1 < map->bucket_count ? place + 1 : 0;
    }
}

#endif
