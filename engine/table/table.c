/* SPDX-License-Identifier: MIT */
#include "table/table.h"

#include <stdlib.h>

#include "base/block.h"
#include "base/limits.h"
#include "csv/lines.h"
#include "table/ingest.h"

/* More columns than this are split into memory from the heap. */
#define FIELDS_ON_STACK 32

/* Where a row begins, and where it has ended at the latest. */
struct row_reach {
    size_t start, stop;
};

bool table_encoding_is_wide(span input)
{
    static const char *marks[] = {"\xFF\xFE", "\xFE\xFF"};
    for (int mark = 0; mark < 2; mark++) {
        if (input.len >= 2 && memcmp(input.ptr, marks[mark], 2) == 0) {
            return true;
        }
    }
    if (input.len >= 4 && memcmp(input.ptr, "\0\0\xFE\xFF", 4) == 0) {
        return true;
    }
    size_t size = input.len < ENCODING_PROBE_SIZE ? input.len : ENCODING_PROBE_SIZE;
    bool nuls[2] = {size >= 2, size >= 2};
    for (size_t index = 0; index < size; index++) {
        nuls[index % 2] = nuls[index % 2] && input.ptr[index] == 0;
    }
    return nuls[0] || nuls[1];
}

void table_close(struct table *table)
{
    free(table->rows);
    free(table->teams);
    free(table->variants);
    key_index_close(&table->ids);
    key_index_close(&table->variant_ids);
    far_rows_close(&table->far_rows);
    row_lines_close(&table->lines);
    findings_close(&table->reading);
    findings_close(&table->repeated_ids);
    findings_close(&table->repeated_emails);
    arena_close(&table->arena);
    *table = (struct table){0};
}

span table_record(const struct table *table, uint32_t row)
{
    struct record record;
    if (!record_parse(table_reach(table, row), table_offset(table, row), table->options.trim, NULL,
                      0, &record)) {
        return SPAN("");
    }
    const char *input = table->input.ptr;
    size_t end = record.end;
    while (record.trouble == RECORD_STRAY_QUOTE && end < record.next && input[end] != '\n' &&
           input[end] != '\r') {
        end++;
    }
    return span_make(input + record.start, end - record.start);
}

uint64_t table_line(const struct table *table, uint32_t row)
{
    uint32_t from;
    uint64_t before = row_lines_before(&table->lines, row, &from);
    before += lines_count(table->input, table_offset(table, from), table_offset(table, row));
    return before + 1;
}

uint64_t table_line_at(const struct table *table, size_t at)
{
    uint32_t low = 0;
    uint32_t high = table->row_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (table_offset(table, middle) <= at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0) {
        return lines_count(table->input, 0, at) + 1;
    }
    return table_line(table, low - 1) + lines_count(table->input, table_offset(table, low - 1), at);
}

/*
 * Where the fields of a sound row end; false where it has fewer than `count`. Between quotes
 * nothing ends: in a sound row it takes no more than to know whether their number is odd. The row
 * ends at `stop` if not before: in a file that was cut there may be no line end any more, and each
 * row must not be looked for to the end of the file.
 */
static inline bool split_by_marks(const struct table *table, bool quoted, struct row_reach reach,
                                  struct raw_field *fields, size_t count)
{
    const unsigned char *bytes = (const unsigned char *)table->input.ptr;
    size_t size = table->input.len;
    size_t found = 0;
    uint64_t inside = 0;
    fields[0].start = reach.start;
    for (size_t at = reach.start; at < reach.stop; at += 64) {
        bool whole = size - at >= 64;
        struct block block =
            whole ? block_load(bytes + at) : block_load_some(bytes + at, size - at);
        uint64_t line_ends = block_equal(&block, '\n') | block_equal(&block, '\r');
        uint64_t ends = block_equal(&block, ',') | line_ends;
        ends &= mask_below(reach.stop - at);
        if (quoted) {
            inside = mask_prefix_xor(block_equal(&block, '"')) ^ (0 - (inside >> 63));
            ends &= ~inside;
        }
        for (; ends != 0; ends &= ends - 1) {
            size_t end = at + (size_t)__builtin_ctzll(ends);
            fields[found++].end = end;
            if (found == count) {
                return true;
            }
            if ((line_ends & ends & -ends) != 0) {
                return false;
            }
            fields[found].start = end + 1;
        }
    }
    fields[found].end = reach.stop;
    return found + 1 == count;
}

