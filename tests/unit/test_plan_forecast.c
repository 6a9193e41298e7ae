/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>

#include "plan_words.h"

Test(plan_forecast, counts_every_kind_and_the_temporary_renames_apart)
{
    struct small_org *before = small_org_open("X1|1@x.com|||T1", "T1|A||\nT2|B||");
    struct small_org *after = small_org_open("X1|1@x.com|||T2", "T1|B||\nT2|A|T1|");
    struct plan *plan = plan_of(before, after, NULL);
    const struct muster_forecast *forecast = plan_forecast(plan);
    cr_expect(eq(u64, forecast->counts[MUSTER_RENAME_TEAM], 3));
    cr_expect(eq(u64, forecast->temporary_count, 1));
    cr_expect(eq(u64, forecast->counts[MUSTER_MOVE_TEAM], 1));
    cr_expect(eq(u64, forecast->counts[MUSTER_MOVE_TEAM_MEMBER], 1));
    cr_expect(eq(u64, forecast->counts[MUSTER_DELETE_TEAM], 0));
    cr_expect(eq(sz, plan_count(plan), 5));
    plan_close(plan);
    small_org_close(before);
    small_org_close(after);
}

static bool is_text(span text, const char *expected)
{
    return span_equal(text, span_from(expected));
}

Test(plan_forecast, ranks_moves_by_the_people_below_them_in_the_old_roster)
{
    /* T2 has one member and two in T4 below it; T3 has none; T5 has one. */
    struct small_org *before =
        small_org_open("X1|1@x.com|||T2\nX2|2@x.com|||T4\nX3|3@x.com|||T4\nX4|4@x.com|||T5",
                       "T1|A||\nT2|B|T1|\nT3|C|T1|\nT4|D|T2|\nT5|E||");
    struct small_org *after = small_org_open("X1|1@x.com|||T2\nX2|2@x.com|||T4\nX3|3@x.com|||T4\n"
                                             "X4|4@x.com|||T5",
                                             "T1|A||\nT2|BB||\nT3|C||\nT4|D|T2|\nT5|E|T1|");
    struct plan *plan = plan_of(before, after, NULL);
    size_t count = 2;
    const struct muster_team_move *moves = plan_largest_moves(plan, &count);
    cr_assert(eq(sz, count, 2));
    cr_expect(is_text(moves[0].team, "T2"));
    cr_expect(is_text(moves[0].team_name, "BB"));
    cr_expect(is_text(moves[0].from_name, "A"));
    cr_expect(zero(ptr, (void *)moves[0].to_name.ptr));
    cr_expect(eq(u64, moves[0].head_count, 3));
    cr_expect(is_text(moves[1].team, "T5"));
    cr_expect(zero(ptr, (void *)moves[1].from_name.ptr));
    cr_expect(is_text(moves[1].to_name, "A"));
    cr_expect(eq(u64, moves[1].head_count, 1));
    count = 1000;
    moves = plan_largest_moves(plan, &count);
    cr_assert(eq(sz, count, 3));
    cr_expect(is_text(moves[2].team, "T3"));
    cr_expect(eq(u64, moves[2].head_count, 0));
    plan_close(plan);
    small_org_close(before);
    small_org_close(after);
}

Test(plan_forecast, counts_people_on_both_sides_of_empty_places)
{
    const char *users = "X1|1@x.com|||T1\n-\nX2|2@x.com|||T1\n-\nX3|3@x.com|||T3\nX4|4@x.com|||";
    struct small_org *before = small_org_open(users, "T1|A||\nT2|B||\nT3|C|T1|");
    struct small_org *after = small_org_open(users, "T1|A|T2|\nT2|B||\nT3|C|T1|");
    before->users[1].team = 0; /* what was removed may have named a team */
    before->users[3].team = 2;
    struct plan *plan = plan_of(before, after, NULL);
    size_t count = 10;
    const struct muster_team_move *moves = plan_largest_moves(plan, &count);
    cr_assert(eq(sz, count, 1));
    cr_expect(is_text(moves[0].team, "T1"));
    cr_expect(eq(u64, moves[0].head_count, 3));
    const struct muster_guard *guards = plan_guards(plan, &count);
    cr_assert(lt(sz, 1, count));
    cr_expect(eq(str, (char *)guards[0].kind, (char *)"moveTeamMember"));
    cr_expect(eq(u64, guards[0].population, 3));
    plan_close(plan);
    small_org_close(before);
    small_org_close(after);
}

Test(plan_forecast, counts_many_people_with_empty_places_among_them)
{
    struct small_org *sides[2];
    for (unsigned side = 0; side < 2; side++) {
        sides[side] = small_org_open("", side == 0 ? "T1|A||\nT2|B||" : "T1|A||\nT2|B|T1|");
        for (unsigned number = 0; number < 900; number++) {
            char id[16];
            struct org_user user = {.team = 1};
            if (number % 3 != 0) {
                user.id = span_make(id, (size_t)snprintf(id, sizeof id, "X%u", number));
                user.email = user.id;
            }
            small_org_add_user(sides[side], user);
        }
    }
    struct plan *plan = plan_of(sides[0], sides[1], NULL);
    size_t count = 10;
    const struct muster_team_move *moves = plan_largest_moves(plan, &count);
    cr_assert(eq(sz, count, 1));
    cr_expect(eq(u64, moves[0].head_count, 600));
    const struct muster_guard *guards = plan_guards(plan, &count);
    cr_assert(lt(sz, 0, count));
    cr_expect(eq(u64, guards[0].population, 600));
    plan_close(plan);
    small_org_close(sides[0]);
    small_org_close(sides[1]);
}

Test(plan_forecast, has_moves_of_as_many_people_in_the_order_of_the_plan)
{
    const char *users = "X1|1@x.com|||T5\nX2|2@x.com|||T4\nX3|3@x.com|||T3\nX4|4@x.com|||T2";
    struct small_org *before =
        small_org_open(users, "T1|A||\nT2|B||\nT3|C||\nT4|D||\nT5|E||\nT6|F||");
    struct small_org *after =
        small_org_open(users, "T1|A||\nT3|C|T1|\nT5|E|T1|\nT6|F|T1|\nT2|B|T1|\nT4|D|T1|");
    struct plan *plan = plan_of(before, after, NULL);
    size_t count = 10;
    const struct muster_team_move *moves = plan_largest_moves(plan, &count);
    cr_assert(eq(sz, count, 5));
    cr_assert(eq(sz, plan_count(plan), 5));
    size_t at = 0;
    for (size_t n = 0; n < 5; n++) {
        struct muster_operation operation;
        plan_operation(plan, n, &operation);
        if (!is_text(operation.team, "T6")) {
            cr_expect(span_equal(moves[at].team, operation.team));
            cr_expect(eq(u64, moves[at++].head_count, 1));
        }
    }
    cr_expect(is_text(moves[4].team, "T6"), "nobody is in it");
    plan_close(plan);
    small_org_close(before);
    small_org_close(after);
}

Test(plan_forecast, has_no_moves_where_nothing_moves)
{
    struct small_org *org = small_org_open("", "T1|A||");
    struct plan *plan = plan_of(org, org, NULL);
    size_t count = 10;
    (void)plan_largest_moves(plan, &count);
    cr_expect(eq(sz, count, 0));
    plan_close(plan);
    small_org_close(org);
}
