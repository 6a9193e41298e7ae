/* SPDX-License-Identifier: MIT */
#include "finding_words.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/rules.h"
#include "base/text.h"
#include "csv/lines.h"
#include "csv/record.h"
#include "table/header.h"

void finding_words_close(struct finding_words *words)
{
    buffer_close(&words->message);
    buffer_close(&words->cure);
    buffer_close(&words->value);
    buffer_close(&words->more);
    buffer_close(&words->list_bytes);
    free(words->places);
    free(words->circle_sizes);
    *words = (struct finding_words){0};
}

/* Of a row, or of the header for FINDING_NO_ROW. */
static uint64_t line_of(struct finding_words *words, enum muster_file file, uint32_t row)
{
    const struct table *table = &words->roster->files[file].table;
    if (row != FINDING_NO_ROW) {
        return table_line(table, row);
    }
    if (words->header_lines[file] == 0) {
        words->header_lines[file] = table_line_at(table, table->header.start);
    }
    return words->header_lines[file];
}

/* ---- Values ---- */

/* A field by its position in the file, as the bytes rules saw it. */
static span value_at_position(const struct table *table, uint32_t row, uint32_t position,
                              struct buffer *scratch)
{
    struct raw_field *fields = memory_array((size_t)position + 1, sizeof *fields);
    span value = SPAN_NONE;
    struct record record;
    buffer_clear(scratch);
    scratch->exhausted = scratch->exhausted || fields == NULL;
    if (fields != NULL &&
        record_parse(table_reach(table, row), table_offset(table, row), table->options.trim, fields,
                     (size_t)position + 1, &record) &&
        record.field_count > position) {
        span raw = span_make(table->input.ptr + fields[position].start,
                             fields[position].end - fields[position].start);
        value = field_decode(raw, table->options.trim, scratch);
    }
    free(fields);
    return value;
}

/* An id of the list of managers in a row of teams. */
static span manager_id(struct finding_words *words, uint32_t row, uint32_t offset)
{
    if (words->list_row != row + 1) {
        const struct table *teams = &words->roster->files[MUSTER_TEAMS].table;
        words->list = table_value(teams, row, TEAMS_MANAGER_IDS, &words->list_bytes);
        words->list_row = row + 1;
    }
    size_t at = offset < words->list.len ? offset : words->list.len;
    span id = SPAN("");
    (void)id_list_next(words->list, &at, &id);
    return id;
}

/* The name of a column, of a long one the first characters. */
static span name_shown(const struct table *table, uint32_t position)
{
    span name = table->header.names[position];
    if (name.len > COLUMN_NAME_SHOWN_MAX) {
        name.len = COLUMN_NAME_SHOWN_MAX;
        while (name.len > COLUMN_NAME_SHOWN_MAX - 4 &&
               ((unsigned char)name.ptr[name.len] & 0xC0) == 0x80) {
            name.len--;
        }
    }
    return name;
}

span finding_value(struct finding_words *words, enum muster_file file,
                   const struct finding *finding)
{
    const struct muster_roster *roster = words->roster;
    const struct table *table = &roster->files[file].table;
    struct buffer *scratch = &words->value;
    uint32_t row = finding_row(finding);
    unsigned column = finding_column(finding);
    switch (finding_code(finding)) {
    case MUSTER_DUPLICATE_HEADER:
    case MUSTER_EXTRA_HEADER:
        return name_shown(table, finding->detail);
    case MUSTER_UNKNOWN_ROOT_TEAM:
        return roster->roots[finding->detail];
    case MUSTER_NUL_BYTE:
    case MUSTER_INVALID_UTF8: {
        /* A field may break two rules: what is too long is not repeated under any name. */
        span value = value_at_position(table, row, finding->detail, scratch);
        return value.len > FIELD_SIZE_MAX ? SPAN_NONE : value;
    }
    case MUSTER_UNKNOWN_MANAGER:
        return manager_id(words, row, finding->detail);
    case MUSTER_TEAM_NAME_COLLISION:
    case MUSTER_TEAM_NAME_LENGTH:
        return roster->built.org.teams[finding->detail].final_name;
    case MUSTER_FIELD_TOO_LONG:
        return SPAN_NONE;
    default:
        return row == FINDING_NO_ROW || column >= COLUMN_OTHER
                   ? SPAN_NONE
                   : table_value(table, row, column, scratch);
    }
}

