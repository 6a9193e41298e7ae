/* SPDX-License-Identifier: MIT */
#include "table/far_rows.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "base/limits.h"
#include "support.h"
#include "table/table.h"

static struct far_row far_row_at(uint32_t row)
{
    return (struct far_row){.row = row, .fields = {{row, row + 1}, {row + 2, row + 3}}};
}

Test(far_rows, every_row_is_found_with_its_own_fields)
{
    struct far_rows list = {0};
    for (uint32_t row = 5; row < 100000; row += 1 + row % 7) {
        struct far_row far = far_row_at(row);
        far_rows_add(&list, &far);
    }
    cr_expect(not(list.exhausted));
    for (uint32_t row = 5; row < 100000; row += 1 + row % 7) {
        cr_assert(eq(sz, far_rows_find(&list, row)[0].start, row));
        cr_assert(eq(sz, far_rows_find(&list, row)[1].end, row + 3));
    }
    far_rows_close(&list);
}

Test(far_rows, an_appended_list_has_its_rows_moved_and_its_fields_not)
{
    struct far_rows list = {0};
    struct far_rows more = {0};
    const struct far_row rows[] = {far_row_at(2), far_row_at(0), far_row_at(7)};
    far_rows_add(&list, &rows[0]);
    far_rows_add(&more, &rows[1]);
    far_rows_add(&more, &rows[2]);
    far_rows_append(&list, &more, 10);
    cr_assert(eq(sz, list.count, 3));
    cr_expect(eq(sz, far_rows_find(&list, 2)[0].start, 2));
    cr_expect(eq(sz, far_rows_find(&list, 10)[0].start, 0));
    cr_expect(eq(sz, far_rows_find(&list, 17)[0].start, 7));
    far_rows_close(&list);
    far_rows_close(&more);
}

/* A record with an unused column of this size before the others. */
static void expect_values(size_t size, const char *fields, bool far)
{
    struct buffer text = {0};
    struct buffer scratch = {0};
    const struct table_options options = {.seed = 3};
    struct table table;
    span values[SCHEMA_COLUMN_MAX];
    buffer_text(&text, "x," DEPROVISION_HEADER);
    for (int record = 0; record < 2; record++) {
        for (size_t index = 0; index < size; index++) {
            buffer_byte(&text, 'v');
        }
        buffer_text(&text, fields);
    }
    cr_assert(eq(int,
                 table_open(&table, schema_of(MUSTER_DEPROVISION), buffer_view(&text), &options),
                 TABLE_DONE));
    cr_assert(eq(u32, table.kept_count, 2));
    for (uint32_t row = 0; row < 2; row++) {
        cr_expect(eq(int, (table.rows[row] & ROW_FAR) != 0, far), "%zu", size);
        table_read(&table, row, &scratch, values);
        cr_expect(eq(type(span), values[0], SPAN("X1")));
        cr_expect(eq(type(span), values[1], SPAN("a@b.c")));
        cr_expect(eq(type(span), values[2], SPAN("F\"")));
        cr_expect(eq(type(span), values[3], SPAN("")));
        cr_expect(eq(type(span), table_value(&table, row, 2, &scratch), SPAN("F\"")));
        cr_expect(eq(type(span), table_value(&table, row, 0, &scratch), SPAN("X1")));
    }
    cr_expect(eq(u32, table_find(&table, SPAN("X1")), 0));
    table_close(&table);
    buffer_close(&scratch);
    buffer_close(&text);
}

Test(far_rows, a_long_row_has_the_values_of_a_short_one)
{
    static const char fields[] = ",X1,a@b.c,\"F\"\"\",\n";
    expect_values(10, fields, false);
    expect_values(ROW_NEAR_SIZE / 2, fields, false);
    expect_values(ROW_NEAR_SIZE + 1, fields, true);
    expect_values(60000, fields, true);
}
