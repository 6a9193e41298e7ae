/* SPDX-License-Identifier: MIT */
#include "plan/tree_order.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "base/bits.h"
#include "org/org.h"

/*
 *          2            5
 *        / | \          |
 *       0  3  7         6       1 -> 8 -> 1, and 9 below 8
 *       |     |
 *      10     4
 */
static const uint32_t parents[] = {2, 8, ORG_NONE, 2, 7, ORG_NONE, 5, 2, 1, 8, 0};

enum { COUNT = sizeof parents / sizeof *parents };

static uint64_t *chosen_of(const uint32_t *indexes, uint32_t count)
{
    uint64_t *chosen = bits_open(COUNT);
    cr_assert(chosen != NULL);
    for (uint32_t n = 0; n < count; n++) {
        bit_set(chosen, indexes[n]);
    }
    return chosen;
}

static void expect_places(const struct tree_order *order, const uint32_t *places, uint32_t count)
{
    cr_assert(eq(u32, order->count, count));
    for (uint32_t n = 0; n < count; n++) {
        cr_expect(eq(u32, order->places[n], places[n]), "place %u", n);
    }
}

static void expect_chosen(const uint64_t *chosen, const uint32_t *indexes, uint32_t count)
{
    uint32_t at = 0;
    for (uint32_t index = 0; index < COUNT; index++) {
        bool wanted = at < count && indexes[at] == index;
        cr_expect(eq(int, bit_get(chosen, index), wanted), "index %u", index);
        at += wanted;
    }
}

Test(plan_tree_order, has_roots_first_and_children_behind_their_parents)
{
    static const uint32_t expected[] = {2, 5, 0, 3, 7, 6, 10, 4};
    struct tree_order order;
    cr_assert(tree_order_open(&order, parents, COUNT, NULL));
    expect_places(&order, expected, 8);
    cr_expect(not(order.whole), "three lie on or below a circle");
    tree_order_close(&order);
}

Test(plan_tree_order, of_some_has_them_and_all_above_them_as_in_the_whole)
{
    static const uint32_t wanted[] = {4, 6, 10};
    static const uint32_t expected[] = {2, 5, 0, 7, 6, 10, 4};
    static const uint32_t chosen_then[] = {0, 2, 4, 5, 6, 7, 10};
    uint64_t *chosen = chosen_of(wanted, 3);
    struct tree_order order;
    cr_assert(tree_order_open(&order, parents, COUNT, chosen));
    expect_places(&order, expected, 7);
    cr_expect(order.whole, "the circle is none of theirs");
    expect_chosen(chosen, chosen_then, 7);
    tree_order_close(&order);
    free(chosen);
}

Test(plan_tree_order, of_some_below_a_circle_is_not_whole)
{
    static const uint32_t wanted[] = {3, 9};
    static const uint32_t expected[] = {2, 3};
    uint64_t *chosen = chosen_of(wanted, 2);
    struct tree_order order;
    cr_assert(tree_order_open(&order, parents, COUNT, chosen));
    expect_places(&order, expected, 2);
    cr_expect(not(order.whole));
    tree_order_close(&order);
    free(chosen);
}

Test(plan_tree_order, of_nobody_is_empty)
{
    uint64_t *chosen = chosen_of(NULL, 0);
    struct tree_order order;
    cr_assert(tree_order_open(&order, parents, COUNT, chosen));
    cr_expect(eq(u32, order.count, 0));
    cr_expect(order.whole);
    tree_order_close(&order);
    free(chosen);
}

/* The order of the whole, with all left out who are not above a chosen one. */
static uint32_t thin_out(uint32_t *places, const struct tree_order *whole, const uint64_t *chosen)
{
    uint32_t kept = 0;
    for (uint32_t n = 0; n < whole->count; n++) {
        places[kept] = whole->places[n];
        kept += bit_get(chosen, whole->places[n]);
    }
    return kept;
}

Test(plan_tree_order, of_some_of_many_is_the_whole_with_the_others_left_out)
{
    enum { MANY = 5000, TREES = 50 };
    static uint32_t random_parents[MANY], places[MANY];
    srand(7);
    for (unsigned tree = 0; tree < TREES; tree++) {
        uint64_t *chosen = bits_open(MANY);
        cr_assert(chosen != NULL);
        for (uint32_t index = 0; index < MANY; index++) {
            /* Parents stand on both sides of their children, without circles. */
            uint32_t above = index / 2 + (uint32_t)rand() % (index / 2 + 1);
            bool root = index == 0 || rand() % 50 == 0;
            random_parents[index ^ 5U] = root ? ORG_NONE : (above == index ? 0 : above) ^ 5U;
            if (rand() % 97 == 0) {
                bit_set(chosen, index);
            }
        }
        struct tree_order whole, some;
        cr_assert(tree_order_open(&whole, random_parents, MANY, NULL));
        cr_assert(tree_order_open(&some, random_parents, MANY, chosen));
        cr_expect(whole.whole);
        cr_expect(some.whole);
        expect_places(&some, places, thin_out(places, &whole, chosen));
        tree_order_close(&whole);
        tree_order_close(&some);
        free(chosen);
    }
}

/* ---- Below ------------------------------------------------------------------------------- */

Test(plan_tree_order, chooses_all_below)
{
    static const uint32_t wanted[] = {7, 0};
    static const uint32_t chosen_then[] = {0, 4, 7, 10};
    uint64_t *chosen = chosen_of(wanted, 2);
    cr_assert(tree_choose_below(chosen, parents, COUNT));
    expect_chosen(chosen, chosen_then, 4);
    free(chosen);
}

Test(plan_tree_order, chooses_all_below_one_on_a_circle_and_ends)
{
    static const uint32_t wanted[] = {8};
    static const uint32_t chosen_then[] = {1, 8, 9};
    uint64_t *chosen = chosen_of(wanted, 1);
    cr_assert(tree_choose_below(chosen, parents, COUNT));
    expect_chosen(chosen, chosen_then, 3);
    free(chosen);
}

Test(plan_tree_order, chooses_nobody_below_nobody)
{
    uint64_t *chosen = chosen_of(NULL, 0);
    cr_assert(tree_choose_below(chosen, parents, COUNT));
    expect_chosen(chosen, NULL, 0);
    free(chosen);
}

Test(plan_tree_order, chooses_the_first_of_all_below_another)
{
    static const uint32_t two[] = {1, ORG_NONE};
    uint64_t *chosen = bits_open(2);
    cr_assert(chosen != NULL);
    bit_set(chosen, 1);
    cr_assert(tree_choose_below(chosen, two, 2));
    cr_expect(bit_get(chosen, 0));
    free(chosen);
}
