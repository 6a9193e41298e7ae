/* SPDX-License-Identifier: MIT */
#include "table/key_sieve.h"

#include <string.h>

#include "base/memory.h"

#define SLOTS_PER_WORD 32U
#define WORD_SHIFT     5U

/* So many for a key, or up to twice as many. */
#define SLOTS_PER_KEY 16U

/* The bits of a slot's number for `count` keys: whole words, and no more than a hash has. */
static unsigned slot_bits(uint64_t count)
{
    unsigned bits = WORD_SHIFT;
    while (bits < 32 && (UINT64_C(1) << bits) < count * SLOTS_PER_KEY) {
        bits++;
    }
    return bits;
}

static size_t words_size(unsigned bits)
{
    return ((size_t)1 << (bits - WORD_SHIFT)) * sizeof(uint64_t);
}

bool key_sieve_open(struct key_sieve *sieve, uint64_t most)
{
    *sieve = (struct key_sieve){.size = words_size(slot_bits(most))};
    sieve->words = memory_pages_open(sieve->size);
    return sieve->words != NULL;
}

void key_sieve_close(struct key_sieve *sieve)
{
    memory_pages_close(sieve->words, sieve->size);
    *sieve = (struct key_sieve){0};
}

static void slots_fill(const struct key_sieve *sieve, const struct queued_key *keys, size_t count)
{
    uint64_t *words = sieve->words;
    unsigned shift = sieve->shift;
    for (size_t at = 0; at < count; at++) {
        size_t slot = (size_t)((uint64_t)keys[at].hash >> shift);
        uint64_t one = UINT64_C(1) << 2 * (slot % SLOTS_PER_WORD);
        uint64_t word = words[slot / SLOTS_PER_WORD];
        words[slot / SLOTS_PER_WORD] = word | one | (word & one) << 1;
    }
}

/* Without a branch: it would guess. */
static size_t keys_keep(const struct key_sieve *sieve, struct queued_key *keys, size_t count)
{
    const uint64_t *words = sieve->words;
    unsigned shift = sieve->shift;
    size_t kept = 0;
    for (size_t at = 0; at < count; at++) {
        struct queued_key key = keys[at];
        size_t slot = (size_t)((uint64_t)key.hash >> shift);
        keys[kept] = key;
        kept += words[slot / SLOTS_PER_WORD] >> (2 * (slot % SLOTS_PER_WORD) + 1) & 1;
    }
    return kept;
}

void key_sieve_part(struct key_sieve *sieve, struct key_queue *queue, unsigned part)
{
    struct queued_key *room = queue->room + (size_t)part * queue->share;
    struct queue_rest *rest = &queue->rests[part];
    unsigned bits = slot_bits(key_queue_part_size(queue, part));
    sieve->shift = 32 - bits;
    memset(sieve->words, 0, words_size(bits));
    slots_fill(sieve, room, queue->counts[part]);
    slots_fill(sieve, rest->keys, rest->count);
    queue->counts[part] = (uint32_t)keys_keep(sieve, room, queue->counts[part]);
    rest->count = keys_keep(sieve, rest->keys, rest->count);
}
