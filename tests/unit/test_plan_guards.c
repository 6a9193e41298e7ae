/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>

#include "plan_words.h"
#include "support.h"

/* ---- Rosters of so many members --------------------------------------------------------- */

/* Add users numbered from `first` to the team with this index. */
static void add_users(struct small_org *small, unsigned first, unsigned count, uint32_t team)
{
    char id[16], email[32];
    for (unsigned number = first; number < first + count; number++) {
        struct org_user user = {.team = team};
        user.id = span_make(id, (size_t)snprintf(id, sizeof id, "X%u", number));
        user.email = span_make(email, (size_t)snprintf(email, sizeof email, "%u@x.com", number));
        small_org_add_user(small, user);
    }
}

static struct small_org *members(unsigned in_t1, unsigned in_t2, const char *teams)
{
    struct small_org *small = small_org_open("", teams);
    add_users(small, 0, in_t1, 0);
    add_users(small, 1000, in_t2, 1);
    return small;
}

/* ---- Guards as text ---------------------------------------------------------------------- */

/* `removeTeamMember 11/100 10% tripped "A" (T1): 11`, one a line. */
static char *words_of(const struct plan *plan)
{
    struct buffer text = {0};
    size_t count;
    const struct muster_guard *guards = plan_guards(plan, &count);
    for (size_t n = 0; n < count; n++) {
        buffer_text(&text, guards[n].kind);
        if (guards[n].team.ptr != NULL) {
            buffer_byte(&text, ' ');
            buffer_span(&text, guards[n].team);
        }
        buffer_byte(&text, ' ');
        buffer_number(&text, guards[n].count);
        buffer_byte(&text, '/');
        buffer_number(&text, guards[n].population);
        buffer_byte(&text, ' ');
        buffer_number(&text, guards[n].limit.amount);
        buffer_text(&text, guards[n].limit.percent ? "%" : "");
        buffer_text(&text, guards[n].tripped ? " tripped" : "");
        if (guards[n].carriers.len > 0) {
            buffer_byte(&text, ' ');
            buffer_span(&text, guards[n].carriers);
        }
        buffer_byte(&text, '\n');
    }
    buffer_byte(&text, '\0');
    return text.bytes;
}

/* Closes both. */
static void expect_guards(struct small_org *before, struct small_org *after,
                          const struct muster_plan_options *options, const char *expected)
{
    struct plan *plan = plan_of(before, after, options);
    char *words = words_of(plan);
    cr_expect(eq(str, words, (char *)expected));
    bool any = strstr(words, "tripped") != NULL;
    cr_expect(eq(int, plan_forecast(plan)->guards_tripped, any));
    free(words);
    plan_close(plan);
    small_org_close(before);
    small_org_close(after);
}

#define TEAMS "T1|A||\nT2|B||"

Test(plan_guards, are_four_where_none_is_given)
{
    expect_guards(small_org_open("X1|1@x.com|||T1", "T1|A||X1"),
                  small_org_open("X1|1@x.com|||T1", "T1|A||X1"), NULL,
                  "moveTeamMember 0/1 75%\n"
                  "removeTeamMember 0/1 10%\n"
                  "removeTeamManager 0/1 10%\n"
                  "deleteTeam 0/1 10%\n");
}

Test(plan_guards, trip_above_the_limit_and_not_at_it)
{
    expect_guards(members(60, 40, TEAMS), members(52, 38, TEAMS), NULL,
                  "moveTeamMember 0/100 75%\n"
                  "removeTeamMember 10/100 10%\n"
                  "removeTeamManager 0/0 10%\n"
                  "deleteTeam 0/2 10%\n");
    expect_guards(members(60, 40, TEAMS), members(52, 37, TEAMS), NULL,
                  "moveTeamMember 0/100 75%\n"
                  "removeTeamMember 11/100 10% tripped \"A\" (T1): 8, \"B\" (T2): 3\n"
                  "removeTeamManager 0/0 10%\n"
                  "deleteTeam 0/2 10%\n");
}

Test(plan_guards, trip_at_the_first_member_above_a_share_of_many)
{
    expect_guards(members(1000, 0, TEAMS), members(900, 0, TEAMS), NULL,
                  "moveTeamMember 0/1000 75%\n"
                  "removeTeamMember 100/1000 10%\n"
                  "removeTeamManager 0/0 10%\n"
                  "deleteTeam 0/2 10%\n");
    expect_guards(members(1000, 0, TEAMS), members(899, 0, TEAMS), NULL,
                  "moveTeamMember 0/1000 75%\n"
                  "removeTeamMember 101/1000 10% tripped \"A\" (T1): 101\n"
                  "removeTeamManager 0/0 10%\n"
                  "deleteTeam 0/2 10%\n");
}

