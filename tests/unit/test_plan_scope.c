/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "plan_words.h"

/* A plan limited to one root. Closes both. */
static void expect_limited(struct small_org *before, struct small_org *after, const char *root,
                           const char *expected)
{
    span roots[] = {span_from(root)};
    struct muster_plan_options options = {.roots = roots, .root_count = 1};
    expect_plan(before, after, &options, expected);
}

static struct small_org *teams(const char *text)
{
    return small_org_open("", text);
}

Test(plan_scope, leaves_alone_what_is_not_below_a_root)
{
    expect_limited(teams("R|Root||\nT1|A|R|\nT2|B||\nT3|C||"),
                   teams("R|Root||\nT1|AA|R|\nT2|BB|T4|\nT4|D||"), "R",
                   "renameTeam team=T1 from=A to=AA\n");
}

Test(plan_scope, takes_in_what_is_below_a_root_on_either_side)
{
    /* T1 leaves the root, T2 comes below it, T3 is neither; T4 goes away, T5 is new. */
    expect_limited(teams("R|Root||\nT1|A|R|\nT2|B||\nT3|C||\nT4|D|T1|"),
                   teams("R|Root||\nT1|AA||\nT2|BB|R|\nT3|CC||\nT5|E|T2|"), "R",
                   "renameTeam team=T1 from=A to=AA\n"
                   "renameTeam team=T2 from=B to=BB\n"
                   "moveTeam team=T1 from=R to=null\n"
                   "moveTeam team=T2 from=null to=R\n"
                   "addTeam team=T5 name=E parent=T2\n"
                   "deleteTeam team=T4\n");
}

Test(plan_scope, is_empty_where_no_team_has_the_id_of_the_root)
{
    expect_limited(teams("T1|A||"), teams("T1|B||"), "R", "");
}

Test(plan_scope, knows_roots_by_the_ids_of_the_new_roster)
{
    /* R is gone, and was the parent of T1; that it is named has no effect. */
    expect_limited(teams("R|Root||\nT1|A|R|"), teams("T1|B||"), "R", "");
    /* R is now Q: only Q names it, and what was below it on either side. */
    expect_limited(teams("R|Root||\nT1|A|R|\nT2|B|R|"), teams("Q|Root||\nT1|AA|Q|"), "R", "");
    expect_limited(teams("R|Root||\nT1|A|R|\nT2|B|R|"), teams("Q|Root||\nT1|AA|Q|"), "Q",
                   "rekeyTeam team=Q from=R\n"
                   "renameTeam team=T1 from=A to=AA\n"
                   "deleteTeam team=T2\n");
}

Test(plan_scope, moves_members_where_one_of_the_teams_is_in_scope)
{
    expect_limited(
        small_org_open("X1|1@x.com|||R\nX2|2@x.com|||T1\nX3|3@x.com|||T1\nX4|4@x.com|||R",
                       "R|Root||\nT1|A||\nT2|B||"),
        small_org_open("X1|1@x.com|||T1\nX2|2@x.com|||R\nX3|3@x.com|||T2",
                       "R|Root||\nT1|A||\nT2|B||"),
        "R",
        "moveTeamMember user=X1 from=R to=T1\n"
        "moveTeamMember user=X2 from=T1 to=R\n"
        "removeTeamMember user=X4 team=R\n");
}

Test(plan_scope, removes_a_member_who_goes_to_a_team_that_is_not_added)
{
    expect_limited(small_org_open("X1|1@x.com|||R\nX2|2@x.com|||", "R|Root||"),
                   small_org_open("X1|1@x.com|||T1\nX2|2@x.com|||T1", "R|Root||\nT1|A||"), "R",
                   "removeTeamMember user=X1 team=R\n");
}

/* T6 is below no root on either side; but it hung, or will hang, below a team that is. */
Test(plan_scope, moves_a_team_where_its_parent_is_in_scope)
{
    expect_limited(teams("R|Root||\nT0|A||\nT6|B|T0|"), teams("R|Root||\nT0|A|R|\nT6|B||"), "R",
                   "moveTeam team=T6 from=T0 to=null\n"
                   "moveTeam team=T0 from=null to=R\n");
    expect_limited(teams("R|Root||\nT0|A|R|\nT6|B||"), teams("R|Root||\nT0|A||\nT6|BB|T0|"), "R",
                   "moveTeam team=T0 from=R to=null\n"
                   "moveTeam team=T6 from=null to=T0\n");
    expect_limited(teams("T0|A||\nT6|C|T0|"), teams("T4|D|T6|\nT6|CC||\nT0|A|T4|"), "T4",
                   "moveTeam team=T6 from=T0 to=null\n"
                   "addTeam team=T4 name=D parent=T6\n"
                   "moveTeam team=T0 from=null to=T4\n");
}

