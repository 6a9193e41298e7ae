/* SPDX-License-Identifier: MIT */
/* Pass 6: values and ids that are kept but looked at twice. */
#include "check/check.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "support.h"

static void expect_findings(const char *users, const char *teams, const char *findings)
{
    struct muster_roster *roster = roster_of(users, teams, NULL);
    cr_expect(eq(type(span), findings_of(roster), span_from(findings)));
    muster_roster_close(roster);
}

Test(check, fields_come_in_the_order_of_the_schema_and_not_of_the_file)
{
    expect_findings("team_id,last_name,first_name,email,id\n"
                    "T1,\"L,\", F ,\"a@b \"\"c\", X1\n",
                    NULL,
                    "warning surrounding-space users:2 id \" X1\"\n"
                    "warning invalid-email users:2 email \"a@b \"c\"\n"
                    "info special-character users:2 email \"a@b \"c\"\n"
                    "warning surrounding-space users:2 first_name \" F \"\n"
                    "info special-character users:2 last_name \"L,\"\n");
}

Test(check, one_value_may_break_every_rule_once)
{
    expect_findings(USERS_HEADER "X1,\" a,\"\"\x01\n,\",,,\n", NULL,
                    "warning invalid-email users:2 email \" a,\"\\x01\\x0a,\"\n"
                    "warning surrounding-space users:2 email \" a,\"\\x01\\x0a,\"\n"
                    "warning control-character users:2 email \" a,\"\\x01\\x0a,\"\n"
                    "info special-character users:2 email \" a,\"\\x01\\x0a,\"\n");
}

Test(check, one_value_may_be_the_only_one_that_is_noteworthy)
{
    expect_findings(USERS_HEADER "X1,a@b.c,,,\nX2,ab,,,\nX3,c@b.c,,,\n", NULL,
                    "warning invalid-email users:3 email \"ab\"\n");
}

/* A pass comes before the fields, and the id stands before the name. */
Test(check, of_one_record_the_names_that_are_shared_come_first)
{
    expect_findings(USERS_HEADER "X1,a@b.c,,,\n", TEAMS_HEADER " T1,N,,\nT2,N,,\n",
                    "info duplicate-team-name teams:2 name \"N\"\n"
                    "warning surrounding-space teams:2 id \" T1\"\n"
                    "info duplicate-team-name teams:3 name \"N\" related teams:2\n");
}

Test(check, a_list_of_ids_may_have_commas_and_nothing_else_is_forgiven)
{
    expect_findings(NULL, TEAMS_HEADER "T1,\"N,\",\"X1,X2\",\nT2,M,\" X1\",\nT3,O,\"X\x7F\",\n",
                    "info special-character teams:2 name \"N,\"\n"
                    "warning surrounding-space teams:3 manager_ids \" X1\"\n"
                    "warning control-character teams:4 manager_ids \"X\\x7f\"\n");
}

Test(check, columns_that_are_not_used_are_not_looked_at)
{
    expect_findings("id,email,first_name,last_name,team_id,x\nX1,a@b.c,,,,\" \x01,\"\n", NULL,
                    "info extra-header users:1 x \"x\"\n");
}

Test(check, records_that_are_not_kept_are_not_looked_at)
{
    expect_findings(USERS_HEADER "X1,a@b.c,,,\nX1,bad,,,\nX2,A@B.C, x,,\n", NULL,
                    "error duplicate-user-id users:3 id \"X1\" related users:2\n"
                    "error duplicate-email users:4 email \"A@B.C\" related users:2\n");
    expect_findings(NULL, TEAMS_HEADER "T1, x,,T9\n",
                    "error unknown-parent-team teams:2 parent_team_id \"T9\"\n");
}