Test(plan_guards, count_percentages_only_in_a_population_of_a_hundred)
{
    expect_guards(members(60, 39, TEAMS), members(10, 39, TEAMS), NULL,
                  "moveTeamMember 0/99 75%\n"
                  "removeTeamMember 50/99 10%\n"
                  "removeTeamManager 0/0 10%\n"
                  "deleteTeam 0/2 10%\n");
}

Test(plan_guards, do_not_count_users_in_no_team_as_memberships)
{
    struct small_org *before = members(60, 39, TEAMS);
    struct small_org *after = members(10, 39, TEAMS);
    add_users(before, 5000, 50, ORG_NONE);
    expect_guards(before, after, NULL,
                  "moveTeamMember 0/99 75%\n"
                  "removeTeamMember 50/99 10%\n"
                  "removeTeamManager 0/0 10%\n"
                  "deleteTeam 0/2 10%\n");
}

Test(plan_guards, count_numbers_in_any_population)
{
    struct muster_plan_options options = {
        .limits = {[MUSTER_REMOVE_TEAM_MEMBER] = {.given = true, .amount = 1},
                   [MUSTER_ADD_TEAM] = {.given = true, .amount = 0},
                   [MUSTER_DELETE_TEAM] = {.given = true, .percent = true, .amount = 50}}};
    expect_guards(members(3, 0, TEAMS), members(1, 0, TEAMS "\nT3|C||"), &options,
                  "addTeam 1/2 0 tripped\n"
                  "moveTeamMember 0/3 75%\n"
                  "removeTeamMember 2/3 1 tripped \"A\" (T1): 2\n"
                  "removeTeamManager 0/0 10%\n"
                  "deleteTeam 0/2 50%\n");
}

Test(plan_guards, trip_where_a_roster_has_become_empty)
{
    expect_guards(members(2, 1, TEAMS), small_org_open("", ""), NULL,
                  "moveTeamMember 0/3 75%\n"
                  "removeTeamMember 3/3 10%\n"
                  "removeTeamManager 0/0 10%\n"
                  "deleteTeam 2/2 10%\n"
                  "emptyUsers 3/3 0 tripped\n"
                  "emptyTeams 2/2 0 tripped\n");
    expect_guards(members(1, 0, "T1|A||"), small_org_open("", ""), NULL,
                  "moveTeamMember 0/1 75%\n"
                  "removeTeamMember 1/1 10%\n"
                  "removeTeamManager 0/0 10%\n"
                  "deleteTeam 1/1 10%\n"
                  "emptyUsers 1/1 0 tripped\n"
                  "emptyTeams 1/1 0 tripped\n");
    expect_guards(small_org_open("", ""), small_org_open("", ""), NULL,
                  "moveTeamMember 0/0 75%\n"
                  "removeTeamMember 0/0 10%\n"
                  "removeTeamManager 0/0 10%\n"
                  "deleteTeam 0/0 10%\n");
}

Test(plan_guards, put_what_is_lost_with_a_team_down_to_the_topmost_that_is_deleted)
{
    /* A keeps nobody of fifty; B goes away with C and D below it and a hundred people. */
    struct small_org *before = small_org_open("", "T1|A||\nT2|B||\nT3|C|T2|\nT4|D|T3|");
    add_users(before, 0, 50, 0);
    add_users(before, 100, 30, 1);
    add_users(before, 200, 30, 2);
    add_users(before, 300, 40, 3);
    struct small_org *after = small_org_open("X1|1@x.com|||", "T1|A||");
    struct muster_plan_options options = {
        .limits = {[MUSTER_DELETE_TEAM] = {.given = true, .amount = 2}}};
    expect_guards(before, after, &options,
                  "moveTeamMember 0/150 75%\n"
                  "removeTeamMember 150/150 10% tripped \"B\" (T2): 100, \"A\" (T1): 50\n"
                  "removeTeamManager 0/0 10%\n"
                  "deleteTeam 3/4 2 tripped \"B\" (T2): 3\n");
}

