/* SPDX-License-Identifier: MIT */
/* What a table says of its rows; how it is filled is the matter of test_table_ingest. */
#include "table/table.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "support.h"

static struct table open_table(enum muster_file file, span input, bool trim)
{
    struct table table;
    const struct table_options options = {.seed = 7, .trim = trim};
    cr_assert(eq(int, table_open(&table, schema_of(file), input, &options), TABLE_DONE));
    return table;
}

/* All values of a kept row, in the order of the schema, between bars. */
static span row_text(const struct table *table, uint32_t row)
{
    static struct buffer text;
    struct buffer scratch = {0};
    span values[SCHEMA_COLUMN_MAX];
    buffer_clear(&text);
    table_read(table, row, &scratch, values);
    for (unsigned column = 0; column < table->schema->column_count; column++) {
        struct buffer alone = {0};
        buffer_text(&text, column > 0 ? "|" : "");
        buffer_span(&text, values[column]);
        cr_expect(eq(type(span), table_value(table, row, column, &alone), values[column]));
        buffer_close(&alone);
    }
    buffer_close(&scratch);
    return buffer_view(&text);
}

/* The codes of the first list, which is that of passes 0 and 1. */
static span codes_of(const struct table *table)
{
    static struct buffer text;
    buffer_clear(&text);
    for (size_t index = 0; index < table->reading.count; index++) {
        buffer_text(&text, index > 0 ? " " : "");
        buffer_text(&text, muster_rule(finding_code(&table->reading.items[index]))->name);
    }
    return buffer_view(&text);
}

Test(table, values_come_in_the_order_of_the_schema)
{
    struct table table =
        open_table(MUSTER_USERS,
                   SPAN("x,team_id,last_name,first_name,email,y,id\n1,T,L,F,a@b.c,2,X\n"), false);
    cr_assert(eq(u32, table.row_count, 1));
    cr_expect(eq(type(span), row_text(&table, 0), SPAN("X|a@b.c|F|L|T")));
    table_close(&table);
}

Test(table, values_are_decoded)
{
    struct table table = open_table(
        MUSTER_TEAMS,
        SPAN(TEAMS_HEADER "T1,\"a \"\"b\"\"\",\"X1, X2\",\n\"T\"\"2\",N,\"\"\"\",\"T\r\n1\"\n"
                          "T3,N,,T1"),
        false);
    cr_assert(eq(u32, table.row_count, 3));
    cr_expect(eq(type(span), row_text(&table, 0), SPAN("T1|a \"b\"|X1, X2|")));
    cr_expect(eq(type(span), row_text(&table, 1), SPAN("T\"2|N|\"|T\r\n1")));
    cr_expect(eq(type(span), row_text(&table, 2), SPAN("T3|N||T1")));
    table_close(&table);
}

Test(table, blanks_go_where_trimming_was_asked_for)
{
    span input = SPAN(DEPROVISION_HEADER " X1 , a@b.c ,\" F \" , L\t\n");
    struct table kept = open_table(MUSTER_DEPROVISION, input, false);
    cr_expect(eq(u32, kept.kept_count, 0), "a quote behind a blank is stray");
    table_close(&kept);
    struct table trimmed = open_table(MUSTER_DEPROVISION, input, true);
    cr_assert(eq(u32, trimmed.kept_count, 1));
    cr_expect(eq(type(span), row_text(&trimmed, 0), SPAN("X1|a@b.c| F |L")));
    table_close(&trimmed);
}

Test(table, a_wide_table_is_read_like_a_narrow_one)
{
    for (size_t extra = 20; extra <= 300; extra += 7) {
        struct buffer text = {0};
        for (size_t column = 0; column < extra; column++) {
            buffer_text(&text, "c,");
        }
        buffer_text(&text, "id,email,first_name,last_name\n");
        for (size_t column = 0; column < extra; column++) {
            buffer_text(&text, column % 2 == 0 ? "v," : ",");
        }
        buffer_text(&text, "X1,a@b.c,F,\"L\"\n");
        struct table table = open_table(MUSTER_DEPROVISION, buffer_view(&text), false);
        cr_assert(eq(u32, table.kept_count, 1));
        cr_expect(eq(type(span), row_text(&table, 0), SPAN("X1|a@b.c|F|L")));
        table_close(&table);
        buffer_close(&text);
    }
}

