/* SPDX-License-Identifier: MIT */
#include "table/header.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

static void report(struct finding_list *findings, enum muster_code code, unsigned column,
                   uint32_t detail)
{
    findings_add(findings, (struct finding){finding_key(FINDING_NO_ROW, code, column, 0),
                                            FINDING_NO_ROW, detail});
}

static bool letters_next(span *name, char *letter)
{
    while (name->len > 0) {
        char byte = byte_fold(*name->ptr);
        name->ptr++;
        name->len--;
        if (byte != ' ' && byte != '\t' && byte != '-' && byte != '_') {
            *letter = byte;
            return true;
        }
    }
    return false;
}

static bool means_the_same(span a, span b)
{
    for (;;) {
        char letter_a = 0;
        char letter_b = 0;
        bool more_a = letters_next(&a, &letter_a);
        bool more_b = letters_next(&b, &letter_b);
        if (more_a != more_b || letter_a != letter_b) {
            return false;
        }
        if (!more_a) {
            return true;
        }
    }
}

uint32_t header_meant_for(span name, const struct schema *schema)
{
    for (unsigned column = 0; column < schema->column_count; column++) {
        if (means_the_same(name, span_from(schema->columns[column].name))) {
            return column;
        }
    }
    return SCHEMA_NO_COLUMN;
}

static bool is_required(span name, const struct schema *schema)
{
    for (unsigned column = 0; column < schema->column_count; column++) {
        if (span_equal(name, span_from(schema->columns[column].name))) {
            return true;
        }
    }
    return false;
}

uint32_t header_meant_by(const struct header *header, const struct schema *schema, unsigned column)
{
    span wanted = span_from(schema->columns[column].name);
    for (uint32_t position = 0; position < header->column_count; position++) {
        if (means_the_same(header->names[position], wanted) &&
            !is_required(header->names[position], schema)) {
            return position;
        }
    }
    return SCHEMA_NO_COLUMN;
}

/* The first place of a column, `from` this one on, or SCHEMA_NO_COLUMN. */
static uint32_t position_of(const struct header *header, const struct schema *schema,
                            unsigned column, uint32_t from)
{
    span wanted = span_from(schema->columns[column].name);
    for (uint32_t position = from; position < header->column_count; position++) {
        if (span_equal(header->names[position], wanted)) {
            return position;
        }
    }
    return SCHEMA_NO_COLUMN;
}

/* ---- What else it may be ---- */

static bool is_spreadsheet(span input)
{
    static const char zipped[] = "PK\x03\x04";         /* xlsx, ods */
    static const char compound[] = "\xd0\xcf\x11\xe0"; /* xls */
    return input.len >= 4 &&
           (memcmp(input.ptr, zipped, 4) == 0 || memcmp(input.ptr, compound, 4) == 0);
}

static const char *separator_cure(char separator)
{
    switch (separator) {
    case ';':
        return "Separate the columns with commas; in this file semicolons do that.";
    case '\t':
        return "Separate the columns with commas; in this file tabs do that.";
    case '|':
        return "Separate the columns with commas; in this file vertical bars do that.";
    default:
        return "Leave out the quotation marks around the whole line: they make it one column.";
    }
}

/* Whether `separator` makes columns of a name, one of which is meant for one of the schema. Where
 * there are that many others before it, it is not what anybody has exported. */
static bool separates(span name, char separator, const struct schema *schema)
{
    enum { LOOKED_AT = 4096 };
    name.len = name.len < LOOKED_AT ? name.len : LOOKED_AT;
    const char *found = memchr(name.ptr, separator, name.len);
    while (found != NULL) {
        size_t len = (size_t)(found - name.ptr);
        if (header_meant_for(span_make(name.ptr, len), schema) != SCHEMA_NO_COLUMN) {
            return true;
        }
        name = span_make(found + 1, name.len - len - 1);
        found = memchr(name.ptr, separator, name.len);
    }
    return false;
}

/* How many of the columns of a schema are there. */
static unsigned columns_had(const struct header *header, const struct schema *schema)
{
    unsigned count = 0;
    for (unsigned column = 0; column < schema->column_count; column++) {
        count += position_of(header, schema, column, 0) != SCHEMA_NO_COLUMN;
    }
    return count;
}

static bool has_columns_of(const struct header *header, const struct schema *schema)
{
    return columns_had(header, schema) == schema->column_count;
}

/* A NUL may also be damage in a file that has one of the columns: that one is text. */
static bool is_no_text(const struct header *header, span input, const struct schema *schema)
{
    enum { LOOKED_AT = 64 };
    size_t size = input.len < LOOKED_AT ? input.len : LOOKED_AT;
    return size > 0 && memchr(input.ptr, 0, size) != NULL && columns_had(header, schema) == 0;
}

static const char *other_file_cure(const struct header *header, const struct schema *schema)
{
    /* The columns of a deprovision file are a part of those of users: they tell nothing there. */
    if (schema->file != MUSTER_TEAMS) {
        return has_columns_of(header, schema_of(MUSTER_TEAMS))
                   ? "The columns are those of a teams file: see whether two files are exchanged."
                   : NULL;
    }
    return has_columns_of(header, schema_of(MUSTER_DEPROVISION))
               ? "The columns are those of a users file: see whether two files are exchanged."
               : NULL;
}

