/* SPDX-License-Identifier: MIT */
/*
 * Long rows, with the places of their values. Splitting a row costs as much as its length, and a
 * row can be asked for as often as others name its key: a million repeats of one record of a
 * megabyte would take hours. So a row whose values reach far is split once.
 */
#ifndef MUSTER_TABLE_FAR_ROWS_H
#define MUSTER_TABLE_FAR_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "csv/record.h"
#include "table/schema.h"

struct far_row {
    uint32_t row;
    struct raw_field fields[SCHEMA_COLUMN_MAX]; /* by column of the schema */
};

/* In rising order of the rows. A zeroed list is an empty one. */
struct far_rows {
    struct far_row *items;
    size_t count;
    size_t capacity;
    bool exhausted; /* memory ran out; the list is not complete */
};

void far_rows_close(struct far_rows *list);
void far_rows_add(struct far_rows *list, const struct far_row *row);
/* The same rows moved by `row_base`. */
void far_rows_append(struct far_rows *list, const struct far_rows *more, uint32_t row_base);
/* The fields of a row, which must be in the list. */
const struct raw_field *far_rows_find(const struct far_rows *list, uint32_t row);

#endif
