/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <string.h>

#include "diff/diff.h"
#include "diff_words.h"
#include "small_org.h"

static struct diff *diff_of(const struct small_org *before, const struct small_org *after)
{
    struct diff *diff;
    cr_assert(eq(int, diff_open(&diff, &before->org, &after->org, 1), MUSTER_OK));
    return diff;
}

struct kind {
    enum muster_entity entity;
    enum muster_change change;
};

/* How many users or teams there are with a difference of this kind, from where the cursor stands.
 */
static uint64_t count_told(struct diff *diff, struct kind kind)
{
    struct muster_difference difference;
    struct buffer last_id = {0};
    uint64_t count = 0;
    while (diff_next(diff, &difference)) {
        bool wanted = difference.entity == kind.entity && difference.change == kind.change;
        if (wanted && (count == 0 || !span_equal(buffer_view(&last_id), difference.id))) {
            count++;
            buffer_clear(&last_id);
            buffer_span(&last_id, difference.id);
        }
    }
    buffer_close(&last_id);
    return count;
}

/* Every kind is counted, and can be left out without an effect on the others. */
static void expect_kinds(struct diff *diff)
{
    for (unsigned n = 0; n < 6; n++) {
        struct kind kind = {n / 3, n % 3};
        diff_rewind(diff);
        cr_expect(eq(u64, diff_counts(diff, kind.entity)[kind.change], count_told(diff, kind)));
        for (unsigned other = 0; other < 6; other++) {
            diff_rewind(diff);
            diff_skip(diff, kind.entity, kind.change);
            struct kind told = {other / 3, other % 3};
            uint64_t count = diff_counts(diff, told.entity)[told.change];
            cr_expect(eq(u64, count_told(diff, told), other == n ? 0 : count));
        }
    }
    diff_rewind(diff);
}

/* Closes both. */
static void expect_diff(struct small_org *before, struct small_org *after, const char *expected)
{
    for (int way = 0; way < 3; way++) {
        before->values_in_scratch = after->values_in_scratch = way == 1;
        if (way == 2) {
            small_org_with_runs(before);
            small_org_with_runs(after);
        }
        struct diff *diff = diff_of(before, after);
        for (int run = 0; run < 2; run++) {
            char *words = words_of(diff);
            cr_expect(eq(str, words, (char *)expected));
            free(words);
            diff_rewind(diff);
        }
        expect_kinds(diff);
        cr_expect(eq(int, diff_status(diff), MUSTER_OK));
        diff_close(diff);
    }
    small_org_close(before);
    small_org_close(after);
}

Test(diff, of_two_empty_organisations_is_empty)
{
    expect_diff(small_org_open("", ""), small_org_open("", ""), "");
}

Test(diff, of_equal_organisations_is_empty)
{
    const char *users = "X1|ann@x.com|Ann|Lee|T1\nX2|bob@x.com|Bob||\n";
    const char *teams = "T1|IT||X1\nT2|Ops|T1|X2,X1";
    expect_diff(small_org_open(users, teams), small_org_open(users, teams), "");
}

Test(diff, names_every_changed_field_of_a_user_in_the_order_of_the_columns)
{
    expect_diff(small_org_open("X1|ann@x.com|Ann|Lee|T1", "T1|IT||\nT2|Ops||"),
                small_org_open("X1|ann@y.com||Ray|T2", "T1|IT||\nT2|Ops||"),
                "user changed X1 email \"ann@x.com\" -> \"ann@y.com\"\n"
                "user changed X1 first_name \"Ann\" -> null\n"
                "user changed X1 last_name \"Lee\" -> \"Ray\"\n"
                "user changed X1 team_id \"T1\" -> \"T2\"\n");
}

