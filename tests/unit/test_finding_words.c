/* SPDX-License-Identifier: MIT */
/* What findings say of lines, bytes, numbers and names: the facts in their messages and cures. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "muster.h"
#include "support.h"

/* Whether the only finding of a code in a line says these words, in its message or its cure. */
static bool says(struct muster_roster *roster, enum muster_code code, uint64_t line,
                 const char *words)
{
    struct muster_findings *findings;
    struct muster_finding finding;
    unsigned count = 0;
    bool said = false;
    cr_assert(eq(int, muster_findings_open(&findings, roster), MUSTER_OK));
    while (muster_findings_next(findings, &finding)) {
        if (finding.code == code && finding.line == line) {
            count++;
            said = span_holds(finding.message, words) || span_holds(finding.cure, words);
        }
    }
    cr_assert(eq(int, muster_findings_status(findings), MUSTER_OK));
    muster_findings_close(findings);
    return count == 1 && said;
}

static void expect_users(const char *users, enum muster_code code, uint64_t line, const char *words)
{
    struct muster_roster *roster = roster_of(users, NULL, NULL);
    cr_expect(says(roster, code, line, words), "line %u: %s", (unsigned)line, words);
    muster_roster_close(roster);
}

static void expect_teams(const char *teams, enum muster_code code, uint64_t line, const char *words)
{
    struct muster_roster *roster = roster_of(USERS_HEADER, teams, NULL);
    cr_expect(says(roster, code, line, words), "line %u: %s", (unsigned)line, words);
    muster_roster_close(roster);
}

Test(finding_words, a_stray_quote_has_a_line_and_a_byte)
{
    static const char users[] = USERS_HEADER "X1,a@b.c,\"A\"x,,\n"
                                             "X2,a@b.c,A\"x,,\n"
                                             "X3,\"a@b.c\",\"A\nB\"x,,\n"
                                             "\"\"x,,,,\n";
    expect_users(users, MUSTER_STRAY_QUOTE, 2, ": line 2, byte 13");
    expect_users(users, MUSTER_STRAY_QUOTE, 3, ": line 3, byte 11");
    expect_users(users, MUSTER_STRAY_QUOTE, 4, ": line 5, byte 3");
    expect_users(users, MUSTER_STRAY_QUOTE, 6, ": line 6, byte 3");
    expect_users("\n\nid,em\"ail\n", MUSTER_STRAY_QUOTE, 3, ": line 3, byte 6");
    expect_users("\"id\",\"e\"\nX\n", MUSTER_MISSING_HEADER, 1,
                 "Missing header(s) for users file: email, first_name, last_name, team_id");
}

/* As a file that is mapped may: then it has no place to be told any more. */
Test(finding_words, a_stray_quote_may_have_gone_since)
{
    static char users[] = USERS_HEADER "X1,a@b.cd,A\"x,,\n";
    struct muster_roster *roster = roster_of(users, NULL, NULL);
    struct muster_findings *findings;
    struct muster_finding finding;
    *strchr(users, '"') = 'x';
    cr_assert(eq(int, muster_findings_open(&findings, roster), MUSTER_OK));
    cr_assert(muster_findings_next(findings, &finding));
    cr_expect(eq(type(span), finding.message, SPAN("a quotation mark stands where none may be")));
    muster_findings_close(findings);
    muster_roster_close(roster);
}

Test(finding_words, an_open_quote_has_the_line_that_it_was_opened_on)
{
    expect_users(USERS_HEADER "X1,a@b.c,,,\nX2,b@b.c,\"A\nB,,\n", MUSTER_UNTERMINATED_QUOTE, 3,
                 "opened on this line");
}