Test(check, findings_come_in_the_order_of_the_file_on_any_number_of_threads, .timeout = 120)
{
    struct buffer text = {0};
    span first = SPAN_NONE;
    buffer_text(&text, USERS_HEADER);
    for (uint64_t user = 0; text.size < 5U << 20; user++) {
        buffer_number(&text, user);
        buffer_text(&text, user % 1000 == 7 ? ",no e-mail" : ",u");
        buffer_number(&text, user);
        buffer_text(&text, user % 1000 == 7 ? ",,,\n" : "@example.com,Some,Body of some length,\n");
    }
    buffer_byte(&text, '\0');
    for (unsigned jobs = 1; jobs <= 4; jobs++) {
        const struct muster_options options = {.jobs = jobs};
        struct muster_roster *roster = roster_of(text.bytes, NULL, &options);
        struct buffer got = {0};
        buffer_span(&got, findings_of(roster));
        cr_assert(lt(sz, 1000, got.size));
        if (jobs == 1) {
            first = buffer_view(&got);
        } else {
            cr_expect(eq(type(span), buffer_view(&got), first), "%u jobs", jobs);
        }
        muster_roster_close(roster);
    }
    buffer_close(&text);
}

/* ---- case-collision ---------------------------------------------------------------------- */

Test(check, ids_that_differ_only_in_case_collide_with_the_first)
{
    expect_findings(NULL, TEAMS_HEADER "aB,N1,,\nx,N2,,\nAB,N3,,\nab,N4,,\nX,N5,,\n",
                    "warning case-collision teams:4 id \"AB\" related teams:2\n"
                    "warning case-collision teams:5 id \"ab\" related teams:2\n"
                    "warning case-collision teams:6 id \"X\" related teams:3\n");
}

Test(check, zeros_and_blanks_are_no_matter_of_case)
{
    expect_findings(NULL, TEAMS_HEADER "1,N1,,\n01,N2,,\na,N3,,\n0a,N4,,\n0A,N5,,\n",
                    "warning case-collision teams:6 id \"0A\" related teams:5\n");
    expect_findings(NULL, TEAMS_HEADER "\xC3\xA4,N1,,\n\xC3\x84,N2,,\n", "");
}

Test(check, only_ids_that_are_kept_collide)
{
    expect_findings(NULL, TEAMS_HEADER "a,N1,,T9\nA,N2,,\n",
                    "error unknown-parent-team teams:2 parent_team_id \"T9\"\n");
    expect_findings(USERS_HEADER "a,a@b.c,,,\nA,A@b.c,,,\nA,x@b.c,,,\n", NULL,
                    "error duplicate-email users:3 email \"A@b.c\" related users:2\n"
                    "error duplicate-user-id users:4 id \"A\" related users:3\n");
}

Test(check, an_id_that_collides_comes_before_what_is_said_of_other_fields)
{
    expect_findings(USERS_HEADER "a,1@b.c,,,\nA,bad, x,,\n", NULL,
                    "warning case-collision users:3 id \"A\" related users:2\n"
                    "warning invalid-email users:3 email \"bad\"\n"
                    "warning surrounding-space users:3 first_name \" x\"\n");
}

/* A deprovision file may name somebody twice, so the same bytes may come again. */
static void compare_deprovision(const char *const *ids, size_t count)
{
    struct buffer text = {0};
    struct buffer want = {0};
    buffer_text(&text, DEPROVISION_HEADER);
    for (size_t row = 0; row < count; row++) {
        buffer_text(&text, ids[row]);
        buffer_text(&text, ",a@b.c,,\n");
        size_t other = 0;
        while (other < row && !(strcmp(ids[row], ids[other]) != 0 &&
                                span_equal_folded(span_from(ids[row]), span_from(ids[other])))) {
            other++;
        }
        if (other < row) {
            buffer_text(&want, "warning case-collision deprovision:");
            buffer_number(&want, row + 2);
            buffer_text(&want, " id \"");
            buffer_text(&want, ids[row]);
            buffer_text(&want, "\" related deprovision:");
            buffer_number(&want, other + 2);
            buffer_byte(&want, '\n');
        }
    }
    const span files[MUSTER_FILE_COUNT] = {[MUSTER_DEPROVISION] = buffer_view(&text)};
    struct muster_roster *roster = roster_of_spans(files, NULL);
    cr_assert(eq(type(span), findings_of(roster), buffer_view(&want)));
    muster_roster_close(roster);
    buffer_close(&text);
    buffer_close(&want);
}

Test(check, the_earlier_id_is_the_first_with_other_bytes)
{
    static const char *const ids[] = {"ab", "AB", "aB", "0ab", "0AB", "x", "X"};
    uint64_t state = 1;
    for (int round = 0; round < 4000; round++) {
        const char *chosen[10];
        size_t count = random_below(&state, 11);
        for (size_t row = 0; row < count; row++) {
            chosen[row] = ids[random_below(&state, 7)];
        }
        compare_deprovision(chosen, count);
    }
}

