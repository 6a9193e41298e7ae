/* SPDX-License-Identifier: MIT */
/*
 * The hashes of the engine. Keys of up to 64 bytes, which nearly all are, have the sum of products
 * that UMAC calls NH: every processor computes it on wide registers, and for any two keys one
 * secret in 2^32 gives the same sum. All others have XXH3; this is the only file that includes
 * xxhash.h.
 *
 * Tables are seeded anew in every run, because with a known seed keys that collide can be made by
 * the thousand. Nothing that is printed depends on the seed.
 */
#ifndef MUSTER_BASE_HASH_H
#define MUSTER_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
/* How far ahead long inputs are fetched. Its own choice, a fifth of this, made a checksum of a
 * mapped file a third slower than the memory is. */
#ifndef XXH_PREFETCH_DIST
#define XXH_PREFETCH_DIST 2048
#endif
#include <xxhash.h>

#include "base/span.h"

static inline uint64_t hash_bytes(const void *bytes, size_t size, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes, size, seed);
}

/* The upper half of a product of 128 bits. */
#if defined(__SIZEOF_INT128__)

__extension__ typedef unsigned __int128 wide_product;

static inline uint64_t multiply_high(uint64_t a, uint64_t b)
{
    return (uint64_t)((wide_product)a * b >> 64);
}

#else

static inline uint64_t multiply_high(uint64_t a, uint64_t b)
{
    uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX);
    uint64_t cross = (a >> 32) * (b & UINT32_MAX) + (low >> 32);
    uint64_t middle = (a & UINT32_MAX) * (b >> 32) + (cross & UINT32_MAX);
    return (a >> 32) * (b >> 32) + (cross >> 32) + (middle >> 32);
}

#endif

/* Both halves in one. A product of 128 bits would go through memory here, gcc 12 thinks. */
static inline uint64_t multiply_fold(uint64_t a, uint64_t b)
{
    return a * b ^ multiply_high(a, b);
}

/* Two words, in the manner of XXH3 for short inputs: one multiplication, folded. */
static inline uint64_t hash_pair(uint64_t low, uint64_t high, uint64_t seed)
{
    uint64_t mixed =
        multiply_fold(low ^ seed, high ^ (seed >> 32 | seed << 32) ^ UINT64_C(0x9E3779B97F4A7C15));
    return mixed ^ mixed >> 32 ^ low * UINT64_C(0xC2B2AE3D27D4EB4F);
}

/* Keys in blocks padded with NULs. Each word of eight bytes has a secret word of its own. */
#define HASH_BLOCK_SIZE  64
#define HASH_BLOCK_WORDS (HASH_BLOCK_SIZE / 8)
#define HASH_SHORT_SIZE  16

struct hash_secret {
    uint64_t words[HASH_BLOCK_WORDS];
    uint64_t rest; /* what the words behind the first two give where they hold nothing */
};

/* The halves of a word and of its secret are added each for itself, and multiplied. */
static inline uint64_t hash_word(uint64_t word, uint64_t secret)
{
    uint32_t low = (uint32_t)word + (uint32_t)secret;
    uint32_t high = (uint32_t)(word >> 32) + (uint32_t)(secret >> 32);
    return (uint64_t)low * high;
}

static inline void hash_secret_make(struct hash_secret *secret, uint64_t seed)
{
    uint64_t state = seed;
    secret->rest = 0;
    for (unsigned word = 0; word < HASH_BLOCK_WORDS; word++) {
        state += UINT64_C(0x9E3779B97F4A7C15);
        secret->words[word] = multiply_fold(state, state ^ UINT64_C(0xE7037ED1A0B428DB)) ^ seed;
        secret->rest += word < 2 ? 0 : hash_word(0, secret->words[word]);
    }
}

/*
 * From the sum over all words to the hash; never 0, which means "no key" to the tables. They take
 * both halves of it, but of each half only the upper bits matter much.
 */
static inline uint64_t hash_finish(uint64_t sum)
{
    return (sum ^ sum >> 32) * UINT64_C(0xC2B2AE3D27D4EB4F) | 1;
}

/* A key in a block: what lies behind it is NUL, which no key has in it. */
static inline uint64_t hash_block(const struct hash_secret *secret,
                                  const unsigned char block[HASH_BLOCK_SIZE])
{
    uint64_t sum = 0;
    for (unsigned word = 0; word < HASH_BLOCK_WORDS; word++) {
        sum +=
            hash_word(bytes_word((const char *)block + 8 * (size_t)word, 8), secret->words[word]);
    }
    return hash_finish(sum);
}

/* The same for a key of up to HASH_SHORT_SIZE bytes, given as its two words. */
static inline uint64_t hash_short(const struct hash_secret *secret, uint64_t low, uint64_t high)
{
    return hash_finish(hash_word(low, secret->words[0]) + hash_word(high, secret->words[1]) +
                       secret->rest);
}

#endif
