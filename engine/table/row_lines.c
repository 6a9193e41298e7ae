/* SPDX-License-Identifier: MIT */
#include "table/row_lines.h"

#include <stdlib.h>

#include "base/memory.h"
#include "csv/lines.h"

void row_surpluses_close(struct row_surpluses *list)
{
    free(list->items);
    *list = (struct row_surpluses){0};
}

static void surplus_add(struct row_surpluses *list, size_t row, uint64_t lines)
{
    struct row_surplus *grown =
        memory_grow(list->items, &list->capacity, list->count + 1, sizeof *grown);
    if (grown == NULL) {
        list->exhausted = true;
        return;
    }
    list->items = grown;
    grown[list->count++] = (struct row_surplus){(uint32_t)row, lines};
}

/* What a record has that may have line ends within, or was not looked at. */
static bool may_have_lines(uint32_t flags)
{
    bool quoted = (flags & SCAN_QUOTED) != 0 && (flags & SCAN_NOTABLE) != 0;
    return quoted || (flags & SCAN_EXACT) != 0;
}

/* Each row, up to the start of the next one. */
static void rows_count(struct row_surpluses *list, span input, const struct scan_batch *batch,
                       size_t row)
{
    const struct scan_record *records = batch->records;
    for (size_t index = 0; index < batch->record_count; index++) {
        if (!batch->empty_lines && !may_have_lines(records[index].flags)) {
            continue;
        }
        bool last = index + 1 == batch->record_count;
        size_t next = last ? list->counted : batch->base + records[index + 1].start;
        uint64_t lines = lines_count(input, batch->base + records[index].start, next);
        if (lines > 1) {
            surplus_add(list, row + index, lines - 1);
        }
    }
}

void row_surpluses_add(struct row_surpluses *list, span input, const struct scan_batch *batch,
                       size_t row, uint32_t flags, size_t stop)
{
    size_t start = batch->base + batch->records[0].start;
    if (row > 0) {
        uint64_t lines = lines_count(input, list->counted, start);
        if (lines > 0) {
            surplus_add(list, row - 1, lines);
        }
    }
    /* A CRLF counts at its LF, and the scanner may have stopped before that. */
    list->counted = stop + line_is_cut(input, stop);
    if (batch->empty_lines || may_have_lines(flags)) {
        rows_count(list, input, batch, row);
    }
}

void row_lines_close(struct row_lines *lines)
{
    free(lines->sums);
    *lines = (struct row_lines){0};
}

/* Until all rows are there, a sum is that of the group before it alone. */
static bool sums_add(struct row_lines *lines, size_t row, uint64_t surplus)
{
    size_t group = row / ROW_GROUP_SIZE + 1;
    size_t known = lines->capacity;
    if (group >= known) {
        uint64_t *grown = memory_grow(lines->sums, &lines->capacity, group + 1, sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        memset(grown + known, 0, (lines->capacity - known) * sizeof *grown);
        lines->sums = grown;
    }
    lines->sums[group] += surplus;
    return true;
}

bool row_lines_append(struct row_lines *lines, span input, const struct row_surpluses *more,
                      uint32_t row, size_t count, size_t start)
{
    uint64_t between = lines_count(input, lines->counted, start);
    bool done = !more->exhausted;
    if (row == 0) {
        lines->before = between;
    } else if (between > 0) {
        done = done && sums_add(lines, row - 1, between);
    }
    for (size_t index = 0; index < more->count && done; index++) {
        /* A row behind an open quote was looked at and then given up. */
        const struct row_surplus *surplus = &more->items[index];
        done = surplus->row >= count || sums_add(lines, row + (size_t)surplus->row, surplus->lines);
    }
    lines->counted = more->counted;
    return done;
}

void row_lines_sum(struct row_lines *lines)
{
    for (size_t group = 1; group < lines->capacity; group++) {
        lines->sums[group] += lines->sums[group - 1];
    }
}

bool row_lines_before(const struct row_lines *lines, uint32_t row, uint64_t *before)
{
    size_t group = row / ROW_GROUP_SIZE;
    size_t last = lines->capacity;
    uint64_t surplus = last == 0 ? 0 : lines->sums[group < last ? group : last - 1];
    bool whole = group + 1 >= last || lines->sums[group + 1] == surplus;
    *before = lines->before + surplus + (whole ? row : group * ROW_GROUP_SIZE);
    return whole;
}
