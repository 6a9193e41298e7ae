/* SPDX-License-Identifier: MIT */
/*
 * The writers. Bytes of any kind must come back from JSON and from CSV as they went in, and must
 * not do anything to a terminal.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "csv/record.h"
#include "csv/writer.h"
#include "output/escape.h"

#define CHOICE_TRIM    0x01U
#define CHOICE_COLUMNS 0x7EU

#define CELL_SEPARATOR '\x1F'
#define CELL_COUNT_MAX 64

/* The text with every bad byte as U+FFFD. */
static void repair(struct buffer *out, span text)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t code_point = 0;
        size_t size = fuzz_utf8(span_make(text.ptr + at, text.len - at), &code_point);
        if (size == 0) {
            buffer_text(out, "\xEF\xBF\xBD");
            at++;
        } else {
            buffer_append(out, text.ptr + at, size);
            at += size;
        }
    }
}

static void json_judge(span text)
{
    struct buffer out = {0};
    struct buffer expected = {0};
    escape_json_value(&out, text);
    repair(&expected, text);
    fuzz_require_harmless(buffer_view(&out), false);
    json_t *value = json_loadb(out.bytes, out.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    fuzz_require(value != NULL && json_is_string(value), "a JSON string");
    fuzz_require(span_equal(span_make(json_string_value(value), json_string_length(value)),
                            buffer_view(&expected)),
                 "JSON gives the value back");
    json_decref(value);
    buffer_close(&out);
    buffer_close(&expected);
}

static void terminal_judge(span text, size_t columns)
{
    struct buffer out = {0};
    escape_terminal(&out, text);
    fuzz_require_harmless(buffer_view(&out), false);
    fuzz_require(text.len == 0 || out.size > 0, "everything is shown somehow");
    buffer_clear(&out);
    buffer_text(&out, "before");
    escape_terminal_short(&out, text, columns);
    fuzz_require_harmless(buffer_view(&out), false);
    fuzz_require(memcmp(out.bytes, "before", 6) == 0, "what stood before stays");
    fuzz_require(text_columns(span_make(out.bytes + 6, out.size - 6)) <=
                     (columns > 0 ? columns : 1),
                 "it fits");
    buffer_close(&out);
}

/* Write cells as a record, read the record. */
static void csv_judge(span text, bool trim)
{
    struct raw_field fields[CELL_COUNT_MAX];
    span cells[CELL_COUNT_MAX];
    size_t count = 0;
    struct buffer out = {0};
    struct buffer scratch = {0};
    while (count < CELL_COUNT_MAX && (count == 0 || text.len > 0)) {
        const char *end = text.len > 0 ? memchr(text.ptr, CELL_SEPARATOR, text.len) : NULL;
        size_t len = end != NULL ? (size_t)(end - text.ptr) : text.len;
        cells[count] = span_make(text.ptr, len);
        csv_field(&out, count == 0, cells[count]);
        text = end != NULL ? span_make(end + 1, text.len - len - 1) : span_make("", 0);
        count++;
    }
    buffer_byte(&out, '\n');
    struct record record;
    bool there = record_parse(buffer_view(&out), 0, trim, fields, CELL_COUNT_MAX, &record);
    fuzz_require(there || (count == 1 && cells[0].len == 0), "a record was written");
    fuzz_require(!there || (record.trouble == RECORD_SOUND && record.field_count == count &&
                            record.end + 1 == out.size),
                 "one sound record was written");
    for (size_t index = 0; there && index < count; index++) {
        span raw =
            span_make(out.bytes + fields[index].start, fields[index].end - fields[index].start);
        buffer_clear(&scratch);
        fuzz_require(span_equal(field_decode(raw, trim, &scratch), cells[index]),
                     "CSV gives the value back");
    }
    buffer_close(&out);
    buffer_close(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    span input = span_make(data, size);
    unsigned choices = fuzz_choices(&input);
    if (input.ptr == NULL) {
        input = span_make("", 0);
    }
    json_judge(input);
    terminal_judge(input, (choices & CHOICE_COLUMNS) >> 1);
    csv_judge(input, (choices & CHOICE_TRIM) != 0);
    return 0;
}