static span field_name(const struct table *table, const struct finding *finding)
{
    unsigned column = finding_column(finding);
    if (column == COLUMN_NONE) {
        return SPAN_NONE;
    }
    return column == COLUMN_OTHER ? name_shown(table, finding->detail)
                                  : span_from(table->schema->columns[column].name);
}

/* ---- Words ---- */

static void quoted(struct buffer *message, span value)
{
    buffer_byte(message, '"');
    buffer_span(message, value);
    buffer_byte(message, '"');
}

static void say(struct finding_words *words, const char *before, span value, const char *behind)
{
    buffer_text(&words->message, before);
    quoted(&words->message, value);
    buffer_text(&words->message, behind);
}

static void say_line(struct finding_words *words, enum muster_file file, uint32_t row)
{
    buffer_text(&words->message, "line ");
    buffer_number(&words->message, line_of(words, file, row));
}

/* ` "value" <behind> line 3`. */
static void say_value_line(struct finding_words *words, span value, const char *behind,
                           enum muster_file file, uint32_t row)
{
    quoted(&words->message, value);
    buffer_text(&words->message, behind);
    say_line(words, file, row);
}

static span team_id(struct finding_words *words, uint32_t row)
{
    return table_value(&words->roster->files[MUSTER_TEAMS].table, row, TEAMS_ID, &words->more);
}

/* Offer the one id that may have been meant. */
static void say_suggestion(struct finding_words *words, enum muster_file file, span id,
                           bool kept_only)
{
    const struct roster_file *known = &words->roster->files[file];
    uint32_t row = known->sound ? table_suggest(&known->table, id, kept_only) : KEY_INDEX_NONE;
    if (row == TABLE_ROW_LOST) {
        words->exhausted = true;
    } else if (row != KEY_INDEX_NONE) {
        say(words, "; did you mean ", table_value(&known->table, row, 0, &words->more), "?");
    }
}

static void say_missing_header(struct finding_words *words, const struct table *table,
                               uint32_t missing)
{
    bool first = true;
    buffer_text(&words->message, "Missing header(s) for ");
    buffer_text(&words->message, muster_file_name(table->schema->file));
    buffer_text(&words->message, " file: ");
    for (unsigned column = 0; column < table->schema->column_count; column++) {
        if ((missing >> column & 1) == 0) {
            continue;
        }
        const char *name = table->schema->columns[column].name;
        buffer_text(&words->message, first ? "" : ", ");
        buffer_text(&words->message, name);
        first = false;
        uint32_t position = header_meant_by(&table->header, table->schema, column);
        if (position != SCHEMA_NO_COLUMN) {
            buffer_text(&words->cure, words->cure.size > 0 ? " " : "");
            buffer_text(&words->cure, "Rename the column ");
            quoted(&words->cure, name_shown(table, position));
            buffer_text(&words->cure, " to ");
            buffer_text(&words->cure, name);
            buffer_byte(&words->cure, '.');
        }
    }
}

/* Of a file whose header is fatal: `trouble` as in header_cure. */
static void say_header_cure(struct finding_words *words, const struct table *table, char trouble)
{
    const char *cure = header_cure(&table->header, table->input, table->schema, trouble);
    if (cure != NULL && words->cure.size == 0) {
        buffer_text(&words->cure, cure);
    }
}

void stray_quote_say(struct buffer *text, span input, uint64_t line, size_t trouble_at)
{
    buffer_text(text, input.ptr[trouble_at] != '"'
                          ? "something stands behind a closing quotation mark: line "
                          : "a quotation mark stands where none may be: line ");
    buffer_number(text, line);
    buffer_text(text, ", byte ");
    buffer_number(text, line_byte(input, trouble_at));
}

static void say_stray_quote(struct finding_words *words, enum muster_file file, uint32_t row)
{
    const struct table *table = &words->roster->files[file].table;
    size_t at = row == FINDING_NO_ROW ? table->header.start : table_offset(table, row);
    span reach = row == FINDING_NO_ROW ? table->input : table_reach(table, row);
    struct record record;
    if (!record_parse(reach, at, table->options.trim, NULL, 0, &record) ||
        record.trouble != RECORD_STRAY_QUOTE) {
        buffer_text(&words->message, "a quotation mark stands where none may be");
        return; /* the file has changed since */
    }
    stray_quote_say(&words->message, table->input, table_line_at(table, record.trouble_at),
                    record.trouble_at);
    char trouble = table->input.ptr[record.trouble_at];
    /* The reader of --trim passes over blanks around quotation marks. */
    if (record_parse(reach, at, true, NULL, 0, &record) && record.trouble == RECORD_SOUND) {
        buffer_text(&words->cure, "Remove the blank beside the quotation mark, or read the export "
                                  "with --trim.");
    }
    if (row == FINDING_NO_ROW) {
        say_header_cure(words, table, trouble);
    }
}

