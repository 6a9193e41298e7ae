/* SPDX-License-Identifier: MIT */
/* The checksum of snapshots: XXH3 with 128 bits, at once or piece by piece. */
#ifndef MUSTER_SNAPSHOT_CHECKSUM_H
#define MUSTER_SNAPSHOT_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

struct checksum {
    uint64_t low;
    uint64_t high;
};

struct checksum_state {
    XXH3_state_t state;
};

static inline bool checksum_equal(struct checksum a, struct checksum b)
{
    return a.low == b.low && a.high == b.high;
}

static inline void checksum_start(struct checksum_state *state)
{
    (void)XXH3_128bits_reset(&state->state);
}

/* `bytes` must not be NULL. As wide as the processor allows. */
typedef void checksum_add_kernel(struct checksum_state *state, const void *bytes, size_t size);
checksum_add_kernel checksum_add;

static inline struct checksum checksum_end(const struct checksum_state *state)
{
    XXH128_hash_t hash = XXH3_128bits_digest(&state->state);
    return (struct checksum){.low = hash.low64, .high = hash.high64};
}

static inline struct checksum checksum_bytes(const void *bytes, size_t size)
{
    struct checksum_state state;
    checksum_start(&state);
    checksum_add(&state, bytes, size);
    return checksum_end(&state);
}

/* What checksum_add chooses from, and the choice for a processor. */
checksum_add_kernel *checksum_add_fitting(bool has_avx2);
checksum_add_kernel checksum_add_any;
#if defined(__x86_64__)
checksum_add_kernel checksum_add_avx2;
#endif

#endif
