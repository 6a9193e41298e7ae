/* SPDX-License-Identifier: MIT */
#include "csv/scanner_libcsv.h"

#include <csv.h>
#include <stdlib.h>

#include "base/memory.h"

/* Growing by libcsv's 128 bytes makes a long field quadratic where realloc has to move. */
#ifndef LIBCSV_BLOCK_SIZE
#define LIBCSV_BLOCK_SIZE (1U << 20)
#endif

struct feeding {
    struct libcsv_reading *reading;
    size_t position;
    size_t record_first;
};

static int blank_never(unsigned char byte)
{
    (void)byte;
    return 0;
}

static void on_field(void *bytes, size_t size, void *context)
{
    struct feeding *feeding = context;
    struct libcsv_reading *reading = feeding->reading;
    size_t needed = reading->field_count + 1;
    size_t *ends =
        memory_grow(reading->field_ends, &reading->field_capacity[0], needed, sizeof *ends);
    if (ends != NULL) {
        reading->field_ends = ends;
    }
    size_t *values =
        memory_grow(reading->value_ends, &reading->field_capacity[1], needed, sizeof *values);
    if (values != NULL) {
        reading->value_ends = values;
    }
    if (ends == NULL || values == NULL) {
        reading->exhausted = true;
        return;
    }
    buffer_append(&reading->values, bytes, size);
    ends[reading->field_count] = feeding->position;
    values[reading->field_count] = reading->values.size;
    reading->field_count++;
}

static void record_add(struct feeding *feeding, enum record_trouble trouble, size_t trouble_at)
{
    struct libcsv_reading *reading = feeding->reading;
    struct libcsv_record *records = memory_grow(reading->records, &reading->record_capacity,
                                                reading->record_count + 1, sizeof *records);
    if (records == NULL) {
        reading->exhausted = true;
        return;
    }
    reading->records = records;
    if (trouble != RECORD_SOUND) {
        /* Fields of a broken record have been delivered already. */
        reading->field_count = feeding->record_first;
        reading->values.size =
            feeding->record_first > 0 ? reading->value_ends[feeding->record_first - 1] : 0;
    }
    records[reading->record_count++] = (struct libcsv_record){
        feeding->record_first, reading->field_count - feeding->record_first, trouble, trouble_at};
    feeding->record_first = reading->field_count;
}

static void on_record(int terminator, void *context)
{
    (void)terminator;
    record_add(context, RECORD_SOUND, 0);
}

static bool parser_start(struct csv_parser *parser, bool trim)
{
    if (csv_init(parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        return false;
    }
    csv_set_blk_size(parser, LIBCSV_BLOCK_SIZE);
    if (!trim) {
        csv_set_space_func(parser, blank_never);
    }
    return true;
}

/* Behind the next CR or LF at or behind `at`. */
static size_t resume_behind(span input, size_t at)
{
    while (at < input.len && input.ptr[at] != '\n' && input.ptr[at] != '\r') {
        at++;
    }
    return at < input.len ? at + 1 : at;
}

/* Feed one parser from `at` to its error or to the end; gives where to go on. */
static size_t feed(struct feeding *feeding, span input, size_t at, bool trim)
{
    struct csv_parser parser;
    if (!parser_start(&parser, trim)) {
        feeding->reading->exhausted = true;
        return input.len;
    }
    for (; at < input.len; at++) {
        feeding->position = at;
        if (csv_parse(&parser, input.ptr + at, 1, on_field, on_record, feeding) != 1) {
            record_add(feeding, RECORD_STRAY_QUOTE, at);
            csv_free(&parser);
            return resume_behind(input, at);
        }
    }
    feeding->position = input.len;
    if (csv_fini(&parser, on_field, on_record, feeding) != 0) {
        record_add(feeding, RECORD_UNTERMINATED, input.len);
    }
    csv_free(&parser);
    return input.len;
}

void libcsv_read(struct libcsv_reading *reading, span input, bool trim)
{
    *reading = (struct libcsv_reading){0};
    struct feeding feeding = {.reading = reading};
    size_t at = 0;
    while (at < input.len && !reading->exhausted) {
        at = feed(&feeding, input, at, trim);
    }
    reading->exhausted = reading->exhausted || reading->values.exhausted;
}

void libcsv_close(struct libcsv_reading *reading)
{
    buffer_close(&reading->values);
    free(reading->value_ends);
    free(reading->field_ends);
    free(reading->records);
    *reading = (struct libcsv_reading){0};
}