static void say_too_long(struct finding_words *words, const struct table *table,
                         const struct finding *finding)
{
    span value = value_at_position(table, finding_row(finding), finding->detail, &words->value);
    buffer_text(&words->message, "the value has ");
    buffer_number_grouped(&words->message, value.len);
    buffer_text(&words->message, " bytes; at most ");
    buffer_number_grouped(&words->message, FIELD_SIZE_MAX);
    buffer_text(&words->message, " are allowed");
}

/* How many teams lie on the circle of this finding. Each circle is walked once, however many of its
 * teams speak of it. */
static uint32_t circle_size(struct finding_words *words, const struct finding *finding)
{
    const uint32_t *parents = words->roster->built.parent_rows;
    uint32_t start = finding->related;
    if (words->circle_sizes == NULL) {
        uint32_t count = words->roster->files[MUSTER_TEAMS].table.row_count;
        words->circle_sizes = calloc(count, sizeof *words->circle_sizes);
    }
    if (words->circle_sizes == NULL) {
        words->exhausted = true;
        return 1;
    }
    uint32_t *size = &words->circle_sizes[start];
    if (*size == 0) {
        uint32_t at = start;
        do {
            ++*size;
            at = parents[at];
        } while (at != start);
    }
    return *size;
}

/* How many of its teams the finding names. */
static uint32_t circle_named(struct finding_words *words, const struct finding *finding)
{
    uint32_t size = circle_size(words, finding);
    return size <= CIRCLE_NAMED_MAX ? size : CIRCLE_LONG_NAMED;
}

static void say_circle(struct finding_words *words, const struct finding *finding)
{
    const uint32_t *parents = words->roster->built.parent_rows;
    uint32_t row = finding_row(finding);
    if (parents[row] == row) {
        say(words, "team ", team_id(words, row), " is its own parent");
        return;
    }
    uint32_t named = circle_named(words, finding);
    uint32_t left_out = circle_size(words, finding) - named;
    say(words, "team ", team_id(words, row), " lies on a circle of parents: ");
    uint32_t at = row;
    for (uint32_t n = 0; n < named; n++) {
        buffer_span(&words->message, team_id(words, at));
        buffer_text(&words->message, " -> ");
        at = parents[at];
    }
    if (left_out > 0) {
        buffer_text(&words->message, "... and ");
        buffer_number_grouped(&words->message, left_out);
        buffer_text(&words->message, " more -> ");
    }
    buffer_span(&words->message, team_id(words, row));
}

static void say_removed(struct finding_words *words, const struct finding *finding, span value)
{
    if (span_equal(value, team_id(words, finding->related))) {
        buffer_text(&words->message, " was removed, see ");
        say_line(words, MUSTER_TEAMS, finding->related);
        return;
    }
    buffer_text(&words->message, " was removed because of team ");
    say_value_line(words, team_id(words, finding->related), " on ", MUSTER_TEAMS, finding->related);
}

static void say_control(struct finding_words *words, span value)
{
    unsigned found = text_control(value);
    static const char digits[] = "0123456789ABCDEF";
    buffer_text(&words->message, "the value has the control character U+00");
    buffer_byte(&words->message, digits[found >> 4 & 15]);
    buffer_byte(&words->message, digits[found & 15]);
}

