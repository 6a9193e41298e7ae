/* SPDX-License-Identifier: MIT */
#include "table/key_index.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/memory.h"

/* Three slots in five are used at most: at that load nearly every key lies in its own bucket. */
#define LOAD_NUMERATOR 3
#define LOAD_DENOMINATOR 5

bool key_index_open(struct key_index *index, uint64_t count)
{
    *index = (struct key_index){0};
    uint64_t slots = (count + 1) / LOAD_NUMERATOR * LOAD_DENOMINATOR + KEY_INDEX_SLOTS;
    size_t bucket_count = (size_t)(slots / KEY_INDEX_SLOTS) + 1;
    if (bucket_count > UINT32_MAX || bucket_count > SIZE_MAX / 2 / sizeof(struct key_bucket)) {
        return false;
    }
    size_t size = bucket_count * sizeof(struct key_bucket) + sizeof(struct key_bucket);
    void *pages = memory_pages_open(size);
    if (pages == NULL) {
        return false;
    }
    index->buckets = pages;
    index->bucket_count = bucket_count;
    index->size = size;
    /* Up to three quarters the table still answers well; the estimate of the caller may be low. */
    index->count_max = (uint64_t)bucket_count * KEY_INDEX_SLOTS * 3 / 4;
    return true;
}

void key_index_close(struct key_index *index)
{
    memory_pages_close(index->buckets, index->size);
    *index = (struct key_index){0};
}

/* A bit for every slot whose tag is `tag`. */
static uint32_t bucket_match(const struct key_bucket *bucket, uint32_t tag)
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

static void probe_look(struct key_probe *probe, const struct key_index *index)
{
    const struct key_bucket *bucket = &index->buckets[probe->bucket];
    probe->matches = bucket_match(bucket, probe->tag);
    probe->empty = bucket_match(bucket, 0);
}

void key_probe_start(struct key_probe *probe, const struct key_index *index, uint64_t hash)
{
    probe->tag = key_index_tag(hash);
    probe->bucket = key_index_bucket(index, hash);
    probe_look(probe, index);
}

uint32_t key_probe_next(struct key_probe *probe, const struct key_index *index)
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

void key_probe_insert(const struct key_probe *probe, struct key_index *index, uint32_t row)
{
    struct key_bucket *bucket = &index->buckets[probe->bucket];
    unsigned slot = (unsigned)__builtin_ctz(probe->empty);
    bucket->tags[slot] = probe->tag;
    bucket->rows[slot] = row;
    index->count++;
}
