/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <string.h>

#include "plan_words.h"

static struct small_org *teams(const char *text)
{
    return small_org_open("", text);
}

Test(plan_names, renames_a_team_with_its_old_and_new_name)
{
    expect_plan(teams("T1|Cloud||"), teams("T1|Clouds||"), NULL,
                "renameTeam team=T1 from=Cloud to=Clouds\n");
}

Test(plan_names, waits_for_a_name_that_another_rename_sets_free)
{
    expect_plan(teams("T1|A||\nT2|B||\nT3|C||"), teams("T1|B||\nT2|C||\nT3|D||"), NULL,
                "renameTeam team=T3 from=C to=D\n"
                "renameTeam team=T2 from=B to=C\n"
                "renameTeam team=T1 from=A to=B\n");
}

Test(plan_names, swaps_two_names_with_one_temporary_rename)
{
    expect_plan(teams("T1|A||\nT2|B||"), teams("T1|B||\nT2|A||"), NULL,
                "renameTeam* team=T1 from=A to=A (T1)\n"
                "renameTeam team=T2 from=B to=A\n"
                "renameTeam team=T1 from=A (T1) to=B\n");
}

Test(plan_names, opens_each_circle_of_names_once)
{
    expect_plan(teams("T1|A||\nT2|B||\nT3|C||\nT4|D||\nT5|E||"),
                teams("T1|B||\nT2|C||\nT3|A||\nT4|E||\nT5|D||"), NULL,
                "renameTeam* team=T1 from=A to=A (T1)\n"
                "renameTeam team=T3 from=C to=A\n"
                "renameTeam team=T2 from=B to=C\n"
                "renameTeam team=T1 from=A (T1) to=B\n"
                "renameTeam* team=T4 from=D to=D (T4)\n"
                "renameTeam team=T5 from=E to=D\n"
                "renameTeam team=T4 from=D (T4) to=E\n");
}

Test(plan_names, takes_a_wanted_name_from_a_team_that_is_going_away)
{
    expect_plan(teams("T1|A||\nT2|B||"), teams("T1|B||"), NULL,
                "renameTeam* team=T2 from=B to=B (T2)\n"
                "renameTeam team=T1 from=A to=B\n"
                "deleteTeam team=T2\n");
}

Test(plan_names, leaves_a_team_that_is_going_away_its_name_where_nobody_wants_it)
{
    expect_plan(teams("T1|A||\nT2|B||"), teams("T1|C||"), NULL,
                "renameTeam team=T1 from=A to=C\n"
                "deleteTeam team=T2\n");
}

Test(plan_names, avoids_temporary_names_that_are_or_will_be_in_use)
{
    expect_plan(teams("T1|A||\nT2|B||\nT3|A (T1)||"), teams("T1|B||\nT2|A||\nT3|A (T1) 2||"), NULL,
                "renameTeam* team=T1 from=A to=A (T1) 3\n"
                "renameTeam team=T2 from=B to=A\n"
                "renameTeam team=T1 from=A (T1) 3 to=B\n"
                "renameTeam team=T3 from=A (T1) to=A (T1) 2\n");
}

Test(plan_names, avoids_temporary_names_that_a_rename_has_given_by_then)
{
    expect_plan(teams("T0|C||\nT1|A||\nT2|B||"), teams("T0|A (T1)||\nT1|B||\nT2|A||"), NULL,
                "renameTeam team=T0 from=C to=A (T1)\n"
                "renameTeam* team=T1 from=A to=A (T1) 2\n"
                "renameTeam team=T2 from=B to=A\n"
                "renameTeam team=T1 from=A (T1) 2 to=B\n");
}

Test(plan_names, looks_for_a_name_that_is_in_use_behind_teams_that_keep_theirs)
{
    expect_plan(teams("T4|K||\nT0|C||\nT1|A||\nT2|B||"),
                teams("T4|K||\nT0|A (T1)||\nT1|B||\nT2|A||"), NULL,
                "renameTeam team=T0 from=C to=A (T1)\n"
                "renameTeam* team=T1 from=A to=A (T1) 2\n"
                "renameTeam team=T2 from=B to=A\n"
                "renameTeam team=T1 from=A (T1) 2 to=B\n");
}

