/* SPDX-License-Identifier: MIT */
#include "diff/partners.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define COUNT 400U

/* Partners as an array would have them. */
static uint32_t wanted[COUNT];

static void want_nobody(void)
{
    for (uint32_t place = 0; place < COUNT; place++) {
        wanted[place] = ORG_NONE;
    }
}

static void add(struct partner_runs *runs, uint32_t place, uint32_t partner, uint32_t count)
{
    partner_runs_add(runs, place, partner, count);
    for (uint32_t n = 0; n < count; n++) {
        wanted[place + n] = partner + n;
    }
}

static void expect_wanted(const struct partners *partners)
{
    for (uint32_t place = 0; place < COUNT; place++) {
        cr_expect(eq(u32, partners_find(partners, place), wanted[place]), "place %u", place);
    }
}

Test(partners, are_found_in_runs_with_gaps_between_them)
{
    struct partners partners;
    cr_assert(partners_open(&partners, COUNT));
    struct partner_runs runs = {.of = &partners};
    want_nobody();
    add(&runs, 3, 0, 100);
    add(&runs, 103, 100, 25); /* goes on */
    add(&runs, 128, 130, 1);  /* the partner has moved, at the beginning of a word */
    add(&runs, 300, 131, 63);
    partner_runs_end(&runs, COUNT);
    cr_expect(partners_take(&partners, &runs));
    partners_settle(&partners);
    expect_wanted(&partners);
    cr_expect(eq(sz, partners.shift_count, 3 + 1 + 1 + (300 - 129) + 1 + (COUNT - 363)));
    partners_close(&partners);
}

Test(partners, of_stretches_that_share_a_word_are_put_together)
{
    struct partners partners;
    cr_assert(partners_open(&partners, COUNT));
    struct partner_runs first = {.of = &partners};
    struct partner_runs second = {.of = &partners, .next = 70};
    struct partner_runs third = {.of = &partners, .next = 75};
    want_nobody();
    add(&third, 80, 5, 200);
    partner_runs_end(&third, COUNT);
    partner_runs_end(&second, 75);
    add(&first, 0, 300, 69);
    partner_runs_end(&first, 70);
    cr_expect(partners_take(&partners, &first));
    cr_expect(partners_take(&partners, &second));
    cr_expect(partners_take(&partners, &third));
    partners_settle(&partners);
    expect_wanted(&partners);
    partners_close(&partners);
}

Test(partners, can_be_given_to_whoever_has_none)
{
    struct partners partners;
    cr_assert(partners_open(&partners, COUNT));
    struct partner_runs runs = {.of = &partners};
    want_nobody();
    /* What leads place 0 to nobody leads place 1 to place 0, and is a run of its own. */
    add(&runs, 1, 0, COUNT - 1);
    partner_runs_end(&runs, COUNT);
    cr_expect(partners_take(&partners, &runs));
    partners_settle(&partners);
    expect_wanted(&partners);
    partners_set(&partners, 0, 7);
    wanted[0] = 7;
    expect_wanted(&partners);
    partners_close(&partners);
}

Test(partners, of_nobody_are_none)
{
    struct partners partners;
    cr_assert(partners_open(&partners, 0));
    struct partner_runs runs = {.of = &partners};
    partner_runs_end(&runs, 0);
    cr_expect(partners_take(&partners, &runs));
    partners_settle(&partners);
    partners_close(&partners);
}
