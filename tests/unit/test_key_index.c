/* SPDX-License-Identifier: MIT */
#include "table/key_index.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#include "support.h"

/* Rows are numbers; `keys[row]` is the key of a row, and the hash is given apart. */
static uint32_t find(const struct key_index *index, const uint64_t *keys, uint64_t hash,
                     uint64_t key, struct key_probe *probe)
{
    uint32_t row;
    key_probe_start(probe, index, hash);
    while ((row = key_probe_next(probe, index)) != KEY_INDEX_NONE && keys[row] != key) {
    }
    return row;
}

static void insert_new(struct key_index *index, const uint64_t *keys, uint64_t hash, uint32_t row)
{
    struct key_probe probe;
    cr_assert(eq(u32, find(index, keys, hash, keys[row], &probe), KEY_INDEX_NONE));
    cr_assert(lt(u64, index->count, index->count_max));
    key_probe_insert(&probe, index, row);
}

/* `count` rows with the hash that `hash_of` gives go in and are found again, others are not. */
static void fill_and_find(uint32_t count, uint64_t (*hash_of)(uint64_t key))
{
    struct key_index index;
    uint64_t *keys = malloc((count + 1) * sizeof *keys);
    cr_assert(key_index_open(&index, count));
    cr_assert(ge(u64, index.count_max, count), "room for as many as were asked for");
    for (uint32_t row = 0; row < count; row++) {
        keys[row] = 3 * (uint64_t)row + 1;
        insert_new(&index, keys, hash_of(keys[row]), row);
    }
    cr_expect(eq(u64, index.count, count));
    struct key_probe probe;
    for (uint32_t row = 0; row < count; row++) {
        cr_assert(eq(u32, find(&index, keys, hash_of(keys[row]), keys[row], &probe), row));
        uint64_t other = keys[row] + 1;
        cr_assert(eq(u32, find(&index, keys, hash_of(other), other, &probe), KEY_INDEX_NONE));
    }
    key_index_close(&index);
    free(keys);
}

static uint64_t hash_well(uint64_t key)
{
    uint64_t state = key;
    return random_next(&state);
}

static uint64_t hash_alike(uint64_t key)
{
    (void)key;
    return UINT64_C(0x123456789ABCDEF0);
}

/* All in the last bucket, with different tags. */
static uint64_t hash_last_bucket(uint64_t key)
{
    return UINT64_C(0xFFFFFFFF) << 32 | key << KEY_INDEX_SHIFT;
}

/* Different buckets, but every tag 0, which stands for an empty slot. */
static uint64_t hash_no_tag(uint64_t key)
{
    return hash_well(key) << (32 + KEY_INDEX_SHIFT);
}

Test(key_index, what_goes_in_is_found)
{
    static const uint32_t counts[] = {0, 1, 2, 7, 8, 9, 100, 1000, 100000};
    for (size_t index = 0; index < sizeof counts / sizeof *counts; index++) {
        fill_and_find(counts[index], hash_well);
    }
}

Test(key_index, equal_hashes_are_told_apart_by_who_asks)
{
    fill_and_find(3000, hash_alike);
}

Test(key_index, the_last_bucket_runs_over_into_the_first)
{
    fill_and_find(3000, hash_last_bucket);
}

Test(key_index, a_tag_of_zero_is_no_empty_slot)
{
    fill_and_find(20000, hash_no_tag);
    cr_expect(ne(u32, key_index_tag(0), 0));
    cr_expect(ne(u32, key_index_tag(UINT64_C(0xFF) << 56), 0));
}

Test(key_index, the_lowest_bits_of_a_hash_do_not_matter)
{
    struct key_index index;
    cr_assert(key_index_open(&index, 1000));
    for (uint64_t key = 0; key < 1000; key++) {
        uint64_t hash = hash_well(key);
        uint64_t other = hash ^ ((UINT64_C(1) << KEY_INDEX_SHIFT) - 1);
        cr_expect(eq(sz, key_index_bucket(&index, hash), key_index_bucket(&index, other)));
        cr_expect(eq(u32, key_index_tag(hash), key_index_tag(other)));
    }
    key_index_close(&index);
}

Test(key_index, a_cleared_index_is_empty_and_as_large_as_it_has_to_be)
{
    struct key_index index;
    uint64_t keys[1000];
    cr_assert(key_index_open(&index, 1000));
    for (uint32_t size = 0; size <= 1000; size += 250) {
        struct key_probe probe;
        key_index_clear(&index, size);
        cr_expect(eq(u64, index.count, 0));
        cr_expect(ge(u64, index.count_max, size));
        for (uint32_t row = 0; row < size; row++) {
            keys[row] = row + 1;
            insert_new(&index, keys, hash_well(keys[row]), row);
        }
        for (uint32_t row = 0; row < size; row++) {
            cr_assert(eq(u32, find(&index, keys, hash_well(keys[row]), keys[row], &probe), row));
        }
    }
    key_index_close(&index);
}

Test(key_index, pages_that_were_used_become_an_index)
{
    uint64_t keys[1000];
    size_t size = key_index_size(1000);
    /* Just enough, more than that, too few, and none at all. */
    const size_t sizes[] = {size, 3 * size, size - 1, 0};
    for (unsigned n = 0; n < 4; n++) {
        void *pages = sizes[n] > 0 ? memory_pages_open(sizes[n]) : NULL;
        if (pages != NULL) {
            memset(pages, 0xFF, sizes[n]);
        }
        struct key_index index;
        struct key_probe probe;
        cr_assert(key_index_take(&index, 1000, pages, sizes[n]));
        cr_expect(eq(int, index.unclean, sizes[n] >= size));
        if (index.unclean) {
            cr_expect(eq(ptr, index.buckets, pages));
            key_index_clean(&index, 0, index.bucket_count / 2);
            key_index_clean(&index, index.bucket_count / 2, index.bucket_count);
        }
        for (uint32_t row = 0; row < 1000; row++) {
            keys[row] = row + 1;
            insert_new(&index, keys, hash_well(keys[row]), row);
        }
        for (uint32_t row = 0; row < 1000; row++) {
            cr_assert(eq(u32, find(&index, keys, hash_well(keys[row]), keys[row], &probe), row));
        }
        key_index_close(&index);
    }
    cr_expect(eq(sz, key_index_size(UINT64_C(1) << 60), 0));
}

Test(key_index, rows_of_one_tag_come_in_the_order_in_which_they_went_in)
{
    struct key_index index;
    uint64_t keys[50];
    cr_assert(key_index_open(&index, 50));
    for (uint32_t row = 0; row < 50; row++) {
        keys[row] = row;
        insert_new(&index, keys, 77, row);
    }
    struct key_probe probe;
    key_probe_start(&probe, &index, 77);
    for (uint32_t row = 0; row < 50; row++) {
        cr_assert(eq(u32, key_probe_next(&probe, &index), row));
    }
    cr_expect(eq(u32, key_probe_next(&probe, &index), KEY_INDEX_NONE));
    cr_expect(eq(u32, key_probe_next(&probe, &index), KEY_INDEX_NONE), "it stays at the end");
    key_index_close(&index);
}

Test(key_index, an_index_that_cannot_be_is_refused)
{
    struct key_index index;
    cr_expect(not(key_index_open(&index, UINT64_C(1) << 60)));
    cr_expect(eq(ptr, index.buckets, NULL));
    key_index_close(&index);
}
