/* SPDX-License-Identifier: MIT */
/* table_rows_are against splitting the row and comparing values. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "base/limits.h"
#include "support.h"
#include "table/table.h"

#define HEADER "id,email,first_name,last_name,team_id\n"
/* So that the rows before it have room to be looked at in one piece. */
#define LAST_ROW                                                                                   \
    "last,last@x.yz,,,tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt"    \
    "tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt\n"
#define SPARE                                                                                      \
    "................................................................"                             \
    "................................................................"

static struct table table_of(const char *head, const char *row, const char *rest,
                             enum muster_simd simd, struct buffer *file)
{
    struct table table;
    const struct table_options options = {.seed = 7, .simd = simd};
    buffer_clear(file);
    buffer_text(file, head);
    buffer_text(file, row);
    buffer_text(file, rest);
    cr_assert(eq(int, table_open(&table, schema_of(MUSTER_USERS), buffer_view(file), &options),
                 TABLE_DONE));
    return table;
}

static void add_texts(struct buffer *texts, const char *const values[TEXT_COUNT])
{
    for (unsigned column = 0; column < TEXT_COUNT; column++) {
        buffer_byte(texts, (char)strlen(values[column]));
    }
    for (unsigned column = 0; column < TEXT_COUNT; column++) {
        buffer_text(texts, values[column]);
    }
}

static struct text_rows rows_of(const struct buffer *texts, size_t spare)
{
    span all = buffer_view(texts);
    return (struct text_rows){all.ptr, all.ptr + all.len - spare};
}

/* Whether the first row of the file is taken for these four values: by every kernel, and whether or
 * not there is room behind row and values. */
static bool is(const char *head, const char *row, const char *const values[TEXT_COUNT])
{
    struct buffer file = {0};
    struct buffer texts = {0};
    unsigned asked = 0;
    unsigned found = 0;
    add_texts(&texts, values);
    buffer_text(&texts, SPARE);
    for (int simd = MUSTER_SIMD_NONE; simd <= MUSTER_SIMD_AVX512; simd++) {
        for (unsigned room = 0; room < 4; room++) {
            const char *rest = room % 2 == 0 ? "\n" LAST_ROW : "\nlast,last@x.yz,,,\n";
            struct table table = table_of(head, row, rest, (enum muster_simd)simd, &file);
            size_t spare = room / 2 == 0 ? 0 : strlen(SPARE);
            found += table_rows_are(&table, 0, 1, rows_of(&texts, spare));
            asked++;
            table_close(&table);
        }
    }
    buffer_close(&texts);
    buffer_close(&file);
    cr_expect(found == 0 || found == asked, "%u of %u for %s", found, asked, row);
    return found == asked;
}

#define VALUES(a, b, c, d) ((const char *const[]){a, b, c, d})

Test(row_match, a_plain_row_has_its_own_values)
{
    const char *row = "u17,ann@x.com,Ann,Lee,t4";
    cr_expect(is(HEADER, row, VALUES("u17", "ann@x.com", "Ann", "Lee")));
    cr_expect(is(HEADER, "u,a@b.c,,,", VALUES("u", "a@b.c", "", "")));
    cr_expect(is(HEADER, "u,a@b.c,Anna,Li,", VALUES("u", "a@b.c", "Anna", "Li")));
    cr_expect(is(HEADER, "u,a@b.c,No\xC3\xABl,,x", VALUES("u", "a@b.c", "No\xC3\xABl", "")));
}

Test(row_match, and_no_others)
{
    const char *row = "u17,ann@x.com,Ann,Lee,t4";
    cr_expect(not(is(HEADER, row, VALUES("u18", "ann@x.com", "Ann", "Lee"))));
    cr_expect(not(is(HEADER, row, VALUES("u17", "ann@x.con", "Ann", "Lee"))));
    cr_expect(not(is(HEADER, row, VALUES("u17", "ann@x.com", "Anm", "Lee"))));
    cr_expect(not(is(HEADER, row, VALUES("u17", "ann@x.com", "Ann", "Le"))));
    cr_expect(not(is(HEADER, row, VALUES("u17", "ann@x.com", "Ann", "Leee"))));
    cr_expect(not(is(HEADER, row, VALUES("u17", "ann@x.com", "", "Lee"))));
    cr_expect(not(is(HEADER, row, VALUES("u17", "Ann@x.com", "Ann", "Lee"))), "case counts");
}

Test(row_match, a_comma_in_a_value_is_none_between_values)
{
    /* The same bytes, cut in other places, in a file with one column more. */
    const char *head = "id,email,first_name,last_name,team_id,x\n";
    const char *row = "a,b@c.dd,Eee,Fff,t4,y";
    cr_expect(is(head, row, VALUES("a", "b@c.dd", "Eee", "Fff")));
    cr_expect(not(is(head, row, VALUES("a,b@c.dd", "Eee", "Fff", "t4"))));
    cr_expect(not(is(head, row, VALUES("a", "b@c.dd,Eee", "Fff", "t4"))));
    cr_expect(not(is(head, row, VALUES("a", "b@c.dd", "Eee", "Fff,t4"))));
}

