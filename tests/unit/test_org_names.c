/* SPDX-License-Identifier: MIT */
/* Pass 5: the names that the remote will show. */
#include "org/org.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "roster.h"
#include "support.h"

static const char users[] = USERS_HEADER "J,j@x.com,John,Smith,\n"
                                         "F,f@x.com,Fay,,\n"
                                         "L,l@x.com,,Lux,\n"
                                         "N,n@x.com,,\" \",\n"
                                         "Q,q@x.com,\"A \"\"Q\"\"\",\xC3\x84,\n";

/* Final names of all teams, one a line. */
static void expect_names(const char *teams, const char *names)
{
    struct buffer got = {0};
    struct buffer text = {0};
    buffer_text(&text, TEAMS_HEADER);
    buffer_text(&text, teams);
    buffer_byte(&text, '\0');
    struct muster_roster *roster = roster_of(users, text.bytes, NULL);
    for (uint32_t index = 0; index < muster_roster_team_count(roster); index++) {
        struct muster_team team;
        muster_roster_team(roster, index, &team);
        buffer_span(&got, team.final_name);
        buffer_byte(&got, '\n');
    }
    cr_expect(eq(type(span), buffer_view(&got), span_from(names)));
    muster_roster_close(roster);
    buffer_close(&text);
    buffer_close(&got);
}

Test(org_names, a_name_of_its_own_stays)
{
    expect_names("12345,Team Name,J,\n", "Team Name\n");
    expect_names("1,Lab,,\n2,lab,,\n3,\"Lab \",,\n", "Lab\nlab\nLab \n");
}

Test(org_names, names_that_are_shared_get_a_manager_and_the_id)
{
    expect_names("12345,Team Name,J,\n2,Team Name,,\n", "Team Name (John Smith - 12345)\n"
                                                        "Team Name (2)\n");
}

Test(org_names, the_first_manager_with_a_name_is_taken)
{
    expect_names("1,A,F,\n2,A,L,\n3,A,N,\n4,A,\"N,Z,L\",\n5,A,\"F,J\",\n6,A,Q,\n",
                 "A (Fay - 1)\n"
                 "A (Lux - 2)\n"
                 "A (3)\n"
                 "A (Lux - 4)\n"
                 "A (Fay - 5)\n"
                 "A (A \"Q\" \xC3\x84 - 6)\n");
}

Test(org_names, a_manager_may_have_names_of_a_letter_or_of_one_length)
{
    struct muster_roster *roster =
        roster_of(USERS_HEADER "A,a@x.com,Ann,Lee,\nK,k@x.com,K,,\nO,o@x.com,,O,\n"
                               "B,b@x.com,B,Bee,\nC,c@x.com,Cee,C,\nD,d@x.com,D,D,\n",
                  TEAMS_HEADER "1,T,A,\n2,T,K,\n3,T,O,\n4,T,B,\n5,T,C,\n6,T,D,\n", NULL);
    static const char *const names[] = {"T (Ann Lee - 1)", "T (K - 2)",     "T (O - 3)",
                                        "T (B Bee - 4)",   "T (Cee C - 5)", "T (D D - 6)"};
    for (uint32_t index = 0; index < 6; index++) {
        struct muster_team team;
        muster_roster_team(roster, index, &team);
        cr_expect(eq(type(span), team.final_name, span_from(names[index])));
    }
    muster_roster_close(roster);
}

/* Teams that share a name in groups; every one gets its id behind it, and none collides. */
static void expect_shared(uint64_t group_count, uint64_t group_size)
{
    struct buffer text = {0};
    buffer_text(&text, TEAMS_HEADER);
    for (uint64_t team = 0; team < group_count * group_size; team++) {
        buffer_number(&text, team);
        buffer_text(&text, ",Name ");
        buffer_number(&text, team / group_size);
        buffer_text(&text, ",,\n");
    }
    buffer_byte(&text, '\0');
    struct muster_roster *roster = roster_of(users, text.bytes, NULL);
    const struct muster_summary *summary = muster_roster_summary(roster);
    cr_expect(eq(u64, summary->codes[MUSTER_DUPLICATE_TEAM_NAME], group_count * group_size));
    cr_expect(eq(u64, summary->codes[MUSTER_TEAM_NAME_COLLISION], 0));
    muster_roster_close(roster);
    buffer_close(&text);
}