/* Values are compared eight bytes at a time, and the last of them twice where they overlap. */
Test(diff, sees_another_byte_anywhere_in_a_value_of_any_length)
{
    for (int length = 1; length <= 35; length++) {
        for (int other = 0; other <= length; other++) {
            char value[40], changed[40], before[64], after[64], expected[160] = "";
            memset(value, 'v', sizeof value);
            memset(changed, 'v', sizeof changed);
            value[length] = changed[length] = '\0';
            if (other < length) {
                changed[other] = 'w';
                (void)snprintf(expected, sizeof expected,
                               "user changed X1 first_name \"%s\" -> \"%s\"\n", value, changed);
            }
            (void)snprintf(before, sizeof before, "X1|a@x.com|%s||", value);
            (void)snprintf(after, sizeof after, "X1|a@x.com|%s||", changed);
            expect_diff(small_org_open(before, ""), small_org_open(after, ""), expected);
        }
    }
}

/* A value of blanks only counts as none, and what is not there is null. */
Test(diff, tells_what_is_not_there_as_null)
{
    expect_diff(small_org_open("X1|a@x.com|A|B|T1\nX2|b@x.com|||", "T1|IT||\nT2|Ops|T1|"),
                small_org_open("X1|a@x.com|A|B|\nX2|b@x.com|||T1", "T1|IT||\nT2|Ops||"),
                "user changed X1 team_id \"T1\" -> null\n"
                "user changed X2 team_id null -> \"T1\"\n"
                "team changed T2 parent_team_id \"T1\" -> null\n");
    expect_diff(small_org_open("X1|a@x.com||B|", ""), small_org_open("X1|a@x.com|A||", ""),
                "user changed X1 first_name null -> \"A\"\n"
                "user changed X1 last_name \"B\" -> null\n");
}

Test(diff, can_leave_out_the_rest_in_the_middle_of_a_user)
{
    struct small_org *before =
        small_org_open("X1|a@x.com|A|A|\nX2|b@x.com|B|B|\nX3|c@x.com|||", "");
    struct small_org *after = small_org_open("X1|a@x.com|C|C|\nX2|b@x.com|C|C|\nX4|d@x.com|||", "");
    struct diff *diff = diff_of(before, after);
    struct muster_difference difference;
    cr_assert(diff_next(diff, &difference));
    diff_skip(diff, MUSTER_USER, MUSTER_MODIFIED);
    char *words = words_of(diff);
    cr_expect(eq(str, words, (char *)"user added X4\nuser removed X3\n"));
    free(words);
    diff_close(diff);
    small_org_close(before);
    small_org_close(after);
}

Test(diff, goes_through_the_new_users_in_their_order_and_then_the_removed_in_theirs)
{
    expect_diff(small_org_open("X1|1@x.com|||\nX2|2@x.com|||\nX3|3@x.com|||\nX4|4@x.com|||", ""),
                small_org_open("X5|5@x.com|||\nX4|4@x.com|D||\nX6|6@x.com|||\nX2|2@x.com|B||", ""),
                "user added X5\n"
                "user changed X4 first_name null -> \"D\"\n"
                "user added X6\n"
                "user changed X2 first_name null -> \"B\"\n"
                "user removed X1\n"
                "user removed X3\n");
}

Test(diff, goes_through_the_teams_after_the_users)
{
    expect_diff(small_org_open("X1|1@x.com|||", "T1|A||\nT2|B||\nT3|C||"),
                small_org_open("", "T4|D||\nT2|BB||\nT5|E||"),
                "user removed X1\n"
                "team added T4\n"
                "team changed T2 name \"B\" -> \"BB\"\n"
                "team changed T2 final_name \"B\" -> \"BB\"\n"
                "team added T5\n"
                "team removed T1\n"
                "team removed T3\n");
}

Test(diff, recognises_a_user_under_a_new_id_by_the_address_in_any_case)
{
    expect_diff(small_org_open("X1|Ann@X.com|Ann||T1", "T1|IT||X1"),
                small_org_open("Y1|ann@x.COM|Ann||T1", "T1|IT||Y1"),
                "user changed Y1 id \"X1\" -> \"Y1\"\n"
                "user changed Y1 email \"Ann@X.com\" -> \"ann@x.COM\"\n");
}