Test(plan_scope, moves_a_team_to_the_top_where_its_parent_is_not_added)
{
    expect_limited(teams("R|Root||\nT1|A|R|"), teams("R|Root||\nT1|A|T2|\nT2|B||"), "R",
                   "moveTeam team=T1 from=R to=null\n");
}

Test(plan_scope, gives_a_name_of_its_own_where_the_wanted_one_stays_held)
{
    /* T2 sets the name B free in the new roster, but is out of scope. */
    expect_limited(teams("R|Root||\nT1|A|R|\nT2|B||"), teams("R|Root||\nT1|B|R|\nT2|C||"), "R",
                   "renameTeam team=T1 from=A to=B (T1)\n");
    expect_limited(teams("R|Root||\nT2|B||"), teams("R|Root||\nT1|B|R|\nT2|C||"), "R",
                   "addTeam team=T1 name=B (T1) parent=R\n");
    /* T2 goes away in the new roster, but is out of scope. */
    expect_limited(teams("R|Root||\nT1|A|R|\nT2|B||"), teams("R|Root||\nT1|B|R|"), "R",
                   "renameTeam team=T1 from=A to=B (T1)\n");
}

Test(plan_scope, lets_a_team_keep_the_name_of_its_own_that_it_has)
{
    /* As the plan before has left it, with and without a suffix. */
    expect_limited(teams("R|Root||\nT1|B (T1)|R|\nT2|B||"), teams("R|Root||\nT1|B|R|\nT2|C||"), "R",
                   "");
    expect_limited(teams("R|Root||\nT1|B (T1) 2|R|\nT2|B||\nT3|B (T1)||"),
                   teams("R|Root||\nT1|B|R|\nT2|C||\nT3|B (T1)||"), "R", "");
    /* Whichever that is, though another team asks before and 2 is free. */
    expect_limited(
        teams("R|Root||\nT1|B (T1) 3|R|\nT5|D (T5) 2|R|\nT2|B||\nT3|B (T1)||\nT4|D||\nT6|D (T5)||"),
        teams("R|Root||\nT1|B|R|\nT5|D|R|\nT2|C||\nT3|B (T1)||\nT4|E||\nT6|D (T5)||"), "R", "");
    /* What follows is no suffix, or that is in use. */
    expect_limited(teams("R|Root||\nT1|B (T1) 3x|R|\nT2|B||\nT3|B (T1)||"),
                   teams("R|Root||\nT1|B|R|\nT2|C||\nT3|B (T1)||"), "R",
                   "renameTeam team=T1 from=B (T1) 3x to=B (T1) 2\n");
    expect_limited(teams("R|Root||\nT1|B (T1) 3|R|\nT2|B||\nT3|B (T1)||"),
                   teams("R|Root||\nT1|B|R|\nT2|C||\nT3|B (T1)||\nT4|B (T1) 3|R|"), "R",
                   "renameTeam team=T1 from=B (T1) 3 to=B (T1) 2\n"
                   "addTeam team=T4 name=B (T1) 3 parent=R\n");
    /* The plain one has become free. */
    expect_limited(teams("R|Root||\nT1|B (T1) 2|R|\nT2|B||"), teams("R|Root||\nT1|B|R|\nT2|C||"),
                   "R", "renameTeam team=T1 from=B (T1) 2 to=B (T1)\n");
    /* Other renames come and go beside it. */
    expect_limited(teams("R|Root||\nT0|X|R|\nT1|B (T1)|R|\nT2|B||\nT3|Y|R|"),
                   teams("R|Root||\nT0|Y|R|\nT1|B|R|\nT2|C||\nT3|X|R|"), "R",
                   "renameTeam* team=T0 from=X to=X (T0)\n"
                   "renameTeam team=T3 from=Y to=X\n"
                   "renameTeam team=T0 from=X (T0) to=Y\n");
}

