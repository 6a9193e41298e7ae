/* SPDX-License-Identifier: MIT */
#include "table/row_lines.h"

#include <stdlib.h>

#include "base/memory.h"
#include "csv/lines.h"

void row_lines_close(struct row_lines *lines)
{
    free(lines->marks);
    *lines = (struct row_lines){0};
}

void row_lines_clear(struct row_lines *lines)
{
    *lines = (struct row_lines){.marks = lines->marks, .capacity = lines->capacity};
}

static void mark_add(struct row_lines *lines, struct line_mark mark)
{
    struct line_mark *grown =
        memory_grow(lines->marks, &lines->capacity, lines->count + 1, sizeof *grown);
    if (grown == NULL) {
        lines->exhausted = true;
        return;
    }
    lines->marks = grown;
    grown[lines->count++] = mark;
}

/* A mark at a row that begins at `start`. */
static void row_mark(struct row_lines *lines, size_t row, size_t start, bool counted)
{
    mark_add(lines, (struct line_mark){lines->surplus, (uint32_t)row, counted});
    lines->mark_start = start;
}

/* Whether the last mark says that lines have to be counted. */
static bool is_counting(const struct row_lines *lines)
{
    return lines->count > 0 && lines->marks[lines->count - 1].counted;
}

/* What a record has that may have line ends within, or was not looked at. */
static bool may_have_lines(uint32_t flags)
{
    bool quoted = (flags & SCAN_QUOTED) != 0 && (flags & SCAN_NOTABLE) != 0;
    return quoted || (flags & SCAN_EXACT) != 0;
}

/* Each row, up to the start of the next one. */
static void rows_add(struct row_lines *lines, span input, const struct scan_batch *batch,
                     size_t row)
{
    const struct scan_record *records = batch->records;
    for (size_t index = 0; index < batch->record_count; index++) {
        size_t start = batch->base + records[index].start;
        if (is_counting(lines) && start - lines->mark_start >= LINE_MARK_STEP) {
            row_mark(lines, row + index, start, false);
        }
        if (!batch->empty_lines && !may_have_lines(records[index].flags)) {
            continue;
        }
        bool last = index + 1 == batch->record_count;
        size_t next = last ? lines->counted : batch->base + records[index + 1].start;
        uint64_t line_ends = lines_count(input, start, next);
        if (line_ends > 1) {
            if (!is_counting(lines)) {
                row_mark(lines, row + index, start, true);
            }
            lines->surplus += line_ends - 1;
        }
    }
}

void row_lines_add(struct row_lines *lines, span input, const struct scan_batch *batch, size_t row,
                   uint32_t flags)
{
    size_t start = batch->base + batch->records[0].start;
    uint64_t between = row > 0 ? lines_count(input, lines->counted, start) : 0;
    if (between > 0 || is_counting(lines)) {
        lines->surplus += between;
        row_mark(lines, row, start, false);
    }
    /* A CRLF counts at its LF, and the scanner may have stopped before that. */
    lines->counted = batch->end + line_is_cut(input, batch->end);
    if (batch->empty_lines || may_have_lines(flags)) {
        rows_add(lines, input, batch, row);
    }
}

bool row_lines_append(struct row_lines *lines, span input, const struct row_lines *chunk,
                      uint32_t row, size_t start)
{
    uint64_t between = lines_count(input, lines->counted, start);
    if (row == 0) {
        lines->before = between;
    } else if (between > 0 || lines->count > 0) {
        lines->surplus += between;
        row_mark(lines, row, start, false);
    }
    for (size_t index = 0; index < chunk->count; index++) {
        struct line_mark mark = chunk->marks[index];
        mark.row += row;
        mark.surplus += lines->surplus;
        mark_add(lines, mark);
    }
    lines->surplus += chunk->surplus;
    lines->counted = chunk->counted;
    return !lines->exhausted && !chunk->exhausted;
}

uint64_t row_lines_before(const struct row_lines *lines, uint32_t row, uint32_t *from)
{
    /* How many marks stand at this row or before it. */
    size_t low = 0;
    size_t high = lines->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (lines->marks[middle].row <= row) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *from = row;
    if (low == 0) {
        return lines->before + row;
    }
    const struct line_mark *mark = &lines->marks[low - 1];
    *from = mark->counted ? mark->row : row;
    return lines->before + mark->surplus + *from;
}
