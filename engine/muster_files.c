/* SPDX-License-Identifier: MIT */
/* Files made from a roster: the cleaned export, the rejected records, the leavers, the records. */
#include "muster.h"

#include <stdlib.h>

#include "csv/lines.h"
#include "csv/record.h"
#include "csv/scanner.h"
#include "csv/writer.h"
#include "output/escape.h"
#include "finding_words.h"
#include "roster.h"

/* Enough for the disk, little for the memory. */
#define FLUSH_SIZE (256U << 10)

struct writing {
    struct buffer out;
    muster_write *write;
    void *context;
    bool failed;
};

static void writing_flush(struct writing *writing, size_t at_least)
{
    if (writing->out.size < at_least || writing->out.size == 0) {
        return;
    }
    if (!writing->failed && !writing->out.exhausted) {
        writing->failed = !writing->write(writing->context, writing->out.bytes, writing->out.size);
    }
    buffer_clear(&writing->out);
}

static enum muster_status writing_close(struct writing *writing)
{
    writing_flush(writing, 1);
    bool exhausted = writing->out.exhausted;
    buffer_close(&writing->out);
    if (exhausted) {
        return MUSTER_NO_MEMORY;
    }
    return writing->failed ? MUSTER_UNWRITABLE : MUSTER_OK;
}

/* ---- The cleaned export ---- */

struct fixing {
    const struct muster_roster *roster;
    const struct table *table;
    struct raw_field *fields;
    const char *line_end;
    size_t unknown_next; /* in the findings about managers */
    struct buffer scratch;
    struct buffer cell;
    struct writing writing;
};

/* The ids of the team's managers, joined as they stood. */
static void managers_join(struct fixing *fixing, uint32_t row)
{
    const struct org_export *built = &fixing->roster->built;
    const struct org_team *team = &built->org.teams[built->team_of_row[row]];
    for (uint32_t index = 0; index < team->manager_count; index++) {
        uint32_t user = built->org.managers[team->manager_first + index];
        buffer_text(&fixing->cell, index > 0 ? "," : "");
        buffer_span(&fixing->cell, table_value(built->users, user, USERS_ID, &fixing->scratch));
    }
}

/* What has to stand in place of a column of this row; SCHEMA_NO_COLUMN: the row may stay. */
static uint32_t replaced_column(struct fixing *fixing, uint32_t row)
{
    const struct table *table = fixing->table;
    const struct finding_list *unknown = &fixing->roster->built.managers;
    buffer_clear(&fixing->cell);
    if (table->schema->file == MUSTER_USERS && table->teams != NULL &&
        table->teams[row] != TEAM_NONE && table->teams[row] >= TEAM_REMOVED) {
        return USERS_TEAM_ID;
    }
    if (table->schema->file != MUSTER_TEAMS) {
        return SCHEMA_NO_COLUMN;
    }
    while (fixing->unknown_next < unknown->count &&
           finding_row(&unknown->items[fixing->unknown_next]) < row) {
        fixing->unknown_next++;
    }
    if (fixing->unknown_next < unknown->count &&
        finding_row(&unknown->items[fixing->unknown_next]) == row) {
        managers_join(fixing, row);
        return TEAMS_MANAGER_IDS;
    }
    return SCHEMA_NO_COLUMN;
}

/* The record as it stands, with only the cell replaced that has to be. */
static void row_copy(struct fixing *fixing, const struct record *record, uint32_t replaced)
{
    const char *input = fixing->table->input.ptr;
    struct buffer *out = &fixing->writing.out;
    if (replaced == SCHEMA_NO_COLUMN) {
        buffer_append(out, input + record->start, record->end - record->start);
        return;
    }
    struct raw_field field = fixing->fields[fixing->table->header.positions[replaced]];
    buffer_append(out, input + record->start, field.start - record->start);
    csv_value(out, buffer_view(&fixing->cell));
    buffer_append(out, input + field.end, record->end - field.end);
}

/* The values as --trim has read them: the blanks around them, or around their quotation marks,
 * would mean something else to whoever reads the file without it. */
static void row_rewrite(struct fixing *fixing, uint32_t replaced)
{
    const struct header *header = &fixing->table->header;
    for (uint32_t at = 0; at < header->column_count; at++) {
        struct raw_field field = fixing->fields[at];
        span raw = span_make(fixing->table->input.ptr + field.start, field.end - field.start);
        bool stays = replaced == SCHEMA_NO_COLUMN || header->positions[replaced] != at;
        buffer_clear(&fixing->scratch);
        csv_field(&fixing->writing.out, at == 0,
                  stays ? field_decode(raw, true, &fixing->scratch) : buffer_view(&fixing->cell));
    }
}

