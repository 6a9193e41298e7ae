/* SPDX-License-Identifier: MIT */
/* The operations of block.h by words of eight bytes, for any processor. */
#ifndef MUSTER_BASE_BLOCK_PLAIN_H
#define MUSTER_BASE_BLOCK_PLAIN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define EVERY_BYTE UINT64_C(0x0101010101010101)
#define HIGH_BITS  UINT64_C(0x8080808080808080)

struct block {
    uint64_t words[8];
};

static inline struct block block_load(const unsigned char *bytes)
{
    struct block block;
    memcpy(block.words, bytes, sizeof block.words);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    for (int index = 0; index < 8; index++) {
        block.words[index] = __builtin_bswap64(block.words[index]);
    }
#endif
    return block;
}

static inline struct block block_and(const struct block *left, const struct block *right)
{
    struct block both;
    for (int index = 0; index < 8; index++) {
        both.words[index] = left->words[index] & right->words[index];
    }
    return both;
}

/* The high bits of eight bytes, drawn together: byte n gives bit n. */
static inline uint64_t high_bits_gather(uint64_t word)
{
    return ((word & HIGH_BITS) >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

static inline uint64_t block_same(const struct block *block, const struct block *other)
{
    uint64_t mask = 0;
    for (int index = 0; index < 8; index++) {
        uint64_t difference = block->words[index] ^ other->words[index];
        /* The high bit of a byte is set where the byte is zero; no carry leaves a byte. */
        uint64_t low = (difference & ~HIGH_BITS) + ~HIGH_BITS;
        uint64_t zero = ~(low | difference | ~HIGH_BITS);
        mask |= high_bits_gather(zero) << (8 * index);
    }
    return mask;
}

static inline struct block block_spread(unsigned char byte)
{
    struct block block;
    for (int index = 0; index < 8; index++) {
        block.words[index] = EVERY_BYTE * byte;
    }
    return block;
}

static inline uint64_t block_equal(const struct block *block, unsigned char byte)
{
    struct block wanted = block_spread(byte);
    return block_same(block, &wanted);
}

static inline uint64_t block_control(const struct block *block)
{
    uint64_t mask = 0;
    for (int index = 0; index < 8; index++) {
        uint64_t word = block->words[index];
        uint64_t low = word & ~HIGH_BITS;
        uint64_t not_below = low + EVERY_BYTE * (0x80 - 0x20);
        uint64_t above = low + EVERY_BYTE;
        mask |= high_bits_gather((~not_below | above) & ~word) << (8 * index);
    }
    return mask;
}

static inline uint64_t block_high(const struct block *block)
{
    uint64_t mask = 0;
    for (int index = 0; index < 8; index++) {
        mask |= high_bits_gather(block->words[index]) << (8 * index);
    }
    return mask;
}

static inline void block_store(const struct block *block, unsigned char *bytes)
{
    struct block copy = *block;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    for (int index = 0; index < 8; index++) {
        copy.words[index] = __builtin_bswap64(copy.words[index]);
    }
#endif
    memcpy(bytes, copy.words, sizeof copy.words);
}

static inline struct block block_fold(const struct block *block)
{
    struct block folded;
    for (int index = 0; index < 8; index++) {
        uint64_t word = block->words[index];
        uint64_t low = word & ~HIGH_BITS;
        uint64_t from_a = low + EVERY_BYTE * (0x80 - 'A');
        uint64_t behind_z = low + EVERY_BYTE * (0x80 - 'Z' - 1);
        uint64_t upper = from_a & ~behind_z & ~word & HIGH_BITS;
        folded.words[index] = word | upper >> 2;
    }
    return folded;
}

static inline struct block block_spread_word(uint64_t word)
{
    return (struct block){{word, word, word, word, word, word, word, word}};
}

static inline struct block block_word_products(const struct block *block,
                                               const struct block *secret)
{
    struct block products;
    for (int index = 0; index < 8; index++) {
        uint64_t word = block->words[index];
        uint64_t other = secret->words[index];
        uint32_t low = (uint32_t)word + (uint32_t)other;
        uint32_t high = (uint32_t)(word >> 32) + (uint32_t)(other >> 32);
        products.words[index] = (uint64_t)low * high;
    }
    return products;
}

static inline struct block block_add_words(const struct block *left, const struct block *right)
{
    struct block sums;
    for (int index = 0; index < 8; index++) {
        sums.words[index] = left->words[index] + right->words[index];
    }
    return sums;
}

static inline uint64_t block_word_sum(const struct block *block)
{
    uint64_t sum = 0;
    for (int index = 0; index < 8; index++) {
        sum += block->words[index];
    }
    return sum;
}

#endif