Test(finding_words, fields_bytes_and_characters_are_counted)
{
    static char long_value[65537 + 64] = USERS_HEADER "X1,";
    size_t start = strlen(long_value);
    memset(long_value + start, 'a', 65537);
    strcpy(long_value + start + 65537, ",,,\n");
    expect_users(long_value, MUSTER_FIELD_TOO_LONG, 2, " 65,537 bytes; at most 65,536 ");
    expect_users(USERS_HEADER "1\n1,2\n", MUSTER_FIELD_COUNT, 2, " 1 field, the header has 5");
    expect_users(USERS_HEADER "1\n1,2\n", MUSTER_FIELD_COUNT, 3, " 2 fields, the header has 5");
    expect_users(USERS_HEADER ",,,,,\n", MUSTER_FIELD_COUNT, 2, " 6 fields, the header has 5");
    expect_teams(TEAMS_HEADER "T1,A,,\n", MUSTER_TEAM_NAME_LENGTH, 2, " 1 character;");
    static char long_name[512] = TEAMS_HEADER "T1,";
    start = strlen(long_name);
    memset(long_name + start, 'a', 201);
    strcpy(long_name + start + 201, ",,\n");
    expect_teams(long_name, MUSTER_TEAM_NAME_LENGTH, 2, " 201 characters;");
}

Test(finding_words, a_control_character_has_its_number)
{
    static const struct {
        const char *bytes, *number;
    } cases[] = {{"\x01", "U+0001"}, {"\x0B", "U+000B"},     {"\x1F", "U+001F"},
                 {"\x7F", "U+007F"}, {"\xC2\x80", "U+0080"}, {"\xC2\x9F", "U+009F"}};
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        char users[128];
        (void)snprintf(users, sizeof users, USERS_HEADER "X1,a@b.cd,A%sB,,\n", cases[index].bytes);
        expect_users(users, MUSTER_CONTROL_CHARACTER, 2, cases[index].number);
    }
}

/* Any field may have it, one that is not used as well. */
Test(finding_words, a_broken_value_has_the_name_of_its_column)
{
    static const char users[] = "note,id,email,first_name,last_name,team_id,end\n"
                                ",X1,a@b.cd,,,,\xFF\n"
                                "\xFF,X2,b@b.cd,,,,\n"
                                ",X3,c@b.cd,\xFF,,,\xFF\n";
    expect_users(users, MUSTER_INVALID_UTF8, 2, "\"end\"");
    expect_users(users, MUSTER_INVALID_UTF8, 3, "\"note\"");
    expect_users(users, MUSTER_INVALID_UTF8, 4, "\"first_name\"");
    static const char nul[] = USERS_HEADER "X1,a@b.cd,,x\0y,\n";
    const span files[MUSTER_FILE_COUNT] = {[MUSTER_USERS] = {nul, sizeof nul - 1}};
    struct muster_roster *roster = roster_of_spans(files, NULL);
    struct muster_findings *findings;
    struct muster_finding finding;
    cr_assert(eq(int, muster_findings_open(&findings, roster), MUSTER_OK));
    cr_assert(muster_findings_next(findings, &finding));
    cr_expect(eq(int, finding.code, MUSTER_NUL_BYTE));
    cr_expect(span_holds(finding.message, "\"last_name\""));
    cr_expect(eq(sz, finding.value.len, 3));
    cr_expect(eq(int, memcmp(finding.value.ptr, "x\0y", 3), 0));
    muster_findings_close(findings);
    muster_roster_close(roster);
}

/* The value of the only finding has `want` bytes; -1: it is not repeated. */
static void expect_value_size(const char *first_name, size_t size, enum muster_code code, long want)
{
    struct muster_findings *findings;
    struct muster_finding finding;
    struct buffer users = {0};
    buffer_text(&users, USERS_HEADER "X1,ann@example.com,");
    buffer_span(&users, (span){first_name, size});
    buffer_text(&users, ",,\n");
    const span files[MUSTER_FILE_COUNT] = {[MUSTER_USERS] = buffer_view(&users)};
    struct muster_roster *roster = roster_of_spans(files, NULL);
    cr_assert(eq(int, muster_findings_open(&findings, roster), MUSTER_OK));
    cr_assert(muster_findings_next(findings, &finding));
    cr_expect(eq(int, finding.code, code));
    cr_expect(eq(long, finding.value.ptr != NULL ? (long)finding.value.len : -1, want));
    muster_findings_close(findings);
    muster_roster_close(roster);
    buffer_close(&users);
}

