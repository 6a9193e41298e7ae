/* SPDX-License-Identifier: MIT */
/* So many teams that threads share them. */
#include "diff/diff.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "diff/diff_state.h"
#include "small_org.h"

/* Every ninth of the old teams is gone, and one out of the middle has gone to the end. */
static void expect_teams(unsigned newcomers, unsigned jobs)
{
    enum { COUNT = 40000, MOVED = COUNT / 2 };
    struct small_org *before = small_org_new();
    struct small_org *after = small_org_new();
    uint32_t *partners = memory_array(COUNT, sizeof *partners);
    for (unsigned n = 0; n < newcomers; n++) {
        add_numbered_team(after, COUNT + n);
    }
    for (unsigned n = 0; n < COUNT; n++) {
        add_numbered_team(before, n);
        partners[n] = ORG_NONE;
        if (n % 9 != 1 && n != MOVED) {
            partners[n] = after->org.team_count;
            add_numbered_team(after, n);
        }
    }
    partners[MOVED] = after->org.team_count;
    add_numbered_team(after, MOVED);
    struct diff *diff;
    cr_assert(eq(int, diff_open(&diff, &before->org, &after->org, jobs), MUSTER_OK));
    const struct diff_match *match = diff_matches(diff);
    unsigned wrong = 0;
    unsigned found = 0;
    for (unsigned n = 0; n < COUNT; n++) {
        wrong += match->new_team_of[n] != partners[n];
        wrong += partners[n] != ORG_NONE && match->old_team_of[partners[n]] != n;
    }
    for (uint32_t team = 0; team < after->org.team_count; team++) {
        found += match->old_team_of[team] != ORG_NONE;
    }
    cr_expect(eq(u32, wrong, 0), "%u newcomers, %u threads", newcomers, jobs);
    cr_expect(eq(u32, found, after->org.team_count - newcomers));
    diff_close(diff);
    free(partners);
    small_org_close(before);
    small_org_close(after);
}

Test(diff_teams, are_the_same_with_any_number_of_threads)
{
    static const unsigned jobs[] = {1, 2, 3, 16};
    for (unsigned index = 0; index < 4; index++) {
        expect_teams(0, jobs[index]);
        expect_teams(900, jobs[index]);   /* each thread begins near where it should */
        expect_teams(20000, jobs[index]); /* none does */
    }
}

Test(diff_teams, are_mutual_even_where_ids_repeat)
{
    enum { COUNT = 40000 };
    struct small_org *before = small_org_new();
    struct small_org *after = small_org_new();
    for (unsigned n = 0; n < COUNT; n++) {
        add_numbered_team(before, n % 50);
        add_numbered_team(after, n % 70);
    }
    for (unsigned jobs = 1; jobs < 5; jobs++) {
        struct diff *diff;
        cr_assert(eq(int, diff_open(&diff, &before->org, &after->org, jobs), MUSTER_OK));
        const struct diff_match *match = diff_matches(diff);
        unsigned wrong = 0;
        for (uint32_t team = 0; team < COUNT; team++) {
            uint32_t partner = match->new_team_of[team];
            wrong += partner != ORG_NONE && match->old_team_of[partner] != team;
            partner = match->old_team_of[team];
            wrong += partner != ORG_NONE && match->new_team_of[partner] != team;
        }
        cr_expect(eq(u32, wrong, 0), "%u threads", jobs);
        diff_close(diff);
    }
    small_org_close(before);
    small_org_close(after);
}

/* Two users, and teams of which each has one of them for its manager. */
static struct small_org *managed_teams(unsigned count, unsigned renamed, unsigned handed_over)
{
    struct small_org *small = small_org_new();
    small_org_add_user(small, (struct org_user){.id = SPAN("X1"), .team = ORG_NONE});
    small_org_add_user(small, (struct org_user){.id = SPAN("X2"), .team = ORG_NONE});
    for (unsigned n = 0; n < count; n++) {
        add_numbered_team(small, n);
        if (renamed != 0 && n % renamed == 0) {
            small->org.teams[n].name = SPAN("another");
        }
        small_org_add_manager(small, handed_over != 0 && n % handed_over == 0 ? 1 : 0);
    }
    return small;
}

Test(diff_teams, are_compared_to_the_last_with_any_number_of_threads)
{
    enum { COUNT = 40000, RENAMED = 11, HANDED_OVER = 13 };
    static const unsigned jobs[] = {1, 2, 3, 16};
    struct small_org *before = managed_teams(COUNT, 0, 0);
    struct small_org *after = managed_teams(COUNT, RENAMED, HANDED_OVER);
    for (unsigned index = 0; index < 4; index++) {
        struct diff *diff;
        uint64_t *changed = calloc(COUNT / BITS_PER_WORD + 1, sizeof *changed);
        cr_assert(eq(int, diff_open(&diff, &before->org, &after->org, jobs[index]), MUSTER_OK));
        diff_mark_managers(diff, changed, NULL);
        diff_compare_teams(diff);
        unsigned wrong = 0;
        unsigned modified_count = 0;
        for (unsigned n = 0; n < COUNT; n++) {
            bool handed_over = n % HANDED_OVER == 0;
            bool modified = handed_over || n % RENAMED == 0;
            uint64_t bit = (uint64_t)1 << n % BITS_PER_WORD;
            wrong += ((changed[n / BITS_PER_WORD] & bit) != 0) != handed_over;
            wrong += ((diff->touched_teams[n / BITS_PER_WORD] & bit) != 0) != modified;
            modified_count += modified;
        }
        cr_expect(eq(u32, wrong, 0), "%u threads", jobs[index]);
        const uint64_t *counts = diff_counts(diff, MUSTER_TEAM);
        cr_expect(eq(u64, counts[MUSTER_MODIFIED], modified_count));
        cr_expect(eq(u64, counts[MUSTER_ADDED] + counts[MUSTER_REMOVED], 0));
        free(changed);
        diff_close(diff);
    }
    small_org_close(before);
    small_org_close(after);
}
