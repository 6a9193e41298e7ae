/* SPDX-License-Identifier: MIT */
/*
 * Key to row: a flat table of buckets, one cache line each.
 *
 *     bucket:  tag tag tag tag tag tag tag tag | row row row row row row row row
 *              bits 24 to 55 of the hash         the row that has the key
 *
 * The upper bits of the hash choose the bucket, in their order as numbers; a full bucket runs over
 * into the next one. The lowest 24 bits do not matter. One compare of the eight tags finds the
 * candidates, and only then are bytes compared, by the caller, who alone knows where the key of a
 * row is. Keys are never removed. A tag of 0 is an empty slot.
 */
#ifndef MUSTER_TABLE_KEY_INDEX_H
#define MUSTER_TABLE_KEY_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/hash.h"

#define KEY_INDEX_SLOTS 8
#define KEY_INDEX_NONE  UINT32_MAX
#define KEY_INDEX_SHIFT 24 /* bits of a hash that do not matter */

struct key_bucket {
    _Alignas(64) uint32_t tags[KEY_INDEX_SLOTS];
    uint32_t rows[KEY_INDEX_SLOTS];
};

struct key_index {
    struct key_bucket *buckets;
    size_t bucket_count;
    size_t size;  /* of the memory, in bytes */
    bool unclean; /* see key_index_take */
    uint64_t count;
    uint64_t count_max; /* beyond it the table is made anew, larger */
};

/* Room for `count` keys. False where memory ran out. */
bool key_index_open(struct key_index *index, uint64_t count);
void key_index_close(struct key_index *index);

/* The size of an index with room for `count` keys, in bytes; 0 where there can be none. */
size_t key_index_size(uint64_t count);

/*
 * The same in pages of memory_pages_open, which are the index's from now on, or NULL. Where they
 * suffice the index is unclean: what they held is still there, and buckets have to be cleared
 * before anybody looks at them. That is best done right before, a stretch of the cache's size at a
 * time. Where they do not, others are opened.
 */
bool key_index_take(struct key_index *index, uint64_t count, void *pages, size_t size);

/* Clear the buckets from `first` up to `end`. */
void key_index_clean(struct key_index *index, size_t first, size_t end);
/* All keys are gone, and the index is as large as for `count`, which is no more than it was opened
 * for. */
void key_index_clear(struct key_index *index, uint64_t count);

static inline uint32_t key_index_tag(uint64_t hash)
{
    uint32_t tag = (uint32_t)(hash >> KEY_INDEX_SHIFT);
    return tag != 0 ? tag : 1;
}

static inline size_t key_index_bucket(const struct key_index *index, uint64_t hash)
{
    uint64_t bits = hash >> KEY_INDEX_SHIFT << KEY_INDEX_SHIFT;
    return (size_t)multiply_high(bits, index->bucket_count);
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

/* A bit for every slot whose tag is `tag`. */
static inline uint32_t bucket_match(const struct key_bucket *bucket, uint32_t tag)
{
#if defined(__SSE2__)
    const __m128i wanted = _mm_set1_epi32((int)tag);
    __m128i low = _mm_cmpeq_epi32(_mm_loadu_si128((const __m128i *)&bucket->tags[0]), wanted);
    __m128i high = _mm_cmpeq_epi32(_mm_loadu_si128((const __m128i *)&bucket->tags[4]), wanted);
    __m128i words = _mm_packs_epi32(low, high);
    return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(words, _mm_setzero_si128()));
#else
    uint32_t matches = 0;
    for (unsigned slot = 0; slot < KEY_INDEX_SLOTS; slot++) {
        matches |= (uint32_t)(bucket->tags[slot] == tag) << slot;
    }
    return matches;
#endif
}

static inline void probe_look(struct key_probe *probe, const struct key_index *index)
{
    const struct key_bucket *bucket = &index->buckets[probe->bucket];
    probe->matches = bucket_match(bucket, probe->tag);
    probe->empty = bucket_match(bucket, 0);
}

static inline void key_probe_start(struct key_probe *probe, const struct key_index *index,
                                   uint64_t hash)
{
    probe->tag = key_index_tag(hash);
    probe->bucket = key_index_bucket(index, hash);
    probe_look(probe, index);
}

/* The next row with this tag, or KEY_INDEX_NONE when there is none. */
static inline uint32_t key_probe_next(struct key_probe *probe, const struct key_index *index)
{
    for (;;) {
        if (probe->matches != 0) {
            unsigned slot = (unsigned)__builtin_ctz(probe->matches);
            probe->matches &= probe->matches - 1;
            return index->buckets[probe->bucket].rows[slot];
        }
        if (probe->empty != 0) {
            return KEY_INDEX_NONE;
        }
        probe->bucket = probe->bucket + 1 < index->bucket_count ? probe->bucket + 1 : 0;
        probe_look(probe, index);
    }
}

/* After key_probe_next gave KEY_INDEX_NONE: put the row there. Needs count < count_max. */
static inline void key_probe_insert(const struct key_probe *probe, struct key_index *index,
                                    uint32_t row)
{
    struct key_bucket *bucket = &index->buckets[probe->bucket];
    unsigned slot = (unsigned)__builtin_ctz(probe->empty);
    bucket->tags[slot] = probe->tag;
    bucket->rows[slot] = row;
    index->count++;
}

#endif
