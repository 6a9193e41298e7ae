/* SPDX-License-Identifier: MIT */
#include "table/row_lines.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "csv/lines.h"
#include "support.h"

#define ROW_MAX 512
#define LARGE   65536 /* a window for the whole text */

/* Rows of a text, read in two parts like two chunks of a file. */
struct reading {
    span input;
    struct row_lines lines;
    size_t starts[ROW_MAX];
    uint32_t count;
};

static void part_read(struct reading *reading, size_t from, size_t stop, size_t window)
{
    struct scanner scanner;
    struct row_lines chunk = {0};
    const struct scan_batch *batch;
    size_t rows = 0;
    cr_assert(scanner_open(&scanner, reading->input, MUSTER_SIMD_BEST, window));
    scanner_seek(&scanner, from, stop);
    while ((batch = scanner_next(&scanner)) != NULL) {
        uint32_t flags = 0;
        for (size_t index = 0; index < batch->record_count; index++) {
            flags |= batch->records[index].flags;
            reading->starts[reading->count + rows + index] =
                batch->base + batch->records[index].start;
        }
        row_lines_add(&chunk, reading->input, batch, rows, flags);
        rows += batch->record_count;
    }
    scanner_close(&scanner);
    if (rows > 0) {
        cr_assert(row_lines_append(&reading->lines, reading->input, &chunk, reading->count,
                                   reading->starts[reading->count]));
    }
    reading->count += (uint32_t)rows;
    row_lines_close(&chunk);
}

/* What is counted is never far. */
static uint64_t line_of(const struct reading *reading, uint32_t row)
{
    uint32_t from;
    uint64_t before = row_lines_before(&reading->lines, row, &from);
    cr_assert(le(u32, from, row));
    cr_assert(lt(sz, reading->starts[row] - reading->starts[from], LINE_MARK_STEP));
    return before + lines_count(reading->input, reading->starts[from], reading->starts[row]) + 1;
}

/* The lines of all rows, with the second part from `cut` on, which is the start of a line. */
static void expect_lines(span input, size_t cut, size_t window)
{
    struct reading *reading = calloc(1, sizeof *reading);
    reading->input = input;
    part_read(reading, 0, cut, window);
    part_read(reading, cut, input.len, window);
    for (uint32_t row = 0; row < reading->count; row++) {
        uint64_t want = lines_count(input, 0, reading->starts[row]) + 1;
        cr_assert(eq(u64, line_of(reading, row), want), "row %u, cut at %zu", row, cut);
    }
    row_lines_close(&reading->lines);
    free(reading);
}

Test(row_lines, follow_from_the_numbers_of_rows_that_are_one_line_each)
{
    struct buffer text = {0};
    for (unsigned row = 0; row < 100; row++) {
        buffer_text(&text, row % 2 == 0 ? "a,\"b,c\",d\n" : "x,y\r\n");
    }
    struct reading *reading = calloc(1, sizeof *reading);
    reading->input = buffer_view(&text);
    part_read(reading, 0, text.size, LARGE);
    cr_expect(eq(u32, reading->count, 100));
    cr_expect(eq(ptr, reading->lines.marks, NULL), "nothing is kept");
    uint32_t from;
    cr_expect(eq(u64, row_lines_before(&reading->lines, 99, &from), 99));
    cr_expect(eq(u32, from, 99));
    row_lines_close(&reading->lines);
    free(reading);
    buffer_close(&text);
}

/* A row of 8 bytes: the mark that ends the counting is the first one a step behind. */
Test(row_lines, are_counted_for_a_step_behind_a_surplus_alone)
{
    enum { SURPLUS = 40, STEP_ROWS = (LINE_MARK_STEP - 16) / 8, COUNT = 400 };
    struct buffer text = {0};
    struct reading *reading = calloc(1, sizeof *reading);
    buffer_text(&text, "\n");
    for (unsigned row = 0; row < COUNT; row++) {
        buffer_text(&text, row == SURPLUS ? "abc,\"c\n\nd,ef\"\n\n\n" : "abc,def\n");
    }
    reading->input = buffer_view(&text);
    part_read(reading, 0, text.size, LARGE);
    cr_expect(eq(sz, reading->lines.count, 2));
    for (uint32_t row = 0; row < COUNT; row++) {
        uint32_t from;
        uint64_t before = row_lines_before(&reading->lines, row, &from);
        bool counted = row > SURPLUS && row <= SURPLUS + STEP_ROWS;
        cr_expect(eq(u32, from, counted ? SURPLUS : row), "row %u", row);
        cr_expect(eq(u64, before, 1 + from + (row > SURPLUS && !counted ? 4 : 0)), "row %u", row);
    }
    row_lines_close(&reading->lines);
    free(reading);
    buffer_close(&text);
}

Test(row_lines, may_all_be_more_than_one)
{
    struct buffer text = {0};
    for (unsigned row = 0; row < 500; row++) {
        buffer_text(&text, row % 3 == 0 ? "a,\"b\n\"\n" : "a,b\n\n");
    }
    expect_lines(buffer_view(&text), text.size, 0);
    buffer_close(&text);
}

/* The empty lines between two parts belong to the last row before them. */
Test(row_lines, count_what_stands_between_two_parts)
{
    struct buffer text = {0};
    for (unsigned row = 0; row < 3 * 16; row++) {
        buffer_text(&text, row == 16 ? "\n\n\na,b\n" : "a,b\n");
    }
    size_t size = strlen("a,b\n") * 16;
    expect_lines(buffer_view(&text), size, 0);
    expect_lines(buffer_view(&text), size + 3, 0);
    expect_lines(buffer_view(&text), size + 3, size); /* no window has both */
    buffer_close(&text);
}

Test(row_lines, are_those_of_a_count_for_any_text_in_two_parts)
{
    static const char *const pieces[] = {
        "a,b\n",           "a,\"b\n\r\nc\"\r\n", "\n",    "\r\n",    "\r",
        "x\ry\n",          "\"a\"\"\n\",b\n",    "a\"\n", " a ,b\n", "\"a\"b\nc\n",
        "\"a\r\",\"\n\"\n"};
    static const size_t windows[] = {64, 65, 100, LARGE};
    uint64_t state = 7;
    for (unsigned turn = 0; turn < (SANITIZED ? 60 : 600); turn++) {
        struct buffer text = {0};
        size_t cut = 0;
        unsigned count = 1 + (unsigned)random_below(&state, 80);
        for (unsigned piece = 0; piece < count; piece++) {
            cut = piece == count / 2 ? text.size : cut;
            size_t which = random_below(&state, turn % 3 == 0 ? 11 : 4);
            buffer_text(&text, pieces[turn % 3 == 1 && which > 0 ? 0 : which]);
        }
        for (size_t index = 0; index < 4; index++) {
            expect_lines(buffer_view(&text), cut, windows[index]);
        }
        buffer_close(&text);
    }
}
