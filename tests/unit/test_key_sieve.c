/* SPDX-License-Identifier: MIT */
#include "table/key_sieve.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "support.h"

#define HASH_OF_PART(hash) ((uint64_t)(hash) << KEY_INDEX_SHIFT)

static int hash_compare(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* How many of the sorted hashes are this one. */
static size_t times(const uint32_t *sorted, size_t count, uint32_t hash)
{
    const uint32_t *found = bsearch(&hash, sorted, count, sizeof hash, hash_compare);
    size_t seen = 0;
    for (const uint32_t *at = found; at != NULL && at >= sorted && *at == hash; at--) {
        seen++;
    }
    for (const uint32_t *at = found; at != NULL && at < sorted + count && *at == hash; at++) {
        seen++;
    }
    return seen > 0 ? seen - 1 : 0;
}

static const struct queued_key *key_of(const struct key_queue *queue, unsigned part, size_t place)
{
    size_t in_room = queue->counts[part];
    return place < in_room ? &queue->room[(size_t)part * queue->share + place]
                           : &queue->rests[part].keys[place - in_room];
}

/*
 * Sieve one part, in which these hashes stand: whoever stands there twice is kept, all in their
 * order, and no more than `others` of those who do not.
 */
static void expect_kept(struct key_sieve *sieve, struct key_queue *queue, unsigned part,
                        size_t others)
{
    size_t count = (size_t)key_queue_part_size(queue, part);
    uint32_t *hashes = malloc((count + 1) * sizeof *hashes);
    uint32_t *sorted = malloc((count + 1) * sizeof *sorted);
    uint32_t *rows = malloc((count + 1) * sizeof *rows);
    for (size_t place = 0; place < count; place++) {
        hashes[place] = sorted[place] = key_of(queue, part, place)->hash;
        rows[place] = key_of(queue, part, place)->row;
    }
    qsort(sorted, count, sizeof *sorted, hash_compare);
    key_sieve_part(sieve, queue, part);
    size_t kept = (size_t)key_queue_part_size(queue, part);
    size_t at = 0;
    size_t alone = 0;
    for (size_t place = 0; place < count; place++) {
        bool is_here = at < kept && key_of(queue, part, at)->row == rows[place];
        bool twice = times(sorted, count, hashes[place]) > 1;
        cr_assert(is_here || !twice, "key %zu of %zu", place, count);
        if (is_here) {
            cr_assert(eq(u32, key_of(queue, part, at)->hash, hashes[place]));
            alone += !twice;
            at++;
        }
    }
    cr_assert(eq(sz, at, kept), "and nobody else");
    cr_assert(le(sz, alone, others), "%zu of %zu", alone, count);
    free(hashes);
    free(sorted);
    free(rows);
}

/* `count` keys of one part; one in `share` is like the one before it. */
static void part_fill(struct key_queue *queue, unsigned part, uint32_t count, uint32_t share)
{
    uint64_t state = count + part;
    uint32_t before = 0;
    for (uint32_t row = 0; row < count; row++) {
        uint32_t hash =
            row > 0 && random_below(&state, share) == 0 ? before : (uint32_t)random_next(&state);
        before = random_below(&state, 3) == 0 ? hash : before;
        uint64_t whole = (uint64_t)part << (64 - KEY_PART_BITS) | HASH_OF_PART(hash) | 1;
        cr_assert(key_queue_add(queue, &whole, 1, row));
    }
}

Test(key_sieve, whoever_stands_there_twice_is_kept_and_few_others)
{
    static const uint32_t counts[] = {0, 1, 2, 3, 100, 40000, 40000, 40000, 40000, 5, 0, 3000};
    static const uint32_t shares[] = {2, 50, UINT32_MAX};
    for (size_t index = 0; index < sizeof shares / sizeof *shares; index++) {
        struct key_sieve sieve;
        struct key_queue queue;
        /* Room for half of the largest part: the others are in its rest. */
        cr_assert(key_queue_open(&queue, (uint64_t)20000 * KEY_PART_COUNT));
        cr_assert(key_sieve_open(&sieve, 40000));
        for (unsigned part = 0; part < sizeof counts / sizeof *counts; part++) {
            part_fill(&queue, part, counts[part], shares[index]);
            expect_kept(&sieve, &queue, part, counts[part] / 15);
        }
        key_sieve_close(&sieve);
        key_queue_close(&queue);
    }
}

Test(key_sieve, all_alike_are_all_kept)
{
    for (unsigned ones = 0; ones < 2; ones++) {
        struct key_sieve sieve;
        struct key_queue queue;
        uint64_t hash = ones != 0 ? UINT64_MAX : 1;
        unsigned part = ones != 0 ? KEY_PART_COUNT - 1 : 0;
        cr_assert(key_queue_open(&queue, 100));
        for (uint32_t row = 0; row < 1000; row++) {
            cr_assert(key_queue_add(&queue, &hash, 1, row));
        }
        cr_assert(key_sieve_open(&sieve, key_queue_part_max(&queue)));
        expect_kept(&sieve, &queue, part, 0);
        cr_expect(eq(u64, key_queue_part_size(&queue, part), 1000));
        key_sieve_close(&sieve);
        key_queue_close(&queue);
    }
}
