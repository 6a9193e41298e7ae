/* SPDX-License-Identifier: MIT */
/* Pass 4: the ids of manager_ids become users. */
#include "org/org_export.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "support.h"

static const char users[] = USERS_HEADER "A,a@x.com,Ann,Lee,\n"
                                         "B,b@x.com,Bob,Ray,\n"
                                         "C,c@x.com,Cyd,Po,\n"
                                         "B,d@x.com,Dup,Id,\n"
                                         "E,A@X.COM,Dup,Mail,\n"
                                         "\"F,G\",f@x.com,Odd,Id,\n"
                                         "\"\"\"H\"\"\",h@x.com,Odd,Id,\n";

/* The managers of one team with this cell, and the findings about them. */
static void expect_managers(const char *cell, const char *managers, const char *findings)
{
    struct buffer teams = {0};
    buffer_text(&teams, TEAMS_HEADER "T1,IT,");
    buffer_text(&teams, cell);
    buffer_text(&teams, ",\n");
    buffer_byte(&teams, '\0');
    struct muster_options options = {0};
    options.severities[MUSTER_DUPLICATE_USER_ID] = MUSTER_IGNORED;
    options.severities[MUSTER_DUPLICATE_EMAIL] = MUSTER_IGNORED;
    options.severities[MUSTER_SPECIAL_CHARACTER] = MUSTER_IGNORED;
    struct muster_roster *roster = roster_of(users, teams.bytes, &options);
    struct buffer got = {0};
    struct muster_team team;
    muster_roster_team(roster, 0, &team);
    for (uint32_t n = 0; n < team.manager_count; n++) {
        struct muster_user user;
        cr_assert(muster_roster_user(roster, muster_roster_manager(roster, 0, n), &user));
        buffer_text(&got, n > 0 ? " " : "");
        buffer_span(&got, user.id);
    }
    cr_expect(eq(type(span), buffer_view(&got), span_from(managers)), "%s", cell);
    cr_expect(eq(type(span), findings_of(roster), span_from(findings)), "%s", cell);
    buffer_close(&got);
    muster_roster_close(roster);
    buffer_close(&teams);
}

Test(org_managers, ids_come_in_the_order_of_the_list)
{
    expect_managers("", "", "");
    expect_managers("C", "C", "");
    expect_managers("\"C,A\"", "C A", "");
    expect_managers("\"A,C,B\"", "A C B", "");
}

Test(org_managers, blanks_empty_pieces_and_repeats_are_dropped)
{
    expect_managers("\"A, \tC\"", "A C", "");
    expect_managers("\",,A,, ,C,\"", "A C", "");
    expect_managers("\"A,C,A,A,C\"", "A C", "");
    expect_managers("\"A , A\"", "A", "");
    expect_managers("\" , \"", "", "warning surrounding-space teams:2 manager_ids \" , \"\n");
}

Test(org_managers, an_id_that_no_kept_user_has_is_unknown_once)
{
    expect_managers("\"Z,A,Z\"", "A", "warning unknown-manager teams:2 manager_ids \"Z\"\n");
    expect_managers("\"Z,Y\"", "",
                    "warning unknown-manager teams:2 manager_ids \"Z\"\n"
                    "warning unknown-manager teams:2 manager_ids \"Y\"\n");
    expect_managers("a", "", "warning unknown-manager teams:2 manager_ids \"a\"\n");
    /* The first record with the id B is kept; E was removed for its e-mail. */
    expect_managers("\"B,E\"", "B", "warning unknown-manager teams:2 manager_ids \"E\"\n");
}

Test(org_managers, ids_with_commas_cannot_be_named_and_those_with_quotes_can)
{
    expect_managers("\"F,G\"", "",
                    "warning unknown-manager teams:2 manager_ids \"F\"\n"
                    "warning unknown-manager teams:2 manager_ids \"G\"\n");
    expect_managers("\"\"\"H\"\",A\"", "\"H\" A", "");
}

/* ---- Against a loop ---------------------------------------------------------------------- */

/* The list without repeats, in order; known ids are the upper-case letters. */
static void expect_list(const char *letters, size_t count)
{
    struct buffer cell = {0};
    struct buffer managers = {0};
    struct buffer findings = {0};
    bool seen[128] = {false};
    buffer_byte(&cell, '"');
    for (size_t index = 0; index < count; index++) {
        unsigned char letter = (unsigned char)letters[index];
        buffer_text(&cell, index > 0 ? "," : "");
        buffer_byte(&cell, letters[index]);
        if (!seen[letter] && strchr("ABC", letter) != NULL) {
            buffer_text(&managers, managers.size > 0 ? " " : "");
            buffer_byte(&managers, letters[index]);
        } else if (!seen[letter]) {
            buffer_text(&findings, "warning unknown-manager teams:2 manager_ids \"");
            buffer_byte(&findings, letters[index]);
            buffer_text(&findings, "\"\n");
        }
        seen[letter] = true;
    }
    buffer_text(&cell, "\"");
    buffer_byte(&cell, '\0');
    buffer_byte(&managers, '\0');
    buffer_byte(&findings, '\0');
    expect_managers(cell.bytes, managers.bytes, findings.bytes);
    buffer_close(&cell);
    buffer_close(&managers);
    buffer_close(&findings);
}

Test(org_managers, lists_of_any_length_lose_their_repeats_and_nothing_else)
{
    uint64_t state = 1;
    for (int round = 0; round < 1500; round++) {
        char letters[60];
        size_t count = random_below(&state, 60);
        uint64_t kinds = 1 + random_below(&state, 26);
        for (size_t index = 0; index < count; index++) {
            uint64_t pick = random_below(&state, kinds);
            letters[index] = (char)(pick < 3 ? 'A' + (char)pick : 'a' + (char)pick);
        }
        expect_list(letters, count);
    }
}