Test(finding_words, a_value_that_is_too_long_is_not_repeated_whatever_else_it_is)
{
    enum { MAX = 65536 };
    static char value[MAX + 1];
    memset(value, 'n', sizeof value);
    expect_value_size(value, MAX + 1, MUSTER_FIELD_TOO_LONG, -1);
    value[0] = '\0';
    expect_value_size(value, MAX, MUSTER_NUL_BYTE, MAX);
    expect_value_size(value, MAX + 1, MUSTER_NUL_BYTE, -1);
    value[0] = '\xFF';
    expect_value_size(value, MAX, MUSTER_INVALID_UTF8, MAX);
    expect_value_size(value, MAX + 1, MUSTER_INVALID_UTF8, -1);
}

Test(finding_words, the_line_of_the_header_is_where_it_stands)
{
    struct muster_roster *roster =
        roster_of("\n\nx," USERS_HEADER "1,X1,a@b.cd,,,T9\n",
                  "\ny,z," TEAMS_HEADER "1,2,T1,IT,X9,\n1,2,T1,IT,,\n", NULL);
    cr_expect(eq(type(span), findings_of(roster),
                 SPAN("info extra-header users:3 x \"x\"\n"
                      "error unknown-team users:4 team_id \"T9\"\n"
                      "info extra-header teams:2 y \"y\"\n"
                      "info extra-header teams:2 z \"z\"\n"
                      "warning unknown-manager teams:3 manager_ids \"X9\"\n"
                      "error duplicate-team-id teams:4 id \"T1\" related teams:3\n")));
    cr_expect(says(roster, MUSTER_DUPLICATE_TEAM_ID, 4, "\"T1\" is already used on line 3"));
    cr_expect(says(roster, MUSTER_UNKNOWN_MANAGER, 3, "\"X9\" of team \"T1\""));
    muster_roster_close(roster);
}

Test(finding_words, columns_that_may_be_meant_are_named)
{
    static const char users[] = "id,Email,first name,last_name,TEAM-ID\n";
    expect_users(users, MUSTER_MISSING_HEADER, 1, "users file: email, first_name, team_id");
    expect_users(users, MUSTER_MISSING_HEADER, 1,
                 "Rename the column \"Email\" to email. Rename the column \"first name\" to "
                 "first_name. Rename the column \"TEAM-ID\" to team_id.");
    expect_users("Email," USERS_HEADER, MUSTER_EXTRA_HEADER, 1, "\"email\"");
    expect_users("Id," USERS_HEADER, MUSTER_EXTRA_HEADER, 1, "\"id\"");
    expect_users("id," USERS_HEADER, MUSTER_DUPLICATE_HEADER, 1, "\"id\" stands twice");
}

Test(finding_words, a_header_without_commas_is_told_what_separates_it)
{
    static const char *const users[][2] = {
        {"id;email;first_name;last_name;team_id\nX1;a@b.c;A;B;\n", "; in this file semicolons do"},
        {"Mail ; E-Mail;x\n", "; in this file semicolons do"},
        {"\xef\xbb\xbfid;email;first_name;last_name;team_id\r\n", "; in this file semicolons do"},
        {"id\temail\tfirst_name\tlast_name\tteam_id\n", "; in this file tabs do"},
        {"id|email|first_name|last_name|team_id\n", "; in this file vertical bars do"},
        {"\"id,email,first_name,last_name,team_id\"\n", "quotation marks around the whole line"},
        {"sep=,\nid,email,first_name,last_name,team_id\n", "Remove the first line: sep="},
        {"sep=;\nid;email;first_name;last_name;team_id\n", "Remove the first line: sep="},
        /* None of these: a separator alone says nothing, nor does a name that has one inside. */
        {"a;b\n", "exact name in the first line"},
        {"id;x,email,first_name,last_name,team_id\n", "exact name in the first line"},
        {"sep=,a,b\n", "exact name in the first line"},
    };
    for (size_t index = 0; index < sizeof users / sizeof users[0]; index++) {
        expect_users(users[index][0], MUSTER_MISSING_HEADER, 1, users[index][1]);
    }
    expect_users("\"id\";\"email\"\n", MUSTER_STRAY_QUOTE, 1, "; in this file semicolons do");
    expect_users("\"id\"\t\"email\"\n", MUSTER_STRAY_QUOTE, 1, "; in this file tabs do");
    expect_users("\"id\"x\"email\"\n", MUSTER_STRAY_QUOTE, 1, "double each one inside it");
    expect_users(USERS_HEADER "X1,\"a@b.c\";,,\n", MUSTER_STRAY_QUOTE, 2,
                 "double each one inside it");
}

