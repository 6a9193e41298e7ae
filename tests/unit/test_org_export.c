/* SPDX-License-Identifier: MIT */
/* Pass 4: from users to teams, and the teams of --root. */
#include "org/org_export.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "roster.h"
#include "support.h"

static const char teams[] = TEAMS_HEADER "T1,IT,,\n"
                                         "T2,Cloud,,T1\n"
                                         "T3,Lost,,T9\n"
                                         "T4,Below,,T3\n"
                                         "T5,Self,,T5\n"
                                         "A-TEAM-WITH-A-LONG-ID,Long,,\n"
                                         "A-LOST-TEAM-WITH-A-LONG-ID,Long and lost,,T3\n"
                                         "T2,Again,,\n";

/* The team of one user whose record has this value, and the findings about users. */
static void expect_team(const char *value, const char *team, const char *findings)
{
    struct buffer users = {0};
    struct muster_options options = {0};
    options.severities[MUSTER_UNKNOWN_PARENT_TEAM] = MUSTER_IGNORED;
    options.severities[MUSTER_REMOVED_PARENT_TEAM] = MUSTER_IGNORED;
    options.severities[MUSTER_TEAM_CYCLE] = MUSTER_IGNORED;
    options.severities[MUSTER_DUPLICATE_TEAM_ID] = MUSTER_IGNORED;
    buffer_text(&users, USERS_HEADER "X1,ann@example.com,Ann,Lee,");
    buffer_text(&users, value);
    buffer_text(&users, "\n");
    buffer_byte(&users, '\0');
    struct muster_roster *roster = roster_of(users.bytes, teams, &options);
    struct muster_user user;
    cr_assert(muster_roster_user(roster, 0, &user));
    cr_expect(eq(type(span), user.team_id, span_from(team)), "%s", value);
    cr_expect(eq(type(span), findings_of(roster), span_from(findings)), "%s", value);
    muster_roster_close(roster);
    buffer_close(&users);
}

Test(org_export, a_user_is_in_the_team_that_the_record_names)
{
    expect_team("T1", "T1", "");
    expect_team("T2", "T2", "");
    expect_team("\"T2\"", "T2", "");
    expect_team("A-TEAM-WITH-A-LONG-ID", "A-TEAM-WITH-A-LONG-ID", "");
    expect_team("\"A-TEAM-WITH-A-LONG-ID\"", "A-TEAM-WITH-A-LONG-ID", "");
}

Test(org_export, nothing_and_blanks_name_no_team)
{
    expect_team("", NULL, "");
    expect_team("\"\"", NULL, "");
    expect_team(" \t", NULL, "");
}

Test(org_export, a_team_that_nobody_knows_leaves_the_user_without_one)
{
    expect_team("T9", NULL, "error unknown-team users:2 team_id \"T9\"\n");
    expect_team("t1", NULL, "error unknown-team users:2 team_id \"t1\"\n");
    expect_team("01", NULL, "error unknown-team users:2 team_id \"01\"\n");
    expect_team("a-team-with-a-long-id", NULL,
                "error unknown-team users:2 team_id \"a-team-with-a-long-id\"\n");
    expect_team(" T1", NULL,
                "error unknown-team users:2 team_id \" T1\"\n"
                "warning surrounding-space users:2 team_id \" T1\"\n");
}

Test(org_export, a_team_that_was_removed_names_its_root_cause)
{
    expect_team("T3", NULL, "error removed-team users:2 team_id \"T3\" related teams:4\n");
    expect_team("T4", NULL, "error removed-team users:2 team_id \"T4\" related teams:4\n");
    expect_team("T5", NULL, "error removed-team users:2 team_id \"T5\" related teams:6\n");
    expect_team("A-LOST-TEAM-WITH-A-LONG-ID", NULL,
                "error removed-team users:2 team_id \"A-LOST-TEAM-WITH-A-LONG-ID\" related "
                "teams:4\n");
}

Test(org_export, everybody_whose_team_is_not_there_is_told_apart)
{
    struct muster_roster *roster =
        roster_of(USERS_HEADER "X1,1@x.com,,,T1\nX2,2@x.com,,,T9\nX3,3@x.com,,,\n"
                               "X4,1@x.com,,,T9\nX5,5@x.com,,,T3\nX6,6@x.com,,,T8\n",
                  TEAMS_HEADER "T3,Lost,,T7\nT1,IT,,\n", NULL);
    cr_expect(eq(type(span), findings_of(roster),
                 SPAN("error unknown-team users:3 team_id \"T9\"\n"
                      "error duplicate-email users:5 email \"1@x.com\" related users:2\n"
                      "error removed-team users:6 team_id \"T3\" related teams:2\n"
                      "error unknown-team users:7 team_id \"T8\"\n"
                      "error unknown-parent-team teams:2 parent_team_id \"T7\"\n")));
    cr_expect(eq(type(span), kept_of(roster),
                 SPAN("X1,1@x.com,,,T1\nX2,2@x.com,,,\nX3,3@x.com,,,\n"
                      "X5,5@x.com,,,\nX6,6@x.com,,,\nT1,IT,IT,,\n")));
    muster_roster_close(roster);
}

