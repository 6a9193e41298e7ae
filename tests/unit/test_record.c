/* SPDX-License-Identifier: MIT */
#include "csv/record.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "support.h"

#define FIELD_MAX 16

/*
 * All records of an input: fields in brackets, records behind each other. `!n` is a stray quote
 * at byte n, `?n` an open one.
 */
static span reading(span input, bool trim)
{
    static struct buffer text;
    struct buffer scratch = {0};
    struct raw_field fields[FIELD_MAX];
    struct record record = {0};
    buffer_clear(&text);
    while (record_parse(input, record.next, trim, fields, FIELD_MAX, &record)) {
        buffer_text(&text, text.size > 0 ? " " : "");
        for (size_t index = 0; index < record.field_count && index < FIELD_MAX; index++) {
            span raw =
                span_make(input.ptr + fields[index].start, fields[index].end - fields[index].start);
            buffer_byte(&text, '[');
            buffer_span(&text, field_decode(raw, trim, &scratch));
            buffer_byte(&text, ']');
        }
        if (record.trouble != RECORD_SOUND) {
            buffer_byte(&text, record.trouble == RECORD_STRAY_QUOTE ? '!' : '?');
            buffer_number(&text, record.trouble_at);
        }
        scratch.size = 0;
    }
    buffer_close(&scratch);
    return buffer_view(&text);
}

struct example {
    const char *input;
    const char *keep; /* what is read in the dialect of the contract */
    const char *trim; /* the same with --trim; NULL: no difference */
};

static void expect_examples(const struct example *examples, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        const struct example *example = &examples[index];
        const char *trim = example->trim != NULL ? example->trim : example->keep;
        struct guarded guarded;
        guarded_open(&guarded, example->input, strlen(example->input));
        span input = guarded_span(&guarded);
        cr_expect(eq(type(span), reading(input, false), span_from(example->keep)), "keep: %s",
                  example->input);
        cr_expect(eq(type(span), reading(input, true), span_from(trim)), "trim: %s",
                  example->input);
        guarded_close(&guarded);
    }
}

Test(record, lines_are_records_and_commas_end_fields)
{
    static const struct example examples[] = {
        {"", "", NULL},
        {"a", "[a]", NULL},
        {"a,b\nc,d\n", "[a][b] [c][d]", NULL},
        {"a,b\r\nc,d\r\n", "[a][b] [c][d]", NULL},
        {"a\rb\rc", "[a] [b] [c]", NULL},
        {"a\n\rb", "[a] [b]", NULL},
        {",", "[][]", NULL},
        {"a,", "[a][]", NULL},
        {",,\n,", "[][][] [][]", NULL},
        {"a,b,\n", "[a][b][]", NULL},
    };
    expect_examples(examples, sizeof examples / sizeof *examples);
}

Test(record, empty_lines_are_no_records)
{
    static const struct example examples[] = {
        {"\n", "", NULL},
        {"\r\n\r\r\n\n", "", NULL},
        {"\n\na\n\n\nb\n\n", "[a] [b]", NULL},
        {" \n\t\na", "[ ] [\t] [a]", "[a]"},
        {" ", "[ ]", ""},
        {"\"\"\n", "[]", NULL},
    };
    expect_examples(examples, sizeof examples / sizeof *examples);
}

Test(record, blanks_belong_to_the_value_unless_trimmed)
{
    static const struct example examples[] = {
        {" a , b ", "[ a ][ b ]", "[a][b]"}, {"\ta\t,b c", "[\ta\t][b c]", "[a][b c]"},
        {" , ", "[ ][ ]", "[][]"},           {"\" a \"", "[ a ]", NULL},
        {"a\n  b", "[a] [  b]", "[a] [b]"},
    };
    expect_examples(examples, sizeof examples / sizeof *examples);
}

Test(record, quotes_hold_what_would_end_a_field)
{
    static const struct example examples[] = {
        {"\"a,b\",c", "[a,b][c]", NULL},
        {"\"a\r\nb\"\nc", "[a\r\nb] [c]", NULL},
        {"\"a\"\"b\"", "[a\"b]", NULL},
        {"\"\"\"\"", "[\"]", NULL},
        {"\"\"\"a\"\"\"", "[\"a\"]", NULL},
        {"\"\",\"\"", "[][]", NULL},
        {"\"a\"\r\"b\"\r\n\"c\"", "[a] [b] [c]", NULL},
        {"\"a\",", "[a][]", NULL},
    };
    expect_examples(examples, sizeof examples / sizeof *examples);
}

Test(record, a_stray_quote_costs_one_record)
{
    static const struct example examples[] = {
        {"a\"b\nc", "!1 [c]", NULL},
        {"a,b\"\nc", "[a]!3 [c]", NULL},
        {"\"a\"b,c\nd", "!3 [d]", NULL},
        {"\"a\" ,b\nc", "!3 [c]", "[a][b] [c]"},
        {" \"a\"\nb", "!1 [b]", "[a] [b]"},
        {"\"a\" b\nc", "!3 [c]", "!4 [c]"},
        {"a\"", "!1", NULL},
        {"a\"b\r\nc", "!1 [c]", NULL},
        {"a\"b\rc", "!1 [c]", NULL},
        /* Reading resumes behind the offending byte's line, not behind the record's first. */
        {"\"a\nb\"c\nd", "!5 [d]", NULL},
        {"a\"\"\nb", "!1 [b]", NULL},
    };
    expect_examples(examples, sizeof examples / sizeof *examples);
}

