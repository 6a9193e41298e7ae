/* SPDX-License-Identifier: MIT */
/*
 * How users and teams are walked over: where ranges begin, and when the order counts as lost. The
 * engine has small limits here: a range is eight users, or as many teams as there are threads for
 * four, and its start is looked for up to three places from where it should be.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "base/limits.h"
#include "diff/diff_state.h"
#include "diff_words.h"
#include "small_org.h"

_Static_assert(RANGE_START_REACH == 4 && RANGE_WORTH_USERS == 8 && PARALLEL_WORTH_ROWS == 4,
               "the numbers below are reckoned with these");

static struct diff *diff_of(const struct small_org *before, const struct small_org *after,
                            unsigned jobs)
{
    struct diff *diff;
    cr_assert(eq(int, diff_open(&diff, &before->org, &after->org, jobs), MUSTER_OK));
    return diff;
}

static void expect_words(const struct small_org *before, const struct small_org *after,
                         const char *expected)
{
    for (unsigned jobs = 1; jobs < 4; jobs++) {
        struct diff *diff = diff_of(before, after, jobs);
        char *words = words_of(diff);
        cr_expect(eq(str, words, (char *)expected), "%u threads", jobs);
        free(words);
        diff_close(diff);
    }
}

/* ---- Where ranges begin ------------------------------------------------------------------ */

static bool is_at(const struct sought *sought, uint32_t place)
{
    cr_assert(lt(u32, place, sought->org->team_count));
    return span_equal(sought->org->teams[place].id, sought->id);
}

Test(diff_walks, look_no_farther_than_they_may_and_never_beyond_an_end)
{
    struct small_org *small = small_org_new();
    for (unsigned n = 0; n < 10; n++) {
        add_numbered_team(small, n);
    }
    for (uint32_t guess = 0; guess < 10; guess++) {
        for (uint32_t place = 0; place < 10; place++) {
            const struct sought sought = {&small->org, small->org.teams[place].id, NULL};
            uint32_t away = place > guess ? place - guess : guess - place;
            cr_expect(eq(u32, diff_seek(&sought, 10, guess, is_at), away < 4 ? place : ORG_NONE),
                      "%u from %u", place, guess);
        }
    }
    small_org_close(small);
}

/* Partners are those with the same number, which are at these places of both sides. */
struct crossing {
    struct small_org *before, *after;
    uint32_t count;
    const uint32_t *new_place_of;
};

static void expect_user_partners(const struct crossing *crossing, unsigned jobs)
{
    struct diff *diff = diff_of(crossing->before, crossing->after, jobs);
    for (uint32_t n = 0; n < crossing->count; n++) {
        uint32_t place = crossing->new_place_of[n];
        cr_expect(eq(u32, diff_new_user(diff, n), place), "user %u, %u threads", n, jobs);
        cr_expect(eq(u32, diff_old_user(diff, place), n), "user %u, %u threads", n, jobs);
    }
    cr_expect(eq(u32, diff_touched_user(diff, 0), ORG_NONE));
    diff_close(diff);
}

/*
 * Of 96 users two threads make twelve ranges, which would begin at every eighth. Each but the last
 * begins three places behind where it should, so that those that follow are narrower and narrower,
 * and who should begin the last one, expected at 93, stands before the start of the one before it.
 */
Test(diff_walks, begin_no_range_before_the_start_of_another)
{
    enum { COUNT = 96, FIRSTS = 11 };
    static const uint32_t first_places[FIRSTS] = {11, 21, 31, 41, 50, 59, 68, 76, 84, 91, 90};
    static uint32_t new_place_of[COUNT];
    static uint32_t users[COUNT];
    for (unsigned n = 0; n < FIRSTS; n++) {
        users[first_places[n]] = 8 * (n + 1);
    }
    for (uint32_t place = 0, number = 0; place < COUNT; place++) {
        if (users[place] == 0) {
            users[place] = number++;
            number += number % 8 == 0; /* those have a place of their own */
        }
        new_place_of[users[place]] = place;
    }
    struct crossing crossing = {small_org_new(), small_org_new(), COUNT, new_place_of};
    for (uint32_t n = 0; n < COUNT; n++) {
        add_numbered_user(crossing.before, n, "");
        add_numbered_user(crossing.after, users[n], "");
    }
    for (unsigned jobs = 1; jobs < 5; jobs++) {
        expect_user_partners(&crossing, jobs);
    }
    small_org_close(crossing.before);
    small_org_close(crossing.after);
}

/* Old teams in the order of their numbers, and these new ones. The partners are mutual; gives how
 * many of the new ones have any. */
