/* SPDX-License-Identifier: MIT */
/*
 * Passes 1 and 2 of the contract, word for word and one record at a time: every field is decoded,
 * every key is compared with every earlier one. What table/ must give, however it goes about it.
 */
#ifndef MUSTER_TESTS_UNIT_SLOW_TABLE_H
#define MUSTER_TESTS_UNIT_SLOW_TABLE_H

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "table/header.h"
#include "table/table.h"
#include "table/value.h"

struct slow_row {
    size_t offset;
    span values[SCHEMA_COLUMN_MAX];
    bool readable, repeated_id, repeated_email;
};

struct slow_table {
    const struct schema *schema;
    span input;
    bool trim;
    bool fatal;
    size_t trouble_at;
    struct header header;
    struct slow_row *rows;
    uint32_t row_count, row_capacity;
    struct finding_list reading, repeated_ids, repeated_emails;
    struct raw_field *fields;
    span *values; /* of all columns of a record */
    struct arena arena;
};

static inline void slow_find(struct finding_list *list, uint32_t row, enum muster_code code,
                             unsigned column, struct finding more)
{
    unsigned pass = (unsigned)muster_rule(code)->pass;
    more.key = finding_key(row, code, column, pass);
    findings_add(list, more);
}

/* The column of the schema at a position of the file, or COLUMN_OTHER. */
static inline unsigned slow_column(const struct slow_table *slow, uint32_t position)
{
    for (unsigned column = 0; column < slow->schema->column_count; column++) {
        if (slow->header.positions[column] == position) {
            return column;
        }
    }
    return COLUMN_OTHER;
}

static inline bool slow_byte_rule(struct slow_table *slow, uint32_t row, enum muster_code code)
{
    for (uint32_t position = 0; position < slow->header.column_count; position++) {
        span value = slow->values[position];
        bool broken = code == MUSTER_NUL_BYTE
                          ? value.len > 0 && memchr(value.ptr, 0, value.len) != NULL
                      : code == MUSTER_INVALID_UTF8 ? text_utf8_prefix(value) != value.len
                                                    : value.len > FIELD_SIZE_MAX;
        if (broken) {
            slow_find(&slow->reading, row, code, slow_column(slow, position),
                      (struct finding){.related = FINDING_NO_ROW, .detail = position});
            return true;
        }
    }
    return false;
}

static inline bool slow_readable(struct slow_table *slow, uint32_t row, const struct record *record)
{
    struct finding none = {.related = FINDING_NO_ROW};
    if (record->trouble == RECORD_STRAY_QUOTE) {
        slow_find(&slow->reading, row, MUSTER_STRAY_QUOTE, COLUMN_NONE, none);
        return false;
    }
    if (record->field_count != slow->header.column_count) {
        none.detail = (uint32_t)record->field_count;
        slow_find(&slow->reading, row, MUSTER_FIELD_COUNT, COLUMN_NONE, none);
        return false;
    }
    for (uint32_t position = 0; position < slow->header.column_count; position++) {
        struct raw_field field = slow->fields[position];
        struct buffer copy = {0};
        span raw = span_make(slow->input.ptr + field.start, field.end - field.start);
        slow->values[position] = arena_copy(&slow->arena, field_decode(raw, slow->trim, &copy));
        buffer_close(&copy);
    }
    if (slow_byte_rule(slow, row, MUSTER_NUL_BYTE) ||
        slow_byte_rule(slow, row, MUSTER_INVALID_UTF8) ||
        slow_byte_rule(slow, row, MUSTER_FIELD_TOO_LONG)) {
        return false;
    }
    bool complete = true;
    for (unsigned column = 0; column < slow->schema->column_count; column++) {
        slow->rows[row].values[column] = slow->values[slow->header.positions[column]];
        if (slow->schema->columns[column].must_have_value &&
            span_is_blank(slow->rows[row].values[column])) {
            slow_find(&slow->reading, row, MUSTER_MISSING_VALUE, column, none);
            complete = false;
        }
    }
    return complete;
}

