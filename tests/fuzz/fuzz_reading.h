/* SPDX-License-Identifier: MIT */
/*
 * The records of one input by the exact parser, and the requirement that libcsv and the scanners
 * have the same: records, fields, values, places of errors and the marks that rules rely on.
 */
#ifndef MUSTER_FUZZ_READING_H
#define MUSTER_FUZZ_READING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "csv/record.h"
#include "muster.h"

struct reading {
    span input;
    bool trim;
    struct record *records;
    struct raw_field *fields; /* of all records, one behind the other */
    size_t *first_fields;
    size_t record_count;
    size_t field_count;
};

void reading_make(struct reading *reading, span input, bool trim);
void reading_close(struct reading *reading);

void reading_require_libcsv(const struct reading *reading);

/*
 * One kernel with windows of one size (0: the usual one) reads two parts that meet at the record
 * `middle`, as two threads would share them; with 0 the second part is the whole.
 */
void reading_require_scanner(const struct reading *reading, enum muster_simd simd,
                             size_t window_size, size_t middle);

#endif