/* Codes of passes 0 and 1. False: not one of them. */
static bool say_reading(struct finding_words *words, enum muster_file file,
                        const struct finding *finding)
{
    const struct table *table = &words->roster->files[file].table;
    struct buffer *message = &words->message;
    span field = field_name(table, finding);
    switch (finding_code(finding)) {
    case MUSTER_UNREADABLE_ENCODING:
        buffer_text(message, "the file is UTF-16 or UTF-32 text, not UTF-8");
        return true;
    case MUSTER_EMPTY_FILE:
        buffer_text(message, "the file has no header record");
        return true;
    case MUSTER_MISSING_HEADER:
        say_missing_header(words, table, finding->detail);
        say_header_cure(words, table, '\0');
        return true;
    case MUSTER_DUPLICATE_HEADER:
        say(words, "the column ", field, " stands twice in the header");
        return true;
    case MUSTER_UNTERMINATED_QUOTE:
        buffer_text(message, "the quotation mark opened on this line is never closed");
        if (table->header.column_count == 0) {
            say_header_cure(words, table, '\0');
        }
        return true;
    case MUSTER_EXTRA_HEADER: {
        uint32_t meant = header_meant_for(table->header.names[finding->detail], table->schema);
        say(words, "the column ", field, " is not used");
        if (meant != SCHEMA_NO_COLUMN) {
            say(words, "; it may be meant for ", span_from(table->schema->columns[meant].name), "");
        }
        return true;
    }
    case MUSTER_STRAY_QUOTE:
        say_stray_quote(words, file, finding_row(finding));
        return true;
    case MUSTER_FIELD_COUNT:
        buffer_text(message, "the record has ");
        buffer_number_grouped(message, finding->detail);
        buffer_text(message,
                    finding->detail == 1 ? " field, the header has " : " fields, the header has ");
        buffer_number_grouped(message, table->header.column_count);
        return true;
    case MUSTER_NUL_BYTE:
        say(words, "the value of ", field, " has a NUL byte");
        return true;
    case MUSTER_INVALID_UTF8:
        say(words, "the value of ", field, " is not UTF-8");
        return true;
    case MUSTER_FIELD_TOO_LONG:
        say_too_long(words, table, finding);
        return true;
    case MUSTER_MISSING_VALUE:
        say(words, "the record has no value for ", field, "");
        return true;
    default:
        return false;
    }
}

/* Codes of passes 2 to 4. False: not one of them. */
static bool say_keys(struct finding_words *words, enum muster_file file,
                     const struct finding *finding, span value)
{
    uint32_t row = finding_row(finding);
    switch (finding_code(finding)) {
    case MUSTER_DUPLICATE_USER_ID:
        buffer_text(&words->message, "user id ");
        say_value_line(words, value, " is already used on ", file, finding->related);
        return true;
    case MUSTER_DUPLICATE_EMAIL:
        buffer_text(&words->message, "e-mail ");
        say_value_line(words, value, " is already used on ", file, finding->related);
        return true;
    case MUSTER_DUPLICATE_TEAM_ID:
        buffer_text(&words->message, "team id ");
        say_value_line(words, value, " is already used on ", file, finding->related);
        return true;
    case MUSTER_UNKNOWN_PARENT_TEAM:
        say(words, "team ", team_id(words, row), " has the parent ");
        quoted(&words->message, value);
        buffer_text(&words->message, ", which is not in the teams file");
        say_suggestion(words, MUSTER_TEAMS, value, false);
        return true;
    case MUSTER_TEAM_CYCLE:
        say_circle(words, finding);
        return true;
    case MUSTER_REMOVED_PARENT_TEAM:
        say(words, "the parent ", value, "");
        say(words, " of team ", team_id(words, row), "");
        say_removed(words, finding, value);
        return true;
    case MUSTER_UNKNOWN_TEAM:
        say(words, "team ", value, " is not in the teams file");
        say_suggestion(words, MUSTER_TEAMS, value, false);
        return true;
    case MUSTER_REMOVED_TEAM:
        say(words, "team ", value, "");
        say_removed(words, finding, value);
        return true;
    case MUSTER_UNKNOWN_MANAGER:
        say(words, "manager ", value, "");
        say(words, " of team ", team_id(words, row), " is not a user that is kept");
        say_suggestion(words, MUSTER_USERS, value, false);
        return true;
    case MUSTER_UNKNOWN_ROOT_TEAM:
        buffer_span(&words->message, words->roster->roots_named);
        say(words, " names the team ", value, ", which is not in the teams that are kept");
        say_suggestion(words, MUSTER_TEAMS, value, true);
        return true;
    default:
        return false;
    }
}

/* `last_name "A,B"`, where the value may be that of any column. */
static void say_of_field(struct finding_words *words, enum muster_file file,
                         const struct finding *finding, span value)
{
    buffer_span(&words->message, field_name(&words->roster->files[file].table, finding));
    say(words, " ", value, "");
}