Test(plan_names, gives_another_temporary_name_to_none_but_the_team_whose_is_in_use)
{
    expect_plan(teams("T9|D (T5)||\nT1|A||\nT2|B||\nT5|D||\nT6|E||"),
                teams("T9|D (T5)||\nT1|B||\nT2|A||\nT5|E||\nT6|D||"), NULL,
                "renameTeam* team=T1 from=A to=A (T1)\n"
                "renameTeam team=T2 from=B to=A\n"
                "renameTeam team=T1 from=A (T1) to=B\n"
                "renameTeam* team=T5 from=D to=D (T5) 2\n"
                "renameTeam team=T6 from=E to=D\n"
                "renameTeam team=T5 from=D (T5) 2 to=E\n");
}

Test(plan_names, avoids_temporary_names_that_a_team_has_until_it_goes_away)
{
    expect_plan(teams("T9|D (T5)||\nT5|D||\nT6|E||"), teams("T5|E||\nT6|D||"), NULL,
                "renameTeam* team=T5 from=D to=D (T5) 2\n"
                "renameTeam team=T6 from=E to=D\n"
                "renameTeam team=T5 from=D (T5) 2 to=E\n"
                "deleteTeam team=T9\n");
}

Test(plan_names, tells_temporary_names_apart_that_would_be_the_same)
{
    expect_plan(teams("Z|M||\nY|N (X)||\nX) (Y|N||\nT1|A||\nT2|B||\nT3|C||"),
                teams("T3|M||\nT1|N (X)||\nT2|N||"), NULL,
                "renameTeam* team=Z from=M to=M (Z)\n"
                "renameTeam* team=Y from=N (X) to=N (X) (Y)\n"
                "renameTeam* team=X) (Y from=N to=N (X) (Y) 2\n"
                "renameTeam team=T3 from=C to=M\n"
                "renameTeam team=T1 from=A to=N (X)\n"
                "renameTeam team=T2 from=B to=N\n"
                "deleteTeam team=X) (Y\n"
                "deleteTeam team=Y\n"
                "deleteTeam team=Z\n");
}

Test(plan_names, keeps_temporary_names_within_two_hundred_code_points)
{
    char long_name[400];
    for (int n = 0; n < 400; n += 2) { /* two hundred letters of two bytes */
        memcpy(long_name + n, n % 4 == 0 ? "\xC3\xA4" : "\xC3\xA5", 2);
    }
    struct small_org *before = small_org_new();
    struct small_org *after = small_org_new();
    span names[] = {span_make(long_name, sizeof long_name), SPAN("B")};
    span ids[] = {SPAN("T1"), SPAN("T2")};
    for (int n = 0; n < 2; n++) {
        struct org_team team = {.id = ids[n], .name = names[n], .parent = ORG_NONE};
        team.final_name = team.name;
        small_org_add_team(before, team);
        team.final_name = team.name = names[1 - n];
        small_org_add_team(after, team);
    }
    struct plan *plan = plan_of(before, after, NULL);
    struct muster_operation operation;
    plan_operation(plan, 0, &operation);
    cr_expect(operation.temporary);
    size_t points = 0;
    for (size_t at = 0; at < operation.to.len; at++) {
        points += ((unsigned char)operation.to.ptr[at] & 0xC0) != 0x80;
    }
    /* A blank and ten digits are left for a suffix, and no letter is cut in two. */
    cr_expect(eq(sz, points, 200 - 11));
    cr_expect(eq(sz, operation.to.len, 2 * (points - 5) + 5));
    cr_expect(eq(int, memcmp(operation.to.ptr + operation.to.len - 5, " (T1)", 5), 0));
    plan_result_close(plan_replayed(plan));
    plan_close(plan);
    small_org_close(before);
    small_org_close(after);
}

