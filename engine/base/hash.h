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

#endif
