/* SPDX-License-Identifier: MIT */
/*
 * On which line a row begins. Nearly every row is one line, so its number tells; what is kept are
 * the line ends that are more than that, those within quotes and those of empty lines:
 *
 *     line of row = 1 + line ends before row 0 + row + surplus of the rows before it
 *
 * The surplus is kept in marks, at most one for so many bytes. Where rows with a surplus stand
 * close together, a mark says that from there to the next one lines have to be counted:
 *
 *     row    0 1 2 3 4 5 6 7 8 9        5 and 6 have two lines more, and the mark
 *     mark             c       .        of 9 is far enough from that of 5
 *
 * A file without a surplus costs nothing, neither while it is read nor when a line is asked for.
 */
#ifndef MUSTER_TABLE_ROW_LINES_H
#define MUSTER_TABLE_ROW_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "csv/scanner.h"

/* Rows that have to be counted begin less than this many bytes behind their mark. */
#define LINE_MARK_STEP 1024

struct line_mark {
    uint64_t surplus; /* of the rows before `row` */
    uint32_t row;
    bool counted; /* from here to the next mark */
};

/* Of the rows of one chunk, or of a whole file. Zeroed: no rows yet. */
struct row_lines {
    uint64_t before; /* line ends before row 0, of a file */
    struct line_mark *marks;
    size_t count;
    size_t capacity;
    uint64_t surplus;  /* of all rows */
    size_t counted;    /* line ends are accounted for from the first row up to here */
    size_t mark_start; /* of the row of the last mark */
    bool exhausted;    /* memory ran out; marks are missing */
};

void row_lines_close(struct row_lines *lines);
/* No rows any more, but their memory. */
void row_lines_clear(struct row_lines *lines);

/* All rows of a batch, the first of which is `row`; its records have the `flags` between them. */
void row_lines_add(struct row_lines *lines, span input, const struct scan_batch *batch, size_t row,
                   uint32_t flags);

/* The rows of a chunk, 1 or more, behind those of the file; the first becomes `row` and begins at
 * `start`. False: no memory. */
bool row_lines_append(struct row_lines *lines, span input, const struct row_lines *chunk,
                      uint32_t row, size_t start);

/* How many lines end before `*from`, the row itself or one a little before it, from which on they
 * have to be counted. */
uint64_t row_lines_before(const struct row_lines *lines, uint32_t row, uint32_t *from);

#endif
