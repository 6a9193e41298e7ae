/* SPDX-License-Identifier: MIT */
#include "table/far_rows.h"

#include <stdlib.h>

#include "base/memory.h"

void far_rows_close(struct far_rows *list)
{
    free(list->items);
    *list = (struct far_rows){0};
}

void far_rows_add(struct far_rows *list, const struct far_row *row)
{
    struct far_row *grown =
        memory_grow(list->items, &list->capacity, list->count + 1, sizeof *grown);
    if (grown == NULL) {
        list->exhausted = true;
        return;
    }
    list->items = grown;
    grown[list->count++] = *row;
}

void far_rows_append(struct far_rows *list, const struct far_rows *more, uint32_t row_base)
{
    list->exhausted = list->exhausted || more->exhausted;
    for (size_t index = 0; index < more->count; index++) {
        struct far_row row = more->items[index];
        row.row += row_base;
        far_rows_add(list, &row);
    }
}

const struct raw_field *far_rows_find(const struct far_rows *list, uint32_t row)
{
    size_t low = 0;
    size_t high = list->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (list->items[middle].row <= row) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return list->items[low].fields;
}
