/* SPDX-License-Identifier: MIT */
#include "csv/lines.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "support.h"

/* A CRLF counts at its LF; a CR counts where no LF follows. */
static bool ends_line(span input, size_t at)
{
    bool before_feed = at + 1 < input.len && input.ptr[at + 1] == '\n';
    return input.ptr[at] == '\n' || (input.ptr[at] == '\r' && !before_feed);
}

static void random_fill(char *bytes, size_t size, uint64_t *state)
{
    static const char alphabet[] = "ab\r\n\r\n";
    for (size_t index = 0; index < size; index++) {
        bytes[index] = alphabet[random_below(state, 6)];
    }
}

Test(lines, counts_are_those_of_a_loop_for_every_stretch)
{
    uint64_t state = 1;
    for (size_t size = 0; size <= 150; size++) {
        char bytes[150];
        struct guarded guarded;
        random_fill(bytes, size, &state);
        guarded_open(&guarded, bytes, size);
        span input = guarded_span(&guarded);
        for (size_t from = 0; from <= size; from++) {
            uint64_t want = 0;
            for (size_t to = from; to <= size; to++) {
                cr_assert(eq(u64, lines_count(input, from, to), want), "%zu: %zu to %zu", size,
                          from, to);
                want += to < size && ends_line(input, to) ? 1 : 0;
            }
        }
        guarded_close(&guarded);
    }
}

Test(lines, every_kind_of_line_end_counts_once)
{
    static const struct {
        span input;
        uint64_t count;
    } cases[] = {
        {{"", 0}, 0},           {{"abc", 3}, 0},        {{"a\nb\n", 4}, 2},
        {{"a\r\nb\r\n", 6}, 2}, {{"a\rb\r", 4}, 2},     {{"\n\r", 2}, 2},
        {{"\r\r\n", 3}, 2},     {{"\r\n\r\n\r", 5}, 3}, {{"\n\n\r\r", 4}, 4},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        span input = cases[index].input;
        cr_expect(eq(u64, lines_count(input, 0, input.len), cases[index].count), "case %zu", index);
    }
}

/* More than the bytes of a register can count. */
Test(lines, nothing_but_line_ends_is_counted_to_the_last)
{
    static const char *const ends[] = {"\n", "\r", "\r\n", "\n\r"};
    static const uint64_t counts[] = {20000, 20000, 10000, 10001};
    for (size_t index = 0; index < 4; index++) {
        static char bytes[20000];
        size_t size = strlen(ends[index]);
        for (size_t at = 0; at < sizeof bytes; at++) {
            bytes[at] = ends[index][at % size];
        }
        span input = span_make(bytes, sizeof bytes);
        cr_expect(eq(u64, lines_count(input, 0, sizeof bytes), counts[index]), "%zu", index);
    }
}

Test(lines, a_crlf_that_is_cut_counts_in_one_of_the_stretches)
{
    char bytes[64];
    memset(bytes, 'x', sizeof bytes);
    for (size_t at = 0; at + 1 < sizeof bytes; at++) {
        bytes[at] = '\r';
        bytes[at + 1] = '\n';
        span input = span_make(bytes, sizeof bytes);
        cr_expect(eq(u64, lines_count(input, 0, at + 1), 0), "CR at %zu", at);
        cr_expect(eq(u64, lines_count(input, at + 1, sizeof bytes), 1), "CR at %zu", at);
        bytes[at] = bytes[at + 1] = 'x';
    }
}

Test(lines, a_counter_agrees_with_a_walk_at_every_byte)
{
    uint64_t state = 2;
    static const size_t sizes[] = {0, 1, 63, 64, 65, 128, 129, 5000};
    for (size_t index = 0; index < sizeof sizes / sizeof *sizes; index++) {
        char bytes[5000];
        struct guarded guarded;
        random_fill(bytes, sizes[index], &state);
        guarded_open(&guarded, bytes, sizes[index]);
        struct line_counter lines = {.input = guarded_span(&guarded)};
        uint64_t line = 1;
        for (size_t at = 0; at < lines.input.len; at++) {
            cr_assert(eq(u64, line_counter_line(&lines, at), line), "byte %zu of %zu", at,
                      sizes[index]);
            line += ends_line(lines.input, at) ? 1 : 0;
        }
        cr_expect(eq(u64, line_counter_line(&lines, sizes[index]), line), "behind the last byte");
        guarded_close(&guarded);
    }
}

Test(lines, a_counter_may_be_asked_in_any_order)
{
    uint64_t state = 3;
    char bytes[900];
    random_fill(bytes, sizeof bytes, &state);
    struct line_counter lines = {.input = span_make(bytes, sizeof bytes)};
    for (unsigned asked = 0; asked < 5000; asked++) {
        size_t at = random_below(&state, sizeof bytes + 1);
        cr_assert(eq(u64, line_counter_line(&lines, at), lines_count(lines.input, 0, at) + 1),
                  "%zu", at);
    }
}

Test(lines, a_place_within_a_crlf_is_known)
{
    span input = SPAN("a\r\n\n\r\r\n");
    static const bool cut[] = {false, false, true, false, false, false, true, false};
    for (size_t at = 0; at <= input.len; at++) {
        cr_expect(eq(int, line_is_cut(input, at), cut[at]), "%zu", at);
    }
    cr_expect(not(line_is_cut(SPAN("\n"), 0)));
}

/* As editors count, which show no mark. */
Test(lines, a_byte_order_mark_belongs_to_no_line)
{
    span marked = SPAN("\xEF\xBB\xBF"
                       "ab\nc");
    cr_expect(eq(sz, mark_size(marked), 3));
    cr_expect(eq(sz, mark_size(SPAN("\xEF\xBB")), 0));
    cr_expect(eq(sz, mark_size(SPAN("ab\xEF\xBB\xBF")), 0));
    cr_expect(eq(sz, mark_size(SPAN("")), 0));
    cr_expect(eq(sz, line_byte(marked, 3), 1));
    cr_expect(eq(sz, line_byte(marked, 4), 2));
    cr_expect(eq(sz, line_byte(marked, 6), 1));
    cr_expect(eq(sz, line_byte(SPAN("ab\nc"), 1), 2));
    cr_expect(eq(sz, line_byte(SPAN("ab\nc"), 3), 1));
}
