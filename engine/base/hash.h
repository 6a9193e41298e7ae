/* SPDX-License-Identifier: MIT */
/*
 * The hashes of the engine: XXH3, and for keys of up to 64 bytes, which nearly all are, its way
 * with short inputs without its branches on the length. Tables are seeded anew in every run,
 * because with a known seed keys that collide can be made by the thousand; nothing that is printed
 * depends on the seed. The only file that includes xxhash.h.
 */
#ifndef MUSTER_BASE_HASH_H
#define MUSTER_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

static inline uint64_t hash_bytes(const void *bytes, size_t size, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes, size, seed);
}

static inline uint64_t multiply_fold(uint64_t a, uint64_t b)
{
#if defined(__SIZEOF_INT128__)
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX);
    uint64_t cross = (a >> 32) * (b & UINT32_MAX) + (low >> 32);
    uint64_t middle = (a & UINT32_MAX) * (b >> 32) + (cross & UINT32_MAX);
    uint64_t high = (a >> 32) * (b >> 32) + (cross >> 32) + (middle >> 32);
    return (middle << 32 | (low & UINT32_MAX)) ^ high;
#endif
}

/* Two words, in the manner of XXH3 for short inputs: one multiplication, folded. */
static inline uint64_t hash_pair(uint64_t low, uint64_t high, uint64_t seed)
{
    uint64_t mixed =
        multiply_fold(low ^ seed, high ^ (seed >> 32 | seed << 32) ^ UINT64_C(0x9E3779B97F4A7C15));
    return mixed ^ mixed >> 32 ^ low * UINT64_C(0xC2B2AE3D27D4EB4F);
}

/* Keys in blocks padded with NULs. Each lane of 16 bytes has secret words of its own. */
#define HASH_BLOCK_SIZE 64
#define HASH_SHORT_SIZE 16

struct hash_secret {
    uint64_t words[HASH_BLOCK_SIZE / 8];
    uint64_t rest; /* what the lanes behind the first give where they hold nothing */
};

static inline uint64_t hash_lane(const struct hash_secret *secret, unsigned lane, uint64_t low,
                                 uint64_t high)
{
    return multiply_fold(low ^ secret->words[2 * lane], high ^ secret->words[2 * lane + 1]);
}

static inline void hash_secret_make(struct hash_secret *secret, uint64_t seed)
{
    uint64_t state = seed;
    for (unsigned word = 0; word < HASH_BLOCK_SIZE / 8; word++) {
        state += UINT64_C(0x9E3779B97F4A7C15);
        secret->words[word] = multiply_fold(state, state ^ UINT64_C(0xE7037ED1A0B428DB)) ^ seed;
    }
    secret->rest =
        hash_lane(secret, 1, 0, 0) + hash_lane(secret, 2, 0, 0) + hash_lane(secret, 3, 0, 0);
}

/* Never 0, which means "no key" to the tables. */
static inline uint64_t hash_finish(uint64_t mixed, size_t len)
{
    mixed ^= (uint64_t)len << 56;
    mixed = (mixed ^ mixed >> 32) * UINT64_C(0xC2B2AE3D27D4EB4F);
    mixed ^= mixed >> 29;
    return mixed + (mixed == 0);
}

/* A key of `len` bytes in a block: what lies behind the key is NUL. */
static inline uint64_t hash_block(const struct hash_secret *secret,
                                  const unsigned char block[HASH_BLOCK_SIZE], size_t len)
{
    uint64_t words[HASH_BLOCK_SIZE / 8];
    memcpy(words, block, sizeof words);
    uint64_t mixed =
        hash_lane(secret, 0, words[0], words[1]) + hash_lane(secret, 1, words[2], words[3]) +
        hash_lane(secret, 2, words[4], words[5]) + hash_lane(secret, 3, words[6], words[7]);
    return hash_finish(mixed, len);
}

/* The same for a key of up to HASH_SHORT_SIZE bytes, given as its two words. */
static inline uint64_t hash_short(const struct hash_secret *secret, uint64_t low, uint64_t high,
                                  size_t len)
{
    return hash_finish(hash_lane(secret, 0, low, high) + secret->rest, len);
}

#endif
