/* SPDX-License-Identifier: MIT */
#include "table/header.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "base/limits.h"
#include "support.h"

struct reading {
    struct header header;
    struct arena arena;
    struct finding_list findings;
    enum header_result result;
};

static struct reading read_as(enum muster_file file, const char *text, bool trim)
{
    struct reading reading = {0};
    const struct schema *schema = schema_of(file);
    reading.result = header_read(&reading.header, span_from(text), 0, trim, schema, &reading.arena,
                                 &reading.findings);
    if (reading.result == HEADER_GOOD) {
        header_report_extra(&reading.header, schema, &reading.findings);
    }
    return reading;
}

static void reading_close(struct reading *reading)
{
    findings_close(&reading->findings);
    arena_close(&reading->arena);
}

/* `code detail` of each finding. */
static span findings_text(const struct reading *reading)
{
    static struct buffer text;
    buffer_clear(&text);
    for (size_t index = 0; index < reading->findings.count; index++) {
        const struct finding *finding = &reading->findings.items[index];
        buffer_text(&text, index > 0 ? "; " : "");
        buffer_text(&text, muster_rule(finding_code(finding))->name);
        buffer_byte(&text, ' ');
        buffer_number(&text, finding->detail);
        cr_expect(eq(u32, finding_row(finding), FINDING_NO_ROW));
    }
    return buffer_view(&text);
}

static void expect_header(const char *text, enum header_result result, const char *findings)
{
    struct reading reading = read_as(MUSTER_DEPROVISION, text, false);
    cr_expect(eq(int, reading.result, (int)result), "%s", text);
    cr_expect(eq(type(span), findings_text(&reading), span_from(findings)), "%s", text);
    reading_close(&reading);
}

Test(header, columns_may_stand_in_any_order)
{
    struct reading reading =
        read_as(MUSTER_USERS, "team_id,last_name,id,first_name,email\nX1,,,,\n", false);
    static const uint32_t places[] = {2, 4, 3, 1, 0};
    cr_assert(eq(int, reading.result, HEADER_GOOD));
    cr_expect(eq(u32, reading.header.column_count, 5));
    for (unsigned column = 0; column < 5; column++) {
        cr_expect(eq(u32, reading.header.positions[column], places[column]));
    }
    cr_expect(eq(sz, reading.findings.count, 0));
    cr_expect(eq(sz, reading.header.start, 0));
    cr_expect(eq(sz, reading.header.end, 38));
    reading_close(&reading);
}

Test(header, names_may_be_quoted_and_have_blanks_around_them)
{
    expect_header(" id ,\temail\t,\"first_name\",\" last_name \"\n", HEADER_GOOD, "");
    expect_header("\n\r\nid,email,first_name,last_name", HEADER_GOOD, "");
    expect_header("\"id\r\n\",email,first_name,last_name\n", HEADER_FATAL, "missing-header 1");
}

Test(header, names_are_exact)
{
    expect_header("ID,email,first_name,last_name\n", HEADER_FATAL, "missing-header 1");
    expect_header("id,e-mail,first_name,last_name\n", HEADER_FATAL, "missing-header 2");
    expect_header("id,email,first name,lastname\n", HEADER_FATAL, "missing-header 12");
    expect_header("x\n", HEADER_FATAL, "missing-header 15");
    expect_header("\xEF\xBB\xBFid,email,first_name,last_name\n", HEADER_FATAL, "missing-header 1");
}

Test(header, a_required_name_must_not_stand_twice)
{
    expect_header("id,email,first_name,last_name,id\n", HEADER_FATAL, "duplicate-header 4");
    expect_header("id,email,email,first_name,last_name,id,id\n", HEADER_FATAL,
                  "duplicate-header 5; duplicate-header 2");
    expect_header("id,email,first_name,last_name,x,x\n", HEADER_GOOD,
                  "extra-header 4; extra-header 5");
    /* What is missing is said first, and alone. */
    expect_header("id,id,first_name,last_name\n", HEADER_FATAL, "missing-header 2");
}

Test(header, other_columns_are_mentioned)
{
    expect_header("id,email,x,first_name,last_name,,Email\n", HEADER_GOOD,
                  "extra-header 2; extra-header 5; extra-header 6");
    expect_header("id,email,first_name,last_name,\n", HEADER_GOOD, "extra-header 4");
    expect_header("x,id,email,first_name,last_name\n", HEADER_GOOD, "extra-header 0");
}

Test(header, a_file_without_a_record_is_empty)
{
    expect_header("", HEADER_FATAL, "empty-file 0");
    expect_header("\n\r\n\r", HEADER_FATAL, "empty-file 0");
    expect_header("  \n", HEADER_FATAL, "missing-header 15");
    struct reading reading = read_as(MUSTER_USERS, " \t\n", true);
    cr_expect(eq(type(span), findings_text(&reading), SPAN("empty-file 0")), "trimmed");
    reading_close(&reading);
}

