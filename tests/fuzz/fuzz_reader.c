/* SPDX-License-Identifier: MIT */
/*
 * Every reader of CSV against libcsv: the exact parser in both profiles, and the scanner with every
 * kernel and several windows. Records, fields, values, places of errors and the marks that rules
 * rely on must all agree.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "csv/record.h"
#include "csv/scanner.h"
#include "csv/scanner_libcsv.h"

#define CHOICE_TRIM   0x01U
#define CHOICE_WINDOW 0x06U
#define CHOICE_PAD    0xF8U

/* The records of the exact parser, which all scanners are held against. */
struct reading {
    span input;
    struct record *records;
    struct raw_field *fields; /* of all records, one behind the other */
    size_t *first_fields;
    size_t record_count;
    size_t field_count;
};

static void reading_close(struct reading *reading)
{
    free(reading->records);
    free(reading->fields);
    free(reading->first_fields);
}

static void reading_make(struct reading *reading, span input, bool trim)
{
    size_t capacity = input.len + 2;
    *reading = (struct reading){.input = input,
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
                           const struct libcsv_reading *theirs, bool trim, struct buffer *scratch)
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
                                  trim, scratch);
        fuzz_require(span_equal(value, expected), "libcsv has the same value");
    }
}

static void libcsv_compare(const struct reading *reading, bool trim)
{
    struct libcsv_reading theirs;
    struct buffer scratch = {0};
    libcsv_read(&theirs, reading->input, trim);
    fuzz_require(!theirs.exhausted, "there is memory");
    fuzz_require(reading->record_count == theirs.record_count, "libcsv has as many records");
    for (size_t index = 0; index < reading->record_count; index++) {
        record_compare(reading, index, &theirs, trim, &scratch);
    }
    buffer_close(&scratch);
    libcsv_close(&theirs);
}

/* Whether a rule about values may speak, by looking at each character. */
static bool field_is_noteworthy(span raw)
{
    for (size_t at = 0; at < raw.len;) {
        uint32_t code_point = 0;
        size_t size = fuzz_utf8(span_make(raw.ptr + at, raw.len - at), &code_point);
        if (size == 0 || code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0)) {
            return true;
        }
        at += size;
    }
    bool quoted = raw.len > 1 && raw.ptr[0] == '"';
    span inner = quoted ? span_make(raw.ptr + 1, raw.len - 2) : raw;
    if (inner.len > 0 && (byte_is_blank((unsigned char)inner.ptr[0]) ||
                          byte_is_blank((unsigned char)inner.ptr[inner.len - 1]))) {
        return true;
    }
    return quoted &&
           (memchr(inner.ptr, ',', inner.len) != NULL || memchr(inner.ptr, '"', inner.len) != NULL);
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
    bool noteworthy = false;
    for (size_t field = 0; field < record->field_count; field++) {
        size_t end = batch->base + batch->field_ends[scanned->first_field + field];
        const struct raw_field *raw = &reading->fields[reading->first_fields[index] + field];
        fuzz_require(start == raw->start && end == raw->end, "the fields lie there");
        span text = span_make(reading->input.ptr + start, end - start);
        quoted = quoted || (text.len > 0 && text.ptr[0] == '"');
        noteworthy = noteworthy || field_is_noteworthy(text);
        start = end + 1;
    }
    fuzz_require(quoted == ((scanned->flags & SCAN_QUOTED) != 0), "quotes are told");
    fuzz_require(!noteworthy || (scanned->flags & SCAN_SUSPECT) != 0, "noteworthy bytes are told");
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

static void scanner_compare(const struct reading *reading, bool trim, enum muster_simd simd,
                            size_t window_size)
{
    struct scanner scanner;
    fuzz_require(scanner_open(&scanner, reading->input, simd, window_size), "there is memory");
    scanner.trim = trim;
    size_t behind = part_compare(reading, &scanner, 0, 0, reading->input.len);
    fuzz_require(behind == reading->record_count, "no scanner loses records");
    /* The same in two parts, as two threads would share them. */
    size_t middle = reading->record_count / 2;
    size_t cut = middle < reading->record_count ? reading->records[middle].start : 0;
    behind = part_compare(reading, &scanner, 0, 0, cut);
    fuzz_require(behind == middle, "a part ends where the next one begins");
    behind = part_compare(reading, &scanner, middle, cut, reading->input.len);
    fuzz_require(behind == reading->record_count, "two parts make the whole");
    scanner_close(&scanner);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t windows[] = {64, 65, 127, 200};
    span input = span_make(data, size);
    unsigned choices = fuzz_choices(&input);
    bool trim = (choices & CHOICE_TRIM) != 0;
    /* A copy that ends with its memory, at any distance from an aligned address. */
    size_t pad = (choices & CHOICE_PAD) >> 3;
    char *shifted = malloc(pad + input.len > 0 ? pad + input.len : 1);
    fuzz_require(shifted != NULL, "there is memory");
    if (input.len > 0) {
        memcpy(shifted + pad, input.ptr, input.len);
    }
    input.ptr = shifted + pad;
    struct reading reading;
    reading_make(&reading, input, trim);
    libcsv_compare(&reading, trim);
    for (enum muster_simd simd = MUSTER_SIMD_NONE; simd <= MUSTER_SIMD_AVX512; simd++) {
        scanner_compare(&reading, trim, simd, windows[(choices & CHOICE_WINDOW) >> 1]);
        scanner_compare(&reading, trim, simd, 0);
    }
    reading_close(&reading);
    free(shifted);
    return 0;
}
