/* SPDX-License-Identifier: MIT */
/*
 * Key to row: a flat table of buckets, one cache line each.
 *
 *     bucket:  tag tag tag tag tag tag tag tag | row row row row row row row row
 *              upper 32 bits of the hash         the row that has the key
 *
 * The lower 32 bits of the hash choose the bucket; a full bucket runs over into the next one. One
 * compare of the eight tags finds the candidates, and only then are bytes compared, by the caller,
 * who alone knows where the key of a row is. Keys are never removed. A tag of 0 is an empty slot.
 */
#ifndef MUSTER_TABLE_KEY_INDEX_H
#define MUSTER_TABLE_KEY_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_INDEX_SLOTS 8
#define KEY_INDEX_NONE UINT32_MAX

struct key_bucket {
    _Alignas(64) uint32_t tags[KEY_INDEX_SLOTS];
    uint32_t rows[KEY_INDEX_SLOTS];
};

struct key_index {
    struct key_bucket *buckets;
    size_t bucket_count;
    size_t size; /* of the memory, in bytes */
    uint64_t count;
    uint64_t count_max; /* beyond it the table is made anew, larger */
};

/* Room for `count` keys. False where memory ran out. */
bool key_index_open(struct key_index *index, uint64_t count);
void key_index_close(struct key_index *index);

static inline uint32_t key_index_tag(uint64_t hash)
{
    uint32_t tag = (uint32_t)(hash >> 32);
    return tag != 0 ? tag : 1;
}

static inline size_t key_index_bucket(const struct key_index *index, uint64_t hash)
{
    return (size_t)(((uint64_t)(uint32_t)hash * index->bucket_count) >> 32);
}

static inline void key_index_prefetch(const struct key_index *index, uint64_t hash)
{
    __builtin_prefetch(&index->buckets[key_index_bucket(index, hash)], 1);
}

/* A walk over the rows that may have the key of a hash. */
struct key_probe {
    size_t bucket;
    uint32_t tag;
    uint32_t matches; /* slots of this bucket still to be looked at, a bit each */
    uint32_t empty;   /* an empty slot of this bucket ends the walk */
};

void key_probe_start(struct key_probe *probe, const struct key_index *index, uint64_t hash);
/* The next row with this tag, or KEY_INDEX_NONE when there is none. */
uint32_t key_probe_next(struct key_probe *probe, const struct key_index *index);
/* After key_probe_next gave KEY_INDEX_NONE: put the row there. Needs count < count_max. */
void key_probe_insert(const struct key_probe *probe, struct key_index *index, uint32_t row);

#endif
