/* SPDX-License-Identifier: MIT */
/*
 * The reference scanner: libcsv behind the interface of scanner.h, with its own values beside the
 * positions, so that a test can hold every other scanner against it. It is fed a byte at a time,
 * because that is how the ends of fields become known, and so it is slow.
 *
 * libcsv stops at the first error; behind it we start a new parser where reading resumes.
 */
#ifndef MUSTER_CSV_SCANNER_LIBCSV_H
#define MUSTER_CSV_SCANNER_LIBCSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/span.h"
#include "csv/record.h"

/* What libcsv made of an input, flat. */
struct libcsv_reading {
    struct buffer values; /* the values of all fields, one behind the other */
    size_t *value_ends;   /* of every field */
    size_t *field_ends;   /* the position of the byte behind every field */
    size_t field_count;
    struct libcsv_record {
        size_t first_field;
        size_t field_count; /* what came before a trouble is not counted */
        enum record_trouble trouble;
        size_t trouble_at; /* of an unterminated quote: unknown, the size of the input */
    } * records;
    size_t record_count;
    size_t field_capacity[2];
    size_t record_capacity;
    bool exhausted;
};

/* Read all of `input`. `reading->exhausted` where memory ran out. */
void libcsv_read(struct libcsv_reading *reading, span input, bool trim);
void libcsv_close(struct libcsv_reading *reading);

#endif