static unsigned team_partners(const unsigned *teams, unsigned count, unsigned jobs)
{
    struct small_org *before = small_org_new();
    struct small_org *after = small_org_new();
    for (unsigned n = 0; n < count; n++) {
        add_numbered_team(before, n);
        add_numbered_team(after, teams[n]);
    }
    struct diff *diff = diff_of(before, after, jobs);
    const struct diff_match *match = diff_matches(diff);
    unsigned found = 0;
    for (uint32_t n = 0; n < count; n++) {
        uint32_t partner = match->old_team_of[n];
        if (partner != ORG_NONE) {
            cr_expect(eq(u32, partner, teams[n]), "%u threads", jobs);
            cr_expect(eq(u32, match->new_team_of[partner], n), "%u threads", jobs);
            found++;
        }
    }
    diff_close(diff);
    small_org_close(before);
    small_org_close(after);
    return found;
}

/* The partner of the third team stands behind that of the fifth: of four threads the third begins
 * with nobody. It would take a team twice, if there is an id twice. */
Test(diff_walks, begin_no_stretch_of_teams_before_the_start_of_another)
{
    static const unsigned all[] = {0, 1, 5, 2, 3, 4, 6, 7};
    static const unsigned one_twice[] = {0, 1, 5, 6, 3, 4, 6, 7};
    for (unsigned jobs = 1; jobs < 5; jobs++) {
        cr_expect(eq(u32, team_partners(all, 8, jobs), 8));
        cr_expect(eq(u32, team_partners(one_twice, 8, jobs), 7));
    }
}

Test(diff_walks, need_no_threads_where_one_side_is_small)
{
    struct small_org *before = small_org_open("X1|1@x.com|||\nX2|2@x.com|||", "");
    struct small_org *after = small_org_new();
    for (unsigned n = 0; n < RANGE_WORTH_USERS; n++) {
        add_numbered_user(after, n, "");
    }
    expect_words(before, after,
                 "user added X0\nuser added X3\nuser added X4\nuser added X5\nuser added X6\n"
                 "user added X7\n");
    expect_words(after, before,
                 "user removed X0\nuser removed X3\nuser removed X4\nuser removed X5\n"
                 "user removed X6\nuser removed X7\n");
    struct diff *diff = diff_of(after, before, 2);
    cr_expect(eq(ptr, diff->parallel, NULL));
    diff_close(diff);
    small_org_close(before);
    small_org_close(after);
}

/* ---- Whose order is kept ----------------------------------------------------------------- */

/* One in 27 is no more than one in 20, however many they are: all are walked over, and whoever is
 * left has been read. */
Test(diff_walks, keep_the_order_where_many_are_left_but_few_in_a_hundred)
{
    enum { COUNT = 30000, GONE = 27 };
    struct small_org *before = small_org_new();
    struct small_org *after = small_org_new();
    uint32_t place = 0;
    for (unsigned n = 0; n < COUNT; n++) {
        add_numbered_user(before, n, "");
        if (n % GONE != GONE - 1) {
            add_numbered_user(after, n, "");
        }
    }
    struct diff *diff = diff_of(before, after, 1);
    for (unsigned n = 0; n < COUNT; n++) {
        bool gone = n % GONE == GONE - 1;
        cr_assert(eq(u32, diff_new_user(diff, n), gone ? ORG_NONE : place), "user %u", n);
        place += !gone;
    }
    cr_expect(eq(sz, diff->left_old.count, COUNT / GONE));
    cr_expect(eq(sz, diff->left_new.count, 0));
    cr_expect(not(diff->left_old.unhashed));
    diff_close(diff);
    small_org_close(before);
    small_org_close(after);
}

/* As in a snapshot made by hand. P and Q stand elsewhere, so that the others are joined by id. */
Test(diff_walks, join_the_first_of_several_users_with_one_id)
{
    struct small_org *before =
        small_org_open("X1|1@x.com|||\nX1|4@x.com|||\nP|p@x.com|||\nQ|q@x.com|||", "");
    struct small_org *after =
        small_org_open("P|p@x.com|||\nQ|q@x.com|||\nX1|1@x.com|Ann||\nX1|5@x.com|||", "");
    expect_words(before, after,
                 "user changed X1 first_name null -> \"Ann\"\n"
                 "user added X1\n"
                 "user removed X1\n");
    small_org_close(before);
    small_org_close(after);
}

static struct text_rows texts_of_nobody(const struct org *org, uint32_t first)
{
    (void)org;
    (void)first;
    cr_fatal("nobody can compare them");
    return (struct text_rows){0};
}

/* The old side shows its values, as a snapshot does, but the new one cannot look at any. */
Test(diff_walks, read_everybody_where_one_side_alone_can_tell_at_a_glance)
{
    const struct org_source texts = {.user_kept = small_user_kept,
                                     .user_team = small_user_team,
                                     .user_read = small_user_read,
                                     .user_texts = texts_of_nobody};
    struct small_org *before = small_org_open("X1|1@x.com|||\nX2|2@x.com|||", "");
    struct small_org *after = small_org_open("X1|1@x.com|||\nX2|2@x.com|Bo||", "");
    before->org.source = &texts;
    expect_words(before, after, "user changed X2 first_name null -> \"Bo\"\n");
    small_org_close(before);
    small_org_close(after);
}