/* Most columns that are not used are like none of the required: no "required one" is at hand. */
Test(finding_words, an_unused_column_need_not_be_meant_for_another)
{
    expect_users("id,email,first_name,last_name,team_id,Town\n", MUSTER_EXTRA_HEADER, 1,
                 "Where its values are meant for a required column, move them there.");
}

Test(finding_words, a_header_of_another_file_is_told_apart)
{
    expect_users(TEAMS_HEADER "T1,IT,,\n", MUSTER_MISSING_HEADER, 1, "those of a teams file");
    expect_teams(USERS_HEADER "X1,a@b.c,,,\n", MUSTER_MISSING_HEADER, 1, "those of a users file");
    /* A users file that lacks its teams has the columns of a deprovision file, and is none. */
    expect_users("id,email,first_name,last_name\n", MUSTER_MISSING_HEADER, 1,
                 "exact name in the first line");
    expect_users("id,name,manager_ids\n", MUSTER_MISSING_HEADER, 1, "exact name in the first line");
    /* What can be renamed is: that is nearer. */
    expect_users("id,name,manager_ids,parent_team_id,E-Mail\n", MUSTER_MISSING_HEADER, 1,
                 "Rename the column \"E-Mail\" to email.");
}

/* Each record may have a flaw in a column whose name is as long as a file: only its beginning is
 * repeated, and no character of it by half. */
Test(finding_words, of_a_long_name_of_a_column_the_beginning_is_told)
{
    enum { NAME_SIZE = 300 };
    char name[NAME_SIZE + 1];
    char text[2 * NAME_SIZE];
    char words[2 * NAME_SIZE];
    memset(name, 'n', NAME_SIZE);
    name[NAME_SIZE] = '\0';
    (void)snprintf(text, sizeof text,
                   "id,email,first_name,last_name,team_id,%s\nX1,a@b.cd,,,,\xff\n", name);
    (void)snprintf(words, sizeof words, "the value of \"%.256s\" is not UTF-8", name);
    expect_users(text, MUSTER_INVALID_UTF8, 2, words);
    (void)snprintf(words, sizeof words, "the column \"%.256s\" is not used", name);
    expect_users(text, MUSTER_EXTRA_HEADER, 1, words);
    memcpy(text + strlen("id,email,first_name,last_name,team_id,") + 255, "\xc3\xa9", 2);
    (void)snprintf(words, sizeof words, "the column \"%.255s\" is not used", name);
    expect_users(text, MUSTER_EXTRA_HEADER, 1, words);
    memset(name + 1, '-', NAME_SIZE - 1);
    memcpy(name, "e", 1);
    (void)snprintf(text, sizeof text, "id,%smail,first_name,last_name,team_id\n", name);
    (void)snprintf(words, sizeof words, "Rename the column \"%.256s\" to email.", name);
    expect_users(text, MUSTER_MISSING_HEADER, 1, words);
}

/* With a NUL inside, which ends no file. */
static void expect_bytes(const char *bytes, size_t size, enum muster_code code, const char *words)
{
    struct muster_input input = {.file = MUSTER_USERS, .data = {bytes, size}};
    struct muster_roster *roster;
    cr_assert(eq(int, muster_roster_open(&roster, &input, 1, NULL, NULL), MUSTER_OK));
    cr_expect(says(roster, code, 1, words), "%s", words);
    muster_roster_close(roster);
}