Test(table, a_byte_order_mark_is_no_part_of_the_header)
{
    struct table table = open_table(MUSTER_TEAMS,
                                    SPAN("\xEF\xBB\xBF\"id\",name,manager_ids,parent_team_id\n"
                                         "T1,N,,\n"),
                                    false);
    cr_expect(not(table.fatal));
    cr_expect(eq(u32, table.kept_count, 1));
    table_close(&table);
    table = open_table(MUSTER_TEAMS, SPAN("\xEF\xBB\xBF\xEF\xBB\xBF" TEAMS_HEADER), false);
    cr_expect(eq(type(span), codes_of(&table), SPAN("missing-header")), "one of them is");
    table_close(&table);
    table = open_table(MUSTER_TEAMS, SPAN("\xEF\xBB\xBF"), false);
    cr_expect(eq(type(span), codes_of(&table), SPAN("empty-file")));
    table_close(&table);
}

Test(table, wide_encodings_are_recognised)
{
    char nuls[70];
    char even[64];
    for (size_t index = 0; index < 64; index++) {
        even[index] = index % 2 == 0 ? 'a' : '\0';
    }
    memset(nuls, 0, sizeof nuls);
    cr_expect(table_encoding_is_wide(SPAN("\xFF\xFEi\0d\0")), "UTF-16 LE, or UTF-32 LE");
    cr_expect(table_encoding_is_wide(SPAN("\xFE\xFF\0i\0d")), "UTF-16 BE");
    cr_expect(table_encoding_is_wide(SPAN("\0\0\xFE\xFF\0\0\0i")), "UTF-32 BE");
    cr_expect(table_encoding_is_wide(SPAN("i\0d\0,\0")), "without a mark");
    cr_expect(table_encoding_is_wide(SPAN("\0i\0d\0,")));
    cr_expect(table_encoding_is_wide(span_make(nuls, sizeof nuls)));
    cr_expect(table_encoding_is_wide(span_make(even, 64)));
    even[63] = 'b';
    cr_expect(not(table_encoding_is_wide(span_make(even, 64))), "one is missing");
    cr_expect(not(table_encoding_is_wide(SPAN(""))));
    cr_expect(not(table_encoding_is_wide(SPAN("a"))));
    cr_expect(not(table_encoding_is_wide(SPAN("\xEF\xBB\xBFid"))));
    cr_expect(not(table_encoding_is_wide(SPAN("id\0email"))), "a NUL alone is data");
}

Test(table, behind_the_first_64_bytes_the_encoding_is_not_asked_for)
{
    char bytes[130];
    for (size_t index = 0; index < sizeof bytes; index++) {
        bytes[index] = index % 2 == 1 && index < 64 ? '\0' : 'a';
    }
    cr_expect(table_encoding_is_wide(span_make(bytes, sizeof bytes)));
}

Test(table, a_fatal_finding_is_alone)
{
    static const struct {
        const char *text;
        const char *codes;
    } cases[] = {
        {"", "empty-file"},
        {"id\n", "missing-header"},
        {"id,id,name,manager_ids,parent_team_id,x\n", "duplicate-header"},
        {"id,na\"me,manager_ids,parent_team_id\n", "stray-quote"},
        {"id,name,manager_ids,parent_team_id,x\nT1,N\nT1,N,,,\nT1,N,,,\nT2,\"N,,,\n",
         "unterminated-quote"},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        struct table table = open_table(MUSTER_TEAMS, span_from(cases[index].text), false);
        cr_expect(table.fatal);
        cr_expect(eq(type(span), codes_of(&table), span_from(cases[index].codes)));
        cr_expect(eq(u32, table.kept_count, 0));
        cr_expect(eq(sz, table.repeated_ids.count, 0));
        table_close(&table);
    }
}