Test(diff, recognises_nobody_by_having_no_address)
{
    expect_diff(small_org_open("X1||Ann||\nX2|b@x.com|Bob||", ""),
                small_org_open("Y1||Ann||\nY2|b@x.com|Bob||", ""),
                "user added Y1\n"
                "user changed Y2 id \"X2\" -> \"Y2\"\n"
                "user removed X1\n");
}

Test(diff, prefers_the_id_to_the_address)
{
    /* X2 takes over the address that X1 had: no re-keying, since both ids are known. */
    expect_diff(small_org_open("X1|a@x.com|||\nX2|b@x.com|||", ""),
                small_org_open("X1|c@x.com|||\nX2|a@x.com|||", ""),
                "user changed X1 email \"a@x.com\" -> \"c@x.com\"\n"
                "user changed X2 email \"b@x.com\" -> \"a@x.com\"\n");
}

Test(diff, does_not_match_the_address_of_somebody_who_is_matched_by_id)
{
    expect_diff(small_org_open("X1|a@x.com|||", ""),
                small_org_open("X1|b@x.com|||\nX2|a@x.com|||", ""),
                "user changed X1 email \"a@x.com\" -> \"b@x.com\"\n"
                "user added X2\n");
}

Test(diff, recognises_a_team_under_a_new_id_by_its_final_name)
{
    expect_diff(small_org_open("X1|a@x.com|||T1", "T1|IT||\nT2|Ops|T1|"),
                small_org_open("X1|a@x.com|||N1", "N1|IT||\nT2|Ops|N1|"),
                "team changed N1 id \"T1\" -> \"N1\"\n");
}

Test(diff, does_not_recognise_a_team_by_a_name_that_several_have)
{
    expect_diff(small_org_open("", "T1|A=S||\nT2|B=S||"), small_org_open("", "N1|A=S||"),
                "team added N1\n"
                "team removed T1\n"
                "team removed T2\n");
    expect_diff(small_org_open("", "T1|A=S||"), small_org_open("", "N1|A=S||\nN2|B=S||"),
                "team added N1\n"
                "team added N2\n"
                "team removed T1\n");
}

Test(diff, asks_for_unique_names_among_those_left_only)
{
    /* T2 has the name as well, but is matched by id. */
    expect_diff(small_org_open("", "T1|S||\nT2|S||"), small_org_open("", "N1|S||\nT2|R||"),
                "team changed N1 id \"T1\" -> \"N1\"\n"
                "team changed T2 name \"S\" -> \"R\"\n"
                "team changed T2 final_name \"S\" -> \"R\"\n");
}

Test(diff, tells_a_changed_final_name_from_a_changed_name)
{
    expect_diff(small_org_open("", "T1|Ops||\nT2|IT||"),
                small_org_open("", "T1|Ops=Ops (T1)||\nT2|ITC=IT||"),
                "team changed T1 final_name \"Ops\" -> \"Ops (T1)\"\n"
                "team changed T2 name \"IT\" -> \"ITC\"\n");
}

Test(diff, compares_managers_as_sets_and_lists_them_in_the_order_of_the_roster)
{
    const char *users = "X1|1@x.com|||\nX2|2@x.com|||\nX3|3@x.com|||";
    expect_diff(small_org_open(users, "T1|A||X1,X2\nT2|B||X2,X1\nT3|C||\nT4|D||X3"),
                small_org_open(users, "T1|A||X2,X1\nT2|B||X3,X1\nT3|C||X3,X1,X2\nT4|D||"),
                "team changed T2 manager_ids \"X2,X1\" -> \"X3,X1\"\n"
                "team changed T3 manager_ids null -> \"X3,X1,X2\"\n"
                "team changed T4 manager_ids \"X3\" -> null\n");
}

