/* SPDX-License-Identifier: MIT */
#include "diff/partners.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static size_t words_size(const struct partners *partners)
{
    return ((size_t)partners->count / PARTNER_WORD_BITS + 1) * sizeof *partners->words;
}

bool partners_open(struct partners *partners, uint32_t count)
{
    *partners = (struct partners){.count = count};
    partners->words = memory_pages_open(words_size(partners));
    return partners->words != NULL;
}

void partners_close(struct partners *partners)
{
    memory_pages_close(partners->words, words_size(partners));
    free(partners->shifts);
}

/* Two stretches may share a word. */
static void starts_set(struct partners *partners, uint32_t place, uint64_t starts)
{
    __atomic_fetch_or(&partners->words[place / PARTNER_WORD_BITS].starts, starts, __ATOMIC_RELAXED);
}

/* Note that a run begins at each of these places. */
static void starts_set_all(struct partners *partners, uint32_t place, uint32_t end)
{
    while (place < end) {
        uint32_t bit = place % PARTNER_WORD_BITS;
        uint32_t room = PARTNER_WORD_BITS - bit;
        uint32_t count = end - place < room ? end - place : room;
        starts_set(partners, place, UINT64_MAX >> (PARTNER_WORD_BITS - count) << bit);
        place += count;
    }
}

/* Room for so many more shifts, or NULL. */
static uint32_t *runs_reserve(struct partner_runs *runs, size_t more)
{
    uint32_t *grown =
        memory_grow(runs->shifts, &runs->capacity, runs->count + more, sizeof *runs->shifts);
    if (grown == NULL) {
        runs->exhausted = true;
        return NULL;
    }
    runs->shifts = grown;
    uint32_t *room = grown + runs->count;
    runs->count += more;
    return room;
}

void partner_runs_end(struct partner_runs *runs, uint32_t end)
{
    if (runs->next >= end) {
        return;
    }
    uint32_t *shifts = runs_reserve(runs, end - runs->next);
    if (shifts != NULL) {
        starts_set_all(runs->of, runs->next, end);
        for (uint32_t place = runs->next; place < end; place++) {
            *shifts++ = ORG_NONE - place;
        }
    }
    runs->next = end;
    runs->growing = false;
}

void partner_runs_begin(struct partner_runs *runs, uint32_t place, uint32_t partner)
{
    partner_runs_end(runs, place);
    uint32_t *shift = runs_reserve(runs, 1);
    if (shift != NULL) {
        starts_set(runs->of, place, (uint64_t)1 << place % PARTNER_WORD_BITS);
        *shift = partner - place;
    }
    runs->shift = partner - place;
    runs->growing = true;
}

bool partners_take(struct partners *partners, struct partner_runs *runs)
{
    bool taken = !runs->exhausted;
    if (partners->shifts == NULL) {
        partners->shifts = runs->shifts;
        partners->shift_count = runs->count;
        partners->shift_capacity = runs->capacity;
    } else {
        size_t count = partners->shift_count + runs->count;
        uint32_t *shifts =
            memory_grow(partners->shifts, &partners->shift_capacity, count, sizeof *shifts);
        if (shifts != NULL && runs->count > 0) {
            memcpy(shifts + partners->shift_count, runs->shifts, runs->count * sizeof *shifts);
            partners->shift_count = count;
        }
        partners->shifts = shifts != NULL ? shifts : partners->shifts;
        taken = taken && shifts != NULL;
        free(runs->shifts);
    }
    *runs = (struct partner_runs){0};
    return taken;
}

void partners_settle(struct partners *partners)
{
    uint64_t rank = 0;
    for (size_t word = 0; word <= partners->count / PARTNER_WORD_BITS; word++) {
        partners->words[word].rank = rank;
        rank += mask_count(partners->words[word].starts);
    }
}