Test(table, an_open_quote_is_named_by_where_it_opens)
{
    struct table table =
        open_table(MUSTER_TEAMS, SPAN(TEAMS_HEADER "T1,N,,\nT2,\"N\nT3,N,,\n"), false);
    cr_expect(eq(sz, table.trouble_at, sizeof TEAMS_HEADER - 1 + 7 + 3));
    table_close(&table);
}

Test(table, a_header_alone_is_a_table_without_rows)
{
    struct table table = open_table(MUSTER_USERS, SPAN(USERS_HEADER), false);
    cr_expect(not(table.fatal));
    cr_expect(eq(u32, table.row_count, 0));
    cr_expect(eq(u32, table_find(&table, SPAN("X1")), KEY_INDEX_NONE));
    cr_expect(eq(u32, table_suggest(&table, SPAN("X1"), false), KEY_INDEX_NONE));
    uint32_t rows[2];
    const span ids[2] = {SPAN("X1"), SPAN("")};
    table_find_many(&table, ids, 2, rows);
    cr_expect(eq(u32, rows[0], KEY_INDEX_NONE));
    cr_expect(eq(u32, rows[1], KEY_INDEX_NONE));
    table_close(&table);
}

Test(table, every_beginning_of_a_file_can_be_read_before_a_page_that_is_not_there)
{
    static const char text[] =
        USERS_HEADER "X1,ann@example.com,Ann,Lee,T1\r\n"
                     "0002,\"bob@example.com\",\"B\"\"ob\",\xC3\x84,T-with-a-long-id\r\n"
                     "X3,cyd@example.com,,,\nX4,dan@example.com,\"D\nan\",Po,T2";
    for (size_t size = 0; size <= sizeof text - 1; size++) {
        struct guarded guarded;
        guarded_open(&guarded, text, size);
        struct table table = open_table(MUSTER_USERS, guarded_span(&guarded), false);
        for (uint32_t row = 0; row < table.row_count && !table.fatal; row++) {
            if (table_kept(&table, row)) {
                (void)row_text(&table, row);
            }
        }
        table_close(&table);
        guarded_close(&guarded);
    }
}

/* ---- Ids --------------------------------------------------------------------------------- */

static struct table open_ids(const char *const *ids, size_t count, struct buffer *text)
{
    buffer_text(text, TEAMS_HEADER);
    for (size_t index = 0; index < count; index++) {
        buffer_text(text, ids[index]);
        buffer_text(text, ",N,,\n");
    }
    return open_table(MUSTER_TEAMS, buffer_view(text), false);
}

Test(table, an_id_is_found_by_its_bytes)
{
    static const char *const ids[] = {"t1", "T1", "01", "1", "\" 1\"", "T1", "T2"};
    struct buffer text = {0};
    struct table table = open_ids(ids, 7, &text);
    cr_expect(eq(u32, table_find(&table, SPAN("t1")), 0));
    cr_expect(eq(u32, table_find(&table, SPAN("T1")), 1), "the first of two");
    cr_expect(eq(u32, table_find(&table, SPAN("01")), 2));
    cr_expect(eq(u32, table_find(&table, SPAN("1")), 3));
    cr_expect(eq(u32, table_find(&table, SPAN(" 1")), 4));
    cr_expect(eq(u32, table_find(&table, SPAN("T2")), 6));
    cr_expect(eq(u32, table_find(&table, SPAN("t2")), KEY_INDEX_NONE));
    cr_expect(eq(u32, table_find(&table, SPAN("001")), KEY_INDEX_NONE));
    cr_expect(eq(u32, table_find(&table, SPAN("")), KEY_INDEX_NONE));
    cr_assert(eq(sz, table.repeated_ids.count, 1));
    cr_expect(eq(u32, finding_row(&table.repeated_ids.items[0]), 5));
    cr_expect(eq(u32, table.repeated_ids.items[0].related, 1));
    table_close(&table);
    buffer_close(&text);
}

