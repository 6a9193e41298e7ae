/* SPDX-License-Identifier: MIT */
/* So many teams that threads share them. */
#include "diff/diff.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "small_org.h"

static void add_numbered_team(struct small_org *small, unsigned number)
{
    char id[16];
    (void)snprintf(id, sizeof id, "T%u", number);
    span text = span_from(id);
    small_org_add_team(
        small, (struct org_team){.id = text, .name = text, .final_name = text, .parent = ORG_NONE});
}

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
