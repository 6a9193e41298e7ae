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
 *     block_unusual(block)           the bytes below 0x20 and above 0x7E
 *     block_high(block)              the bytes above 0x7F
 *     block_between(block, low, high)  the bytes from low to high, both above 0x7F
 *     block_fold(block)              ASCII letters lower-cased
 *     mask_prefix_xor(mask)          bit n = xor of the bits 0..n
 */
#ifndef MUSTER_BASE_BLOCK_H
#define MUSTER_BASE_BLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512BW__) && defined(__AVX512VL__) && !defined(BLOCK_PLAIN)

#include <immintrin.h>

struct block {
    __m512i bytes;
};

static inline struct block block_load(const unsigned char *bytes)
{
    return (struct block){_mm512_loadu_si512(bytes)};
}

static inline uint64_t block_equal(const struct block *block, unsigned char byte)
{
    return _mm512_cmpeq_epi8_mask(block->bytes, _mm512_set1_epi8((char)byte));
}

static inline uint64_t block_unusual(const struct block *block)
{
    __m512i moved = _mm512_sub_epi8(block->bytes, _mm512_set1_epi8(0x20));
    return _mm512_cmpge_epu8_mask(moved, _mm512_set1_epi8(0x7F - 0x20));
}

static inline uint64_t block_high(const struct block *block)
{
    return _mm512_movepi8_mask(block->bytes);
}

static inline uint64_t block_between(const struct block *block, unsigned char low,
                                     unsigned char high)
{
    __mmask64 not_below = _mm512_cmpge_epu8_mask(block->bytes, _mm512_set1_epi8((char)low));
    return _mm512_mask_cmple_epu8_mask(not_below, block->bytes, _mm512_set1_epi8((char)high));
}

static inline uint64_t mask_prefix_xor(uint64_t mask)
{
    __m128i ones = _mm_set1_epi8((char)0xFF);
    __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)mask), ones, 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

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

/* The first `count` bits, up to all 64. */
static inline uint64_t mask_below(size_t count)
{
    return _bzhi_u64(~UINT64_C(0), (unsigned)count);
}

static inline struct block block_load_some(const unsigned char *bytes, size_t count)
{
    /* Bytes outside the mask are not touched, so this may end right before an unmapped page. */
    return (struct block){_mm512_maskz_loadu_epi8(mask_below(count), bytes)};
}

static inline struct block block_keep(const struct block *block, size_t count)
{
    return (struct block){_mm512_maskz_mov_epi8(mask_below(count), block->bytes)};
}

#define BLOCK_LOAD_SOME_IS_NATIVE
#define BLOCK_KEEP_IS_NATIVE

#elif defined(__AVX2__) && defined(__PCLMUL__) && !defined(BLOCK_PLAIN)

#include <immintrin.h>

struct block {
    __m256i low;
    __m256i high;
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

/* As signed numbers, bytes above 0x7F are below 0x20 too. */
static inline __m256i half_unusual(__m256i half)
{
    return _mm256_or_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), half),
                           _mm256_cmpeq_epi8(half, _mm256_set1_epi8(0x7F)));
}

static inline uint64_t block_unusual(const struct block *block)
{
    return halves_mask(half_unusual(block->low), half_unusual(block->high));
}

static inline uint64_t block_high(const struct block *block)
{
    return halves_mask(block->low, block->high);
}

/* Bytes above 0x7F are negative, and in the right order; the others are above all of them. */
static inline __m256i half_outside(__m256i half, __m256i low, __m256i high)
{
    return _mm256_or_si256(_mm256_cmpgt_epi8(low, half), _mm256_cmpgt_epi8(half, high));
}

static inline uint64_t block_between(const struct block *block, unsigned char low,
                                     unsigned char high)
{
    __m256i lowest = _mm256_set1_epi8((char)low);
    __m256i highest = _mm256_set1_epi8((char)high);
    return ~halves_mask(half_outside(block->low, lowest, highest),
                        half_outside(block->high, lowest, highest));
}

static inline uint64_t mask_prefix_xor(uint64_t mask)
{
    __m128i ones = _mm_set1_epi8((char)0xFF);
    __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)mask), ones, 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

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

#elif defined(__SSE2__) && !defined(BLOCK_PLAIN)

#include <emmintrin.h>

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

static inline uint64_t block_unusual(const struct block *block)
{
    __m128i unusual[4];
    for (int part = 0; part < 4; part++) {
        /* As signed numbers, bytes above 0x7F are below 0x20 too. */
        __m128i bytes = block->parts[part];
        unusual[part] = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
                                     _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F)));
    }
    return parts_mask(unusual);
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

static inline uint64_t mask_prefix_xor(uint64_t mask)
{
    for (int shift = 1; shift < 64; shift *= 2) {
        mask ^= mask << shift;
    }
    return mask;
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

#else

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

static inline uint64_t block_equal(const struct block *block, unsigned char byte)
{
    uint64_t mask = 0;
    for (int index = 0; index < 8; index++) {
        uint64_t difference = block->words[index] ^ (EVERY_BYTE * byte);
        /* The high bit of a byte is set where the byte is zero; no carry leaves a byte. */
        uint64_t low = (difference & ~HIGH_BITS) + ~HIGH_BITS;
        uint64_t zero = ~(low | difference | ~HIGH_BITS);
        mask |= high_bits_gather(zero) << (8 * index);
    }
    return mask;
}

static inline uint64_t block_unusual(const struct block *block)
{
    uint64_t mask = 0;
    for (int index = 0; index < 8; index++) {
        uint64_t word = block->words[index];
        uint64_t low = word & ~HIGH_BITS;
        uint64_t not_below = low + EVERY_BYTE * (0x80 - 0x20);
        uint64_t above = low + EVERY_BYTE;
        mask |= high_bits_gather(~not_below | above | word) << (8 * index);
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

static inline uint64_t block_between(const struct block *block, unsigned char low,
                                     unsigned char high)
{
    uint64_t mask = 0;
    for (int index = 0; index < 8; index++) {
        uint64_t rest = block->words[index] & ~HIGH_BITS;
        uint64_t from_low = rest + EVERY_BYTE * (0x100U - low);
        uint64_t behind_high = rest + EVERY_BYTE * (0xFFU - high);
        uint64_t within = from_low & ~behind_high & block->words[index];
        mask |= high_bits_gather(within) << (8 * index);
    }
    return mask;
}

static inline uint64_t mask_prefix_xor(uint64_t mask)
{
    for (int shift = 1; shift < 64; shift *= 2) {
        mask ^= mask << shift;
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

#ifndef BLOCK_LOAD_SOME_IS_NATIVE
static inline struct block block_load_some(const unsigned char *bytes, size_t count)
{
    unsigned char copy[64] = {0};
    memcpy(copy, bytes, count < 64 ? count : 64);
    return block_load(copy);
}
#endif

#endif
