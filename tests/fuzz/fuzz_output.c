/* SPDX-License-Identifier: MIT */
/*
 * What is written. Bytes of any kind must come back from JSON and from CSV as they went in, and
 * must not do anything to a terminal; and every report of an export with such bytes in it must be
 * sound JSON, or text without a control character.
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

/* What may not be seen by a terminal: controls, C1 in either form, what reorders text. */
static void harmless_require(span text, bool lines_allowed)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t code_point = 0;
        size_t size = fuzz_utf8(span_make(text.ptr + at, text.len - at), &code_point);
        fuzz_require(size > 0, "text is UTF-8");
        fuzz_require(code_point >= 0x20 || (lines_allowed && code_point == '\n'), "no C0");
        fuzz_require(code_point < 0x7F || code_point > 0x9F, "no DEL, no C1");
        fuzz_require(code_point != 0x61C && code_point != 0x200E && code_point != 0x200F &&
                         (code_point < 0x202A || code_point > 0x202E) &&
                         (code_point < 0x2066 || code_point > 0x2069),
                     "nothing that reorders text");
        fuzz_require(code_point != 0x2028 && code_point != 0x2029 && code_point != 0xFEFF,
                     "no other line ends and no marks");
        at += size;
    }
}

static void json_judge(span text)
{
    struct buffer out = {0};
    struct buffer expected = {0};
    escape_json_value(&out, text);
    repair(&expected, text);
    harmless_require(buffer_view(&out), false);
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
    harmless_require(buffer_view(&out), false);
    fuzz_require(text.len == 0 || out.size > 0, "everything is shown somehow");
    buffer_clear(&out);
    buffer_text(&out, "before");
    escape_terminal_short(&out, text, columns);
    harmless_require(buffer_view(&out), false);
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

/* Each line is an object, or all of it is one. */
static void json_report_judge(span text, bool lines)
{
    while (text.len > 0) {
        const char *end = lines ? memchr(text.ptr, '\n', text.len) : NULL;
        size_t len = end != NULL ? (size_t)(end - text.ptr) + 1 : text.len;
        json_error_t error;
        json_t *value = json_loadb(text.ptr, len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
        fuzz_require(value != NULL && json_is_object(value), "reports are sound JSON");
        fuzz_require(!lines || json_is_string(json_object_get(value, "type")), "with a type");
        json_decref(value);
        text.ptr += len;
        text.len -= len;
    }
}

static void reports_judge(const struct fuzz_export *files, bool trim)
{
    const struct muster_options reading = {.jobs = 1, .trim = trim};
    struct muster_roster *roster = fuzz_open(files, &reading);
    struct buffer out = {0};
    for (enum muster_format format = MUSTER_TEXT; format <= MUSTER_SYNC; format++) {
        for (enum muster_privacy privacy = MUSTER_PRIVACY_FULL; privacy <= MUSTER_PRIVACY_COUNTS;
             privacy++) {
            const struct muster_report_options options = {.format = format,
                                                          .command = "check",
                                                          .verbose = true,
                                                          .privacy = privacy,
                                                          .pseudonym_key = {"key", 3}};
            buffer_clear(&out);
            fuzz_require(muster_report_check(roster, &options, fuzz_write, &out) == MUSTER_OK,
                         "a report can be made");
            harmless_require(buffer_view(&out), true);
            if (format != MUSTER_TEXT) {
                json_report_judge(buffer_view(&out), format == MUSTER_JSONL);
            }
        }
    }
    buffer_close(&out);
    muster_roster_close(roster);
}

/* The records command: JSON on one side, text on the other. */
static void records_judge(span text, bool trim)
{
    struct buffer records = {0};
    struct buffer findings = {0};
    uint64_t finding_count = 0;
    const struct muster_input input = {.file = MUSTER_USERS, .data = text};
    const struct muster_records_options options = {.trim = trim,
                                                   .write = fuzz_write,
                                                   .context = &records,
                                                   .write_findings = fuzz_write,
                                                   .findings_context = &findings};
    fuzz_require(muster_records_write(&input, &options, &finding_count, NULL) == MUSTER_OK,
                 "records can be listed");
    harmless_require(buffer_view(&records), true);
    harmless_require(buffer_view(&findings), true);
    fuzz_require((findings.size > 0) == (finding_count > 0), "findings are told");
    span left = buffer_view(&records);
    while (left.len > 0) {
        const char *end = memchr(left.ptr, '\n', left.len);
        fuzz_require(end != NULL, "a record is a line");
        size_t len = (size_t)(end - left.ptr) + 1;
        json_t *value = json_loadb(left.ptr, len, JSON_ALLOW_NUL, NULL);
        fuzz_require(json_is_array(value) && json_array_size(value) > 0, "a record is an array");
        json_decref(value);
        left = span_make(left.ptr + len, left.len - len);
    }
    buffer_close(&records);
    buffer_close(&findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    span input = span_make(data, size);
    unsigned choices = fuzz_choices(&input);
    bool trim = (choices & CHOICE_TRIM) != 0;
    if (input.ptr == NULL) {
        input = span_make("", 0);
    }
    json_judge(input);
    terminal_judge(input, (choices & CHOICE_COLUMNS) >> 1);
    csv_judge(input, trim);
    records_judge(input, trim);
    struct fuzz_export files = fuzz_export_take(&input, MUSTER_FILE_COUNT);
    reports_judge(&files, trim);
    return 0;
}