Test(plan_guards, name_the_five_teams_that_carry_most)
{
    struct small_org *before =
        small_org_open("", "T1|A||\nT2|B||\nT3|C||\nT4|D||\nT5|E||\nT6|F||\nT7|G||");
    const unsigned counts[] = {3, 9, 4, 4, 1, 20, 4};
    for (unsigned team = 0; team < 7; team++) {
        add_users(before, 100 * team, counts[team], team);
    }
    struct small_org *after =
        small_org_open("X9|9@x.com|||", "T1|A||\nT2|B||\nT3|C||\nT4|D||\nT5|E||\nT6|F||\nT7|G||");
    struct muster_plan_options options = {
        .limits = {[MUSTER_REMOVE_TEAM_MEMBER] = {.given = true, .amount = 44}}};
    expect_guards(before, after, &options,
                  "moveTeamMember 0/45 75%\n"
                  "removeTeamMember 45/45 44 tripped \"F\" (T6): 20, \"B\" (T2): 9, "
                  "\"C\" (T3): 4, \"D\" (T4): 4, \"G\" (T7): 4\n"
                  "removeTeamManager 0/0 10%\n"
                  "deleteTeam 0/7 10%\n");
}

Test(plan_guards, group_the_figures_of_carriers_for_people_alone)
{
    struct small_org *before = members(1100, 0, "T1|A||\nT2|B||");
    struct small_org *after = small_org_open("", "T1|A||\nT2|B||");
    struct plan *plan = plan_of(before, after, NULL);
    size_t count;
    const struct muster_guard *guards = plan_guards(plan, &count);
    cr_assert(eq(u64, guards[1].count, 1100));
    cr_expect(eq(u64, guards[1].population, 1100));
    cr_expect(eq(type(span), guards[1].carriers, SPAN("\"A\" (T1): 1,100")));
    cr_expect(eq(type(span), guards[1].carriers_plain, SPAN("\"A\" (T1): 1100")));
    plan_close(plan);
    small_org_close(before);
    small_org_close(after);
}

Test(plan_guards, weigh_every_large_enough_top_level_team_with_all_below_it)
{
    /* Below A 25 of 30 stay. B has 19, too few to have a share. Below C 20 go; D keeps its 20. */
    const char *teams = "T1|A||\nT2|A1|T1|\nT3|B||\nT4|C||\nT5|C1|T4|\nT6|D||";
    struct small_org *before = small_org_open("", teams);
    struct small_org *after = small_org_open("", teams);
    add_users(before, 0, 10, 0);
    add_users(after, 0, 8, 0);
    add_users(before, 100, 20, 1);
    add_users(after, 100, 17, 1);
    add_users(before, 200, 19, 2);
    add_users(before, 300, 20, 4);
    add_users(before, 400, 20, 5);
    add_users(after, 400, 20, 5);
    struct muster_plan_options options = {
        .subtree_limits = {
            [MUSTER_REMOVE_TEAM_MEMBER] = {.given = true, .percent = true, .amount = 50}}};
    expect_guards(before, after, &options,
                  "moveTeamMember 0/89 75%\n"
                  "removeTeamMember 44/89 10%\n"
                  "removeTeamMember T1 5/30 50%\n"
                  "removeTeamMember T4 20/20 50% tripped \"C1\" (T5): 20\n"
                  "removeTeamMember T6 0/20 50%\n"
                  "removeTeamManager 0/0 10%\n"
                  "deleteTeam 0/6 10%\n");
}

Test(plan_guards, weigh_the_manager_places_below_every_top_level_team)
{
    /* A and A1 have twenty places between them, of which nine are left; B has ten. */
    const char *users = "X0|0@x.com|||\nX1|1@x.com|||\nX2|2@x.com|||\nX3|3@x.com|||\n"
                        "X4|4@x.com|||\nX5|5@x.com|||\nX6|6@x.com|||\nX7|7@x.com|||\n"
                        "X8|8@x.com|||\nX9|9@x.com|||";
    struct muster_plan_options options = {
        .subtree_limits = {
            [MUSTER_REMOVE_TEAM_MANAGER] = {.given = true, .percent = true, .amount = 50}}};
    expect_guards(small_org_open(users, "T1|A||X0,X1,X2,X3,X4,X5,X6,X7,X8,X9\n"
                                        "T2|A1|T1|X0,X1,X2,X3,X4,X5,X6,X7,X8,X9\n"
                                        "T3|B||X0,X1,X2,X3,X4,X5,X6,X7,X8,X9"),
                  small_org_open(users, "T1|A||\n"
                                        "T2|A1|T1|X0,X1,X2,X3,X4,X5,X6,X7,X8\n"
                                        "T3|B||"),
                  &options,
                  "moveTeamMember 0/0 75%\n"
                  "removeTeamMember 0/0 10%\n"
                  "removeTeamManager 21/30 10%\n"
                  "removeTeamManager T1 11/20 50% tripped \"A\" (T1): 10, \"A1\" (T2): 1\n"
                  "deleteTeam 0/3 10%\n");
}