Test(finding_words, a_file_that_is_no_csv_is_told_what_it_is)
{
    static const char xlsx[] = "PK\x03\x04\x14\0\x06\0\x08\n\n,,";
    static const char quoted_xlsx[] = "PK\x03\x04\x14\0\x06\0\x08\"x";
    static const char open_xlsx[] = "PK\x03\x04\x14\0\x06\0\x08,\"x";
    static const char xls[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\n";
    static const char image[] = "\x89PNG,\x1a,\0\0\0,IHDR";
    expect_bytes(xlsx, sizeof xlsx - 1, MUSTER_MISSING_HEADER, "a spreadsheet or an archive");
    expect_bytes(quoted_xlsx, sizeof quoted_xlsx - 1, MUSTER_STRAY_QUOTE,
                 "a spreadsheet or an archive");
    expect_bytes(open_xlsx, sizeof open_xlsx - 1, MUSTER_UNTERMINATED_QUOTE,
                 "a spreadsheet or an archive");
    expect_bytes(xls, sizeof xls - 1, MUSTER_MISSING_HEADER, "a spreadsheet or an archive");
    expect_bytes(image, sizeof image - 1, MUSTER_MISSING_HEADER, "The file is not text");
}

/* A NUL in a value is another matter. */
Test(finding_words, a_file_with_a_column_of_its_kind_is_text)
{
    static const char users[] = "id,email,first_name,last_name\nX\0,a@b.cd,,\n";
    static const char name[] = "a,\0,id\n";
    expect_bytes(users, sizeof users - 1, MUSTER_MISSING_HEADER, "exact name in the first line");
    expect_bytes(name, sizeof name - 1, MUSTER_MISSING_HEADER, "exact name in the first line");
}

Test(finding_words, a_nul_does_not_make_another_file_of_a_csv)
{
    static const char record[] = "id,email,first_name,last_name\nX1,a@b.cd,A\0,B\n";
    static const char header[] = "id,email,fi\0rst_name,last_name,team_id\n";
    static const char semicolons[] = "id;email;first_name;last_name;team_id\nX1;a@b.cd;A\0;;\n";
    static const char quoted[] = "\"id\";\"email\"\nX1;a@b.cd;A\0\n";
    static const char other[] = TEAMS_HEADER "T1,I\0T,,\n";
    expect_bytes(record, sizeof record - 1, MUSTER_MISSING_HEADER, "exact name in the first line");
    expect_bytes(header, sizeof header - 1, MUSTER_MISSING_HEADER, "exact name in the first line");
    expect_bytes(semicolons, sizeof semicolons - 1, MUSTER_MISSING_HEADER, "semicolons do that");
    expect_bytes(quoted, sizeof quoted - 1, MUSTER_STRAY_QUOTE, "semicolons do that");
    expect_bytes(other, sizeof other - 1, MUSTER_MISSING_HEADER, "those of a teams file");
}

Test(finding_words, what_was_removed_names_the_root_cause)
{
    struct muster_roster *roster =
        roster_of(USERS_HEADER "X1,a@b.cd,,,T2\nX2,b@b.cd,,,T1\nX2,c@b.cd,,,\nx1,d@b.cd,,,\n"
                               "X3,A@b.cd,,,\n",
                  TEAMS_HEADER "T1,IT,,T9\nT2,HR,,T1\nT3,Lab,,T4\nT4,Law,,T3\nT5,Art,,T5\n"
                               "T6,Ops,,T2\nT7,Net,,t3\n",
                  NULL);
    cr_expect(says(roster, MUSTER_REMOVED_TEAM, 2, "team \"T1\" on line 2") &&
              says(roster, MUSTER_REMOVED_TEAM, 2, "\"T2\""));
    cr_expect(says(roster, MUSTER_REMOVED_TEAM, 3, "\"T1\" was removed, see line 2"));
    cr_expect(says(roster, MUSTER_DUPLICATE_USER_ID, 4, "\"X2\" is already used on line 3"));
    cr_expect(says(roster, MUSTER_CASE_COLLISION, 5, "\"x1\" differs from \"X1\" on line 2"));
    cr_expect(says(roster, MUSTER_DUPLICATE_EMAIL, 6, "\"A@b.cd\" is already used on line 2"));
    cr_expect(says(roster, MUSTER_UNKNOWN_PARENT_TEAM, 2, "team \"T1\" has the parent \"T9\""));
    cr_expect(says(roster, MUSTER_UNKNOWN_PARENT_TEAM, 8, "did you mean \"T3\"?"));
    cr_expect(says(roster, MUSTER_REMOVED_PARENT_TEAM, 3, "\"T1\" of team \"T2\""));
    cr_expect(says(roster, MUSTER_REMOVED_PARENT_TEAM, 3, " was removed, see line 2"));
    cr_expect(says(roster, MUSTER_REMOVED_PARENT_TEAM, 7, "\"T2\" of team \"T6\""));
    cr_expect(says(roster, MUSTER_REMOVED_PARENT_TEAM, 7, "because of team \"T1\" on line 2"));
    cr_expect(says(roster, MUSTER_TEAM_CYCLE, 4, ": T3 -> T4 -> T3"));
    cr_expect(says(roster, MUSTER_TEAM_CYCLE, 5, ": T4 -> T3 -> T4"));
    cr_expect(says(roster, MUSTER_TEAM_CYCLE, 6, "team \"T5\" is its own parent"));
    muster_roster_close(roster);
}

/* The list of a team is kept until another team has its turn, wherever that stands. */
Test(finding_words, managers_are_those_of_their_team)
{
    struct muster_roster *roster = roster_of(
        USERS_HEADER, TEAMS_HEADER "T1,A1,\"X1,X2\",\nT2,A2,,\nT3,A3,X3,\nT4,A4,X4,\n", NULL);
    cr_expect(eq(type(span), findings_of(roster),
                 SPAN("warning unknown-manager teams:2 manager_ids \"X1\"\n"
                      "warning unknown-manager teams:2 manager_ids \"X2\"\n"
                      "warning unknown-manager teams:4 manager_ids \"X3\"\n"
                      "warning unknown-manager teams:5 manager_ids \"X4\"\n")));
    muster_roster_close(roster);
}

/* ---- Whole messages ---------------------------------------------------------------------- */

/* The line and the message of each finding, one a line. */
static span messages_of(struct muster_roster *roster)
{
    static struct buffer text;
    struct muster_findings *findings;
    struct muster_finding finding;
    buffer_clear(&text);
    cr_assert(eq(int, muster_findings_open(&findings, roster), MUSTER_OK));
    while (muster_findings_next(findings, &finding)) {
        buffer_number(&text, finding.line);
        buffer_byte(&text, ' ');
        buffer_span(&text, finding.message);
        buffer_byte(&text, '\n');
    }
    cr_assert(eq(int, muster_findings_status(findings), MUSTER_OK));
    muster_findings_close(findings);
    muster_roster_close(roster);
    return buffer_view(&text);
}

Test(finding_words, of_a_file_that_is_no_use_one_thing_is_said)
{
    const struct {
        span users, want;
    } cases[] = {
        {SPAN(""), SPAN("0 the file has no header record\n")},
        {SPAN("\xFF\xFEi\0d\0"), SPAN("0 the file is UTF-16 or UTF-32 text, not UTF-8\n")},
        {SPAN("id,x,id,email,first_name,last_name,team_id\n"),
         SPAN("1 the column \"id\" stands twice in the header\n")},
        {SPAN("id,email,first_name,team_id\n"),
         SPAN("1 Missing header(s) for users file: last_name\n")},
        {SPAN(USERS_HEADER "X1,a@b.cd,\"A,,\n"),
         SPAN("2 the quotation mark opened on this line is never closed\n")},
    };
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        const span files[MUSTER_FILE_COUNT] = {[MUSTER_USERS] = cases[index].users};
        cr_expect(eq(type(span), messages_of(roster_of_spans(files, NULL)), cases[index].want));
    }
}