static void row_write(struct fixing *fixing, uint32_t row)
{
    const struct table *table = fixing->table;
    size_t count = table->header.column_count;
    uint32_t replaced = replaced_column(fixing, row);
    struct record record;
    if (!record_parse(table_reach(table, row), table_offset(table, row), table->options.trim,
                      fixing->fields, count, &record) ||
        record.field_count < count) {
        return;
    }
    if (table->options.trim) {
        row_rewrite(fixing, replaced);
    } else {
        row_copy(fixing, &record, replaced);
    }
    buffer_text(&fixing->writing.out, fixing->line_end);
    writing_flush(&fixing->writing, FLUSH_SIZE);
}

static void header_write(struct fixing *fixing)
{
    const struct table *table = fixing->table;
    struct buffer *out = &fixing->writing.out;
    struct record header;
    fixing->line_end = "\n";
    if (!record_parse(table->input, table->header.start, table->options.trim, NULL, 0, &header)) {
        return;
    }
    span rest = span_make(table->input.ptr + header.end, table->input.len - header.end);
    fixing->line_end = rest.len >= 2 && memcmp(rest.ptr, "\r\n", 2) == 0 ? "\r\n" : "\n";
    span text = span_make(table->input.ptr + header.start, header.end - header.start);
    span first = table->options.trim ? table->header.names[0] : text;
    /* A second byte order mark is part of the first name, and must not become the first. */
    buffer_append(out, first.ptr, mark_size(first));
    if (table->options.trim) {
        for (uint32_t at = 0; at < table->header.column_count; at++) {
            csv_field(out, at == 0, table->header.names[at]);
        }
    } else {
        buffer_span(out, text);
    }
    buffer_text(out, fixing->line_end);
}

enum muster_status muster_fix_write(struct muster_roster *roster, enum muster_file file,
                                    muster_write *write, void *context)
{
    if (!roster->files[file].sound) {
        return roster->files[file].present ? MUSTER_FATAL_FINDING : MUSTER_INCOMPLETE;
    }
    const struct table *table = &roster->files[file].table;
    struct fixing fixing = {
        .roster = roster, .table = table, .writing = {.write = write, .context = context}};
    fixing.fields = memory_array(table->header.column_count, sizeof *fixing.fields);
    if (fixing.fields == NULL) {
        return MUSTER_NO_MEMORY;
    }
    header_write(&fixing);
    for (uint32_t row = 0; row < table->row_count && !fixing.writing.failed; row++) {
        if (table_kept(table, row)) {
            row_write(&fixing, row);
        }
    }
    bool exhausted = fixing.scratch.exhausted || fixing.cell.exhausted;
    buffer_close(&fixing.scratch);
    buffer_close(&fixing.cell);
    free(fixing.fields);
    enum muster_status status = writing_close(&fixing.writing);
    return exhausted ? MUSTER_NO_MEMORY : status;
}

/* ---- Rejected records ---- */

/* The codes that removed a row, passes 1 to 3, in the order of the passes. */
static void reject_codes(const struct finding_list *const *lists, size_t *positions, uint32_t row,
                         struct buffer *codes)
{
    buffer_clear(codes);
    for (size_t list = 0; list < 4 && lists[list] != NULL; list++) {
        const struct finding_list *of = lists[list];
        enum muster_code last = MUSTER_CODE_COUNT;
        while (positions[list] < of->count &&
               (finding_row(&of->items[positions[list]]) == FINDING_NO_ROW ||
                finding_row(&of->items[positions[list]]) < row)) {
            positions[list]++;
        }
        for (size_t index = positions[list];
             index < of->count && finding_row(&of->items[index]) == row; index++) {
            enum muster_code code = finding_code(&of->items[index]);
            if (code != last) {
                buffer_text(codes, codes->size > 0 ? " " : "");
                buffer_text(codes, muster_rule(code)->name);
                last = code;
            }
        }
    }
}

/* The record as it stands, for people: a value that a spreadsheet would run is made harmless. */
static void reject_record(struct buffer *out, const struct table *table, uint32_t row,
                          struct buffer *scratch)
{
    static const char formulas[] = {'=', '+', '-', '@', '\t', '\r'};
    span record = table_record(table, row);
    buffer_clear(scratch);
    if (record.len > 0 && memchr(formulas, record.ptr[0], sizeof formulas) != NULL) {
        buffer_byte(scratch, '\'');
    }
    buffer_span(scratch, record);
    csv_field(out, false, buffer_view(scratch));
}