/* T1 with teams below it: so many that there are `count` in all. */
static struct small_org *team_and_below(unsigned count)
{
    struct small_org *small = small_org_open("", "T1|A||");
    char id[16];
    for (unsigned number = 2; number <= count; number++) {
        span text = span_make(id, (size_t)snprintf(id, sizeof id, "T%u", number));
        small_org_add_team(
            small, (struct org_team){.id = text, .name = text, .final_name = text, .parent = 0});
    }
    return small;
}

Test(plan_guards, weigh_the_teams_below_every_top_level_team)
{
    struct muster_plan_options options = {
        .subtree_limits = {[MUSTER_DELETE_TEAM] = {.given = true, .percent = true, .amount = 5}}};
    const char *others = "moveTeamMember 0/0 75%\n"
                         "removeTeamMember 0/0 10%\n"
                         "removeTeamManager 0/0 10%\n";
    char expected[256];
    snprintf(expected, sizeof expected, "%sdeleteTeam 1/20 10%%\ndeleteTeam T1 1/20 5%%\n", others);
    expect_guards(team_and_below(20), team_and_below(19), &options, expected);
    snprintf(expected, sizeof expected,
             "%sdeleteTeam 2/20 10%%\n"
             "deleteTeam T1 2/20 5%% tripped \"T19\" (T19): 1, \"T20\" (T20): 1\n",
             others);
    expect_guards(team_and_below(20), team_and_below(18), &options, expected);
}

/* Two top-level teams with nineteen below each; three are called otherwise than before. */
static struct small_org *two_of_twenty(bool renamed)
{
    struct small_org *small = team_and_below(20);
    char id[16];
    for (unsigned number = 1; number <= 20; number++) {
        span text = span_make(id, (size_t)snprintf(id, sizeof id, "S%u", number));
        small_org_add_team(small, (struct org_team){.id = text,
                                                    .name = text,
                                                    .final_name = text,
                                                    .parent = number == 1 ? ORG_NONE : 20});
    }
    for (uint32_t team = 0; renamed && team < 3; team++) {
        static const uint32_t places[] = {1, 2, 21};
        static const span names[] = {{"N2", 2}, {"N3", 2}, {"N22", 3}};
        struct org_team *entry = &small->org.teams[places[team]];
        entry->name = entry->final_name = names[team];
    }
    return small;
}

Test(plan_guards, name_who_carries_a_subtree_and_nobody_else)
{
    /* Nothing is weighed before it, and what has not tripped has no part in it. */
    struct muster_plan_options options = {
        .subtree_limits = {[MUSTER_RENAME_TEAM] = {.given = true, .percent = true, .amount = 5}}};
    expect_guards(two_of_twenty(false), two_of_twenty(true), &options,
                  "renameTeam T1 2/20 5% tripped \"N2\" (T2): 1, \"N3\" (T3): 1\n"
                  "renameTeam S1 1/20 5%\n"
                  "moveTeamMember 0/0 75%\n"
                  "removeTeamMember 0/0 10%\n"
                  "removeTeamManager 0/0 10%\n"
                  "deleteTeam 0/40 10%\n");
}

Test(plan_guards, are_as_many_as_there_are_top_level_teams)
{
    struct small_org *before = small_org_open("", "");
    struct small_org *after = small_org_open("", "");
    struct muster_plan_options options = {
        .subtree_limits = {
            [MUSTER_REMOVE_TEAM_MEMBER] = {.given = true, .percent = true, .amount = 50}}};
    struct buffer expected = {0};
    char id[16];
    buffer_text(&expected, "moveTeamMember 0/1000 75%\nremoveTeamMember 0/1000 10%\n");
    for (unsigned number = 0; number < 50; number++) {
        span text = span_make(id, (size_t)snprintf(id, sizeof id, "T%u", number));
        struct org_team team = {.id = text, .name = text, .final_name = text, .parent = ORG_NONE};
        small_org_add_team(before, team);
        small_org_add_team(after, team);
        add_users(before, 20 * number, 20, number);
        add_users(after, 20 * number, 20, number);
        buffer_text(&expected, "removeTeamMember ");
        buffer_span(&expected, text);
        buffer_text(&expected, " 0/20 50%\n");
    }
    buffer_text(&expected, "removeTeamManager 0/0 10%\ndeleteTeam 0/50 10%\n");
    buffer_byte(&expected, 0);
    expect_guards(before, after, &options, expected.bytes);
    buffer_close(&expected);
}