static const char *names_cure(const struct header *header, const struct schema *schema)
{
    static const char separators[] = ";\t|,";
    span first = header->names[0];
    if (header->column_count <= 2 && first.len >= 4 && memcmp(first.ptr, "sep=", 4) == 0) {
        return "Remove the first line: sep= is a word to spreadsheet programs alone.";
    }
    for (const char *at = separators; *at != '\0' && header->column_count == 1; at++) {
        if (separates(first, *at, schema)) {
            return separator_cure(*at);
        }
    }
    return other_file_cure(header, schema);
}

const char *header_cure(const struct header *header, span input, const struct schema *schema,
                        char trouble)
{
    const char *cure = NULL;
    if (is_spreadsheet(input)) {
        return "The file is a spreadsheet or an archive, whatever its name: save what is in it as "
               "CSV in UTF-8, with commas.";
    }
    if (header->column_count > 0) {
        cure = names_cure(header, schema);
    } else if (trouble != '\0' && strchr(";\t|", trouble) != NULL) {
        cure = separator_cure(trouble);
    }
    return cure == NULL && is_no_text(header, input, schema)
               ? "The file is not text: give the CSV file that was exported."
               : cure;
}

/* ---- Reading ---- */

static bool names_read(struct header *header, span input, bool trim, struct arena *arena)
{
    size_t count = header->column_count;
    struct raw_field *fields = memory_array(count, sizeof *fields);
    header->names = arena_array(arena, count, sizeof *header->names);
    struct buffer scratch = {0};
    if (fields == NULL || header->names == NULL) {
        free(fields);
        return false;
    }
    struct record record;
    /* In a file that changes under a map there may be fewer fields by now. */
    memset(fields, 0, count * sizeof *fields);
    (void)record_parse(input, header->start, trim, fields, count, &record);
    for (size_t index = 0; index < count; index++) {
        span raw =
            span_make(input.ptr + fields[index].start, fields[index].end - fields[index].start);
        buffer_clear(&scratch);
        span name = span_trim(field_decode(raw, trim, &scratch));
        header->names[index] = arena_copy(arena, name.ptr != NULL ? name : SPAN(""));
    }
    bool done = !scratch.exhausted && !arena->exhausted;
    buffer_close(&scratch);
    free(fields);
    return done;
}

/* Bits of the columns that are missing; positions of those that are there. */
static uint32_t columns_find(struct header *header, const struct schema *schema)
{
    uint32_t missing = 0;
    for (unsigned column = 0; column < schema->column_count; column++) {
        header->positions[column] = position_of(header, schema, column, 0);
        if (header->positions[column] == SCHEMA_NO_COLUMN) {
            missing |= 1U << column;
        }
    }
    return missing;
}

static bool duplicates_report(const struct header *header, const struct schema *schema,
                              struct finding_list *findings)
{
    bool any = false;
    for (unsigned column = 0; column < schema->column_count; column++) {
        uint32_t again = position_of(header, schema, column, header->positions[column] + 1);
        if (again != SCHEMA_NO_COLUMN) {
            report(findings, MUSTER_DUPLICATE_HEADER, column, again);
            any = true;
        }
    }
    return any;
}

/* NOLINTNEXTLINE(readability-function-size): all that a header needs, asked for once a file */
enum header_result header_read(struct header *header, span input, size_t at, bool trim,
                               const struct schema *schema, struct arena *arena,
                               struct finding_list *findings)
{
    struct record record;
    *header = (struct header){0};
    if (!record_parse(input, at, trim, NULL, 0, &record)) {
        report(findings, MUSTER_EMPTY_FILE, COLUMN_NONE, 0);
        return HEADER_FATAL;
    }
    header->found = true;
    header->start = record.start;
    header->end = record.next;
    if (record.trouble == RECORD_UNTERMINATED) {
        report(findings, MUSTER_UNTERMINATED_QUOTE, COLUMN_NONE, 0);
        return HEADER_FATAL;
    }
    if (record.trouble == RECORD_STRAY_QUOTE) {
        report(findings, MUSTER_STRAY_QUOTE, COLUMN_NONE, 0);
        return HEADER_FATAL;
    }
    header->column_count = (uint32_t)record.field_count;
    if (record.field_count > COLUMN_COUNT_MAX || !names_read(header, input, trim, arena)) {
        return HEADER_NO_MEMORY;
    }
    uint32_t missing = columns_find(header, schema);
    if (missing != 0) {
        report(findings, MUSTER_MISSING_HEADER, COLUMN_NONE, missing);
        return HEADER_FATAL;
    }
    return duplicates_report(header, schema, findings) ? HEADER_FATAL : HEADER_GOOD;
}

void header_report_extra(const struct header *header, const struct schema *schema,
                         struct finding_list *findings)
{
    for (uint32_t position = 0; position < header->column_count; position++) {
        if (!is_required(header->names[position], schema)) {
            report(findings, MUSTER_EXTRA_HEADER, COLUMN_OTHER, position);
        }
    }
}