Test(table, a_suggestion_is_the_one_known_id_that_is_alike)
{
    static const char *const ids[] = {"SUP10", "0042", "x", "X", "\" Y\"", "0", "y1", "y1"};
    static const struct {
        const char *id;
        uint32_t row;
    } cases[] = {
        {"sup10", 0},
        {" SUP10\t", 0},
        {"00Sup10", 0},
        {"SUP10", KEY_INDEX_NONE},
        {"42", 1},
        {"042", 1},
        {"4200", KEY_INDEX_NONE},
        {"0x", KEY_INDEX_NONE}, /* two are */
        {"x", 3},
        {"X", 2},
        {"y", 4},
        {"Y", 4},
        {"000", 5},
        {"", 5},
        {"Y1", 6},
        {"SUP1", KEY_INDEX_NONE},
    };
    struct buffer text = {0};
    struct table table = open_ids(ids, 8, &text);
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        cr_expect(
            eq(u32, table_suggest(&table, span_from(cases[index].id), false), cases[index].row),
            "%s", cases[index].id);
    }
    table_close(&table);
    buffer_close(&text);
}

Test(table, a_row_that_pass_two_removed_is_no_suggestion_but_one_of_pass_three_is)
{
    struct table table = open_table(
        MUSTER_USERS, SPAN(USERS_HEADER "A1,a@b.c,,,\na1,A@B.C,,,\nB1,b@b.c,,,\n"), false);
    cr_expect(eq(u32, table_suggest(&table, SPAN("0A1"), false), 0), "a1 has the e-mail of A1");
    table.rows[2] |= ROW_REMOVED;
    cr_expect(eq(u32, table_suggest(&table, SPAN("b1"), false), 2));
    table_close(&table);
}

Test(table, many_ids_are_found_as_if_one_by_one)
{
    struct buffer text = {0};
    struct buffer wanted = {0};
    span ids[500];
    uint32_t rows[500];
    buffer_text(&text, TEAMS_HEADER);
    for (unsigned number = 0; number < 1000; number++) {
        buffer_text(&text, number % 5 == 0 ? "A00" : "a");
        buffer_number(&text, number / 2);
        buffer_text(&text, ",N,,\n");
    }
    struct table table = open_table(MUSTER_TEAMS, buffer_view(&text), false);
    (void)buffer_reserve(&wanted, 10000);
    for (unsigned number = 0; number < 500; number++) {
        size_t from = wanted.size;
        buffer_text(&wanted, number % 2 == 0 ? "a" : "A00");
        buffer_number(&wanted, number);
        ids[number] = span_make(wanted.bytes + from, wanted.size - from);
    }
    table_find_many(&table, ids, 500, rows);
    unsigned found = 0;
    for (unsigned number = 0; number < 500; number++) {
        cr_assert(eq(u32, rows[number], table_find(&table, ids[number])));
        found += rows[number] != KEY_INDEX_NONE ? 1 : 0;
    }
    cr_expect(lt(u32, 100, found));
    table_close(&table);
    buffer_close(&wanted);
    buffer_close(&text);
}