/* A snapshot may name one twice. */
Test(diff, counts_a_manager_once)
{
    const char *users = "X1|1@x.com|||\nX2|2@x.com|||\nX3|3@x.com|||";
    expect_diff(small_org_open(users, "T1|A||X1,X1,X2\nT2|B||X2,X2"),
                small_org_open(users, "T1|A||X2,X1,X2\nT2|B||X2"), "");
}

Test(diff, compares_managers_between_partners)
{
    expect_diff(small_org_open("X1|1@x.com|||\nX2|2@x.com|||", "T1|A||X1\nT2|B||X1,X2"),
                small_org_open("Y1|1@x.com|||\nX3|3@x.com|||", "T1|A||Y1\nT2|B||Y1,X3"),
                "user changed Y1 id \"X1\" -> \"Y1\"\n"
                "user added X3\n"
                "user removed X2\n"
                "team changed T2 manager_ids \"X1,X2\" -> \"Y1,X3\"\n");
}

Test(diff, passes_over_empty_places)
{
    expect_diff(small_org_open("-\nX1|1@x.com|||\n-\nX2|2@x.com|||\n-", ""),
                small_org_open("X1|1@x.com|||\n-\n-\nX2|2@x.com|Bo||\n-\nX3|3@x.com|||", ""),
                "user changed X2 first_name null -> \"Bo\"\n"
                "user added X3\n");
}

Test(diff, finds_what_changed_among_many_who_did_not)
{
    struct small_org *orgs[2] = {small_org_open("", "T1|A||\nT2|B||"),
                                 small_org_open("", "T1|A||\nT2|B||")};
    char id[16];
    for (unsigned n = 0; n < 80; n++) {
        struct org_user user = {.email = SPAN("x"), .team = 0};
        user.id = span_make(id, (size_t)snprintf(id, sizeof id, "X%02u", n));
        small_org_add_user(orgs[0], user);
        user.team = n == 20 ? 1 : 0;
        user.last_name = span_from(n == 50 ? "Lee" : "");
        if (n != 60) {
            small_org_add_user(orgs[1], user);
        }
    }
    expect_diff(orgs[0], orgs[1],
                "user changed X20 team_id \"T1\" -> \"T2\"\n"
                "user changed X50 last_name null -> \"Lee\"\n"
                "user removed X60\n");
}

Test(diff, lists_the_leavers_as_places_of_the_old_roster)
{
    struct small_org *before =
        small_org_open("X1|1@x.com|||\n-\nX2|2@x.com|||\nX3|3@x.com|||\nX4|4@x.com|||", "");
    struct small_org *after = small_org_open("Y4|4@x.com|||\nX2|2@x.com|||", "");
    struct diff *diff = diff_of(before, after);
    size_t count;
    const uint32_t *leavers = diff_leavers(diff, &count);
    cr_assert(eq(sz, count, 2));
    cr_expect(eq(u32, leavers[0], 0));
    cr_expect(eq(u32, leavers[1], 3));
    diff_close(diff);
    small_org_close(before);
    small_org_close(after);
}

/* ---- Many users -------------------------------------------------------------------------- */

#define MANY 20000U

static void expect_partners(const struct diff *diff, const uint32_t *new_place_of)
{
    unsigned wrong = 0;
    for (uint32_t place = 0; place < MANY; place++) {
        uint32_t partner = new_place_of[place];
        wrong += diff_new_user(diff, place) != partner;
        wrong += partner != ORG_NONE && diff_old_user(diff, partner) != place;
    }
    cr_expect(eq(u32, wrong, 0));
}

