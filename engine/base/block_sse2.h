/* SPDX-License-Identifier: MIT */
/* The operations of block.h by SSE2. */
#ifndef MUSTER_BASE_BLOCK_SSE2_H
#define MUSTER_BASE_BLOCK_SSE2_H

#include <emmintrin.h>
#include <stddef.h>
#include <stdint.h>

struct block {
    __m128i parts[4];
};

static inline struct block block_load(const unsigned char *bytes)
{
    struct block block;
    for (int part = 0; part < 4; part++) {
        block.parts[part] = _mm_loadu_si128((const __m128i *)(bytes + 16 * part));
    }
    return block;
}

static inline struct block block_and(const struct block *left, const struct block *right)
{
    struct block both;
    for (int part = 0; part < 4; part++) {
        both.parts[part] = _mm_and_si128(left->parts[part], right->parts[part]);
    }
    return both;
}

static inline uint64_t parts_mask(const __m128i *parts)
{
    uint64_t mask = 0;
    for (int part = 0; part < 4; part++) {
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(parts[part]) << (16 * part);
    }
    return mask;
}

static inline uint64_t block_equal(const struct block *block, unsigned char byte)
{
    __m128i equal[4];
    for (int part = 0; part < 4; part++) {
        equal[part] = _mm_cmpeq_epi8(block->parts[part], _mm_set1_epi8((char)byte));
    }
    return parts_mask(equal);
}

static inline struct block block_spread(unsigned char byte)
{
    __m128i bytes = _mm_set1_epi8((char)byte);
    return (struct block){{bytes, bytes, bytes, bytes}};
}

static inline uint64_t block_same(const struct block *block, const struct block *other)
{
    __m128i same[4];
    for (int part = 0; part < 4; part++) {
        same[part] = _mm_cmpeq_epi8(block->parts[part], other->parts[part]);
    }
    return parts_mask(same);
}

static inline uint64_t block_control(const struct block *block)
{
    __m128i control[4];
    for (int part = 0; part < 4; part++) {
        __m128i bytes = block->parts[part];
        __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
        control[part] = _mm_or_si128(low, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F)));
    }
    return parts_mask(control);
}

static inline uint64_t block_high(const struct block *block)
{
    return parts_mask(block->parts);
}

/* Bytes above 0x7F are negative, and in the right order; the others are above all of them. */
static inline uint64_t block_between(const struct block *block, unsigned char low,
                                     unsigned char high)
{
    __m128i outside[4];
    for (int part = 0; part < 4; part++) {
        __m128i bytes = block->parts[part];
        outside[part] = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8((char)low)),
                                     _mm_cmpgt_epi8(bytes, _mm_set1_epi8((char)high)));
    }
    return ~parts_mask(outside);
}

static inline void block_store(const struct block *block, unsigned char *bytes)
{
    for (int part = 0; part < 4; part++) {
        _mm_storeu_si128((__m128i *)(bytes + 16 * part), block->parts[part]);
    }
}

static inline struct block block_fold(const struct block *block)
{
    struct block folded;
    for (int part = 0; part < 4; part++) {
        __m128i bytes = block->parts[part];
        __m128i above = _mm_cmpgt_epi8(bytes, _mm_set1_epi8('A' - 1));
        __m128i below = _mm_cmplt_epi8(bytes, _mm_set1_epi8('Z' + 1));
        __m128i bit = _mm_and_si128(_mm_and_si128(above, below), _mm_set1_epi8(0x20));
        folded.parts[part] = _mm_or_si128(bytes, bit);
    }
    return folded;
}

static inline struct block block_spread_word(uint64_t word)
{
    __m128i words = _mm_set1_epi64x((long long)word);
    return (struct block){{words, words, words, words}};
}

static inline struct block block_word_products(const struct block *block,
                                               const struct block *secret)
{
    struct block products;
    for (int part = 0; part < 4; part++) {
        __m128i sums = _mm_add_epi32(block->parts[part], secret->parts[part]);
        products.parts[part] = _mm_mul_epu32(sums, _mm_srli_epi64(sums, 32));
    }
    return products;
}

static inline struct block block_add_words(const struct block *left, const struct block *right)
{
    struct block sums;
    for (int part = 0; part < 4; part++) {
        sums.parts[part] = _mm_add_epi64(left->parts[part], right->parts[part]);
    }
    return sums;
}

static inline uint64_t block_word_sum(const struct block *block)
{
    __m128i two = _mm_add_epi64(_mm_add_epi64(block->parts[0], block->parts[1]),
                                _mm_add_epi64(block->parts[2], block->parts[3]));
    return (uint64_t)_mm_cvtsi128_si64(_mm_add_epi64(two, _mm_unpackhi_epi64(two, two)));
}

#endif
