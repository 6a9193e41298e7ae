/* SPDX-License-Identifier: MIT */
#include "csv/writer.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "csv/record.h"
#include "support.h"

static span written(span value)
{
    static struct buffer out;
    buffer_clear(&out);
    csv_value(&out, value);
    return buffer_view(&out);
}

Test(writer, a_value_is_quoted_only_where_it_needs_it)
{
    cr_expect(eq(type(span), written(SPAN("")), SPAN("")));
    cr_expect(eq(type(span), written(SPAN("abc")), SPAN("abc")));
    cr_expect(eq(type(span), written(SPAN("a b\tc")), SPAN("a b\tc")));
    cr_expect(eq(type(span), written(SPAN("\xC3\xA4;'")), SPAN("\xC3\xA4;'")));
    cr_expect(eq(type(span), written(SPAN("a,b")), SPAN("\"a,b\"")));
    cr_expect(eq(type(span), written(SPAN("a\nb")), SPAN("\"a\nb\"")));
    cr_expect(eq(type(span), written(SPAN("a\rb")), SPAN("\"a\rb\"")));
    cr_expect(eq(type(span), written(SPAN("\"")), SPAN("\"\"\"\"")));
    cr_expect(eq(type(span), written(SPAN("say \"hi\"")), SPAN("\"say \"\"hi\"\"\"")));
    cr_expect(eq(type(span), written(SPAN(" a")), SPAN("\" a\"")));
    cr_expect(eq(type(span), written(SPAN("a\t")), SPAN("\"a\t\"")));
    cr_expect(eq(type(span), written(SPAN(" ")), SPAN("\" \"")));
}

Test(writer, fields_are_separated_by_commas)
{
    struct buffer out = {0};
    csv_field(&out, true, SPAN("a"));
    csv_field(&out, false, SPAN(""));
    csv_field(&out, false, SPAN("b,c"));
    cr_expect(eq(type(span), buffer_view(&out), SPAN("a,,\"b,c\"")));
    buffer_close(&out);
}

Test(writer, what_was_written_is_read_again_in_both_dialects)
{
    static const char alphabet[] = "a,\" \t\r\n\xC3\xA4";
    uint64_t state = 4;
    for (int round = 0; round < 20000; round++) {
        char values[3][12];
        size_t sizes[3];
        struct buffer out = {0};
        for (size_t field = 0; field < 3; field++) {
            sizes[field] = random_below(&state, sizeof values[0]);
            for (size_t index = 0; index < sizes[field]; index++) {
                values[field][index] = alphabet[random_below(&state, 9)];
            }
            csv_field(&out, field == 0, span_make(values[field], sizes[field]));
        }
        buffer_text(&out, round % 2 == 0 ? "\r\n" : "");
        for (int trim = 0; trim < 2; trim++) {
            struct raw_field fields[3];
            struct record record;
            struct buffer scratch = {0};
            span input = buffer_view(&out);
            cr_assert(record_parse(input, 0, trim == 1, fields, 3, &record));
            cr_assert(eq(int, record.trouble, RECORD_SOUND));
            cr_assert(eq(sz, record.field_count, 3));
            for (size_t field = 0; field < 3; field++) {
                span raw = span_make(input.ptr + fields[field].start,
                                     fields[field].end - fields[field].start);
                span want = span_make(values[field], sizes[field]);
                cr_assert(eq(type(span), field_decode(raw, trim == 1, &scratch), want));
                buffer_clear(&scratch);
            }
            buffer_close(&scratch);
        }
        buffer_close(&out);
    }
}

Test(writer, looks_at_no_byte_behind_the_value)
{
    struct guarded guarded;
    guarded_open(&guarded, "plain", 5);
    cr_expect(eq(type(span), written(guarded_span(&guarded)), SPAN("plain")));
    guarded_close(&guarded);
}