/* Codes of passes 5 and 6. */
static void say_values(struct finding_words *words, enum muster_file file,
                       const struct finding *finding, span value)
{
    const struct org *org = &words->roster->built.org;
    switch (finding_code(finding)) {
    case MUSTER_DUPLICATE_TEAM_NAME:
        say(words, "the team name ", value, " is not unique; the remote will show ");
        quoted(&words->message, org->teams[finding->detail].final_name);
        break;
    case MUSTER_TEAM_NAME_COLLISION:
        say(words, "another team ends up with the same final name ", value, "");
        break;
    case MUSTER_TEAM_NAME_LENGTH:
        buffer_text(&words->message, "the final name has ");
        buffer_number_grouped(&words->message, text_length(value));
        buffer_text(&words->message, text_length(value) == 1 ? " character" : " characters");
        buffer_text(&words->message, "; the remote takes 2 to 200");
        break;
    case MUSTER_INVALID_EMAIL:
        quoted(&words->message, value);
        buffer_text(&words->message, " is not an e-mail address");
        break;
    case MUSTER_SURROUNDING_SPACE:
        say_of_field(words, file, finding, value);
        buffer_text(&words->message, " begins or ends with a blank");
        break;
    case MUSTER_CONTROL_CHARACTER:
        say_control(words, value);
        break;
    case MUSTER_CASE_COLLISION: {
        const struct table *table = &words->roster->files[file].table;
        say(words, "id ", value, " differs from ");
        say_value_line(words, table_value(table, finding->related, 0, &words->more), " on ", file,
                       finding->related);
        buffer_text(&words->message, " only in case");
        break;
    }
    default:
        say_of_field(words, file, finding, value);
        buffer_text(&words->message,
                    " has a quotation mark, a comma or a line break inside, which the vendor "
                    "advises against");
        break;
    }
}

/* ---- Places ---- */

static void place_add(struct finding_words *words, struct muster_finding *result,
                      enum muster_file file, uint32_t row)
{
    struct muster_place *grown = memory_grow(words->places, &words->place_capacity,
                                             result->related_count + 1, sizeof *grown);
    if (grown == NULL) {
        words->exhausted = true;
        return;
    }
    words->places = grown;
    grown[result->related_count++] = (struct muster_place){file, line_of(words, file, row)};
    result->related = grown;
}

static void places_find(struct finding_words *words, enum muster_file file,
                        const struct finding *finding, struct muster_finding *result)
{
    enum muster_code code = finding_code(finding);
    if (code == MUSTER_TEAM_CYCLE) {
        const uint32_t *parents = words->roster->built.parent_rows;
        uint32_t named = circle_named(words, finding);
        uint32_t at = finding_row(finding);
        for (uint32_t n = 0; n < named; n++) {
            place_add(words, result, MUSTER_TEAMS, at);
            at = parents[at];
        }
        result->related_total = circle_size(words, finding);
        return;
    }
    if (code == MUSTER_REMOVED_TEAM) {
        place_add(words, result, MUSTER_TEAMS, finding->related);
    } else if (finding->related != FINDING_NO_ROW && code != MUSTER_UNKNOWN_PARENT_TEAM) {
        place_add(words, result, file, finding->related);
    }
    result->related_total = result->related_count;
}

void finding_words_make(struct finding_words *words, enum muster_file file,
                        const struct finding *finding, struct muster_finding *result)
{
    const struct muster_roster *roster = words->roster;
    const struct table *table = &roster->files[file].table;
    enum muster_code code = finding_code(finding);
    uint32_t row = finding_row(finding);
    buffer_clear(&words->message);
    buffer_clear(&words->cure);
    *result = (struct muster_finding){
        .code = code,
        .severity = (enum muster_severity)roster_severity(roster, finding),
        .file_known = code != MUSTER_UNKNOWN_ROOT_TEAM,
        .file = file,
        .effect = span_from(rules[code].effect),
        .alike = 1,
    };
    result->path = result->file_known ? roster->summary.paths[file] : SPAN_NONE;
    result->field = field_name(table, finding);
    result->value = finding_value(words, file, finding);
    if (code == MUSTER_UNTERMINATED_QUOTE) {
        result->line = table_line_at(table, table->trouble_at);
    } else if (row != FINDING_NO_ROW || (table->header.found && result->file_known)) {
        result->line = line_of(words, file, row);
    }
    if (!say_reading(words, file, finding) && !say_keys(words, file, finding, result->value)) {
        say_values(words, file, finding, result->value);
    }
    if (result->severity == MUSTER_FATAL) {
        result->effect = SPAN("nothing can be sent");
    }
    result->message = buffer_view(&words->message);
    result->cure = words->cure.size > 0 ? buffer_view(&words->cure) : span_from(rules[code].cure);
    places_find(words, file, finding, result);
    words->exhausted = words->exhausted || words->message.exhausted || words->value.exhausted ||
                       words->cure.exhausted || words->more.exhausted ||
                       words->list_bytes.exhausted;
}
