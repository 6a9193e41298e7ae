/* SPDX-License-Identifier: MIT */
/* table_rows_are against splitting the row and comparing values. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "support.h"
#include "table/table.h"

#define HEADER "id,email,first_name,last_name,team_id\n"
/* So that the rows before it have room to be looked at in one piece. */
#define LAST_ROW                                                                                   \
    "last,last@x.yz,,,tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt"  \
    "tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt\n"

static struct table table_of(const char *head, const char *row, struct buffer *file)
{
    struct table table;
    const struct table_options options = {.seed = 7};
    buffer_clear(file);
    buffer_text(file, head);
    buffer_text(file, row);
    buffer_text(file, "\n" LAST_ROW);
    cr_assert(eq(int, table_open(&table, schema_of(MUSTER_USERS), buffer_view(file), &options),
                 TABLE_DONE));
    return table;
}

/* Whether the first row of the file is taken for these four values. */
static bool is(const char *head, const char *row, const char *const values[TEXT_ROW_COUNT])
{
    struct buffer file = {0};
    char texts[256] = "";
    struct text_row wanted = {.ptr = texts};
    for (unsigned column = 0; column < TEXT_ROW_COUNT; column++) {
        wanted.lengths[column] = (uint32_t)strlen(values[column]);
        strcat(texts, values[column]);
    }
    struct table table = table_of(head, row, &file);
    bool result = table_rows_are(&table, 0, 1, &wanted) == 1;
    table_close(&table);
    buffer_close(&file);
    return result;
}

#define VALUES(a, b, c, d) ((const char *const[]){a, b, c, d})

Test(row_match, a_plain_row_has_its_own_values)
{
    const char *row = "u17,ann@x.com,Ann,Lee,t4";
    cr_expect(is(HEADER, row, VALUES("u17", "ann@x.com", "Ann", "Lee")));
    cr_expect(is(HEADER, "u,a@b.c,,,", VALUES("u", "a@b.c", "", "")));
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
        for (unsigned email = 6; email <= 40; email++) {
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

Test(row_match, rows_are_counted_up_to_the_first_that_is_another)
{
    struct buffer file = {0};
    const char *rows = "u1,a@x.yz,A,B,t1\nu2,b@x.yz,C,D,t1\nu2,again@x.yz,C,D,\nu3,c@x.yz,E,F,";
    struct table table = table_of(HEADER, rows, &file);
    struct text_row texts[] = {{"u1a@x.yzAB................................", {2, 6, 1, 1}},
                               {"u2b@x.yzCD................................", {2, 6, 1, 1}},
                               {"u2again@x.yzCD............................", {2, 10, 1, 1}}};
    cr_expect(eq(u32, table_rows_are(&table, 0, 0, texts), 0));
    cr_expect(eq(u32, table_rows_are(&table, 0, 2, texts), 2));
    cr_expect(eq(u32, table_rows_are(&table, 1, 2, texts), 0));
    cr_expect(eq(u32, table_rows_are(&table, 0, 3, texts), 2), "a row that is not kept");
    table_close(&table);
    buffer_close(&file);
}
