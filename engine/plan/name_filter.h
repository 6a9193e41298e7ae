/* SPDX-License-Identifier: MIT */
/* Which of many names are not among a few. */
#ifndef MUSTER_PLAN_NAME_FILTER_H
#define MUSTER_PLAN_NAME_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/hash.h"
#include "plan/plan_state.h"

/* Bits of a filter for each name that is in it. */
#define FILTER_BITS 16U

/* A bit for the hash of each of a few names: most of the others need not be looked up. */
struct name_filter {
    uint64_t *bits;
    uint64_t mask;
};

static inline uint64_t name_hash(const struct plan *plan, span name)
{
    return hash_bytes(name.ptr, name.len, plan->seed);
}

/* Room for `count` names; false where memory ran out. Whoever opens it frees the bits. */
static inline bool filter_open(struct name_filter *filter, size_t count)
{
    filter->mask = 63;
    while (filter->mask / FILTER_BITS < count) {
        filter->mask = filter->mask * 2 + 1;
    }
    filter->bits = bits_open((size_t)filter->mask);
    return filter->bits != NULL;
}

static inline void filter_add(const struct name_filter *filter, uint64_t hash)
{
    bit_set(filter->bits, (size_t)(hash & filter->mask));
}

static inline bool filter_may_have(const struct name_filter *filter, uint64_t hash)
{
    return bit_get(filter->bits, (size_t)(hash & filter->mask));
}

#endif
