/* SPDX-License-Identifier: MIT */
/*
 * 64 bytes at once, as wide as the file that includes this is compiled for: AVX-512, AVX2, SSE2,
 * or plain words of eight bytes (also where BLOCK_PLAIN is defined). A mask has a bit for every
 * byte, bit 0 for the first.
 *
 *     block_load(bytes)              load 64 bytes
 *     block_load_some(bytes, count)  the first `count` of them, the others zero; reads no others
 *     block_store(block, bytes)      store 64 bytes
 *     block_keep(block, count)       the first `count` bytes, the others zero
 *     block_equal(block, byte)       the bytes equal to it
 *     block_spread(byte)             a block of nothing but it, for block_same
 *     block_same(block, other)       the bytes equal to those of the other
 *     block_control(block)           the bytes below 0x20, and 0x7F
 *     block_high(block)              the bytes above 0x7F
 *     block_fold(block)              ASCII letters lower-cased
 *     block_spread_word(word)        a block of eight times the same word
 *     block_word_products(block, secret)
 *                                    hash_word of each of its eight words
 *     block_add_words(left, right)   word by word
 *     block_word_sum(block)          its words added up
 *     blocks_word_sums(blocks, sums) the same for eight blocks
 *     mask_below(count)              the first `count` bits, all of them for 64 and more
 *     mask_prefix_xor(mask)          bit n = xor of the bits 0..n
 *     mask_count(mask)               the number of bits
 *     mask_first(mask)               the place of the first bit; anything for no bit
 *     mask_positions(mask, base, positions)
 *                                    base + place of each bit; writes up to 64 whatever there is
 *     mask_ranks(mask, all, base, ranks)
 *                                    base + the number of bits of `all` before each bit, which
 *                                    is one of them; writes up to 64 likewise
 *
 * Where the processor can look bytes up in a table of sixteen (BLOCK_LOOKS_UP):
 *
 *     block_text_suspects(block, before, tables)
 *                                         the bytes above 0x7F that somebody has to look at
 *     text_tables_make()                  what that wants
 *
 * where it can move them apart (BLOCK_MOVES_APART):
 *
 *     block_move_apart(block, mask)       the bytes one by one to where a bit is set, zeros between
 *
 * and at 16 bytes, which cannot look up:
 *
 *     block_between(block, low, high)  the bytes from low to high, both above 0x7F
 */
#ifndef MUSTER_BASE_BLOCK_H
#define MUSTER_BASE_BLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512VBMI2__) && defined(__AVX512BW__) && !defined(BLOCK_PLAIN)
#include "base/block_avx512.h"
#elif defined(__AVX2__) && defined(__PCLMUL__) && !defined(BLOCK_PLAIN)
#include "base/block_avx2.h"
#elif defined(__SSE2__) && defined(__x86_64__) && !defined(BLOCK_PLAIN)
#include "base/block_sse2.h"
#else
#include "base/block_plain.h"
#endif

#if defined(BLOCK_LOOKS_UP)
static inline struct text_tables text_tables_make(void)
{
    return (struct text_tables){
        .nibble = block_spread(0x0F),
        .lead_high = block_table(text_lead_high),
        .lead_low = block_table(text_lead_low),
        .next_high = block_table(text_next_high),
        .late_two = block_spread(TEXT_LATE_TWO),
        .late_three = block_spread(TEXT_LATE_THREE),
        .two_go_on = block_spread(TEXT_TWO_GO_ON),
        .byte_a0 = block_spread(0xA0),
        .byte_c0 = block_spread(0xC0),
        .byte_c2 = block_spread(0xC2),
    };
}
#endif

#ifndef BLOCK_KEEP_IS_NATIVE
static inline struct block block_keep(const struct block *block, size_t count)
{
    /* A window on this, 64 bytes wide, begins with as many ones as it is moved to the left. */
    static const unsigned char ones[128] = {
#define ONES 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF
        ONES, ONES, ONES, ONES, ONES,
        ONES, ONES, ONES
#undef ONES
    };
    struct block mask = block_load(ones + 64 - (count < 64 ? count : 64));
    return block_and(block, &mask);
}
#endif