/* Team T1 with the name N2, for example. */
static void add_numbered(struct small_org *org, int number, int name_number)
{
    char id[16], name[16];
    struct org_team team = {.parent = ORG_NONE};
    team.id = span_make(id, (size_t)snprintf(id, sizeof id, "T%d", number));
    team.name = span_make(name, (size_t)snprintf(name, sizeof name, "N%d", name_number));
    team.final_name = team.name;
    small_org_add_team(org, team);
}

/* So many steps lead from the first to the second, which are closed. */
static void expect_renames(struct small_org *const *orgs, size_t count, uint64_t temporary_count)
{
    struct plan *plan = plan_of(orgs[0], orgs[1], NULL);
    cr_expect(eq(sz, plan_count(plan), count));
    cr_expect(eq(u64, plan_forecast(plan)->temporary_count, temporary_count));
    struct org *result = plan_replayed(plan);
    cr_expect(orgs_equal(result, &orgs[1]->org));
    plan_result_close(result);
    plan_close(plan);
    small_org_close(orgs[0]);
    small_org_close(orgs[1]);
}

Test(plan_names, swaps_a_thousand_pairs_of_names_with_a_temporary_rename_each)
{
    enum { COUNT = 2000 };
    struct small_org *orgs[2] = {small_org_new(), small_org_new()};
    for (int side = 0; side < 2; side++) {
        for (int n = 0; n < COUNT; n++) {
            add_numbered(orgs[side], n, n ^ side);
        }
    }
    expect_renames(orgs, COUNT + COUNT / 2, COUNT / 2);
}

Test(plan_names, lets_names_under_a_collision_block_nobody)
{
    /* T1 and T2 collide in the new roster; T3 keeps the name that both take. */
    expect_plan(teams("T1|A||\nT2|B||\nT3|C||"), teams("T1|C||\nT2|C||\nT3|C||"), NULL,
                "renameTeam team=T1 from=A to=C\n"
                "renameTeam team=T2 from=B to=C\n");
}

Test(plan_names, makes_room_for_a_name_that_old_teams_share)
{
    /* T1 and T3 share a name, which T4 will have for itself: T1 goes, T3 gets another one. */
    struct small_org *before = teams("T1|A||\nT3|A||\nT4|X||");
    expect_plan(before, teams("T3|Q||\nT4|A||"), NULL,
                "renameTeam* team=T1 from=A to=A (T1)\n"
                "renameTeam* team=T3 from=A to=A (T3)\n"
                "renameTeam team=T3 from=A (T3) to=Q\n"
                "renameTeam team=T4 from=X to=A\n"
                "deleteTeam team=T1\n");
    /* Where nobody wants the name, it does not matter who has it. */
    expect_plan(teams("T1|A||\nT3|A||\nT4|X||"), teams("T3|Q||\nT4|B||"), NULL,
                "renameTeam team=T3 from=A to=Q\n"
                "renameTeam team=T4 from=X to=B\n"
                "deleteTeam team=T1\n");
}

Test(plan_names, makes_no_room_for_names_under_a_collision)
{
    expect_plan(teams("T1|A||\nT2|B||\nT3|C||"), teams("T1|C||\nT2|C||"), NULL,
                "renameTeam team=T1 from=A to=C\n"
                "renameTeam team=T2 from=B to=C\n"
                "deleteTeam team=T3\n");
}

Test(plan_names, rotates_a_million_names_with_one_temporary_rename)
{
    enum { COUNT = 1000000 };
    struct small_org *orgs[2] = {small_org_new(), small_org_new()};
    for (int side = 0; side < 2; side++) {
        for (int n = 0; n < COUNT; n++) {
            add_numbered(orgs[side], n, (n + side) % COUNT);
        }
    }
    expect_renames(orgs, COUNT + 1, 1);
}
