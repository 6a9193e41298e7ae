/* SPDX-License-Identifier: MIT */
#include "readings.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <malloc.h>

#include "base/text.h"
#include "csv/record.h"
#include "csv/scanner.h"
#include "csv/scanner_libcsv.h"
#include "support.h"
#include "table/value.h"

#define CHOICE_COUNT 4
#define WINDOW_COUNT 3

/* What the exact parser makes of the input. */
struct exact {
    struct record records[READING_SIZE_MAX];
    size_t first_field[READING_SIZE_MAX];
    unsigned flags[READING_SIZE_MAX]; /* that a scanner owes, so that rules about values see it */
    struct raw_field fields[READING_SIZE_MAX + 1];
    size_t record_count;
};

static struct exact exact;
static struct guarded room;
static struct scanner scanners[CHOICE_COUNT][WINDOW_COUNT];
static struct buffer scratch;
static span input;

static const enum muster_simd choices[CHOICE_COUNT] = {MUSTER_SIMD_NONE, MUSTER_SIMD_SSE2,
                                                       MUSTER_SIMD_AVX2, MUSTER_SIMD_AVX512};
static const size_t windows[WINDOW_COUNT] = {64, 0, 128};

void readings_open(void)
{
    static const unsigned char nothing[READING_SIZE_MAX];
    /* libcsv takes a mebibyte for every input; from the heap that costs nothing. */
    (void)mallopt(M_MMAP_THRESHOLD, 64 << 20);
    (void)mallopt(M_TRIM_THRESHOLD, 64 << 20);
    guarded_open(&room, nothing, sizeof nothing);
    for (size_t choice = 0; choice < CHOICE_COUNT; choice++) {
        for (size_t window = 0; window < WINDOW_COUNT; window++) {
            cr_assert(scanner_open(&scanners[choice][window], SPAN(""), choices[choice],
                                   windows[window]));
        }
    }
}

static void disagree(const char *who, const char *about, size_t record)
{
    cr_fail("%s, record %zu: %s\n%s", who, record, about, cr_user_span_tostr(&input));
}

static span raw_value(struct raw_field field)
{
    return span_make(input.ptr + field.start, field.end - field.start);
}

/* What has to be looked at for a rule of pass 1 or, but for e-mails, of pass 6. */
static unsigned record_flags(const struct record *record, const struct raw_field *fields, bool trim)
{
    span whole = span_make(input.ptr + record->start, record->end - record->start);
    bool sound = memchr(whole.ptr, 0, whole.len) == NULL && text_utf8_prefix(whole) == whole.len;
    unsigned flags = sound ? 0 : SCAN_SUSPECT;
    for (size_t field = 0; field < record->field_count; field++) {
        buffer_clear(&scratch);
        span value = field_decode(raw_value(fields[field]), trim, &scratch);
        unsigned troubles = value_troubles(value, COLUMN_TEXT);
        flags |= (troubles & VALUE_CONTROL_CHARACTER) != 0 ? SCAN_SUSPECT : 0U;
        flags |= (troubles & VALUE_SPECIAL_CHARACTER) != 0 ? SCAN_NOTABLE : 0U;
        if (value.len > 0) {
            char edges[2] = {value.ptr[0], value.ptr[value.len - 1]};
            flags |= edges[0] == ' ' || edges[1] == ' ' ? SCAN_NOTABLE : 0U;
            flags |= edges[0] == '\t' || edges[1] == '\t' ? SCAN_SUSPECT : 0U;
        }
    }
    return flags;
}

static void exact_read(bool trim)
{
    size_t at = 0;
    size_t used = 0;
    exact.record_count = 0;
    struct record *record = exact.records;
    while (
        record_parse(input, at, trim, exact.fields + used, READING_SIZE_MAX + 1 - used, record)) {
        size_t index = exact.record_count++;
        exact.first_field[index] = used;
        bool whole = record->trouble == RECORD_SOUND;
        exact.flags[index] = whole ? record_flags(record, exact.fields + used, trim) : 0;
        used += record->field_count;
        at = record->next;
        record++;
    }
}

/* The sound fields of one record. */
static void libcsv_compare_fields(const struct libcsv_reading *reading, size_t index, bool trim)
{
    const struct libcsv_record *theirs = &reading->records[index];
    for (size_t field = 0; field < theirs->field_count; field++) {
        size_t place = theirs->first_field + field;
        struct raw_field ours = exact.fields[exact.first_field[index] + field];
        size_t from = place > 0 ? reading->value_ends[place - 1] : 0;
        const char *values = reading->values.bytes != NULL ? reading->values.bytes : "";
        span want = span_make(values + from, reading->value_ends[place] - from);
        buffer_clear(&scratch);
        span got = field_decode(raw_value(ours), trim, &scratch);
        if (!span_equal(got, want)) {
            disagree("the exact parser", "another value than libcsv", index);
        }
        if (ours.end != reading->field_ends[place]) {
            disagree("the exact parser", "a field that ends elsewhere than in libcsv", index);
        }
    }
}

