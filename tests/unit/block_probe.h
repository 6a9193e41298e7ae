/* SPDX-License-Identifier: MIT */
/* What base/block.h makes of 64 bytes, at each of its widths; see block_probe.c. */
#ifndef MUSTER_TESTS_UNIT_BLOCK_PROBE_H
#define MUSTER_TESTS_UNIT_BLOCK_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block_answers {
    bool loads_alike; /* a whole block, and 64 bytes of one */
    uint64_t equal;
    uint64_t same;
    uint64_t control;
    bool looks_up;
    uint64_t text_suspects; /* where it looks up */
    uint64_t high;
    bool has_between;
    uint64_t between;    /* from `low` to `top`; at 16 bytes */
    uint64_t prefix_xor; /* of `equal` */
    uint32_t position_count;
    uint32_t positions[64]; /* of `equal`, and 1000 */
    uint32_t behind_positions[8];
    uint32_t ranks[64]; /* of `equal` among those and `control`, and 2000 */
    uint32_t behind_ranks[8];
    uint64_t products[8]; /* hash_word of each word and that of `before` */
    uint64_t sums[8];     /* of the words of eight blocks: this one, and so many added to each */
    unsigned char folded[64];
    unsigned char stored[64];
    unsigned char behind_stored[32];
};

/* What to ask: block_equal for `wanted`, block_between for `low` and `top`, both above 0x7F. */
struct block_question {
    unsigned char wanted, low, top;
    unsigned char before[64]; /* the block before */
};

/* Load the first `count` bytes, at most 64, and ask everything. */
typedef void block_probe(const unsigned char *bytes, size_t count,
                         const struct block_question *question, struct block_answers *answers);

block_probe block_probe_none;
block_probe block_probe_sse2;
block_probe block_probe_avx2;
block_probe block_probe_avx512;

#endif
