/* SPDX-License-Identifier: MIT */
/*
 * The one hash of the engine, XXH3. Tables are seeded anew in every run, because with a known seed
 * keys that collide can be made by the thousand; nothing that is printed depends on the seed.
 * The only file that includes xxhash.h.
 */
#ifndef MUSTER_BASE_HASH_H
#define MUSTER_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

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
    uint64_t mixed = multiply_fold(low ^ seed, high ^ (seed >> 32 | seed << 32) ^
                                                          UINT64_C(0x9E3779B97F4A7C15));
    return mixed ^ mixed >> 32 ^ low * UINT64_C(0xC2B2AE3D27D4EB4F);
}

#endif