Test(diff, matches_shuffled_users)
{
    struct small_org *before = small_org_new();
    struct small_org *after = small_org_new();
    static uint32_t new_place_of[MANY];
    for (unsigned n = 0; n < MANY; n++) {
        add_numbered_user(before, n, "");
    }
    for (unsigned n = 0; n < MANY; n++) {
        unsigned number = (unsigned)((uint64_t)n * 7919 % MANY); /* 7919 is prime: all, once */
        new_place_of[number] = n;
        add_numbered_user(after, number, n == 77 ? "Ann" : "");
    }
    struct diff *diff = diff_of(before, after);
    expect_partners(diff, new_place_of);
    cr_expect(eq(u32, diff_touched_user(diff, 0), 77));
    cr_expect(eq(u32, diff_touched_user(diff, 78), ORG_NONE));
    diff_close(diff);
    small_org_close(before);
    small_org_close(after);
}

Test(diff, matches_users_among_whom_some_came_went_and_changed_places)
{
    /* Out of every hundred one goes, one comes, two neighbours change places and one goes far. */
    struct small_org *before = small_org_new();
    struct small_org *after = small_org_new();
    static uint32_t new_place_of[MANY];
    for (unsigned n = 0; n < MANY; n++) {
        add_numbered_user(before, n, "");
        new_place_of[n] = ORG_NONE;
    }
    for (unsigned n = 0; n < MANY; n++) {
        unsigned number = n;
        switch (n % 100) {
        case 10:
            number = MANY + n;
            break;
        case 20:
            number = n + 1;
            break;
        case 21:
            number = n - 1;
            break;
        case 30:
            number = (n + 5000) % MANY;
            break;
        default:
            break;
        }
        if (number < MANY) {
            new_place_of[number] = n;
        }
        add_numbered_user(after, number, "");
    }
    struct diff *diff = diff_of(before, after);
    expect_partners(diff, new_place_of);
    size_t count;
    (void)diff_leavers(diff, &count);
    cr_expect(eq(sz, count, MANY / 100));
    diff_close(diff);
    small_org_close(before);
    small_org_close(after);
}

/* Every fifth of the old users is gone, and every seventh of the new ones has changed. */
static struct small_org *thinned_users(unsigned count)
{
    struct small_org *after = small_org_new();
    for (unsigned n = 0; n < count; n++) {
        if (n % 5 != 1) {
            add_numbered_user(after, n, n % 7 == 0 ? "Ann" : "");
        }
    }
    return after;
}

Test(diff, is_the_same_with_any_number_of_threads)
{
    enum { COUNT = 250000 };
    struct small_org *before = small_org_new();
    struct small_org *after = thinned_users(COUNT);
    for (unsigned n = 0; n < COUNT; n++) {
        add_numbered_user(before, n, "");
    }
    for (unsigned jobs = 0; jobs < 5; jobs++) {
        if (jobs == 3) {
            small_org_with_runs(before);
            small_org_with_runs(after);
        }
        struct diff *diff;
        cr_assert(eq(int, diff_open(&diff, &before->org, &after->org, jobs), MUSTER_OK));
        unsigned wrong = 0;
        uint32_t place = 0;
        for (unsigned n = 0; n < COUNT; n++) {
            wrong += diff_new_user(diff, n) != (n % 5 != 1 ? place : ORG_NONE);
            if (n % 5 != 1) {
                bool touched = diff_touched_user(diff, place) == place;
                wrong += touched != (n % 7 == 0);
                wrong += diff_old_user(diff, place++) != n;
            }
        }
        cr_expect(eq(u32, wrong, 0), "%u threads", jobs);
        size_t count;
        const uint32_t *leavers = diff_leavers(diff, &count);
        cr_assert(eq(sz, count, COUNT / 5));
        for (unsigned n = 0; n < COUNT / 5; n++) {
            cr_assert(eq(u32, leavers[n], 5 * n + 1));
        }
        diff_close(diff);
    }
    small_org_close(before);
    small_org_close(after);
}

/* Ranges would begin at two places of the old side, of which one is empty; who stands at the other
 * may have gone to the end, and `newcomers` at the end make the guess too high. */