enum muster_status muster_rejects_write(struct muster_roster *roster, enum muster_file file,
                                        muster_write *write, void *context)
{
    if (!roster->files[file].sound) {
        return roster->files[file].present ? MUSTER_FATAL_FINDING : MUSTER_INCOMPLETE;
    }
    const struct table *table = &roster->files[file].table;
    const struct finding_list *lists[4] = {&table->reading, &table->repeated_ids,
                                           &table->repeated_emails,
                                           file == MUSTER_TEAMS ? &roster->built.tree : NULL};
    size_t positions[4] = {0};
    struct writing writing = {.write = write, .context = context};
    struct buffer scratch = {0};
    bool begun = false;
    for (uint32_t row = 0; row < table->row_count && !writing.failed; row++) {
        if (table_kept(table, row)) {
            continue;
        }
        if (!begun) {
            buffer_text(&writing.out, "line,codes,record\n");
            begun = true;
        }
        buffer_number(&writing.out, table_line(table, row));
        reject_codes(lists, positions, row, &scratch);
        csv_field(&writing.out, false, buffer_view(&scratch));
        reject_record(&writing.out, table, row, &scratch);
        buffer_byte(&writing.out, '\n');
        writing_flush(&writing, FLUSH_SIZE);
    }
    bool exhausted = scratch.exhausted;
    buffer_close(&scratch);
    enum muster_status status = writing_close(&writing);
    return exhausted ? MUSTER_NO_MEMORY : status;
}

/* ---- Leavers ---- */

enum muster_status muster_leavers_write(struct muster_diff *diff, muster_write *write,
                                        void *context)
{
    const struct org *org = muster_diff_old_roster(diff)->org;
    struct writing writing = {.write = write, .context = context};
    struct buffer scratch = {0};
    size_t count;
    const uint32_t *leavers = muster_diff_leavers(diff, &count);
    buffer_text(&writing.out, "id,email,first_name,last_name\n");
    for (size_t index = 0; index < count && !writing.failed; index++) {
        struct org_user user;
        org_user_read(org, leavers[index], &scratch, &user);
        csv_field(&writing.out, true, user.id);
        csv_field(&writing.out, false, user.email);
        csv_field(&writing.out, false, user.first_name);
        csv_field(&writing.out, false, user.last_name);
        buffer_byte(&writing.out, '\n');
        writing_flush(&writing, FLUSH_SIZE);
    }
    bool exhausted = scratch.exhausted;
    buffer_close(&scratch);
    enum muster_status status = writing_close(&writing);
    return exhausted ? MUSTER_NO_MEMORY : status;
}

/* ---- Records ---- */

struct listing {
    span input;
    const char *path;
    const struct muster_records_options *options;
    struct writing records;
    struct writing findings;
    struct raw_field *fields;
    size_t field_capacity;
    struct buffer scratch;
    struct line_counter lines;
    uint64_t finding_count;
    uint64_t record_count;
};

/* The beginning of a line about a finding in the record at `at`. */
static struct buffer *listing_place(struct listing *listing, size_t at, bool known, bool fatal)
{
    struct buffer *out = &listing->findings.out;
    escape_terminal(out, span_from(listing->path));
    if (known) {
        buffer_byte(out, ':');
        buffer_number(out, line_counter_line(&listing->lines, at));
    }
    buffer_text(out, fatal ? ": fatal: " : ": error: ");
    return out;
}

static void listing_end(struct listing *listing, struct buffer *out, enum muster_code code)
{
    buffer_text(out, " [");
    buffer_text(out, muster_rule(code)->name);
    buffer_text(out, "]\n");
    writing_flush(&listing->findings, FLUSH_SIZE);
    listing->finding_count++;
}

static void listing_complain(struct listing *listing, size_t at, enum muster_code code)
{
    bool known = code != MUSTER_UNREADABLE_ENCODING;
    struct buffer *out = listing_place(listing, at, known, true);
    buffer_text(out, muster_rule(code)->when);
    listing_end(listing, out, code);
}

/* As exact as the message of a check: the byte may stand lines behind the start of its record. */
static void listing_complain_stray(struct listing *listing, const struct record *record, bool fatal)
{
    struct buffer *out = listing_place(listing, record->start, true, fatal);
    stray_quote_say(out, listing->input, line_counter_line(&listing->lines, record->trouble_at),
                    record->trouble_at);
    listing_end(listing, out, MUSTER_STRAY_QUOTE);
}