static void expect_roots(const span *roots, size_t count, const char *findings)
{
    struct muster_options options = {.roots = roots, .root_count = count};
    for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
        options.severities[code] = code == MUSTER_UNKNOWN_ROOT_TEAM ? 0 : MUSTER_IGNORED;
    }
    struct muster_roster *roster = roster_of(USERS_HEADER, teams, &options);
    cr_expect(eq(type(span), findings_of(roster), span_from(findings)));
    muster_roster_close(roster);
}

Test(org_export, roots_must_be_teams_that_are_kept)
{
    const span good[] = {SPAN("T1"), SPAN("T2"), SPAN("A-TEAM-WITH-A-LONG-ID")};
    /* What is said already is not said again. */
    const span bad[] = {SPAN("T9"), SPAN("T1"),   SPAN("T3"), SPAN("t1"),
                        SPAN(""),   SPAN("T1\0"), SPAN("T9")};
    expect_roots(good, 3, "");
    expect_roots(bad, 7,
                 "error unknown-root-team - - \"T9\"\n"
                 "error unknown-root-team - - \"T3\"\n"
                 "error unknown-root-team - - \"t1\"\n"
                 "error unknown-root-team - - \"\"\n"
                 "error unknown-root-team - - \"T1\\x00\"\n");
}

Test(org_export, a_root_may_be_the_first_team_and_be_removed)
{
    const span roots[] = {SPAN("T1")};
    struct muster_options options = {.roots = roots, .root_count = 1};
    struct muster_roster *roster =
        roster_of(USERS_HEADER, TEAMS_HEADER "T1,IT,,T9\nT2,Cloud,,\n", &options);
    cr_expect(eq(type(span), findings_of(roster),
                 SPAN("error unknown-root-team - - \"T1\"\n"
                      "error unknown-parent-team teams:2 parent_team_id \"T9\"\n")));
    muster_roster_close(roster);
}

Test(org_export, without_a_users_file_nobody_is_kept)
{
    struct muster_roster *roster = roster_of(NULL, TEAMS_HEADER "T1,IT,,\n", NULL);
    cr_expect(eq(u32, roster->org->user_count, 0));
    cr_expect(eq(u32, roster->org->kept_user_count, 0));
    muster_roster_close(roster);
}

Test(org_export, a_file_that_is_missing_or_lost_leaves_rules_out)
{
    struct muster_roster *roster = roster_of(USERS_HEADER "X1,a@b.c,,,T1\n", NULL, NULL);
    const struct muster_summary *summary = muster_roster_summary(roster);
    cr_expect(eq(type(span), findings_of(roster), SPAN("")));
    cr_expect(
        eq(type(span), span_from(summary->not_run[MUSTER_UNKNOWN_TEAM]), SPAN("no teams file")));
    cr_expect(
        eq(type(span), span_from(summary->not_run[MUSTER_REMOVED_TEAM]), SPAN("no teams file")));
    cr_expect(eq(type(span), kept_of(roster), SPAN("X1,a@b.c,,,\n")));
    muster_roster_close(roster);

    roster = roster_of("id\n", TEAMS_HEADER "T1,IT,X1,\n", NULL);
    summary = muster_roster_summary(roster);
    cr_expect(eq(u64, summary->codes[MUSTER_UNKNOWN_MANAGER], 0));
    cr_expect(eq(type(span), span_from(summary->not_run[MUSTER_UNKNOWN_MANAGER]),
                 SPAN("the users file has a fatal finding")));
    muster_roster_close(roster);
}

Test(org_export, lists_of_ids_are_taken_apart)
{
    size_t at = 0;
    span id;
    span list = SPAN(" a, ,b\t,,c d,");
    cr_assert(id_list_next(list, &at, &id));
    cr_expect(eq(type(span), id, SPAN("a")));
    cr_assert(id_list_next(list, &at, &id));
    cr_expect(eq(type(span), id, SPAN("b")));
    cr_assert(id_list_next(list, &at, &id));
    cr_expect(eq(type(span), id, SPAN("c d")));
    cr_expect(not(id_list_next(list, &at, &id)));
    cr_expect(not(id_list_next(list, &at, &id)), "it stays at the end");
}
