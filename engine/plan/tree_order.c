/* SPDX-License-Identifier: MIT */
#include "plan/tree_order.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/block.h"
#include "base/memory.h"
#include "org/org.h"

/* How far ahead of the queue the memory is asked for. */
#define TREE_AHEAD 16U

/* ---- All --------------------------------------------------------------------------------- */

/*
 * The children of everything, those of one parent back to back and in ascending order; they begin
 * where `starts` says, which has two entries more than there are indexes. Roots are the children
 * of `count`.
 */
struct family {
    uint32_t *starts;
    uint32_t *children;
};

/* Count, add up, fill: while it is filled, `starts[parent + 1]` is where its next child goes. */
static void family_fill(const struct family *family, const uint32_t *parents, uint32_t count)
{
    uint32_t *next = family->starts + 1;
    memset(family->starts, 0, ((size_t)count + 2) * sizeof *family->starts);
    for (uint32_t index = 0; index < count; index++) {
        if (parents[index] != ORG_NONE) {
            next[parents[index] + 1]++;
        }
    }
    for (uint32_t parent = 0; parent < count; parent++) {
        next[parent + 1] += next[parent];
    }
    for (uint32_t index = 0; index < count; index++) {
        uint32_t parent = parents[index] != ORG_NONE ? parents[index] : count;
        family->children[next[parent]++] = index;
    }
}

static uint32_t copy_children(const struct family *family, uint32_t parent, uint32_t *places)
{
    uint32_t start = family->starts[parent];
    uint32_t count = family->starts[parent + 1] - start;
    for (uint32_t n = 0; n < count; n++) {
        places[n] = family->children[start + n];
    }
    return count;
}

/* The order itself is the queue: what is in it and not looked at yet is still to be followed. */
static uint32_t follow_children(uint32_t *places, const struct family *family, uint32_t root)
{
    uint32_t reached = copy_children(family, root, places);
    for (uint32_t done = 0; done < reached; done++) {
        if (done + TREE_AHEAD < reached) {
            __builtin_prefetch(&family->starts[places[done + TREE_AHEAD]]);
            uint32_t nearer = family->starts[places[done + TREE_AHEAD / 2]];
            __builtin_prefetch(&family->children[nearer]);
        }
        reached += copy_children(family, places[done], places + reached);
    }
    return reached;
}

static bool order_all(struct tree_order *order, const uint32_t *parents, uint32_t count)
{
    struct family family = {
        .starts = memory_array((size_t)count + 2, sizeof *family.starts),
        .children = memory_array(count, sizeof *family.children),
    };
    order->places = memory_array(count, sizeof *order->places);
    bool done = family.starts != NULL && family.children != NULL && order->places != NULL;
    if (done) {
        family_fill(&family, parents, count);
        order->count = follow_children(order->places, &family, count);
        order->whole = order->count == count;
    }
    free(family.starts);
    free(family.children);
    if (!done) {
        tree_order_close(order);
    }
    return done;
}

/* ---- Some -------------------------------------------------------------------------------- */

/* The chosen ones are numbered from 0 on, in ascending order. */
struct choice {
    const uint64_t *chosen;
    uint32_t *ranks;   /* by word: how many are chosen before it */
    uint32_t *members; /* by number */
    uint32_t *parents; /* numbers, or ORG_NONE */
    uint32_t count;
};

static void choose_above(uint64_t *chosen, const uint32_t *parents, uint32_t count)
{
    uint32_t index = bit_next(chosen, count, 0);
    for (; index < count; index = bit_next(chosen, count, index + 1)) {
        uint32_t above = parents[index];
        while (above != ORG_NONE && !bit_get(chosen, above)) {
            bit_set(chosen, above);
            above = parents[above];
        }
    }
}

/* The number of a chosen one. */
static uint32_t choice_number(const struct choice *choice, uint32_t index)
{
    uint64_t before = ((uint64_t)1 << index % BITS_PER_WORD) - 1;
    return choice->ranks[index / BITS_PER_WORD] +
           mask_count(choice->chosen[index / BITS_PER_WORD] & before);
}

static bool choice_open(struct choice *choice, const uint32_t *parents, uint32_t count)
{
    size_t word_count = bits_word_count(count);
    choice->ranks = memory_array(word_count, sizeof *choice->ranks);
    for (size_t word = 0; choice->ranks != NULL && word < word_count; word++) {
        choice->ranks[word] = choice->count;
        choice->count += mask_count(choice->chosen[word]);
    }
    choice->members = memory_array(choice->count, sizeof *choice->members);
    choice->parents = memory_array(choice->count, sizeof *choice->parents);
    if (choice->ranks == NULL || choice->members == NULL || choice->parents == NULL) {
        return false;
    }
    uint32_t index = 0;
    for (uint32_t number = 0; number < choice->count; number++, index++) {
        index = bit_next(choice->chosen, count, index);
        choice->members[number] = index;
        choice->parents[number] =
            parents[index] != ORG_NONE ? choice_number(choice, parents[index]) : ORG_NONE;
    }
    return true;
}

static bool order_chosen(struct tree_order *order, const uint32_t *parents, uint32_t count,
                         uint64_t *chosen)
{
    struct choice choice = {.chosen = chosen};
    choose_above(chosen, parents, count);
    bool done =
        choice_open(&choice, parents, count) && order_all(order, choice.parents, choice.count);
    for (uint32_t n = 0; done && n < order->count; n++) {
        order->places[n] = choice.members[order->places[n]];
    }
    free(choice.ranks);
    free(choice.members);
    free(choice.parents);
    return done;
}

bool tree_order_open(struct tree_order *order, const uint32_t *parents, uint32_t count,
                     uint64_t *chosen)
{
    *order = (struct tree_order){0};
    return chosen != NULL ? order_chosen(order, parents, count, chosen)
                          : order_all(order, parents, count);
}

void tree_order_close(struct tree_order *order)
{
    free(order->places);
    *order = (struct tree_order){0};
}

/* Everybody climbs until somebody is met who has been met before or has a bit, and then all on the
 * way are like that one; nobody is passed more than twice. */
bool tree_choose_below(uint64_t *chosen, const uint32_t *parents, uint32_t count)
{
    uint64_t *met = bits_open(count);
    if (met == NULL) {
        return false;
    }
    for (uint32_t start = 0; start < count; start++) {
        uint32_t at = start;
        while (at != ORG_NONE && !bit_get(met, at) && !bit_get(chosen, at)) {
            bit_set(met, at);
            at = parents[at];
        }
        bool below = at != ORG_NONE && bit_get(chosen, at);
        for (at = start; below && !bit_get(chosen, at); at = parents[at]) {
            bit_set(chosen, at);
        }
    }
    free(met);
    return true;
}