Test(finding_words, of_a_record_that_is_removed_one_thing_is_said)
{
    static const char users[] = "x,Email,id,email,first_name,last_name,team_id\n"
                                "1\n"
                                ",,,a@b.cd,,,\n"
                                ",,X4,a@b.cd,\xFF,,\n"
                                ",,X5,a\"@b.cd,,,\n"
                                ",,X6,f@b.cd,,,\n"
                                ",,X6,g@b.cd,,,\n"
                                ",,X8,F@b.cd,,,\n"
                                ",,X9,a@b.cd,,\0,\n";
    static char long_value[65537 + 64] = USERS_HEADER "X1,";
    const span files[MUSTER_FILE_COUNT] = {[MUSTER_USERS] = {users, sizeof users - 1}};
    cr_expect(eq(type(span), messages_of(roster_of_spans(files, NULL)),
                 SPAN("1 the column \"x\" is not used\n"
                      "1 the column \"Email\" is not used; it may be meant for \"email\"\n"
                      "2 the record has 1 field, the header has 7\n"
                      "3 the record has no value for \"id\"\n"
                      "4 the value of \"first_name\" is not UTF-8\n"
                      "5 a quotation mark stands where none may be: line 5, byte 7\n"
                      "7 user id \"X6\" is already used on line 6\n"
                      "8 e-mail \"F@b.cd\" is already used on line 6\n"
                      "9 the value of \"last_name\" has a NUL byte\n")));
    size_t start = strlen(long_value);
    memset(long_value + start, 'a', 65537);
    strcpy(long_value + start + 65537, ",,,\n");
    cr_expect(eq(type(span), messages_of(roster_of(long_value, NULL, NULL)),
                 SPAN("2 the value has 65,537 bytes; at most 65,536 are allowed\n")));
}