Test(record, an_open_quote_takes_the_rest_and_names_its_beginning)
{
    static const struct example examples[] = {
        {"\"", "?0", NULL},     {"a,\"b\nc,d\n", "[a]?2", NULL}, {"a\n\"b\"\"", "[a] ?2", NULL},
        {"\"\"\"", "?0", NULL}, {"a,  \"b", "[a]!4", "[a]?4"},
    };
    expect_examples(examples, sizeof examples / sizeof *examples);
}

Test(record, bytes_that_are_no_text_are_data)
{
    cr_expect(eq(type(span), reading(SPAN("a\0b,\xFF\x80\n"), false), SPAN("[a\0b][\xFF\x80]")));
    cr_expect(eq(type(span), reading(SPAN("\xEF\xBB\xBF\"a\""), false), SPAN("!3")),
              "a byte order mark is the caller's to skip");
}

Test(record, places_are_those_of_the_input)
{
    static const char text[] = "\n\nab,\"c\"\r\nd";
    struct raw_field fields[2];
    struct record record;
    cr_assert(record_parse(span_from(text), 0, false, fields, 2, &record));
    cr_expect(eq(sz, record.start, 2));
    cr_expect(eq(sz, record.end, 8));
    cr_expect(eq(sz, record.next, 9), "the LF of the CRLF is an empty line");
    cr_expect(eq(sz, fields[0].start, 2));
    cr_expect(eq(sz, fields[0].end, 4));
    cr_expect(eq(sz, fields[1].start, 5));
    cr_expect(eq(sz, fields[1].end, 8));
    cr_assert(record_parse(span_from(text), record.next, false, fields, 2, &record));
    cr_expect(eq(sz, record.start, 10));
    cr_expect(eq(sz, record.end, 11));
    cr_expect(eq(sz, record.next, 11));
    cr_expect(not(record_parse(span_from(text), record.next, false, fields, 2, &record)));
}

Test(record, fields_beyond_the_room_are_counted_and_not_written)
{
    struct raw_field fields[3] = {{0, 0}, {0, 0}, {77, 77}};
    struct record record;
    cr_assert(record_parse(SPAN("a,b,c,d,e"), 0, false, fields, 2, &record));
    cr_expect(eq(sz, record.field_count, 5));
    cr_expect(eq(sz, fields[1].start, 2));
    cr_expect(eq(sz, fields[2].start, 77));
    cr_assert(record_parse(SPAN("a,b,c,d,e"), 0, false, NULL, 0, &record));
    cr_expect(eq(sz, record.field_count, 5));
}

Test(record, a_value_without_doubled_quotes_is_not_copied)
{
    struct buffer scratch = {0};
    span raw = SPAN("\"abc\"");
    span value = field_decode(raw, false, &scratch);
    cr_expect(eq(type(span), value, SPAN("abc")));
    cr_expect(eq(ptr, (void *)(uintptr_t)value.ptr, (void *)(uintptr_t)(raw.ptr + 1)));
    cr_expect(eq(sz, scratch.size, 0));
    buffer_close(&scratch);
}

Test(record, decoded_values_stand_behind_each_other_in_the_scratch)
{
    struct buffer scratch = {0};
    (void)buffer_reserve(&scratch, 100);
    span first = field_decode(SPAN("\"a\"\"b\""), false, &scratch);
    span second = field_decode(SPAN("\"\"\"\"\"\""), false, &scratch);
    cr_expect(eq(type(span), first, SPAN("a\"b")));
    cr_expect(eq(type(span), second, SPAN("\"\"")));
    cr_expect(eq(sz, scratch.size, 5));
    buffer_close(&scratch);
}

Test(record, a_raw_field_that_is_not_sound_is_decoded_without_harm)
{
    /* A file that changes under a map can show anything. */
    static const char *const raws[] = {"\"", "\"\"\"", "\"a", "\"a\"\"", "\"\"\"\"\"", "a\"", ""};
    for (size_t index = 0; index < sizeof raws / sizeof *raws; index++) {
        struct guarded guarded;
        struct buffer scratch = {0};
        guarded_open(&guarded, raws[index], strlen(raws[index]));
        span value = field_decode(guarded_span(&guarded), false, &scratch);
        cr_expect(le(sz, value.len, strlen(raws[index])), "%s", raws[index]);
        buffer_close(&scratch);
        guarded_close(&guarded);
    }
}

Test(record, reading_goes_on_behind_the_line_end_of_a_broken_record_and_never_behind_the_input)
{
    struct raw_field fields[FIELD_MAX];
    struct record record;
    cr_assert(record_parse(SPAN("a\"\nb"), 0, false, fields, FIELD_MAX, &record));
    cr_expect(eq(sz, record.next, 3));
    cr_assert(record_parse(SPAN("a\"b"), 0, false, fields, FIELD_MAX, &record));
    cr_expect(eq(sz, record.next, 3), "there is no line end");
    cr_assert(record_parse(SPAN("a\"\r\nb"), 0, false, fields, FIELD_MAX, &record));
    cr_expect(eq(sz, record.next, 3), "the carriage return is one");
}
