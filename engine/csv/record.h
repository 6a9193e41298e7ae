/* SPDX-License-Identifier: MIT */
/*
 * One record, exactly: the dialect of libcsv with CSV_STRICT | CSV_STRICT_FINI, byte by byte.
 *
 * Every other scanner gives a record that is not plain to this one, and every record can be split
 * again by it later. Two profiles: *keep*, where blanks belong to the value (libcsv with a space
 * function that returns 0), and *trim*, libcsv's default.
 *
 * libcsv stops at the first error. We go on: a quote error costs one record, and reading resumes
 * behind the next CR or LF at or behind the offending byte.
 */
#ifndef MUSTER_CSV_RECORD_H
#define MUSTER_CSV_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/span.h"

enum record_trouble {
    RECORD_SOUND,
    RECORD_STRAY_QUOTE,  /* `trouble_at` is the offending byte */
    RECORD_UNTERMINATED, /* `trouble_at` is the opening quote */
};

/* A field as it stands in the file, quotes and blanks included: [start, end). */
struct raw_field {
    size_t start;
    size_t end;
};

struct record {
    size_t start; /* the first byte of the record */
    size_t end;   /* its line end, or the size of the input */
    size_t next;  /* where to look for the next record */
    enum record_trouble trouble;
    size_t trouble_at;
    size_t field_count;
};

/* Behind the blanks at `at`; without `trim` they belong to values, and none are passed over. */
static inline size_t skip_blanks(span input, size_t at, bool trim)
{
    while (trim && at < input.len && byte_is_blank((unsigned char)input.ptr[at])) {
        at++;
    }
    return at;
}

/*
 * Parse the record at or behind `at`; empty lines are skipped. The first `capacity` fields go to
 * `fields`; the others are counted. False where there is no further record.
 */
bool record_parse(span input, size_t at, bool trim, struct raw_field *fields, size_t capacity,
                  struct record *record);

/*
 * The value of a raw field: without its quotes, with doubled quotes made single. Points into
 * `raw`, or into `scratch` (appended) where quotes had to be made single; appending may move the
 * scratch, so reserve before where several values are kept.
 */
span field_decode(span raw, bool trim, struct buffer *scratch);

#endif