/* In pairs: `a7` twice, where the second is removed, or `a7` and `00A7` in either order. */
Test(table, of_many_ids_each_is_found_and_offered_where_it_is_alone)
{
    struct buffer text = {0};
    buffer_text(&text, TEAMS_HEADER);
    for (unsigned row = 0; row < 2000; row++) {
        buffer_text(&text, row % 5 == 0 ? "00A" : "a");
        buffer_number(&text, row / 2);
        buffer_text(&text, ",N,,\n");
    }
    struct table table = open_table(MUSTER_TEAMS, buffer_view(&text), false);
    for (unsigned number = 0; number < 1000; number++) {
        char plain[16], zeros[16], other[16];
        uint32_t first = 2 * number;
        uint32_t odd = first % 5 == 0 ? first : (first + 1) % 5 == 0 ? first + 1 : KEY_INDEX_NONE;
        (void)snprintf(plain, sizeof plain, "a%u", number);
        (void)snprintf(zeros, sizeof zeros, "00A%u", number);
        (void)snprintf(other, sizeof other, "A%u", number);
        cr_expect(eq(u32, table_find(&table, span_from(plain)), odd == first ? first + 1 : first));
        cr_expect(eq(u32, table_find(&table, span_from(zeros)), odd));
        cr_expect(eq(u32, table_suggest(&table, span_from(other), false),
                     odd == KEY_INDEX_NONE ? first : KEY_INDEX_NONE));
    }
    cr_expect(eq(sz, table.repeated_ids.count, 600));
    table_close(&table);
    buffer_close(&text);
}

/* `a7` and so on, and behind them `A7` and so on. */
static void expect_two_shapes(unsigned first, unsigned count)
{
    struct buffer text = {0};
    buffer_text(&text, TEAMS_HEADER);
    for (unsigned row = 0; row < 2 * count; row++) {
        buffer_text(&text, row < count ? "a" : "A");
        buffer_number(&text, first + row % count);
        buffer_text(&text, ",N,,\n");
    }
    struct table table = open_table(MUSTER_TEAMS, buffer_view(&text), false);
    cr_expect(eq(sz, table.repeated_ids.count, 0));
    for (unsigned row = 0; row < 2 * count; row++) {
        char id[16], other[16];
        (void)snprintf(id, sizeof id, "%c%u", row < count ? 'a' : 'A', first + row % count);
        (void)snprintf(other, sizeof other, "%c%u", row < count ? 'A' : 'a', first + row % count);
        cr_expect(eq(u32, table_find(&table, span_from(id)), row));
        cr_expect(eq(u32, table_suggest(&table, span_from(other), false), row));
    }
    table_close(&table);
    buffer_close(&text);
}

Test(table, of_ids_in_two_shapes_each_is_offered_for_the_other)
{
    for (unsigned first = 0; first < 40; first++) {
        expect_two_shapes(first, 2);
        expect_two_shapes(first, 3);
    }
    expect_two_shapes(0, 600); /* rows whose numbers end in any byte */
}

/* `a"7` and so on, `A"7` and so on, and all of them once more. */
Test(table, ids_that_have_to_be_decoded_are_known_in_any_shape)
{
    enum { IDS = 150 };
    struct buffer text = {0};
    buffer_text(&text, TEAMS_HEADER);
    for (unsigned row = 0; row < 4 * IDS; row++) {
        buffer_text(&text, row / IDS % 2 == 0 ? "\"a\"\"" : "\"A\"\"");
        buffer_number(&text, row % IDS);
        buffer_text(&text, "\",N,,\n");
    }
    struct table table = open_table(MUSTER_TEAMS, buffer_view(&text), false);
    cr_assert(eq(sz, table.repeated_ids.count, 2 * IDS));
    for (uint32_t index = 0; index < 2 * IDS; index++) {
        cr_expect(eq(u32, finding_row(&table.repeated_ids.items[index]), 2 * IDS + index));
        cr_expect(eq(u32, table.repeated_ids.items[index].related, index));
    }
    cr_expect(eq(u32, table_find(&table, SPAN("A\"7")), IDS + 7));
    table_close(&table);
    buffer_close(&text);
}

/* 7, 07, 007 and so on, and all of them once more. */
Test(table, every_shape_of_an_id_is_known_when_it_comes_back)
{
    enum { SHAPES = 300 };
    struct buffer text = {0};
    buffer_text(&text, TEAMS_HEADER);
    for (unsigned row = 0; row < 2 * SHAPES; row++) {
        for (unsigned zero = 0; zero < row % SHAPES; zero++) {
            buffer_byte(&text, '0');
        }
        buffer_text(&text, "7,N,,\n");
    }
    struct table table = open_table(MUSTER_TEAMS, buffer_view(&text), false);
    cr_assert(eq(sz, table.repeated_ids.count, SHAPES));
    for (uint32_t index = 0; index < SHAPES; index++) {
        cr_expect(eq(u32, finding_row(&table.repeated_ids.items[index]), SHAPES + index));
        cr_expect(eq(u32, table.repeated_ids.items[index].related, index));
    }
    table_close(&table);
    buffer_close(&text);
}