Test(org_names, many_teams_may_share_one_name_and_many_names_be_shared, .timeout = 60)
{
    expect_shared(1, 1000);
    expect_shared(1000, 2);
    expect_shared(300, 3);
}

Test(org_names, a_team_that_was_removed_shares_no_name)
{
    expect_names("1,A,,\n2,A,,T9\n3,B,,\n3,B,,\n", "A\nB\n");
}

static void expect_findings(const char *teams, const char *findings)
{
    struct buffer text = {0};
    buffer_text(&text, TEAMS_HEADER);
    buffer_text(&text, teams);
    buffer_byte(&text, '\0');
    struct muster_options options = {0};
    options.severities[MUSTER_DUPLICATE_TEAM_NAME] = MUSTER_IGNORED;
    options.severities[MUSTER_SPECIAL_CHARACTER] = MUSTER_IGNORED;
    struct muster_roster *roster = roster_of(users, text.bytes, &options);
    cr_expect(eq(type(span), findings_of(roster), span_from(findings)));
    muster_roster_close(roster);
    buffer_close(&text);
}

Test(org_names, what_is_said_of_one_team_comes_pass_by_pass)
{
    struct muster_roster *roster = roster_of(USERS_HEADER "J,j@x.com,John,Smith,\n",
                                             TEAMS_HEADER "\" 1\",N,\" Z\",\n\" 2\",N,J,\n", NULL);
    cr_expect(eq(type(span), findings_of(roster),
                 SPAN("warning unknown-manager teams:2 manager_ids \"Z\"\n"
                      "info duplicate-team-name teams:2 name \"N\"\n"
                      "warning surrounding-space teams:2 id \" 1\"\n"
                      "warning surrounding-space teams:2 manager_ids \" Z\"\n"
                      "info duplicate-team-name teams:3 name \"N\" related teams:2\n"
                      "warning surrounding-space teams:3 id \" 2\"\n")));
    muster_roster_close(roster);
}

Test(org_names, final_names_that_are_the_same_collide)
{
    /* The third team has the name that the first one ends up with. */
    expect_findings("1,A,,\n2,A,,\n3,A (1),,\n",
                    "warning team-name-collision teams:2 name \"A (1)\"\n"
                    "warning team-name-collision teams:4 name \"A (1)\" related teams:2\n");
    expect_findings("1,A (2),,\n2,A,,\n3,A,,\n",
                    "warning team-name-collision teams:2 name \"A (2)\"\n"
                    "warning team-name-collision teams:3 name \"A (2)\" related teams:2\n");
}

Test(org_names, renamed_teams_may_collide_with_each_other)
{
    /* `A (1)` with the id `2`, and `A` with the id `1) (2`: both become `A (1) (2)`. */
    expect_findings("2,A (1),,\n5,A (1),,\n1) (2,A,,\n6,A,,\n",
                    "warning team-name-collision teams:2 name \"A (1) (2)\"\n"
                    "warning team-name-collision teams:4 name \"A (1) (2)\" related teams:2\n");
}

static void expect_lengths(const char *teams, uint64_t count)
{
    struct muster_roster *roster = roster_of(users, teams, NULL);
    cr_expect(eq(u64, muster_roster_summary(roster)->codes[MUSTER_TEAM_NAME_LENGTH], count));
    muster_roster_close(roster);
}

Test(org_names, the_length_is_counted_in_code_points)
{
    expect_findings("1,X,,\n", "warning team-name-length teams:2 name \"X\"\n");
    expect_findings("1,\xC3\x84,,\n", "warning team-name-length teams:2 name \"\\xc3\\x84\"\n");
    expect_findings("1,XY,,\n2,\xF0\x9F\x98\x80\xF0\x9F\x98\x80,,\n", "");
    for (size_t length = 199; length <= 201; length++) {
        struct buffer text = {0};
        buffer_text(&text, TEAMS_HEADER "1,");
        for (size_t index = 0; index < length; index++) {
            buffer_text(&text, index % 2 == 0 ? "\xE2\x82\xAC" : "y");
        }
        buffer_text(&text, ",,\n");
        buffer_byte(&text, '\0');
        expect_lengths(text.bytes, length > 200 ? 1 : 0);
        buffer_close(&text);
    }
}