/* Two files, of which the second ends within the managers of its first team; both are closed. */
static void expect_first_team(struct buffer *people, struct buffer *teams, const uint32_t *want,
                              uint32_t want_count)
{
    buffer_text(teams, "\",\n");
    buffer_byte(people, '\0');
    buffer_byte(teams, '\0');
    struct muster_roster *roster = roster_of(people->bytes, teams->bytes, NULL);
    struct muster_team team;
    muster_roster_team(roster, 0, &team);
    cr_assert(eq(u32, team.manager_count, want_count));
    for (uint32_t n = 0; n < want_count; n++) {
        cr_assert(eq(u32, muster_roster_manager(roster, 0, n), want[n]));
    }
    muster_roster_close(roster);
    buffer_close(people);
    buffer_close(teams);
}

/* Ids of which some begin with others; who is named again is dropped. */
static void compare_words(uint64_t *state)
{
    static const char *const words[] = {"A", "AA", "AAA", "AB", "ABA", "B", "BA", "BAA", "BB", "C"};
    struct buffer people = {0};
    struct buffer teams = {0};
    uint32_t want[10];
    uint32_t want_count = 0;
    buffer_text(&people, USERS_HEADER);
    for (uint64_t user = 0; user < 10; user++) {
        buffer_text(&people, words[user]);
        buffer_byte(&people, ',');
        buffer_number(&people, user);
        buffer_text(&people, "@x.com,F,L,\n");
    }
    buffer_text(&teams, TEAMS_HEADER "T1,IT,\"");
    for (uint64_t left = 10 + random_below(state, 30); left > 0; left--) {
        uint32_t word = (uint32_t)random_below(state, 10);
        uint32_t known = 0;
        while (known < want_count && want[known] != word) {
            known++;
        }
        want[known] = word;
        want_count += known == want_count;
        buffer_text(&teams, words[word]);
        buffer_byte(&teams, ',');
    }
    expect_first_team(&people, &teams, want, want_count);
}

Test(org_managers, ids_that_begin_with_others_are_told_apart)
{
    uint64_t state = 1;
    for (int round = 0; round < 500; round++) {
        compare_words(&state);
    }
}

Test(org_managers, thirty_thousand_repeats_are_one_manager)
{
    char letters[30000];
    memset(letters, 'C', sizeof letters);
    expect_list(letters, sizeof letters);
    letters[29999] = 'A';
    letters[15000] = 'B';
    expect_list(letters, sizeof letters);
}

Test(org_managers, a_team_may_have_thousands_of_managers)
{
    enum { COUNT = 2000 };
    struct buffer people = {0};
    struct buffer teams = {0};
    uint32_t want[COUNT];
    buffer_text(&people, USERS_HEADER);
    buffer_text(&teams, TEAMS_HEADER "T1,IT,\"");
    for (uint32_t user = 0; user < COUNT; user++) {
        want[user] = COUNT - 1 - user;
        buffer_number(&people, user);
        buffer_text(&people, ",u");
        buffer_number(&people, user);
        buffer_text(&people, "@x.com,F,L,\n");
        buffer_number(&teams, COUNT - 1 - user);
        buffer_byte(&teams, ',');
    }
    expect_first_team(&people, &teams, want, COUNT);
}

Test(org_managers, many_teams_with_many_managers_keep_them_apart, .timeout = 120)
{
    /* More than the look-ups that are made at once, on several threads. */
    struct buffer people = {0};
    struct buffer teams = {0};
    enum { USERS = 3000, TEAMS = 2000 };
    buffer_text(&people, USERS_HEADER);
    for (uint64_t user = 0; user < USERS; user++) {
        buffer_byte(&people, 'U');
        buffer_number(&people, user);
        buffer_text(&people, ",u");
        buffer_number(&people, user);
        buffer_text(&people, "@example.com,F,L,\n");
    }
    buffer_text(&teams, TEAMS_HEADER);
    for (uint64_t team = 0; team < TEAMS; team++) {
        buffer_byte(&teams, 'T');
        buffer_number(&teams, team);
        buffer_text(&teams, ",N");
        buffer_number(&teams, team);
        buffer_text(&teams, ",\"");
        for (uint64_t n = 0; n < team % 40; n++) {
            buffer_text(&teams, n > 0 ? ",U" : "U");
            buffer_number(&teams, (team * 7 + n) % USERS);
        }
        buffer_text(&teams, "\",\n");
    }
    /* Blanks behind make the file large enough for threads. */
    while (teams.size < 5U << 20) {
        buffer_byte(&teams, '\n');
    }
    buffer_byte(&people, '\0');
    buffer_byte(&teams, '\0');
    for (unsigned jobs = 1; jobs <= 4; jobs++) {
        const struct muster_options options = {.jobs = jobs};
        struct muster_roster *roster = roster_of(people.bytes, teams.bytes, &options);
        cr_assert(eq(u64, muster_roster_summary(roster)->severities[MUSTER_WARNING], 0));
        for (uint32_t index = 0; index < TEAMS; index++) {
            struct muster_team team;
            muster_roster_team(roster, index, &team);
            cr_assert(eq(u32, team.manager_count, index % 40));
            for (uint32_t n = 0; n < team.manager_count; n++) {
                cr_assert(
                    eq(u32, muster_roster_manager(roster, index, n), (index * 7 + n) % USERS));
            }
        }
        muster_roster_close(roster);
    }
    buffer_close(&people);
    buffer_close(&teams);
}