static uint32_t alike(const char *old_text, const char *new_text, uint32_t count)
{
    struct table before = open_table(MUSTER_USERS, span_from(old_text), false);
    struct table after = open_table(MUSTER_USERS, span_from(new_text), false);
    uint32_t same = table_rows_alike(&before, 0, &after, 0, count);
    table_close(&before);
    table_close(&after);
    return same;
}

#define ROW_1 "X1,ann@x.com,Ann,Lee,T1\n"
#define ROW_2 "X2,bob@x.com,\"B,\nob\",Ray,T1\n"
#define ROW_3 "X3,cyd@x.com,Cyd,Fox,\n"

Test(table, rows_of_two_tables_are_alike_up_to_the_first_that_is_another)
{
    static const char all[] = USERS_HEADER ROW_1 ROW_2 ROW_3;
    static const char swapped[] = "email,id,first_name,last_name,team_id\n" ROW_1 ROW_2 ROW_3;
    cr_expect(eq(u32, alike(all, all, 3), 3));
    cr_expect(eq(u32, alike(all, all, 2), 2));
    cr_expect(eq(u32, alike(all, all, 0), 0));
    cr_expect(eq(u32, alike(all, "\n" USERS_HEADER "\n" ROW_1 ROW_2 ROW_3, 3), 3), "elsewhere");
    cr_expect(eq(u32, alike(all, USERS_HEADER ROW_1 ROW_2 "X3,cyd@x.com,Cyd,Fux,\n", 3), 2));
    cr_expect(
        eq(u32, alike(all, USERS_HEADER ROW_1 "X2,bob@x.com,\"B,\nab\",Ray,T1\n" ROW_3, 3), 1));
    cr_expect(eq(u32, alike(all, USERS_HEADER "Y1,ann@x.com,Ann,Lee,T1\n" ROW_2 ROW_3, 3), 0));
    cr_expect(eq(u32, alike(all, USERS_HEADER ROW_1 "X2,bob@x.com,Bo,Ray,T1\n" ROW_3, 3), 1));
    cr_expect(eq(u32, alike(all, USERS_HEADER ROW_1 ROW_2 "X3,cyd@x.com,Cyd,Fox,", 3), 2),
              "no end");
    cr_expect(eq(u32, alike(all, USERS_HEADER ROW_1 "\n" ROW_2 ROW_3, 3), 0), "a closer look");
    cr_expect(eq(u32, alike(all, swapped, 3), 0), "the same bytes are other values");
    cr_expect(eq(u32, alike(swapped, swapped, 3), 3));
}

Test(table, rows_that_are_not_kept_are_alike_to_none)
{
    static const char twice[] = USERS_HEADER ROW_1 ROW_1 ROW_3;
    cr_expect(eq(u32, alike(twice, twice, 3), 1));
    cr_expect(eq(u32,
                 alike(USERS_HEADER ROW_1 "X2,b@x.com,B\n", USERS_HEADER ROW_1 "X2,b@x.com,B\n", 2),
                 1));
}

Test(table, the_same_rows_read_in_another_way_are_not_alike)
{
    span text = SPAN(USERS_HEADER ROW_1);
    struct table plain = open_table(MUSTER_USERS, text, false);
    struct table trimmed = open_table(MUSTER_USERS, text, true);
    cr_expect(eq(u32, table_rows_alike(&plain, 0, &trimmed, 0, 1), 0));
    cr_expect(eq(u32, table_rows_alike(&trimmed, 0, &trimmed, 0, 1), 1));
    table_close(&plain);
    table_close(&trimmed);
}