bool table_split(const struct table *table, uint64_t row_word, size_t stop,
                 struct raw_field *fields, size_t field_count)
{
    struct row_reach reach = {(size_t)(row_word & ROW_OFFSET_MASK), stop};
    if ((row_word & ROW_EXACT) == 0) {
        return split_by_marks(table, false, reach, fields, field_count);
    }
    if (!table->options.trim) {
        return split_by_marks(table, true, reach, fields, field_count);
    }
    struct record record;
    span input = span_make(table->input.ptr, stop);
    return record_parse(input, reach.start, true, fields, field_count, &record) &&
           record.trouble == RECORD_SOUND && record.field_count >= field_count;
}

size_t table_fields_needed(const struct table *table, unsigned first_column, unsigned column_count)
{
    uint32_t highest = 0;
    for (unsigned column = first_column; column < first_column + column_count; column++) {
        uint32_t position = table->header.positions[column];
        highest = position > highest ? position : highest;
    }
    return (size_t)highest + 1;
}

/* Where values go, and where those live that have to be decoded. */
struct values_out {
    span *values;
    struct buffer *scratch;
};

/* From raw fields to values, of neighbouring columns of the schema. */
static void values_decode(const struct table *table, uint64_t row_word,
                          const struct raw_field *fields, unsigned count, struct values_out out)
{
    bool exact = (row_word & ROW_EXACT) != 0;
    size_t room = 0;
    for (unsigned column = 0; column < count; column++) {
        room += fields[column].end - fields[column].start;
    }
    if (exact) {
        /* Room for all of them at once, so that no value moves while another is decoded. */
        (void)buffer_reserve(out.scratch, room);
    }
    for (unsigned column = 0; column < count; column++) {
        span raw = span_make(table->input.ptr + fields[column].start,
                             fields[column].end - fields[column].start);
        out.values[column] = exact ? field_decode(raw, table->options.trim, out.scratch) : raw;
    }
}

/* The values of neighbouring columns of the schema. */
static void values_read(const struct table *table, uint32_t row, unsigned first_column,
                        unsigned column_count, struct values_out out)
{
    uint64_t word = table->rows[row];
    if ((word & ROW_FAR) != 0) {
        const struct raw_field *far = far_rows_find(&table->far_rows, row);
        values_decode(table, word, far + first_column, column_count, out);
        return;
    }
    struct raw_field on_stack[FIELDS_ON_STACK];
    size_t needed = table_fields_needed(table, first_column, column_count);
    struct raw_field *fields =
        needed <= FIELDS_ON_STACK ? on_stack : memory_array(needed, sizeof *fields);
    for (unsigned column = 0; column < column_count; column++) {
        out.values[column] = SPAN("");
    }
    if (fields == NULL) {
        out.scratch->exhausted = true;
        return;
    }
    if (table_split(table, word, table_reach(table, row).len, fields, needed)) {
        struct raw_field wanted[SCHEMA_COLUMN_MAX];
        for (unsigned column = 0; column < column_count; column++) {
            wanted[column] = fields[table->header.positions[first_column + column]];
        }
        values_decode(table, word, wanted, column_count, out);
    }
    if (fields != on_stack) {
        free(fields);
    }
}

static inline struct row_reach row_reach(const struct table *table, uint32_t row)
{
    return (struct row_reach){table_offset(table, row), table_reach(table, row).len};
}

