/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>

#include "plan/plan_state.h"
#include "plan_words.h"

static struct small_org *teams(const char *text)
{
    return small_org_open("", text);
}

Test(plan_tree, adds_parents_before_their_children)
{
    expect_plan(teams(""), teams("T3|C|T2|\nT2|B|T1|\nT1|A||\nT4|D||"), NULL,
                "addTeam team=T1 name=A parent=null\n"
                "addTeam team=T4 name=D parent=null\n"
                "addTeam team=T2 name=B parent=T1\n"
                "addTeam team=T3 name=C parent=T2\n");
}

Test(plan_tree, deletes_children_before_their_parents)
{
    expect_plan(teams("T1|A||\nT2|B|T1|\nT3|C|T2|\nT4|D||"), teams("T4|D||"), NULL,
                "deleteTeam team=T3\n"
                "deleteTeam team=T2\n"
                "deleteTeam team=T1\n");
}

Test(plan_tree, moves_a_team_with_its_old_and_new_parent)
{
    expect_plan(teams("T1|A||\nT2|B||\nT3|C|T1|\nT4|D|T1|"),
                teams("T1|A||\nT2|B||\nT3|C|T2|\nT4|D||"), NULL,
                "moveTeam team=T4 from=T1 to=null\n"
                "moveTeam team=T3 from=T1 to=T2\n");
}

Test(plan_tree, lets_parent_and_child_change_places)
{
    expect_plan(teams("T1|A||\nT2|B|T1|\nT3|C|T2|"), teams("T1|A|T2|\nT2|B|T3|\nT3|C||"), NULL,
                "moveTeam team=T3 from=T2 to=null\n"
                "moveTeam team=T2 from=T1 to=T3\n"
                "moveTeam team=T1 from=null to=T2\n");
}

Test(plan_tree, moves_a_team_out_of_one_that_is_going_away)
{
    expect_plan(teams("T1|A||\nT2|B|T1|\nT3|C|T2|"), teams("T1|A||\nT3|C|T1|"), NULL,
                "moveTeam team=T3 from=T2 to=T1\n"
                "deleteTeam team=T2\n");
}

Test(plan_tree, moves_a_team_below_one_that_is_added)
{
    expect_plan(teams("T1|A||"), teams("T1|A|T2|\nT2|B||"), NULL,
                "addTeam team=T2 name=B parent=null\n"
                "moveTeam team=T1 from=null to=T2\n");
}

Test(plan_tree, does_not_move_the_children_of_a_team_under_a_new_id)
{
    expect_plan(teams("T1|A||\nT2|B|T1|"), teams("N1|A||\nT2|B|N1|"), NULL,
                "rekeyTeam team=N1 from=T1\n");
}

Test(plan_tree, names_teams_by_their_new_ids_after_the_rekeys)
{
    expect_plan(teams("T1|A||\nT2|B||\nT3|C|T1|"), teams("N1|A||\nN2|B||\nT3|C|N2|"), NULL,
                "rekeyTeam team=N1 from=T1\n"
                "rekeyTeam team=N2 from=T2\n"
                "moveTeam team=T3 from=N1 to=N2\n");
}

Test(plan_tree, puts_names_before_places_and_deletes_last)
{
    expect_plan(teams("T1|A||\nT2|B||\nT3|C|T1|"), teams("T1|B||\nT3|CC||\nT4|C|T1|"), NULL,
                "renameTeam* team=T2 from=B to=B (T2)\n"
                "renameTeam team=T1 from=A to=B\n"
                "renameTeam team=T3 from=C to=CC\n"
                "moveTeam team=T3 from=T1 to=null\n"
                "addTeam team=T4 name=C parent=T1\n"
                "deleteTeam team=T2\n");
}

/* ---- Large trees ------------------------------------------------------------------------- */

enum { MANY = 1000000 };

/* Teams T0 to T999999; `parent` says below which one each hangs. */
static struct small_org *many_teams(uint32_t (*parent)(uint32_t team))
{
    struct small_org *small = small_org_new();
    char id[16], name[16];
    for (uint32_t n = 0; n < MANY; n++) {
        struct org_team team = {.parent = parent(n)};
        team.id = span_make(id, (size_t)snprintf(id, sizeof id, "T%u", n));
        team.name = span_make(name, (size_t)snprintf(name, sizeof name, "N%u", n));
        team.final_name = team.name;
        small_org_add_team(small, team);
    }
    return small;
}

static uint32_t chain_down(uint32_t team)
{
    return team == 0 ? ORG_NONE : team - 1;
}

static uint32_t chain_up(uint32_t team)
{
    return team == MANY - 1 ? ORG_NONE : team + 1;
}

static uint32_t all_below_first(uint32_t team)
{
    return team == 0 ? ORG_NONE : 0;
}

static void expect_count(struct small_org *before, struct small_org *after,
                         enum muster_operation_kind kind, uint64_t count)
{
    struct plan *plan = plan_of(before, after, NULL);
    cr_expect(eq(u64, plan_forecast(plan)->counts[kind], count));
    cr_expect(eq(sz, plan_count(plan), count));
    struct org *result = plan_replayed(plan);
    cr_expect(orgs_equal(result, &after->org));
    plan_result_close(result);
    plan_close(plan);
    small_org_close(before);
    small_org_close(after);
}

Test(plan_tree, turns_a_chain_of_a_million_teams_upside_down)
{
    expect_count(many_teams(chain_down), many_teams(chain_up), MUSTER_MOVE_TEAM, MANY);
}

Test(plan_tree, turns_a_chain_of_a_million_teams_into_children_of_one)
{
    /* T1 is below T0 in both. */
    expect_count(many_teams(chain_down), many_teams(all_below_first), MUSTER_MOVE_TEAM, MANY - 2);
}

Test(plan_tree, turns_a_million_children_of_one_into_a_chain)
{
    expect_count(many_teams(all_below_first), many_teams(chain_down), MUSTER_MOVE_TEAM, MANY - 2);
}

Test(plan_tree, adds_a_chain_of_a_million_teams)
{
    expect_count(small_org_new(), many_teams(chain_up), MUSTER_ADD_TEAM, MANY);
}

Test(plan_tree, deletes_a_chain_of_a_million_teams)
{
    expect_count(many_teams(chain_up), small_org_new(), MUSTER_DELETE_TEAM, MANY);
}
