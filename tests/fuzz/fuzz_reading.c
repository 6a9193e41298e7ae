/* SPDX-License-Identifier: MIT */
#include "fuzz_reading.h"

#include <stdlib.h>
#include <string.h>

#include "csv/record.h"
#include "csv/scanner.h"
#include "csv/scanner_libcsv.h"
#include "fuzz.h"

void reading_close(struct reading *reading)
{
    free(reading->records);
    free(reading->fields);
    free(reading->first_fields);
}

void reading_make(struct reading *reading, span input, bool trim)
{
    size_t capacity = input.len + 2;
    *reading = (struct reading){.input = input,
                                .trim = trim,
                                .records = calloc(capacity, sizeof *reading->records),
                                .fields = calloc(capacity, sizeof *reading->fields),
                                .first_fields = calloc(capacity, sizeof(size_t))};
    fuzz_require(reading->records != NULL && reading->fields != NULL &&
                     reading->first_fields != NULL,
                 "there is memory");
    struct record record;
    for (size_t at = 0; record_parse(input, at, trim, reading->fields + reading->field_count,
                                     capacity - reading->field_count, &record);
         at = record.next) {
        fuzz_require(record.next > at && record.start >= at, "every record goes on");
        reading->first_fields[reading->record_count] = reading->field_count;
        reading->records[reading->record_count++] = record;
        if (record.trouble == RECORD_SOUND) {
            reading->field_count += record.field_count;
        }
    }
}

/* One record of ours and one of libcsv. */
static void record_compare(const struct reading *reading, size_t index,
                           const struct libcsv_reading *theirs, struct buffer *scratch)
{
    const struct record *record = &reading->records[index];
    const struct libcsv_record *other = &theirs->records[index];
    fuzz_require(record->trouble == other->trouble, "libcsv finds the same trouble");
    if (record->trouble != RECORD_SOUND) {
        fuzz_require(record->trouble != RECORD_STRAY_QUOTE ||
                         record->trouble_at == other->trouble_at,
                     "libcsv stops at the same byte");
        fuzz_require(reading->input.ptr[record->trouble_at] == '"' ||
                         record->trouble == RECORD_STRAY_QUOTE,
                     "an open quote is a quote");
        return;
    }
    fuzz_require(record->field_count == other->field_count, "libcsv has as many fields");
    for (size_t field = 0; field < record->field_count; field++) {
        size_t theirs_at = other->first_field + field;
        size_t start = theirs_at > 0 ? theirs->value_ends[theirs_at - 1] : 0;
        span expected = span_make(theirs->values.bytes != NULL ? theirs->values.bytes + start : "",
                                  theirs->value_ends[theirs_at] - start);
        const struct raw_field *raw = &reading->fields[reading->first_fields[index] + field];
        buffer_clear(scratch);
        span value = field_decode(span_make(reading->input.ptr + raw->start, raw->end - raw->start),
                                  reading->trim, scratch);
        fuzz_require(span_equal(value, expected), "libcsv has the same value");
    }
}

void reading_require_libcsv(const struct reading *reading)
{
    struct libcsv_reading theirs;
    struct buffer scratch = {0};
    libcsv_read(&theirs, reading->input, reading->trim);
    fuzz_require(!theirs.exhausted, "there is memory");
    fuzz_require(reading->record_count == theirs.record_count, "libcsv has as many records");
    for (size_t index = 0; index < reading->record_count; index++) {
        record_compare(reading, index, &theirs, &scratch);
    }
    buffer_close(&scratch);
    libcsv_close(&theirs);
}

/* What a scanner owes of a field, so that rules about values see it; by each character. */
static unsigned field_flags(span raw)
{
    unsigned flags = 0;
    for (size_t at = 0; at < raw.len;) {
        uint32_t code_point = 0;
        size_t size = fuzz_utf8(span_make(raw.ptr + at, raw.len - at), &code_point);
        bool is_line_end = code_point == '\n' || code_point == '\r';
        bool is_control = code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
        if (size == 0 || (is_control && !is_line_end)) {
            return SCAN_SUSPECT;
        }
        flags |= is_line_end ? SCAN_NOTABLE : 0U;
        at += size;
    }
    bool quoted = raw.len > 1 && raw.ptr[0] == '"';
    span inner = quoted ? span_make(raw.ptr + 1, raw.len - 2) : raw;
    bool spaced = inner.len > 0 && (inner.ptr[0] == ' ' || inner.ptr[inner.len - 1] == ' ');
    bool inside = quoted && (memchr(inner.ptr, ',', inner.len) != NULL ||
                             memchr(inner.ptr, '"', inner.len) != NULL);
    return flags | (spaced || inside ? SCAN_NOTABLE : 0U);
}

static void scanned_compare(const struct reading *reading, size_t index,
                            const struct scan_batch *batch, const struct scan_record *scanned)
{
    const struct record *record = &reading->records[index];
    fuzz_require(batch->base + scanned->start == record->start, "the record starts there");
    if ((scanned->flags & SCAN_EXACT) != 0) {
        return; /* the consumer asks the exact parser */
    }
    fuzz_require(record->trouble == RECORD_SOUND, "no scanner splits a broken record");
    fuzz_require(scanned->field_count == record->field_count, "as many fields");
    size_t start = record->start;
    bool quoted = false;
    unsigned owed = 0;
    for (size_t field = 0; field < record->field_count; field++) {
        size_t end = batch->base + batch->field_ends[scanned->first_field + field];
        const struct raw_field *raw = &reading->fields[reading->first_fields[index] + field];
        fuzz_require(start == raw->start && end == raw->end, "the fields lie there");
        span text = span_make(reading->input.ptr + start, end - start);
        quoted = quoted || (text.len > 0 && text.ptr[0] == '"');
        owed |= field_flags(text);
        start = end + 1;
    }
    fuzz_require(quoted == ((scanned->flags & SCAN_QUOTED) != 0), "quotes are told");
    fuzz_require((owed & ~scanned->flags) == 0, "noteworthy bytes are told");
}

/* Scan [from, to), whose ends are starts of records; gives the index behind the last record. */
static size_t part_compare(const struct reading *reading, struct scanner *scanner, size_t index,
                           size_t from, size_t to)
{
    scanner_seek(scanner, from, to);
    const struct scan_batch *batch;
    while ((batch = scanner_next(scanner)) != NULL) {
        fuzz_require(batch->record_count > 0, "no batch is empty");
        for (size_t at = 0; at < batch->record_count; at++) {
            fuzz_require(index < reading->record_count, "no scanner invents records");
            scanned_compare(reading, index, batch, &batch->records[at]);
            index++;
        }
    }
    return index;
}

void reading_require_scanner(const struct reading *reading, enum muster_simd simd,
                             size_t window_size, size_t middle)
{
    struct scanner scanner;
    fuzz_require(scanner_open(&scanner, reading->input, simd, window_size), "there is memory");
    scanner.trim = reading->trim;
    size_t cut = middle > 0 && middle < reading->record_count ? reading->records[middle].start : 0;
    size_t behind = part_compare(reading, &scanner, 0, 0, cut);
    fuzz_require(behind == (cut > 0 ? middle : 0), "a part ends where the next one begins");
    behind = part_compare(reading, &scanner, behind, cut, reading->input.len);
    fuzz_require(behind == reading->record_count, "no scanner loses records");
    scanner_close(&scanner);
}