static void libcsv_compare(bool trim)
{
    struct libcsv_reading reading;
    libcsv_read(&reading, input, trim);
    cr_assert(not(reading.exhausted));
    if (exact.record_count != reading.record_count) {
        disagree("the exact parser", "another number of records than libcsv", exact.record_count);
    }
    for (size_t index = 0; index < exact.record_count; index++) {
        const struct record *ours = &exact.records[index];
        const struct libcsv_record *theirs = &reading.records[index];
        if (ours->trouble != theirs->trouble) {
            disagree("the exact parser", "another trouble than libcsv", index);
        }
        if (ours->trouble == RECORD_STRAY_QUOTE && ours->trouble_at != theirs->trouble_at) {
            disagree("the exact parser", "a trouble elsewhere than in libcsv", index);
        }
        /* libcsv does not say where an open quote stands; a quote it must be. */
        if (ours->trouble == RECORD_UNTERMINATED && input.ptr[ours->trouble_at] != '"') {
            disagree("the exact parser", "an open quote that is none", index);
        }
        if (ours->trouble == RECORD_SOUND && ours->field_count != theirs->field_count) {
            disagree("the exact parser", "another number of fields than libcsv", index);
        }
        if (ours->trouble == RECORD_SOUND) {
            libcsv_compare_fields(&reading, index, trim);
        }
    }
    libcsv_close(&reading);
}

static void scan_compare_record(const char *who, const struct scan_batch *batch, size_t place,
                                size_t index)
{
    const struct scan_record *got = &batch->records[place];
    const struct record *want = &exact.records[index];
    const struct raw_field *fields = exact.fields + exact.first_field[index];
    if (batch->base + got->start != want->start) {
        disagree(who, "another start", index);
    }
    if ((got->flags & SCAN_EXACT) != 0) {
        return;
    }
    if (want->trouble != RECORD_SOUND) {
        disagree(who, "a trouble that was not seen", index);
    }
    if (got->field_count != want->field_count) {
        disagree(who, "another number of fields", index);
    }
    size_t start = want->start;
    for (size_t field = 0; field < want->field_count; field++) {
        size_t end = batch->base + batch->field_ends[got->first_field + field];
        if (fields[field].start != start || fields[field].end != end) {
            disagree(who, "a field that is elsewhere", index);
        }
        start = end + 1;
    }
    span whole = span_make(input.ptr + want->start, want->end - want->start);
    bool quoted = memchr(whole.ptr, '"', whole.len) != NULL;
    if (quoted && (got->flags & SCAN_QUOTED) == 0) {
        disagree(who, "a quote that is not flagged", index);
    }
    if ((exact.flags[index] & ~got->flags) != 0) {
        disagree(who, "a byte that a rule wants to see is not flagged", index);
    }
}

static void scan_compare(size_t choice, size_t window)
{
    static const char *const names[CHOICE_COUNT] = {"none", "sse2", "avx2", "avx512"};
    struct scanner *scanner = &scanners[choice][window];
    size_t index = 0;
    const struct scan_batch *batch;
    scanner->input = input;
    scanner_seek(scanner, 0, input.len);
    while ((batch = scanner_next(scanner)) != NULL) {
        for (size_t place = 0; place < batch->record_count; place++) {
            if (index == exact.record_count) {
                disagree(names[choice], "a record too many", index);
            }
            scan_compare_record(names[choice], batch, place, index++);
        }
    }
    if (index != exact.record_count) {
        disagree(names[choice], "records are missing", index);
    }
}

size_t readings_compare(span text, bool all_windows)
{
    cr_assert(le(sz, text.len, READING_SIZE_MAX));
    unsigned char *bytes = room.bytes + room.size - text.len;
    if (text.len > 0) {
        memcpy(bytes, text.ptr, text.len);
    }
    input = span_make(bytes, text.len);
    exact_read(true);
    libcsv_compare(true);
    exact_read(false);
    libcsv_compare(false);
    for (size_t choice = 0; choice < CHOICE_COUNT; choice++) {
        for (size_t window = 0; window < (all_windows ? WINDOW_COUNT : 1); window++) {
            scan_compare(choice, window);
        }
    }
    return exact.record_count;
}
