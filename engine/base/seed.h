/* SPDX-License-Identifier: MIT */
/*
 * A seed for hash tables, new in every call. With a known seed, keys that all fall into one bucket
 * can be made in advance; see hash.h. Nothing that is printed may depend on it, but for the
 * pseudonyms of those who have no key.
 */
#ifndef MUSTER_BASE_SEED_H
#define MUSTER_BASE_SEED_H

#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

static inline uint64_t seed_make(void)
{
    uint64_t seed = 0;
#if defined(__APPLE__)
    arc4random_buf(&seed, sizeof seed);
#else
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed) {
        /* Early at boot there may be no randomness yet; where we lie in memory is some. */
        seed = (uint64_t)(uintptr_t)&seed * 0x9E3779B97F4A7C15U ^ (uint64_t)clock();
    }
#endif
    return seed;
}

#endif