Test(row_match, what_is_not_plain_is_left_to_others)
{
    /* True would be right in the first two, but takes a closer look. */
    const char *other = "email,id,first_name,last_name,team_id\n";
    cr_expect(not(is(HEADER, "\"u17\",a@b.c,,,", VALUES("u17", "a@b.c", "", ""))));
    cr_expect(not(is(other, "a@b.c,u17,,,", VALUES("u17", "a@b.c", "", ""))));
    cr_expect(not(is(HEADER, "\"u,1\",a@b.c,,,", VALUES("u,1", "a@b.c", "", ""))));
}

Test(row_match, a_comma_in_a_long_value_is_none_between_values)
{
    const char *head = "id,email,first_name,last_name,team_id,x\n";
    const char *row = "a,b@c.dddddddddddddddddddddddddddddddddd,Eee,Fff,t4,y";
    cr_expect(is(head, row, VALUES("a", "b@c.dddddddddddddddddddddddddddddddddd", "Eee", "Fff")));
    cr_expect(
        not(is(head, row, VALUES("a,b@c.dddddddddddddddddddddddddddddddddd", "Eee", "Fff", "t4"))));
    cr_expect(
        not(is(head, row, VALUES("a", "b@c.dddddddddddddddddddddddddddddddddd", "Eee", "Ffff"))));
}

Test(row_match, agrees_with_splitting_at_every_length)
{
    for (unsigned id = 1; id <= 80; id++) {
        for (unsigned email = SANITIZED ? 6 + id % 5 : 6; email <= 40; email += SANITIZED ? 5 : 1) {
            char row[256];
            char ids[128] = "";
            char emails[64] = "a@b.c";
            memset(ids, 'i', id);
            memset(emails + 5, 'c', email - 5);
            (void)snprintf(row, sizeof row, "%s,%s,First,Last,t", ids, emails);
            cr_expect(is(HEADER, row, VALUES(ids, emails, "First", "Last")), "%u and %u", id,
                      email);
            emails[email - 1] = 'd';
            cr_expect(not(is(HEADER, row, VALUES(ids, emails, "First", "Last"))));
            emails[email - 1] = 'c';
            ids[id - 1] = 'j';
            cr_expect(not(is(HEADER, row, VALUES(ids, emails, "First", "Last"))));
        }
    }
}

Test(row_match, values_of_255_bytes_are_left_to_others)
{
    char row[600];
    char value[256];
    memset(value, 'v', 255);
    for (size_t len = 254; len <= 255; len++) {
        value[len] = '\0';
        (void)snprintf(row, sizeof row, "u1,a@b.cd,%s,,t1", value);
        bool taken = is(HEADER, row, VALUES("u1", "a@b.cd", value, ""));
        /* A row that is far is left to others too. */
        cr_expect(eq(int, taken, len == 254 && strlen(row) <= ROW_NEAR_SIZE));
        value[len] = 'v';
    }
}

Test(row_match, texts_that_are_cut_off_are_no_values)
{
    struct buffer file = {0};
    struct buffer texts = {0};
    struct table table =
        table_of(HEADER, "u1,a@x.yz,A,B,t1", "\n" LAST_ROW, MUSTER_SIMD_BEST, &file);
    add_texts(&texts, VALUES("u1", "a@x.yz", "A", "B"));
    for (size_t less = 1; less <= 14; less++) {
        cr_expect(eq(u32, table_rows_are(&table, 0, 1, rows_of(&texts, less)), 0));
    }
    cr_expect(eq(u32, table_rows_are(&table, 0, 2, rows_of(&texts, 0)), 1));
    table_close(&table);
    buffer_close(&texts);
    buffer_close(&file);
}

Test(row_match, rows_are_counted_up_to_the_first_that_is_another)
{
    const char *rows = "u1,a@x.yz,A,B,t1\nu2,b@x.yz,C,D,t1\nu2,again@x.yz,C,D,\nu3,c@x.yz,E,F,";
    struct buffer file = {0};
    struct buffer texts = {0};
    add_texts(&texts, VALUES("u1", "a@x.yz", "A", "B"));
    add_texts(&texts, VALUES("u2", "b@x.yz", "C", "D"));
    add_texts(&texts, VALUES("u2", "again@x.yz", "C", "D"));
    add_texts(&texts, VALUES("u3", "c@x.yz", "E", "F"));
    buffer_text(&texts, SPARE);
    for (int simd = MUSTER_SIMD_NONE; simd <= MUSTER_SIMD_AVX512; simd++) {
        struct table table = table_of(HEADER, rows, "\n" LAST_ROW, (enum muster_simd)simd, &file);
        struct text_rows all = rows_of(&texts, 0);
        cr_expect(eq(u32, table_rows_are(&table, 0, 0, all), 0));
        cr_expect(eq(u32, table_rows_are(&table, 0, 1, all), 1));
        cr_expect(eq(u32, table_rows_are(&table, 0, 2, all), 2));
        cr_expect(eq(u32, table_rows_are(&table, 1, 2, all), 0));
        cr_expect(eq(u32, table_rows_are(&table, 0, 4, all), 2), "a row that is not kept");
        table_close(&table);
    }
    buffer_close(&texts);
    buffer_close(&file);
}
