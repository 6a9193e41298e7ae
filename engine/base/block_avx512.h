/* SPDX-License-Identifier: MIT */
/* The operations of block.h by AVX-512, with the extension VBMI2. */
#ifndef MUSTER_BASE_BLOCK_AVX512_H
#define MUSTER_BASE_BLOCK_AVX512_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text_pairs.h"

struct block {
    __m512i bytes;
};

/* The bytes above 0x7F, judged by block_text_suspects. */
struct text_tables {
    struct block nibble, lead_high, lead_low, next_high, late_two, late_three, two_go_on;
    struct block byte_a0, byte_c0, byte_c2;
};

static inline struct block block_load(const unsigned char *bytes)
{
    return (struct block){_mm512_loadu_si512(bytes)};
}

static inline uint64_t block_equal(const struct block *block, unsigned char byte)
{
    return _mm512_cmpeq_epi8_mask(block->bytes, _mm512_set1_epi8((char)byte));
}

/* The compiler is not told what it is, or it would make it anew for every block. */
static inline struct block block_spread(unsigned char byte)
{
    __m512i bytes = _mm512_set1_epi8((char)byte);
    __asm__("" : "+v"(bytes));
    return (struct block){bytes};
}

static inline uint64_t block_same(const struct block *block, const struct block *other)
{
    return _mm512_cmpeq_epi8_mask(block->bytes, other->bytes);
}

static inline uint64_t block_control(const struct block *block)
{
    return _mm512_cmplt_epu8_mask(block->bytes, _mm512_set1_epi8(0x20)) |
           _mm512_cmpeq_epi8_mask(block->bytes, _mm512_set1_epi8(0x7F));
}

static inline uint64_t block_high(const struct block *block)
{
    return _mm512_movepi8_mask(block->bytes);
}

static inline struct block block_table(const unsigned char *table)
{
    __m512i bytes = _mm512_broadcast_i32x4(_mm_load_si128((const __m128i *)table));
    __asm__("" : "+v"(bytes));
    return (struct block){bytes};
}

static inline uint64_t block_text_suspects(const struct block *block, const struct block *before,
                                           const struct text_tables *tables)
{
    const __m512i nibble = tables->nibble.bytes;
    __m512i bytes = block->bytes;
    /* The lanes of 16 bytes, each one lane later. */
    __m512i lanes = _mm512_alignr_epi32(bytes, before->bytes, 12);
    __m512i one = _mm512_alignr_epi8(bytes, lanes, 15);
    __m512i two = _mm512_alignr_epi8(bytes, lanes, 14);
    __m512i three = _mm512_alignr_epi8(bytes, lanes, 13);
    __m512i one_low = _mm512_and_si512(one, nibble);
    __m512i one_high = _mm512_and_si512(_mm512_srli_epi16(one, 4), nibble);
    __m512i high = _mm512_and_si512(_mm512_srli_epi16(bytes, 4), nibble);
    __m512i pairs = _mm512_and_si512(_mm512_shuffle_epi8(tables->lead_high.bytes, one_high),
                                     _mm512_shuffle_epi8(tables->lead_low.bytes, one_low));
    pairs = _mm512_and_si512(pairs, _mm512_shuffle_epi8(tables->next_high.bytes, high));
    __m512i late = _mm512_or_si512(_mm512_subs_epu8(two, tables->late_two.bytes),
                                   _mm512_subs_epu8(three, tables->late_three.bytes));
    __mmask64 goes_on = _mm512_cmplt_epi8_mask(one, tables->byte_c0.bytes);
    late = _mm512_and_si512(late, _mm512_maskz_mov_epi8(goes_on, tables->two_go_on.bytes));
    __m512i wrong = _mm512_xor_si512(pairs, late);
    __mmask64 c2 = _mm512_cmpeq_epi8_mask(one, tables->byte_c2.bytes);
    __mmask64 controls = _mm512_mask_cmplt_epu8_mask(c2, bytes, tables->byte_a0.bytes);
    return _mm512_test_epi8_mask(wrong, wrong) | controls;
}

#define BLOCK_LOOKS_UP

static inline void block_store(const struct block *block, unsigned char *bytes)
{
    _mm512_storeu_si512(bytes, block->bytes);
}

static inline struct block block_fold(const struct block *block)
{
    __mmask64 not_below = _mm512_cmpge_epu8_mask(block->bytes, _mm512_set1_epi8('A'));
    __mmask64 upper = _mm512_mask_cmple_epu8_mask(not_below, block->bytes, _mm512_set1_epi8('Z'));
    return (struct block){
        _mm512_mask_add_epi8(block->bytes, upper, block->bytes, _mm512_set1_epi8(0x20))};
}