Test(plan_scope, takes_a_name_of_its_own_from_a_team_where_another_one_wants_it)
{
    expect_limited(teams("R|Root||\nT1|B (T1)|R|\nT2|B||\nT3|D|R|"),
                   teams("R|Root||\nT1|B|R|\nT2|C||\nT3|B (T1)|R|"), "R",
                   "renameTeam team=T1 from=B (T1) to=B (T1) 2\n"
                   "renameTeam team=T3 from=D to=B (T1)\n");
    /* Out of scope as well: nobody knows when it will be taken. */
    expect_limited(teams("R|Root||\nT1|B (T1)|R|\nT2|B||\nT3|D||"),
                   teams("R|Root||\nT1|B|R|\nT2|C||\nT3|B (T1)||"), "R",
                   "renameTeam team=T1 from=B (T1) to=B (T1) 2\n");
}

Test(plan_scope, keeps_the_old_ids_of_what_is_out_of_scope)
{
    expect_limited(small_org_open("X1|1@x.com|||R\nX2|2@x.com|||T1\nX3|3@x.com|||\nX4|4@x.com|||",
                                  "R|Root||X4\nT1|A||\nT2|B||"),
                   small_org_open("Y1|1@x.com|||N1\nY2|2@x.com|||N1\nY3|3@x.com|||\nY4|4@x.com|||",
                                  "R|Root||\nN1|A||\nT2|B||"),
                   "R",
                   "rekeyUser user=Y1 from=X1\n"
                   "rekeyUser user=Y4 from=X4\n"
                   "moveTeamMember user=Y1 from=R to=T1\n"
                   "removeTeamManager user=Y4 team=R\n");
}

Test(plan_scope, opens_a_circle_that_left_out_moves_would_close)
{
    /* Old: R > Q, and M > X. New: R, and X > Q > M, of which X's way to the top is not in scope. */
    expect_limited(teams("R|Root||\nTQ|Q|R|\nTM|M||\nTX|X|TM|"),
                   teams("R|Root||\nTX|X||\nTQ|Q|TX|\nTM|M|TQ|"), "R",
                   "moveTeam team=TQ from=R to=null\n"
                   "moveTeam team=TM from=null to=TQ\n");
    /* It is the first of the new roster that goes to the top, where TM is already. */
    expect_limited(teams("R|Root||\nTQ|Q|R|\nTM|M||\nTX|X|TM|"),
                   teams("R|Root||\nTX|X||\nTM|M|TQ|\nTQ|Q|TX|"), "R",
                   "moveTeam team=TQ from=R to=TX\n");
}

/* ---- What becomes of it ------------------------------------------------------------------ */

Test(plan_scope, ends_at_the_old_users_and_those_who_came_in)
{
    struct small_org *before = small_org_open(
        "X1|1@x.com|Ann||R\nX2|2@x.com|Bob||T1\nX3|3@x.com|Cyd||R", "R|Root||X1\nT1|A||");
    struct small_org *after = small_org_open(
        "Y1|1@x.com|Anna||R\nX4|4@x.com|Dan||R\nX5|5@x.com|Eve||T1", "R|Root||\nT1|A||");
    span roots[] = {SPAN("R")};
    struct muster_plan_options options = {.roots = roots, .root_count = 1};
    struct plan *plan = plan_of(before, after, &options);
    struct org *result = plan_replayed(plan);
    /* X1 is re-keyed and keeps its name; X3 leaves R; X4 gets a place, X5 is not in scope. */
    struct small_org *expected =
        small_org_open("Y1|1@x.com|Ann||R\nX2|2@x.com|Bob||T1\nX3|3@x.com|Cyd||\nX4|4@x.com|Dan||R",
                       "R|Root||\nT1|A||");
    cr_expect(orgs_equal(result, &expected->org));
    cr_assert(eq(u32, result->user_count, 4));
    struct buffer scratch = {0};
    for (uint32_t place = 0; place < 4; place++) {
        struct org_user user;
        org_user_read(result, place, &scratch, &user);
        cr_expect(span_equal(user.id, expected->users[place].id));
        cr_expect(span_equal(user.email, expected->users[place].email));
        cr_expect(span_equal(user.first_name, expected->users[place].first_name));
    }
    buffer_close(&scratch);
    plan_result_close(result);
    plan_close(plan);
    small_org_close(before);
    small_org_close(after);
    small_org_close(expected);
}