Test(org_names, the_final_name_counts_and_not_the_one_in_the_file)
{
    /* One letter, but shared: `X (1)` is long enough. */
    expect_findings("1,X,,\n2,X,,\n", "");
    struct buffer text = {0};
    buffer_text(&text, TEAMS_HEADER);
    for (uint64_t team = 0; team < 2; team++) {
        buffer_number(&text, team);
        buffer_byte(&text, ',');
        for (int index = 0; index < 197; index++) {
            buffer_byte(&text, 'n');
        }
        buffer_text(&text, ",,\n");
    }
    buffer_byte(&text, '\0');
    expect_lengths(text.bytes, 2); /* 197 and ` (0)` make 201 */
    buffer_close(&text);
}

/* ---- Against a quadratic loop ------------------------------------------------------------ */

#define TEAM_MAX 12

/* Final names without managers, one a line, with ` collides` behind those that do. */
static void names_by_loop(const char *const *ids, const char *const *names, size_t count,
                          struct buffer *want)
{
    struct buffer finals[TEAM_MAX] = {{0}};
    for (size_t team = 0; team < count; team++) {
        size_t shared = 0;
        for (size_t other = 0; other < count; other++) {
            shared += strcmp(names[team], names[other]) == 0 ? 1 : 0;
        }
        buffer_text(&finals[team], names[team]);
        buffer_text(&finals[team], shared > 1 ? " (" : "");
        buffer_text(&finals[team], shared > 1 ? ids[team] : "");
        buffer_text(&finals[team], shared > 1 ? ")" : "");
    }
    for (size_t team = 0; team < count; team++) {
        size_t same = 0;
        for (size_t other = 0; other < count; other++) {
            same += span_equal(buffer_view(&finals[team]), buffer_view(&finals[other])) ? 1 : 0;
        }
        buffer_span(want, buffer_view(&finals[team]));
        buffer_text(want, same > 1 ? " collides\n" : "\n");
    }
    for (size_t team = 0; team < count; team++) {
        buffer_close(&finals[team]);
    }
}

static void names_of(struct muster_roster *roster, struct buffer *got)
{
    bool collides[TEAM_MAX] = {false};
    struct muster_findings *findings;
    struct muster_finding finding;
    cr_assert(eq(int, muster_findings_open(&findings, roster), MUSTER_OK));
    while (muster_findings_next(findings, &finding)) {
        collides[finding.line - 2] |= finding.code == MUSTER_TEAM_NAME_COLLISION;
    }
    muster_findings_close(findings);
    for (uint32_t index = 0; index < muster_roster_team_count(roster); index++) {
        struct muster_team team;
        muster_roster_team(roster, index, &team);
        cr_assert(eq(int, roster->org->teams[index].name_collides, collides[index]));
        buffer_span(got, team.final_name);
        buffer_text(got, collides[index] ? " collides\n" : "\n");
    }
}

static void compare_names(const char *const *ids, const char *const *names, size_t count)
{
    struct buffer teams = {0};
    struct buffer want = {0};
    struct buffer got = {0};
    buffer_text(&teams, TEAMS_HEADER);
    for (size_t team = 0; team < count; team++) {
        const char *const pieces[] = {ids[team], ",", names[team], ",,\n"};
        for (size_t piece = 0; piece < 4; piece++) {
            buffer_text(&teams, pieces[piece]);
        }
    }
    buffer_byte(&teams, '\0');
    names_by_loop(ids, names, count, &want);
    struct muster_roster *roster = roster_of(users, teams.bytes, NULL);
    names_of(roster, &got);
    cr_assert(eq(type(span), buffer_view(&got), buffer_view(&want)));
    muster_roster_close(roster);
    buffer_close(&teams);
    buffer_close(&want);
    buffer_close(&got);
}

Test(org_names, names_that_look_like_final_names_are_told_apart)
{
    static const char *const names[] = {"A",     "A (1)", "A (1) (2)", "A (1) (1)",
                                        "A (2)", "B",     "A (3)",     "A (1) (3)"};
    static const char *const ids[] = {"1", "2", "3", "1) (1", "1) (2", "4",
                                      "5", "6", "7", "8",     "9",     "10"};
    uint64_t state = 1;
    for (int round = 0; round < 6000; round++) {
        const char *chosen[TEAM_MAX];
        const char *numbers[TEAM_MAX];
        size_t count = 2 + random_below(&state, TEAM_MAX - 1);
        size_t first = random_below(&state, TEAM_MAX);
        for (size_t team = 0; team < count; team++) {
            chosen[team] = names[random_below(&state, 8)];
            numbers[team] = ids[(first + team) % TEAM_MAX];
        }
        compare_names(numbers, chosen, count);
    }
}