/* The record that starts at `at`; false where nothing can follow. */
static bool listing_record(struct listing *listing, size_t at)
{
    struct record record;
    bool trim = listing->options->trim;
    if (!record_parse(listing->input, at, trim, listing->fields, listing->field_capacity,
                      &record)) {
        return false;
    }
    /* More than once only where the file changes under us. */
    while (record.field_count > listing->field_capacity) {
        struct raw_field *grown = memory_grow(listing->fields, &listing->field_capacity,
                                              record.field_count, sizeof *grown);
        if (grown == NULL) {
            listing->records.out.exhausted = true;
            return false;
        }
        listing->fields = grown;
        if (!record_parse(listing->input, at, trim, grown, listing->field_capacity, &record)) {
            return false;
        }
    }
    bool first = listing->record_count++ == 0;
    if (record.trouble == RECORD_UNTERMINATED) {
        listing_complain(listing, record.trouble_at, MUSTER_UNTERMINATED_QUOTE);
        return false;
    }
    if (record.trouble == RECORD_STRAY_QUOTE) {
        /* The first record is the header, and an error in it is fatal. */
        listing_complain_stray(listing, &record, first);
        return !first;
    }
    struct buffer *out = &listing->records.out;
    for (size_t field = 0; field < record.field_count; field++) {
        span raw = span_make(listing->input.ptr + listing->fields[field].start,
                             listing->fields[field].end - listing->fields[field].start);
        buffer_clear(&listing->scratch);
        buffer_byte(out, field == 0 ? '[' : ',');
        escape_json_value(out, field_decode(raw, trim, &listing->scratch));
    }
    buffer_text(out, "]\n");
    writing_flush(&listing->records, FLUSH_SIZE);
    return !listing->records.failed;
}

static enum muster_status listing_run(struct listing *listing, size_t at)
{
    struct scanner scanner;
    if (!scanner_open(&scanner, listing->input, listing->options->simd, 0)) {
        scanner_close(&scanner);
        return MUSTER_NO_MEMORY;
    }
    scanner.trim = listing->options->trim;
    scanner_seek(&scanner, at, listing->input.len);
    const struct scan_batch *batch;
    bool more = true;
    while (more && (batch = scanner_next(&scanner)) != NULL) {
        for (size_t index = 0; more && index < batch->record_count; index++) {
            more = listing_record(listing, batch->base + batch->records[index].start);
        }
    }
    scanner_close(&scanner);
    return MUSTER_OK;
}

enum muster_status muster_records_write(const struct muster_input *input,
                                        const struct muster_records_options *options,
                                        uint64_t *finding_count, struct muster_error *error)
{
    struct source *source = NULL;
    struct source_options source_options = {.map_allowed = options->map_allowed};
    *finding_count = 0;
    enum muster_status status = input->data.ptr != NULL
                                    ? source_open_bytes(&source, input->data)
                                    : source_open(&source, input->path, &source_options, error);
    if (status != MUSTER_OK) {
        return input->data.ptr != NULL ? roster_fail(error, status) : status;
    }
    struct listing listing = {
        .input = span_make(source_bytes(source), source_size(source)),
        .path = input->path != NULL ? input->path : "-",
        .lines = {.input = span_make(source_bytes(source), source_size(source))},
        .options = options,
        .records = {.write = options->write, .context = options->context},
        .findings = {.write = options->write_findings, .context = options->findings_context},
    };
    if (table_encoding_is_wide(listing.input)) {
        listing_complain(&listing, 0, MUSTER_UNREADABLE_ENCODING);
    } else {
        status = listing_run(&listing, mark_size(listing.input));
    }
    listing.records.out.exhausted |= listing.scratch.exhausted;
    enum muster_status written = writing_close(&listing.records);
    enum muster_status told = writing_close(&listing.findings);
    if (status == MUSTER_OK) {
        status = written != MUSTER_OK ? written : told;
    }
    if (status == MUSTER_OK && !source_unchanged(source)) {
        status = MUSTER_CHANGED;
    }
    *finding_count = listing.finding_count;
    buffer_close(&listing.scratch);
    free(listing.fields);
    source_close(source);
    if (status != MUSTER_OK && error != NULL) {
        *error = (struct muster_error){.status = status, .subject = span_from(input->path)};
    }
    return status;
}