#ifndef BLOCK_SUMS_ARE_NATIVE
static inline void blocks_word_sums(const struct block blocks[8], uint64_t sums[8])
{
    for (int index = 0; index < 8; index++) {
        sums[index] = block_word_sum(&blocks[index]);
    }
}
#endif

#ifndef BLOCK_LOAD_SOME_IS_NATIVE
static inline struct block block_load_some(const unsigned char *bytes, size_t count)
{
    unsigned char copy[64] = {0};
    memcpy(copy, bytes, count < 64 ? count : 64);
    return block_load(copy);
}
#endif

static inline uint64_t mask_prefix_xor(uint64_t mask)
{
#if defined(__PCLMUL__) && !defined(BLOCK_PLAIN)
    /* A product without carries with nothing but ones. */
    __m128i ones = _mm_set1_epi8((char)0xFF);
    __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)mask), ones, 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
#else
    for (int shift = 1; shift < 64; shift *= 2) {
        mask ^= mask << shift;
    }
    return mask;
#endif
}

static inline uint32_t mask_first(uint64_t mask)
{
#if defined(__BMI__) && !defined(BLOCK_PLAIN)
    return (uint32_t)_tzcnt_u64(mask);
#else
    return (uint32_t)__builtin_ctzll(mask | UINT64_C(1) << 63);
#endif
}

static inline uint64_t mask_below(size_t count)
{
    return count < 64 ? (UINT64_C(1) << count) - 1 : ~UINT64_C(0);
}

/* Without an instruction for it the compiler would call a table. */
static inline uint32_t mask_count(uint64_t mask)
{
#if defined(__POPCNT__)
    return (uint32_t)__builtin_popcountll(mask);
#else
    mask -= mask >> 1 & UINT64_C(0x5555555555555555);
    mask = (mask & UINT64_C(0x3333333333333333)) + (mask >> 2 & UINT64_C(0x3333333333333333));
    mask = (mask + (mask >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F);
    return (uint32_t)(mask * UINT64_C(0x0101010101010101) >> 56);
#endif
}

#ifndef MASK_RANKS_ARE_NATIVE
/* Two are written blindly, as most blocks of a roster have fewer. */
static inline void mask_ranks(uint64_t mask, uint64_t all, uint32_t base, uint32_t *ranks)
{
    do {
        for (int step = 0; step < 2; step++) {
            *ranks++ = base + mask_count(all & ((mask & -mask) - 1));
            mask &= mask - 1;
        }
    } while (mask != 0);
}
#endif

#ifndef BLOCK_POSITIONS_ARE_NATIVE
/* Eight are written blindly, as most blocks of a roster have fewer. */
static inline void mask_positions(uint64_t mask, uint32_t base, uint32_t *positions)
{
    do {
        for (int step = 0; step < 8; step++) {
            positions[step] = base + mask_first(mask);
            mask &= mask - 1;
        }
        positions += 8;
    } while (mask != 0);
}
#endif

/* How far ahead of what is compared memory is asked for: a page, which no processor looks beyond.
 */
#define COMMON_AHEAD_SIZE 4096

/*
 * How many bytes two texts have in common at their beginning. For whoever goes on with what stands
 * behind them, which is on its way to the cache then.
 */
static inline size_t bytes_common(const char *a, const char *b, size_t len)
{
    size_t at = 0;
    for (; len - at >= 64; at += 64) {
        __builtin_prefetch(a + at + COMMON_AHEAD_SIZE);
        __builtin_prefetch(b + at + COMMON_AHEAD_SIZE);
        struct block left = block_load((const unsigned char *)a + at);
        struct block right = block_load((const unsigned char *)b + at);
        uint64_t different = ~block_same(&left, &right);
        if (different != 0) {
            return at + mask_first(different);
        }
    }
    while (at < len && a[at] == b[at]) {
        at++;
    }
    return at;
}

#endif