static inline struct block block_spread_word(uint64_t word)
{
    return (struct block){_mm512_set1_epi64((long long)word)};
}

static inline struct block block_word_products(const struct block *block,
                                               const struct block *secret)
{
    __m512i sums = _mm512_add_epi32(block->bytes, secret->bytes);
    return (struct block){_mm512_mul_epu32(sums, _mm512_srli_epi64(sums, 32))};
}

static inline struct block block_add_words(const struct block *left, const struct block *right)
{
    return (struct block){_mm512_add_epi64(left->bytes, right->bytes)};
}

static inline uint64_t block_word_sum(const struct block *block)
{
    __m256i four = _mm256_add_epi64(_mm512_castsi512_si256(block->bytes),
                                    _mm512_extracti64x4_epi64(block->bytes, 1));
    __m128i two = _mm_add_epi64(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));
    return (uint64_t)_mm_cvtsi128_si64(_mm_add_epi64(two, _mm_unpackhi_epi64(two, two)));
}

static inline __m512i pair_sums(__m512i left, __m512i right)
{
    return _mm512_add_epi64(_mm512_unpacklo_epi64(left, right), _mm512_unpackhi_epi64(left, right));
}

static inline __m512i lane_sums(__m512i left, __m512i right)
{
    return _mm512_add_epi64(_mm512_shuffle_i64x2(left, right, 0x88),
                            _mm512_shuffle_i64x2(left, right, 0xDD));
}

/* Two sums at a time in each lane of 16 bytes, then lanes are added up: with four times fewer
 * steps than one block after the other. */
static inline void blocks_word_sums(const struct block blocks[8], uint64_t sums[8])
{
    __m512i first = lane_sums(pair_sums(blocks[0].bytes, blocks[1].bytes),
                              pair_sums(blocks[2].bytes, blocks[3].bytes));
    __m512i second = lane_sums(pair_sums(blocks[4].bytes, blocks[5].bytes),
                               pair_sums(blocks[6].bytes, blocks[7].bytes));
    _mm512_storeu_si512(sums, lane_sums(first, second));
}

#define BLOCK_SUMS_ARE_NATIVE

/* The first `count` bits, up to all 64. */
static inline uint64_t bytes_below(size_t count)
{
    return _bzhi_u64(~UINT64_C(0), (unsigned)count);
}

static inline struct block block_load_some(const unsigned char *bytes, size_t count)
{
    /* Bytes outside the mask are not touched, so this may end right before an unmapped page. */
    return (struct block){_mm512_maskz_loadu_epi8(bytes_below(count), bytes)};
}

static inline struct block block_keep(const struct block *block, size_t count)
{
    return (struct block){_mm512_maskz_mov_epi8(bytes_below(count), block->bytes)};
}

/* The bytes one after the other to where a bit is set, zeros between them. */
static inline struct block block_move_apart(const struct block *block, uint64_t mask)
{
    return (struct block){_mm512_maskz_expand_epi8(mask, block->bytes)};
}

#define BLOCK_MOVES_APART

/* The places of the set bits, eight at a time: the numbers of the bytes, drawn together. */
static inline void mask_positions(uint64_t mask, uint32_t base, uint32_t *positions)
{
    static const _Alignas(64) unsigned char numbers[64] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
        44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    const __m256i bases = _mm256_set1_epi32((int)base);
    __m512i set = _mm512_maskz_compress_epi8(mask, _mm512_load_si512(numbers));
    for (int left = (int)_mm_popcnt_u64(mask);; left -= 8) {
        __m256i wide = _mm256_cvtepu8_epi32(_mm512_castsi512_si128(set));
        _mm256_storeu_si256((__m256i *)positions, _mm256_add_epi32(wide, bases));
        if (left <= 8) {
            return;
        }
        positions += 8;
        set = _mm512_alignr_epi64(_mm512_setzero_si512(), set, 1);
    }
}

/* Not where there is AVX2 alone: some of those processors extract one bit after the other. */
static inline void mask_ranks(uint64_t mask, uint64_t all, uint32_t base, uint32_t *ranks)
{
    uint64_t places = _pext_u64(mask, all);
    do {
        for (int step = 0; step < 2; step++) {
            *ranks++ = base + (uint32_t)_tzcnt_u64(places);
            places &= places - 1;
        }
    } while (places != 0);
}

#define MASK_RANKS_ARE_NATIVE
#define BLOCK_POSITIONS_ARE_NATIVE
#define BLOCK_LOAD_SOME_IS_NATIVE
#define BLOCK_KEEP_IS_NATIVE

#endif