Test(header, a_quote_error_in_it_is_fatal)
{
    expect_header("id,em\"ail,first_name,last_name\nX1,,,\n", HEADER_FATAL, "stray-quote 0");
    expect_header("\"id,email\nX1,ann@x.com,,\n", HEADER_FATAL, "unterminated-quote 0");
}

Test(header, where_it_stands_is_known_unless_there_is_none)
{
    static const struct {
        const char *text;
        bool found;
        size_t start;
    } cases[] = {{"id,email,first_name,last_name\n", true, 0},
                 {"\n\nid,email\n", true, 2},
                 {"\r\nid,em\"ail\n", true, 2},
                 {"\n\"id,email\n", true, 1},
                 {"\n\n", false, 0},
                 {"", false, 0}};
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        struct reading reading = read_as(MUSTER_DEPROVISION, cases[index].text, false);
        cr_expect(eq(int, reading.header.found, cases[index].found), "%s", cases[index].text);
        cr_expect(eq(sz, reading.header.start, cases[index].start), "%s", cases[index].text);
        reading_close(&reading);
    }
}

Test(header, a_name_may_be_meant_for_another)
{
    static const struct {
        const char *name;
        uint32_t column;
    } cases[] = {
        {"Email", USERS_EMAIL},
        {"E-Mail", USERS_EMAIL},
        {"e mail", USERS_EMAIL},
        {"ID", USERS_ID},
        {"i_d", USERS_ID},
        {"firstname", USERS_FIRST_NAME},
        {"First Name", USERS_FIRST_NAME},
        {"first-name", USERS_FIRST_NAME},
        {"FIRST\tNAME", USERS_FIRST_NAME},
        {"TeamID", USERS_TEAM_ID},
        {"team_id_", USERS_TEAM_ID},
        {"email", USERS_EMAIL},
        {"mail", SCHEMA_NO_COLUMN},
        {"emails", SCHEMA_NO_COLUMN},
        {"email.", SCHEMA_NO_COLUMN},
        {"", SCHEMA_NO_COLUMN},
        {"-_ ", SCHEMA_NO_COLUMN},
        {"name", SCHEMA_NO_COLUMN},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        cr_expect(eq(u32, header_meant_for(span_from(cases[index].name), schema_of(MUSTER_USERS)),
                     cases[index].column),
                  "%s", cases[index].name);
    }
}

Test(header, a_missing_name_is_looked_for_among_the_others)
{
    struct reading reading = read_as(MUSTER_USERS, "id,mail,E-MAIL,Email,first_name\n", false);
    const struct schema *schema = schema_of(MUSTER_USERS);
    cr_expect(eq(u32, header_meant_by(&reading.header, schema, USERS_EMAIL), 2), "the first");
    cr_expect(eq(u32, header_meant_by(&reading.header, schema, USERS_LAST_NAME), SCHEMA_NO_COLUMN));
    cr_expect(eq(u32, header_meant_by(&reading.header, schema, USERS_ID), SCHEMA_NO_COLUMN),
              "a name that is right is meant for itself");
    reading_close(&reading);
    reading = read_as(MUSTER_USERS, "E-MAIL,id,Email\n", false);
    cr_expect(eq(u32, header_meant_by(&reading.header, schema, USERS_EMAIL), 0));
    reading_close(&reading);
}

Test(header, names_live_longer_than_the_reading_of_them)
{
    char text[] = "id,email,first_name,last_name,\"a \"\"b\"\"\"\n";
    struct reading reading = read_as(MUSTER_DEPROVISION, text, false);
    memset(text, 'z', sizeof text - 1);
    cr_assert(eq(u32, reading.header.column_count, 5));
    cr_expect(eq(type(span), reading.header.names[0], SPAN("id")));
    cr_expect(eq(type(span), reading.header.names[4], SPAN("a \"b\"")));
    reading_close(&reading);
}

Test(header, a_hundred_thousand_columns_are_all_known)
{
    enum { COUNT = 100000 };
    struct buffer text = {0};
    buffer_text(&text, "id,email,first_name,last_name");
    for (size_t column = 4; column < COUNT; column++) {
        buffer_text(&text, ",x");
    }
    buffer_text(&text, "\n");
    buffer_byte(&text, '\0');
    struct reading reading = read_as(MUSTER_DEPROVISION, text.bytes, false);
    cr_expect(eq(int, reading.result, HEADER_GOOD));
    cr_expect(eq(u32, reading.header.column_count, COUNT));
    cr_expect(eq(sz, reading.findings.count, COUNT - 4));
    reading_close(&reading);
    buffer_close(&text);
}