static void expect_ranges(bool moved, unsigned newcomers, unsigned jobs)
{
    enum { COUNT = 150003, EMPTY = COUNT / 3, SECOND = COUNT / 3 * 2 };
    struct small_org *before = small_org_new();
    struct small_org *after = small_org_new();
    for (unsigned n = 0; n < COUNT; n++) {
        add_numbered_user(before, n, "");
        if (n != EMPTY && (n != SECOND || !moved)) {
            add_numbered_user(after, n, "");
        }
    }
    for (unsigned n = 0; n < newcomers; n++) {
        add_numbered_user(after, COUNT + n, "");
    }
    if (moved) {
        add_numbered_user(after, SECOND, "");
    }
    before->users[EMPTY].id = SPAN_NONE;
    before->org.kept_user_count--;
    struct diff *diff;
    cr_assert(eq(int, diff_open(&diff, &before->org, &after->org, jobs), MUSTER_OK));
    unsigned wrong = 0;
    for (unsigned n = 0; n < COUNT; n++) {
        uint32_t place = n < EMPTY ? n : n < SECOND || !moved ? n - 1 : n - 2;
        place = n == EMPTY ? ORG_NONE : n == SECOND && moved ? COUNT - 2 + newcomers : place;
        wrong += diff_new_user(diff, n) != place;
    }
    cr_expect(eq(u32, wrong, 0), "%u threads", jobs);
    cr_expect(eq(u64, diff_counts(diff, MUSTER_USER)[MUSTER_ADDED], newcomers));
    cr_expect(eq(u64, diff_counts(diff, MUSTER_USER)[MUSTER_REMOVED], 0));
    cr_expect(eq(u64, diff_counts(diff, MUSTER_USER)[MUSTER_MODIFIED], 0));
    diff_close(diff);
    small_org_close(before);
    small_org_close(after);
}

Test(diff, needs_no_range_to_begin_where_it_should)
{
    static const unsigned jobs[] = {1, 2, 16};
    for (unsigned index = 0; index < 3; index++) {
        expect_ranges(false, 0, jobs[index]);
        expect_ranges(false, 900, jobs[index]);
        expect_ranges(true, 0, jobs[index]);
        expect_ranges(true, 900, jobs[index]);
    }
}

Test(diff, matches_everybody_by_address_where_all_ids_are_new)
{
    struct small_org *before = small_org_new();
    struct small_org *after = small_org_new();
    for (unsigned n = 0; n < MANY; n++) {
        add_numbered_user(before, n, "");
        add_numbered_user(after, n, "");
        after->users[n].id = arena_copy(&after->arena, after->users[n].email);
    }
    struct diff *diff = diff_of(before, after);
    const struct diff_match *match = diff_matches(diff);
    cr_expect(eq(sz, match->rekeyed_user_count, MANY));
    cr_expect(eq(u32, match->rekeyed_users[MANY - 1], MANY - 1));
    cr_expect(eq(u32, diff_new_user(diff, 4711), 4711));
    diff_close(diff);
    small_org_close(before);
    small_org_close(after);
}

Test(diff, has_partners_that_are_mutual_even_where_ids_repeat)
{
    /* No checked roster has the same id or address twice; a file made by hand could. */
    struct small_org *before = small_org_open("X1|1@x.com|||\nX1|1@x.com|||\nX2|2@x.com|||", "");
    struct small_org *after = small_org_open("X2|1@x.com|||\nX1|2@x.com|||\nX1|1@x.com|||", "");
    struct diff *diff = diff_of(before, after);
    for (uint32_t place = 0; place < 3; place++) {
        uint32_t partner = diff_new_user(diff, place);
        cr_expect(partner == ORG_NONE || diff_old_user(diff, partner) == place);
    }
    diff_close(diff);
    small_org_close(before);
    small_org_close(after);
}
