/* SPDX-License-Identifier: MIT */
#include "table/key_queue.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "support.h"

static unsigned part_of(uint64_t hash)
{
    return (unsigned)(hash >> (64 - KEY_PART_BITS));
}

/* Every part has just its keys, in the order in which they came. */
static void expect_parts(const struct key_queue *queue, const uint64_t *hashes, uint32_t count,
                         uint32_t row_base)
{
    size_t seen[KEY_PART_COUNT] = {0};
    uint64_t largest = 0;
    uint64_t total = 0;
    for (uint32_t index = 0; index < count; index++) {
        if (hashes[index] == 0) {
            continue;
        }
        unsigned part = part_of(hashes[index]);
        size_t place = seen[part]++;
        const struct queued_key *key = place < queue->counts[part]
                                           ? &queue->room[(size_t)part * queue->share + place]
                                           : &queue->rests[part].keys[place - queue->counts[part]];
        cr_assert(eq(u32, key->row, row_base + index));
        cr_assert(eq(u32, key->hash, (uint32_t)(hashes[index] >> KEY_INDEX_SHIFT)));
    }
    for (unsigned part = 0; part < KEY_PART_COUNT; part++) {
        cr_assert(eq(sz, queue->counts[part] + queue->rests[part].count, seen[part]));
        largest = seen[part] > largest ? seen[part] : largest;
        total += seen[part];
    }
    cr_expect(eq(u64, queue->count, total));
    cr_expect(eq(u64, key_queue_part_max(queue), largest));
}

static void queue_and_compare(uint64_t expected, uint32_t count, uint64_t mask)
{
    struct key_queue queue;
    uint64_t *hashes = malloc((count + 1) * sizeof *hashes);
    uint64_t state = count;
    for (uint32_t index = 0; index < count; index++) {
        hashes[index] = random_below(&state, 5) == 0 ? 0 : random_next(&state) & mask;
    }
    cr_assert(key_queue_open(&queue, expected));
    uint32_t half = count / 2;
    cr_assert(key_queue_add(&queue, hashes, half, 100));
    cr_assert(key_queue_add(&queue, hashes + half, count - half, 100 + half));
    expect_parts(&queue, hashes, count, 100);
    key_queue_close(&queue);
    free(hashes);
}

Test(key_queue, parts_keep_their_keys_in_order)
{
    static const uint32_t counts[] = {0, 1, 2, 100, 5000, 300000};
    for (size_t index = 0; index < sizeof counts / sizeof *counts; index++) {
        queue_and_compare(counts[index], counts[index], UINT64_MAX);
    }
}

Test(key_queue, more_than_were_expected_find_room)
{
    queue_and_compare(0, 50000, UINT64_MAX);
    queue_and_compare(100, 50000, UINT64_MAX);
}

Test(key_queue, all_keys_may_be_of_one_part)
{
    queue_and_compare(50000, 50000, UINT64_MAX >> KEY_PART_BITS);
    queue_and_compare(50000, 50000, 1);
}

Test(key_queue, what_it_had_suffices_for_an_index_of_as_many_keys)
{
    for (uint32_t count = 1; count <= 1000000; count *= 10) {
        struct key_queue queue;
        struct key_index index;
        const uint64_t hash = 77;
        cr_assert(key_queue_open(&queue, count));
        cr_assert(key_queue_add(&queue, &hash, 1, 5));
        void *room = queue.room;
        cr_assert(key_queue_become(&queue, &index, count));
        cr_expect(eq(ptr, queue.room, NULL));
        cr_expect(eq(ptr, index.buckets, room));
        cr_expect(eq(int, index.unclean, true));
        key_index_close(&index);
    }
}

Test(key_queue, a_part_hardly_ever_outgrows_its_share)
{
    struct key_queue queue;
    uint64_t state = 9;
    cr_assert(key_queue_open(&queue, 200000));
    for (uint32_t row = 0; row < 200000; row++) {
        uint64_t hash = random_next(&state) | 1;
        cr_assert(key_queue_add(&queue, &hash, 1, row));
    }
    for (unsigned part = 0; part < KEY_PART_COUNT; part++) {
        cr_expect(eq(sz, queue.rests[part].count, 0));
    }
    key_queue_close(&queue);
}
