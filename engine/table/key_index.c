/* SPDX-License-Identifier: MIT */
#include "table/key_index.h"

#include <string.h>

#include "base/memory.h"

/* Three slots in five are used at most: at that load nearly every key lies in its own bucket. */
#define LOAD_NUMERATOR   3
#define LOAD_DENOMINATOR 5

static uint64_t buckets_for(uint64_t count)
{
    uint64_t slots = (count + 1) / LOAD_NUMERATOR * LOAD_DENOMINATOR + KEY_INDEX_SLOTS;
    return slots / KEY_INDEX_SLOTS + 1;
}

size_t key_index_size(uint64_t count)
{
    uint64_t bucket_count = buckets_for(count);
    bool possible =
        bucket_count <= UINT32_MAX && bucket_count <= SIZE_MAX / 2 / sizeof(struct key_bucket);
    return possible ? (size_t)(bucket_count + 1) * sizeof(struct key_bucket) : 0;
}

static void index_shape(struct key_index *index, uint64_t count)
{
    index->bucket_count = (size_t)buckets_for(count);
    index->count = 0;
    /* Up to three quarters the table still answers well; the estimate of the caller may be low. */
    index->count_max = (uint64_t)index->bucket_count * KEY_INDEX_SLOTS * 3 / 4;
}

bool key_index_open(struct key_index *index, uint64_t count)
{
    *index = (struct key_index){0};
    size_t size = key_index_size(count);
    void *pages = size > 0 ? memory_pages_open(size) : NULL;
    if (pages == NULL) {
        return false;
    }
    index->buckets = pages;
    index->size = size;
    index_shape(index, count);
    return true;
}

bool key_index_take(struct key_index *index, uint64_t count, void *pages, size_t size)
{
    size_t needed = key_index_size(count);
    if (pages == NULL || needed == 0 || needed > size) {
        memory_pages_close(pages, size);
        return key_index_open(index, count);
    }
    *index = (struct key_index){.buckets = pages, .size = size, .unclean = true};
    index_shape(index, count);
    return true;
}

void key_index_clean(struct key_index *index, size_t first, size_t end)
{
    memset(&index->buckets[first], 0, (end - first) * sizeof *index->buckets);
}

void key_index_close(struct key_index *index)
{
    memory_pages_close(index->buckets, index->size);
    *index = (struct key_index){0};
}

void key_index_clear(struct key_index *index, uint64_t count)
{
    index_shape(index, count);
    key_index_clean(index, 0, index->bucket_count + 1);
}
