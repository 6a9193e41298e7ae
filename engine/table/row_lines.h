/* SPDX-License-Identifier: MIT */
/*
 * On which line a row begins. Nearly every row is one line, so its number tells; what is kept are
 * the line ends that are more than that, those within quotes and those of empty lines:
 *
 *     line of row = 1 + line ends before row 0 + row + surplus of the rows before it
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

/* The surplus is kept for groups of rows; within a group that has any, lines are counted. */
#define ROW_GROUP_SIZE 16

/* A row that is, with the empty lines behind it, so many lines more than one. */
struct row_surplus {
    uint32_t row;
    uint64_t lines;
};

/* What one thread finds in its chunk. A zeroed list is an empty one. */
struct row_surpluses {
    struct row_surplus *items;
    size_t count;
    size_t capacity;
    size_t counted; /* line ends are accounted for from the first row up to here */
    bool exhausted; /* memory ran out; the list is not complete */
};

void row_surpluses_close(struct row_surpluses *list);
/* All rows of a batch, whose first one is `row`; `flags` are those of all its records together.
 * The scanner has gone on to `stop`. */
void row_surpluses_add(struct row_surpluses *list, span input, const struct scan_batch *batch,
                       size_t row, uint32_t flags, size_t stop);

/* The same for a whole file; zeroed, it has no rows. */
struct row_lines {
    uint64_t before; /* line ends before row 0 */
    uint64_t *sums;  /* of the rows before each group and, behind the last one, of all rows */
    size_t capacity; /* of sums; 0 where there is no surplus */
    size_t counted;
};

void row_lines_close(struct row_lines *lines);
/* `count` more rows, 1 or more, the first of which is `row` and begins at `start`. False: no
 * memory. */
bool row_lines_append(struct row_lines *lines, span input, const struct row_surpluses *more,
                      uint32_t row, size_t count, size_t start);
/* Once all rows are there. */
void row_lines_sum(struct row_lines *lines);

/* The lines before `row` as far as its number tells them, if that is all there is to know; else
 * those before the first row of its group, and false. */
bool row_lines_before(const struct row_lines *lines, uint32_t row, uint64_t *before);

#endif