/* What most rows are: no quotes, few columns. False: it is not such a row. */
static inline bool plain_read(const struct table *table, uint32_t row, span *values)
{
    struct raw_field fields[FIELDS_ON_STACK];
    uint64_t word = table->rows[row];
    size_t needed = table->fields_needed;
    if ((word & (ROW_EXACT | ROW_FAR)) != 0 || needed > FIELDS_ON_STACK ||
        !split_by_marks(table, false, row_reach(table, row), fields, needed)) {
        return false;
    }
    for (unsigned column = 0; column < table->schema->column_count; column++) {
        struct raw_field field = fields[table->header.positions[column]];
        values[column] = span_make(table->input.ptr + field.start, field.end - field.start);
    }
    return true;
}

void table_read(const struct table *table, uint32_t row, struct buffer *scratch, span *values)
{
    buffer_clear(scratch);
    if (plain_read(table, row, values)) {
        return;
    }
    values_read(table, row, 0, table->schema->column_count, (struct values_out){values, scratch});
}

/* Whether the same bytes of a row are the same values in both. */
static bool tables_agree(const struct table *table, const struct table *other)
{
    return table->schema == other->schema && table->options.trim == other->options.trim &&
           memcmp(table->header.positions, other->header.positions,
                  table->schema->column_count * sizeof *table->header.positions) == 0;
}

uint32_t table_rows_alike(const struct table *table, uint32_t first, const struct table *other,
                          uint32_t other_first, uint32_t count)
{
    if (!tables_agree(table, other)) {
        return 0;
    }
    size_t start = table_offset(table, first);
    size_t other_start = table_offset(other, other_first);
    size_t len = 0;
    uint32_t alike = 0;
    /* Rows that are kept on both sides and as far from the first one there as here. */
    for (; alike < count; alike++) {
        uint64_t words = table->rows[first + alike] | other->rows[other_first + alike];
        size_t next = table_reach(table, first + alike).len - start;
        size_t other_next = table_reach(other, other_first + alike).len - other_start;
        if ((words & ROW_NOT_KEPT) != 0 || next != other_next) {
            break;
        }
        len = next;
    }
    size_t common = bytes_common(table->input.ptr + start, other->input.ptr + other_start, len);
    while (alike > 0 && table_reach(table, first + alike - 1).len - start > common) {
        alike--;
    }
    return alike;
}

/* One value of such a row. */
static inline bool plain_value_read(const struct table *table, uint32_t row, unsigned column,
                                    span *value)
{
    struct raw_field fields[FIELDS_ON_STACK];
    uint64_t word = table->rows[row];
    uint32_t position = table->header.positions[column];
    if ((word & (ROW_EXACT | ROW_FAR)) != 0 || position >= FIELDS_ON_STACK ||
        !split_by_marks(table, false, row_reach(table, row), fields, (size_t)position + 1)) {
        return false;
    }
    *value = span_make(table->input.ptr + fields[position].start,
                       fields[position].end - fields[position].start);
    return true;
}

/* The same for the first field, as ids mostly are: it ends at the first comma. */
static inline bool first_value_read(const struct table *table, uint32_t row, span *value)
{
    const unsigned char *bytes = (const unsigned char *)table->input.ptr;
    size_t size = table->input.len;
    size_t start = table_offset(table, row);
    size_t stop = table_reach(table, row).len;
    if ((table->rows[row] & (ROW_EXACT | ROW_FAR)) != 0) {
        return false;
    }
    for (size_t at = start; at < stop; at += 64) {
        struct block block =
            size - at >= 64 ? block_load(bytes + at) : block_load_some(bytes + at, size - at);
        uint64_t commas = block_equal(&block, ',');
        size_t end = at + (size_t)__builtin_ctzll(commas | UINT64_C(1) << 63);
        if (commas != 0) {
            *value = span_make(bytes + start, end - start);
            return end < stop;
        }
    }
    return false;
}

span table_value(const struct table *table, uint32_t row, unsigned column, struct buffer *scratch)
{
    span value;
    buffer_clear(scratch);
    if (table->header.positions[column] == 0 ? first_value_read(table, row, &value)
                                             : plain_value_read(table, row, column, &value)) {
        return value;
    }
    values_read(table, row, column, 1, (struct values_out){&value, scratch});
    return value;
}