/* The first earlier row of pass 2 with the same key, or `row` itself. */
static inline uint32_t slow_first(const struct slow_table *slow, uint32_t row, unsigned column,
                                  bool (*same)(span a, span b))
{
    uint32_t first = 0;
    while (first < row && !(slow->rows[first].readable && same(slow->rows[first].values[column],
                                                               slow->rows[row].values[column]))) {
        first++;
    }
    return first;
}

static inline void slow_keys(struct slow_table *slow, uint32_t row)
{
    const struct schema *schema = slow->schema;
    uint32_t first = slow_first(slow, row, 0, span_equal);
    if (!schema->keys_unique) {
        return;
    }
    if (first < row) {
        enum muster_code code =
            schema->file == MUSTER_TEAMS ? MUSTER_DUPLICATE_TEAM_ID : MUSTER_DUPLICATE_USER_ID;
        slow_find(&slow->repeated_ids, row, code, 0, (struct finding){.related = first});
        slow->rows[row].repeated_id = true;
    }
    if (schema->email_column == SCHEMA_NO_COLUMN) {
        return;
    }
    first = slow_first(slow, row, schema->email_column, span_equal_folded);
    if (first < row) {
        slow_find(&slow->repeated_emails, row, MUSTER_DUPLICATE_EMAIL, schema->email_column,
                  (struct finding){.related = first});
        slow->rows[row].repeated_email = true;
    }
}

/* The header must be sound. */
static inline void slow_open(struct slow_table *slow, const struct schema *schema, span input,
                             bool trim)
{
    *slow = (struct slow_table){.schema = schema, .input = input, .trim = trim};
    size_t at = input.len >= 3 && memcmp(input.ptr, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    enum header_result header =
        header_read(&slow->header, input, at, trim, schema, &slow->arena, &slow->reading);
    cr_assert(header == HEADER_GOOD);
    header_report_extra(&slow->header, schema, &slow->reading);
    size_t count = slow->header.column_count;
    slow->fields = malloc(count * sizeof *slow->fields);
    slow->values = malloc(count * sizeof *slow->values);
    slow->rows = calloc(input.len + 1, sizeof *slow->rows);
    struct record record = {.next = slow->header.end};
    while (record_parse(input, record.next, trim, slow->fields, count, &record)) {
        uint32_t row = slow->row_count;
        if (record.trouble == RECORD_UNTERMINATED) {
            slow->fatal = true;
            slow->trouble_at = record.trouble_at;
            return;
        }
        slow->row_count++;
        slow->rows[row].offset = record.start;
        slow->rows[row].readable = slow_readable(slow, row, &record);
        if (slow->rows[row].readable) {
            slow_keys(slow, row);
        }
    }
}

static inline bool slow_left(const struct slow_row *row)
{
    return row->readable && !row->repeated_id && !row->repeated_email;
}

/* The one row that pass 2 has left whose id is alike but not the same. */
static inline uint32_t slow_suggest(const struct slow_table *slow, span id)
{
    uint32_t found = KEY_INDEX_NONE;
    for (uint32_t row = 0; row < slow->row_count; row++) {
        span other = slow->rows[row].values[0];
        if (slow_left(&slow->rows[row]) && !span_equal(id, other) &&
            span_equal_folded(value_id_core(id), value_id_core(other))) {
            if (found != KEY_INDEX_NONE) {
                return KEY_INDEX_NONE;
            }
            found = row;
        }
    }
    return found;
}

static inline uint32_t slow_find_id(const struct slow_table *slow, span id)
{
    for (uint32_t row = 0; row < slow->row_count; row++) {
        if (slow->rows[row].readable && span_equal(slow->rows[row].values[0], id)) {
            return row;
        }
    }
    return KEY_INDEX_NONE;
}

static inline void slow_close(struct slow_table *slow)
{
    free(slow->rows);
    free(slow->fields);
    free(slow->values);
    findings_close(&slow->reading);
    findings_close(&slow->repeated_ids);
    findings_close(&slow->repeated_emails);
    arena_close(&slow->arena);
}

#endif
