/* SPDX-License-Identifier: MIT */
/*
 * The partner of each place of one side, in runs:
 *
 *     place      0  1  2  3  4  5  6  7
 *     partner    0  1  -  2  3  9  4  5
 *     starts     1  0  1  1  0  1  1  0     where a run begins
 *     shifts     0     *  -1    4 -2        partner - place, modulo 2^32
 *
 * Most people stand behind the same one as before, so runs are long, and ten million places take a
 * few megabytes of fresh memory instead of forty. Whoever has no partner is a run of his own, whose
 * shift (*) leads to ORG_NONE; he can be given one later. Looking a place up counts the runs up to
 * it: those before its word of 64 are counted already.
 */
#ifndef MUSTER_DIFF_PARTNERS_H
#define MUSTER_DIFF_PARTNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/block.h"
#include "org/org.h"

#define PARTNER_WORD_BITS 64U

struct partner_word {
    uint64_t starts;
    uint64_t rank; /* runs that begin before this word */
};

struct partners {
    struct partner_word *words;
    uint32_t *shifts;
    size_t shift_count, shift_capacity;
    uint32_t count; /* places */
};

/* The runs of a stretch of places while they are found, from the first place to the last. */
struct partner_runs {
    struct partners *of;
    uint32_t *shifts;
    size_t count, capacity;
    uint32_t next;  /* the first place that has no run yet */
    uint32_t shift; /* of the run before it, where `growing` */
    bool growing;
    bool exhausted;
};

/* False where memory ran out. A zeroed one may be closed too. */
bool partners_open(struct partners *partners, uint32_t count);
void partners_close(struct partners *partners);

/* Begin a run behind the last one; places that were passed over are alone. */
void partner_runs_begin(struct partner_runs *runs, uint32_t place, uint32_t partner);

/* Places up to `end` that were passed over are alone. */
void partner_runs_end(struct partner_runs *runs, uint32_t end);

/* `count` places from `place` on have partners that follow each other. */
static inline void partner_runs_add(struct partner_runs *runs, uint32_t place, uint32_t partner,
                                    uint32_t count)
{
    if (!runs->growing || place != runs->next || partner - place != runs->shift) {
        partner_runs_begin(runs, place, partner);
    }
    runs->next = place + count;
}

/* Take over the runs of the next stretch, whose memory is freed. False where memory ran out. */
bool partners_take(struct partners *partners, struct partner_runs *runs);

/* All stretches have been taken: from here on partners can be looked up. */
void partners_settle(struct partners *partners);

static inline size_t partners_run(const struct partners *partners, uint32_t place)
{
    const struct partner_word *word = &partners->words[place / PARTNER_WORD_BITS];
    uint64_t up_to = ((uint64_t)2 << place % PARTNER_WORD_BITS) - 1;
    return (size_t)word->rank + mask_count(word->starts & up_to) - 1;
}

static inline uint32_t partners_find(const struct partners *partners, uint32_t place)
{
    return place + partners->shifts[partners_run(partners, place)];
}

/* Ask for what a look-up looks at first, and then for what that leads to. */
static inline void partners_prefetch(const struct partners *partners, uint32_t place, bool found)
{
    if (found) {
        __builtin_prefetch(&partners->shifts[partners_run(partners, place)]);
    } else {
        __builtin_prefetch(&partners->words[place / PARTNER_WORD_BITS]);
    }
}

/* Give a partner to a place that has none. */
static inline void partners_set(struct partners *partners, uint32_t place, uint32_t partner)
{
    partners->shifts[partners_run(partners, place)] = partner - place;
}

#endif
