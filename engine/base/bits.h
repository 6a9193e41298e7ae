/* SPDX-License-Identifier: MIT */
/* Sets of indexes: a bit for each of 0 to count - 1, in words of 64. */
#ifndef MUSTER_BASE_BITS_H
#define MUSTER_BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"

#define BITS_PER_WORD 64U

/* The words of a set; there is always one more than is full. */
static inline size_t bits_word_count(size_t count)
{
    return count / BITS_PER_WORD + 1;
}

/* An empty set, freed with free(); NULL where memory ran out. */
static inline uint64_t *bits_open(size_t count)
{
    uint64_t *bits = memory_array(bits_word_count(count), sizeof *bits);
    if (bits != NULL) {
        memset(bits, 0, bits_word_count(count) * sizeof *bits);
    }
    return bits;
}

static inline bool bit_get(const uint64_t *bits, size_t index)
{
    return (bits[index / BITS_PER_WORD] >> (index % BITS_PER_WORD) & 1) != 0;
}

static inline void bit_set(uint64_t *bits, size_t index)
{
    bits[index / BITS_PER_WORD] |= (uint64_t)1 << (index % BITS_PER_WORD);
}

static inline void bit_clear(uint64_t *bits, size_t index)
{
    bits[index / BITS_PER_WORD] &= ~((uint64_t)1 << (index % BITS_PER_WORD));
}

/* The first index at or behind `from` that is in a set of `count`; `count` where there is none. */
static inline uint32_t bit_next(const uint64_t *bits, uint32_t count, uint32_t from)
{
    if (from >= count) {
        return count;
    }
    size_t at = from / BITS_PER_WORD;
    uint64_t word = bits[at] & (UINT64_MAX << (from % BITS_PER_WORD));
    while (word == 0) {
        if (++at == bits_word_count(count)) {
            return count;
        }
        word = bits[at];
    }
    return (uint32_t)(at * BITS_PER_WORD + (size_t)__builtin_ctzll(word));
}

#endif