Test(plan_guards, hold_the_managers_of_a_deprovision_file_against_the_limit)
{
    struct small_org *before = small_org_open("X1|1@x.com|||T1", "T1|A||X1\nT2|B||X1");
    struct small_org *records = small_org_open("X1|1@x.com|||", "");
    struct muster_plan_options options = {
        .keep_users = true,
        .limits = {[MUSTER_REMOVE_TEAM_MANAGER] = {.given = true, .amount = 1},
                   [MUSTER_REMOVE_LICENSE] = {.given = true, .amount = 0}}};
    struct plan *plan;
    cr_assert(eq(int, plan_open(&plan, &before->org, NULL, &records->org, &options), MUSTER_OK));
    char *words = words_of(plan);
    const char *expected = "moveTeamMember 0/1 75%\n"
                           "removeTeamMember 0/1 10%\n"
                           "removeTeamManager 2/2 1 tripped \"A\" (T1): 1, \"B\" (T2): 1\n"
                           "deleteTeam 0/2 10%\n"
                           "removeLicense 1/1 0 tripped \"A\" (T1): 1\n";
    cr_expect(eq(str, words, (char *)expected));
    free(words);
    plan_close(plan);
    small_org_close(before);
    small_org_close(records);
}

Test(plan_guards, hold_every_kind_against_the_limit_that_is_given_for_it)
{
    struct small_org *before =
        small_org_open("X1|1@x.com|||T1\nX2|2@x.com|||T1\nX3|3@x.com|||\nX4|4@x.com|||T2",
                       "T1|A||X1\nT2|B||\nT3|C||\nT4|D||\nT5|E|T1|");
    struct small_org *after = small_org_open("Y1|1@x.com|||T1\nX3|3@x.com|||T2\nX4|4@x.com|||T1",
                                             "T1|A||\nT2|B||Y1\nN3|C|T1|\nT4|DD||\nT6|F||");
    struct muster_plan_options options = {0};
    for (int kind = 0; kind < MUSTER_OPERATION_KIND_COUNT; kind++) {
        options.limits[kind] = (struct muster_limit){.given = true, .amount = 0};
    }
    expect_guards(before, after, &options,
                  "rekeyTeam 1/5 0 tripped \"C\" (N3): 1\n"
                  "rekeyUser 1/4 0 tripped \"A\" (T1): 1\n"
                  "renameTeam 1/5 0 tripped \"DD\" (T4): 1\n"
                  "addTeam 1/5 0 tripped\n"
                  "moveTeam 1/5 0 tripped \"C\" (N3): 1\n"
                  "addTeamMember 1/3 0 tripped \"B\" (T2): 1\n"
                  "moveTeamMember 1/3 0 tripped \"B\" (T2): 1\n"
                  "removeTeamMember 1/3 0 tripped \"A\" (T1): 1\n"
                  "addTeamManager 1/1 0 tripped \"B\" (T2): 1\n"
                  "removeTeamManager 1/1 0 tripped \"A\" (T1): 1\n"
                  "deleteTeam 1/5 0 tripped \"E\" (T5): 1\n"
                  "removeUser 0/4 0\n"
                  "removeLicense 0/4 0\n");
}

Test(plan_guards, never_trip_at_a_limit_beyond_all_numbers)
{
    struct muster_plan_options options = {
        .limits = {
            [MUSTER_REMOVE_TEAM_MEMBER] = {.given = true, .percent = true, .amount = UINT64_MAX}}};
    expect_guards(members(100, 0, TEAMS), members(1, 0, TEAMS), &options,
                  "moveTeamMember 0/100 75%\n"
                  "removeTeamMember 99/100 18446744073709551615%\n"
                  "removeTeamManager 0/0 10%\n"
                  "deleteTeam 0/2 10%\n");
}