Test(check, ids_with_blanks_collide_with_those_that_have_the_same_ones)
{
    expect_findings(USERS_HEADER
                    "ab,1@b.c,,,\n\" ab\",2@b.c,,,\n\" AB\",3@b.c,,,\n\"\tab\",4@b.c,,,\n"
                    "\"ab \",5@b.c,,,\n0ab,6@b.c,,,\n\"0 ab\",7@b.c,,,\n0AB,8@b.c,,,\n",
                    NULL,
                    "warning surrounding-space users:3 id \" ab\"\n"
                    "warning surrounding-space users:4 id \" AB\"\n"
                    "warning case-collision users:4 id \" AB\" related users:3\n"
                    "warning surrounding-space users:5 id \"\\x09ab\"\n"
                    "warning surrounding-space users:6 id \"ab \"\n"
                    "warning case-collision users:9 id \"0AB\" related users:7\n");
}

/* More shapes of one id than the table of shapes begins with, and then another class. */
Test(check, every_number_of_zeros_is_an_id_of_its_own)
{
    struct buffer users = {0};
    struct buffer want = {0};
    char zeros[101];
    memset(zeros, '0', sizeof zeros - 1);
    zeros[sizeof zeros - 1] = 0;
    buffer_text(&users, USERS_HEADER);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned count = 0; count <= 100; count++) {
            buffer_text(&users, zeros + 100 - count);
            buffer_text(&users, round == 0 ? "x," : "X,");
            buffer_number(&users, round * 1000 + count);
            buffer_text(&users, "@b.c,,,\n");
            if (round == 1) {
                buffer_text(&want, "warning case-collision users:");
                buffer_number(&want, 2 + 101 + count);
                buffer_text(&want, " id \"");
                buffer_text(&want, zeros + 100 - count);
                buffer_text(&want, "X\" related users:");
                buffer_number(&want, 2 + count);
                buffer_text(&want, "\n");
            }
        }
    }
    buffer_text(&users, "y,1@y.c,,,\nY,2@y.c,,,\n");
    buffer_text(&want, "warning case-collision users:205 id \"Y\" related users:204\n");
    buffer_byte(&users, 0);
    buffer_byte(&want, 0);
    expect_findings(users.bytes, NULL, want.bytes);
    buffer_close(&users);
    buffer_close(&want);
}

static void append_id(struct buffer *text, unsigned number, char letter)
{
    buffer_text(text, &"         "[9 - number / 100]);
    for (unsigned zero = 0; zero < number / 10 % 10; zero++) {
        buffer_byte(text, '0');
    }
    buffer_byte(text, letter);
    buffer_text(text, &"         "[9 - number % 10]);
}

/* A thousand shapes of one id, by the blanks in front and behind and the zeros. */
Test(check, every_number_of_zeros_and_blanks_is_an_id_of_its_own)
{
    struct buffer users = {0};
    struct buffer want = {0};
    buffer_text(&users, USERS_HEADER);
    for (unsigned row = 0; row < 2000; row++) {
        append_id(&users, row % 1000, row < 1000 ? 'x' : 'X');
        buffer_byte(&users, ',');
        buffer_number(&users, row);
        buffer_text(&users, "@b.c,,,\n");
        if (row >= 1000) {
            buffer_text(&want, "warning case-collision users:");
            buffer_number(&want, row + 2);
            buffer_text(&want, " id \"");
            append_id(&want, row % 1000, 'X');
            buffer_text(&want, "\" related users:");
            buffer_number(&want, row % 1000 + 2);
            buffer_byte(&want, '\n');
        }
    }
    const span files[MUSTER_FILE_COUNT] = {[MUSTER_USERS] = buffer_view(&users)};
    struct muster_options options = {.severities = {[MUSTER_SURROUNDING_SPACE] = MUSTER_IGNORED}};
    struct muster_roster *roster = roster_of_spans(files, &options);
    cr_expect(eq(type(span), findings_of(roster), buffer_view(&want)));
    muster_roster_close(roster);
    buffer_close(&users);
    buffer_close(&want);
}
