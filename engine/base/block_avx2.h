/* SPDX-License-Identifier: MIT */
/* The operations of block.h by AVX2. */
#ifndef MUSTER_BASE_BLOCK_AVX2_H
#define MUSTER_BASE_BLOCK_AVX2_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text_pairs.h"

struct block {
    __m256i low;
    __m256i high;
};

/* The bytes above 0x7F, judged by block_text_suspects. */
struct text_tables {
    struct block nibble, lead_high, lead_low, next_high, late_two, late_three, two_go_on;
    struct block byte_a0, byte_c0, byte_c2;
};

static inline struct block block_load(const unsigned char *bytes)
{
    return (struct block){_mm256_loadu_si256((const __m256i *)bytes),
                          _mm256_loadu_si256((const __m256i *)(bytes + 32))};
}

static inline struct block block_and(const struct block *left, const struct block *right)
{
    return (struct block){_mm256_and_si256(left->low, right->low),
                          _mm256_and_si256(left->high, right->high)};
}

static inline uint64_t halves_mask(__m256i low, __m256i high)
{
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(low) |
           (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

static inline uint64_t block_equal(const struct block *block, unsigned char byte)
{
    __m256i wanted = _mm256_set1_epi8((char)byte);
    return halves_mask(_mm256_cmpeq_epi8(block->low, wanted),
                       _mm256_cmpeq_epi8(block->high, wanted));
}

static inline __m256i half_control(__m256i half)
{
    __m256i low = _mm256_cmpeq_epi8(_mm256_min_epu8(half, _mm256_set1_epi8(0x1F)), half);
    return _mm256_or_si256(low, _mm256_cmpeq_epi8(half, _mm256_set1_epi8(0x7F)));
}

static inline struct block block_spread(unsigned char byte)
{
    __m256i bytes = _mm256_set1_epi8((char)byte);
    __asm__("" : "+x"(bytes));
    return (struct block){bytes, bytes};
}

static inline uint64_t block_same(const struct block *block, const struct block *other)
{
    return halves_mask(_mm256_cmpeq_epi8(block->low, other->low),
                       _mm256_cmpeq_epi8(block->high, other->high));
}

static inline uint64_t block_control(const struct block *block)
{
    return halves_mask(half_control(block->low), half_control(block->high));
}

static inline uint64_t block_high(const struct block *block)
{
    return halves_mask(block->low, block->high);
}

static inline struct block block_table(const unsigned char *table)
{
    __m256i bytes = _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)table));
    __asm__("" : "+x"(bytes));
    return (struct block){bytes, bytes};
}

/* Ones in the bytes of `half` that somebody has to look at, `before` being the half before it. */
static inline __m256i half_text_suspects(__m256i half, __m256i before,
                                         const struct text_tables *tables)
{
    const __m256i nibble = tables->nibble.low;
    __m256i lanes = _mm256_permute2x128_si256(before, half, 0x21);
    __m256i one = _mm256_alignr_epi8(half, lanes, 15);
    __m256i two = _mm256_alignr_epi8(half, lanes, 14);
    __m256i three = _mm256_alignr_epi8(half, lanes, 13);
    __m256i one_low = _mm256_and_si256(one, nibble);
    __m256i one_high = _mm256_and_si256(_mm256_srli_epi16(one, 4), nibble);
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(half, 4), nibble);
    __m256i pairs = _mm256_and_si256(_mm256_shuffle_epi8(tables->lead_high.low, one_high),
                                     _mm256_shuffle_epi8(tables->lead_low.low, one_low));
    pairs = _mm256_and_si256(pairs, _mm256_shuffle_epi8(tables->next_high.low, high));
    __m256i late = _mm256_or_si256(_mm256_subs_epu8(two, tables->late_two.low),
                                   _mm256_subs_epu8(three, tables->late_three.low));
    __m256i goes_on = _mm256_cmpgt_epi8(tables->byte_c0.low, one);
    goes_on = _mm256_and_si256(goes_on, tables->two_go_on.low);
    __m256i wrong = _mm256_xor_si256(pairs, _mm256_and_si256(late, goes_on));
    /* U+0080 to U+009F; what follows 0xC2 and is ASCII is wrong anyway. */
    __m256i c2 = _mm256_cmpeq_epi8(one, tables->byte_c2.low);
    __m256i controls = _mm256_and_si256(c2, _mm256_cmpgt_epi8(tables->byte_a0.low, half));
    __m256i right = _mm256_cmpeq_epi8(wrong, _mm256_setzero_si256());
    return _mm256_andnot_si256(_mm256_andnot_si256(controls, right), _mm256_set1_epi8((char)0xFF));
}

static inline uint64_t block_text_suspects(const struct block *block, const struct block *before,
                                           const struct text_tables *tables)
{
    return halves_mask(half_text_suspects(block->low, before->high, tables),
                       half_text_suspects(block->high, block->low, tables));
}

#define BLOCK_LOOKS_UP

static inline void block_store(const struct block *block, unsigned char *bytes)
{
    _mm256_storeu_si256((__m256i *)bytes, block->low);
    _mm256_storeu_si256((__m256i *)(bytes + 32), block->high);
}

static inline __m256i half_fold(__m256i half)
{
    __m256i above = _mm256_cmpgt_epi8(half, _mm256_set1_epi8('A' - 1));
    __m256i below = _mm256_cmpgt_epi8(_mm256_set1_epi8('Z' + 1), half);
    __m256i bit = _mm256_and_si256(_mm256_and_si256(above, below), _mm256_set1_epi8(0x20));
    return _mm256_or_si256(half, bit);
}

static inline struct block block_fold(const struct block *block)
{
    return (struct block){half_fold(block->low), half_fold(block->high)};
}

static inline struct block block_spread_word(uint64_t word)
{
    __m256i words = _mm256_set1_epi64x((long long)word);
    return (struct block){words, words};
}

static inline __m256i half_products(__m256i half, __m256i secret)
{
    __m256i sums = _mm256_add_epi32(half, secret);
    return _mm256_mul_epu32(sums, _mm256_srli_epi64(sums, 32));
}

static inline struct block block_word_products(const struct block *block,
                                               const struct block *secret)
{
    return (struct block){half_products(block->low, secret->low),
                          half_products(block->high, secret->high)};
}

static inline struct block block_add_words(const struct block *left, const struct block *right)
{
    return (struct block){_mm256_add_epi64(left->low, right->low),
                          _mm256_add_epi64(left->high, right->high)};
}

static inline uint64_t block_word_sum(const struct block *block)
{
    __m256i four = _mm256_add_epi64(block->low, block->high);
    __m128i two = _mm_add_epi64(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));
    return (uint64_t)_mm_cvtsi128_si64(_mm_add_epi64(two, _mm_unpackhi_epi64(two, two)));
}

#endif