Test(finding_words, of_references_and_values_as_much_is_said)
{
    static const char users[] = USERS_HEADER "X1,a@b.cd,,,T9\n"
                                             "x1,b@b.cd,,,T5\n"
                                             "X3,bad, A,B\x01,T6\n"
                                             "X4,d@b.cd,\"C,D\",,\n";
    static const char teams[] = TEAMS_HEADER "T1,A,Z9,\n"
                                             "T2,A,,\n"
                                             "T3,A (T1),,\n"
                                             "T4,B,,\n"
                                             "T5,IT,,T8\n"
                                             "T6,HR,,T5\n"
                                             "T7,Art,,T7\n"
                                             "T1,Ops,,\n";
    static const span roots[] = {{"R9", 2}, {"T1", 2}};
    const struct muster_options options = {.roots = roots, .root_count = 2};
    cr_expect(eq(
        type(span), messages_of(roster_of(users, teams, &options)),
        SPAN("2 team \"T9\" is not in the teams file\n"
             "3 team \"T5\" was removed, see line 6\n"
             "3 id \"x1\" differs from \"X1\" on line 2 only in case\n"
             "4 team \"T6\" was removed because of team \"T5\" on line 6\n"
             "4 \"bad\" is not an e-mail address\n"
             "4 first_name \" A\" begins or ends with a blank\n"
             "4 the value has the control character U+0001\n"
             "5 first_name \"C,D\" has a quotation mark, a comma or a line break inside, which the "
             "vendor advises against\n"
             "0 --root names the team \"R9\", which is not in the teams that are kept\n"
             "2 manager \"Z9\" of team \"T1\" is not a user that is kept\n"
             "2 the team name \"A\" is not unique; the remote will show \"A (T1)\"\n"
             "2 another team ends up with the same final name \"A (T1)\"\n"
             "3 the team name \"A\" is not unique; the remote will show \"A (T2)\"\n"
             "4 another team ends up with the same final name \"A (T1)\"\n"
             "5 the final name has 1 character; the remote takes 2 to 200\n"
             "6 team \"T5\" has the parent \"T8\", which is not in the teams file\n"
             "7 the parent \"T5\" of team \"T6\" was removed, see line 6\n"
             "8 team \"T7\" is its own parent\n"
             "9 team id \"T1\" is already used on line 2\n")));
}

/* A team that pass 3 removes is known all the same, and is no root. */
Test(finding_words, who_may_be_meant_is_known_and_a_root_is_kept)
{
    static const char users[] = USERS_HEADER "X1,a@b.cd,,,t5\nX1,b@b.cd,,,t4\nX3,c@b.cd,,,t4\n";
    static const char teams[] = TEAMS_HEADER "T4,IT,x1,\nT5,HR,\"x3,x4\",T8\nT6,Art,,t5\n";
    static const span roots[] = {{"t4", 2}, {"t5", 2}};
    const struct muster_options options = {.roots = roots, .root_count = 2};
    cr_expect(eq(type(span), messages_of(roster_of(users, teams, &options)),
                 SPAN("2 team \"t5\" is not in the teams file; did you mean \"T5\"?\n"
                      "3 user id \"X1\" is already used on line 2\n"
                      "4 team \"t4\" is not in the teams file; did you mean \"T4\"?\n"
                      "0 --root names the team \"t4\", which is not in the teams that are kept; "
                      "did you mean \"T4\"?\n"
                      "0 --root names the team \"t5\", which is not in the teams that are kept\n"
                      "2 manager \"x1\" of team \"T4\" is not a user that is kept; did you mean "
                      "\"X1\"?\n"
                      "3 team \"T5\" has the parent \"T8\", which is not in the teams file\n"
                      "4 team \"T6\" has the parent \"t5\", which is not in the teams file; did "
                      "you mean \"T5\"?\n")));
}
