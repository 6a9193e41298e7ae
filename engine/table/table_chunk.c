/* SPDX-License-Identifier: MIT */
/*
 * One chunk of a file to rows. The scanner gives batches of records; the keys of plain rows are
 * digested a column at a time (digest.h), and what is not plain is judged here, row by row, by the
 * rules of pass 1.
 */
#include "table/ingest.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "table/value.h"

/* Teams looked up at once: enough to hide the waits for memory. */
#define RESOLVE_COUNT 64

bool chunk_open(struct chunk *chunk, const struct table *table)
{
    chunk->fields = memory_array(table->header.column_count, sizeof *chunk->fields);
    bool opened = scanner_open(&chunk->scanner, table->input, table->options.simd, 0);
    chunk->scanner.trim = table->options.trim;
    return opened && chunk->fields != NULL;
}

void chunk_close(struct chunk *chunk)
{
    scanner_close(&chunk->scanner);
    buffer_close(&chunk->scratch);
    findings_close(&chunk->findings);
    far_rows_close(&chunk->far_rows);
    free(chunk->fields);
    free(chunk->rows);
    free(chunk->id_hashes);
    free(chunk->email_hashes);
    free(chunk->references);
    free(chunk->teams);
    free(chunk->states);
}

/* One array of the chunk with room for `capacity` items. */
static bool column_grow(void **items, size_t capacity, size_t size)
{
    void *grown = realloc(*items, capacity * size);
    if (grown != NULL) {
        *items = grown;
    }
    return grown != NULL;
}

static bool rows_reserve(struct chunk *chunk, size_t needed)
{
    if (needed <= chunk->capacity) {
        return true;
    }
    size_t capacity = needed + needed / 2;
    bool done = column_grow((void **)&chunk->rows, capacity, sizeof *chunk->rows) &&
                column_grow((void **)&chunk->id_hashes, capacity, sizeof *chunk->id_hashes) &&
                column_grow((void **)&chunk->email_hashes, capacity, sizeof *chunk->email_hashes) &&
                column_grow((void **)&chunk->teams, capacity, sizeof *chunk->teams);
    if (done) {
        chunk->capacity = capacity;
    }
    return done;
}

/* Room for one more batch. */
static bool chunk_reserve(struct chunk *chunk, size_t batch_count)
{
    chunk->batch_first = chunk->count;
    if (batch_count > chunk->batch_capacity) {
        size_t capacity = batch_count + batch_count / 2;
        if (!column_grow((void **)&chunk->references, capacity, sizeof *chunk->references) ||
            !column_grow((void **)&chunk->states, capacity, sizeof *chunk->states)) {
            return false;
        }
        chunk->batch_capacity = capacity;
    }
    return rows_reserve(chunk, chunk->count + batch_count);
}

static void row_report(struct chunk *chunk, size_t row, enum muster_code code, unsigned column,
                       uint32_t detail)
{
    findings_add(&chunk->findings, (struct finding){finding_key((uint32_t)row, code, column, 1),
                                                    FINDING_NO_ROW, detail});
}

/* A finding about a column by its position in the file. */
static void position_report(struct chunk *chunk, const struct table *table, size_t row,
                            enum muster_code code, uint32_t position)
{
    for (unsigned column = 0; column < table->schema->column_count; column++) {
        if (table->header.positions[column] == position) {
            row_report(chunk, row, code, column, position);
            return;
        }
    }
    row_report(chunk, row, code, COLUMN_OTHER, position);
}

static span raw_span(const struct table *table, struct raw_field field)
{
    return span_make(table->input.ptr + field.start, field.end - field.start);
}

/* The rules about bytes, which look at every field. True where one of them speaks. */
static bool bytes_judge(struct chunk *chunk, const struct table *table, size_t row)
{
    const struct raw_field *fields = chunk->fields;
    uint32_t count = table->header.column_count;
    span whole = raw_span(table, (struct raw_field){fields[0].start, fields[count - 1].end});
    if (memchr(whole.ptr, 0, whole.len) != NULL) {
        for (uint32_t position = 0; position < count; position++) {
            span raw = raw_span(table, fields[position]);
            if (raw.len > 0 && memchr(raw.ptr, 0, raw.len) != NULL) {
                position_report(chunk, table, row, MUSTER_NUL_BYTE, position);
                return true;
            }
        }
    }
    size_t sound = text_utf8_prefix(whole);
    if (sound < whole.len) {
        /* Separators are ASCII, so the first bad byte lies in the first bad field. */
        uint32_t position = 0;
        while (fields[position].end <= fields[0].start + sound) {
            position++;
        }
        position_report(chunk, table, row, MUSTER_INVALID_UTF8, position);
        return true;
    }
    for (uint32_t position = 0; position < count && whole.len > FIELD_SIZE_MAX; position++) {
        buffer_clear(&chunk->scratch);
        span value =
            field_decode(raw_span(table, fields[position]), table->options.trim, &chunk->scratch);
        if (value.len > FIELD_SIZE_MAX) {
            position_report(chunk, table, row, MUSTER_FIELD_TOO_LONG, position);
            return true;
        }
    }
    return false;
}

/* The values of the schema's columns, hashed and judged. False where a value is missing. */
static bool values_judge(struct chunk *chunk, const struct table *table, size_t row)
{
    const struct schema *schema = table->schema;
    uint64_t seed = table->options.seed;
    bool complete = true;
    for (unsigned column = 0; column < schema->column_count; column++) {
        struct raw_field field = chunk->fields[table->header.positions[column]];
        buffer_clear(&chunk->scratch);
        span value = field_decode(raw_span(table, field), table->options.trim, &chunk->scratch);
        if (schema->columns[column].must_have_value && span_is_blank(value)) {
            row_report(chunk, row, MUSTER_MISSING_VALUE, column, 0);
            complete = false;
        }
        chunk->rows[row] |=
            row_troubles_pack(column, value_troubles(value, schema->columns[column].type));
        if (column == 0) {
            chunk->id_hashes[row] = value_id_hash_by(value, &table->id_secret, seed);
        } else if (column == schema->email_column) {
            chunk->email_hashes[row] = value_email_hash_by(value, &table->email_secret, seed);
        } else if (column == schema->reference_column) {
            chunk->references[row - chunk->batch_first] =
                id_key_make(span_is_blank(value) ? SPAN("") : value, seed);
        }
    }
    return complete;
}

/* A long row is split here for the last time. */
static void far_row_note(struct chunk *chunk, const struct table *table, size_t row)
{
    struct far_row far = {.row = (uint32_t)row};
    size_t needed = table->fields_needed;
    if (chunk->fields[needed - 1].end - chunk->fields[0].start <= ROW_NEAR_SIZE) {
        return;
    }
    for (unsigned column = 0; column < table->schema->column_count; column++) {
        far.fields[column] = chunk->fields[table->header.positions[column]];
    }
    far_rows_add(&chunk->far_rows, &far);
    chunk->rows[row] |= ROW_FAR;
}

/* The fields of a row that is not plain: as the scanner split it, or else the exact way. */
static struct record row_split(struct chunk *chunk, const struct table *table,
                               const struct scan_batch *batch, const struct scan_record *scanned)
{
    struct record record = {.start = batch->base + scanned->start,
                            .field_count = scanned->field_count};
    size_t count = table->header.column_count;
    if ((scanned->flags & SCAN_EXACT) != 0) {
        if (!record_parse(table->input, record.start, table->options.trim, chunk->fields, count,
                          &record)) {
            record.field_count = 0;
        }
        return record;
    }
    size_t start = record.start;
    const uint32_t *ends = batch->field_ends + scanned->first_field;
    for (size_t field = 0; field < scanned->field_count && field < count; field++) {
        chunk->fields[field] = (struct raw_field){start, batch->base + ends[field]};
        start = chunk->fields[field].end + 1;
    }
    return record;
}

/* A row that is not plain. False where the rest of the file is lost: an open quote. */
static bool row_judge(struct chunk *chunk, const struct table *table, size_t row,
                      const struct record *record)
{
    size_t count = table->header.column_count;
    bool kept = false;
    if (record->trouble == RECORD_UNTERMINATED) {
        chunk->unterminated = true;
        chunk->trouble_at = record->trouble_at;
        return false;
    }
    if (record->trouble == RECORD_STRAY_QUOTE) {
        row_report(chunk, row, MUSTER_STRAY_QUOTE, COLUMN_NONE, 0);
    } else if (record->field_count != count) {
        uint32_t shown =
            record->field_count < UINT32_MAX ? (uint32_t)record->field_count : UINT32_MAX;
        row_report(chunk, row, MUSTER_FIELD_COUNT, COLUMN_NONE, shown);
    } else if (!bytes_judge(chunk, table, row)) {
        kept = values_judge(chunk, table, row);
        far_row_note(chunk, table, row);
    }
    if (!kept) {
        chunk->rows[row] |= ROW_UNREADABLE;
        chunk->id_hashes[row] = 0;
        chunk->email_hashes[row] = 0;
        chunk->references[row - chunk->batch_first] = (struct id_key){0, 0};
        chunk->unreadable_count++;
    }
    return true;
}

static void batch_digest(struct chunk *chunk, const struct table *table,
                         const struct scan_batch *batch, digest_kernel *digest)
{
    const struct schema *schema = table->schema;
    const uint32_t *positions = table->header.positions;
    bool has_email = schema->email_column != SCHEMA_NO_COLUMN;
    bool has_reference =
        schema->reference_column != SCHEMA_NO_COLUMN && table->options.teams != NULL;
    struct digest_job job = {
        .base = (const unsigned char *)table->input.ptr + batch->base,
        .readable_end = (const unsigned char *)table->input.ptr + table->input.len,
        .records = batch->records,
        .field_ends = batch->field_ends,
        .count = batch->record_count,
        .field_count = table->header.column_count,
        .id_field = positions[0],
        .email_field = has_email ? positions[schema->email_column] : SCHEMA_NO_COLUMN,
        .reference_field = has_reference ? positions[schema->reference_column] : SCHEMA_NO_COLUMN,
        .filled_field = schema->filled_column != SCHEMA_NO_COLUMN ? positions[schema->filled_column]
                                                                  : SCHEMA_NO_COLUMN,
        .seed = table->options.seed,
        .id_secret = table->id_secret,
        .email_secret = table->email_secret,
        .id_hashes = chunk->id_hashes + chunk->count,
        .email_hashes = chunk->email_hashes + chunk->count,
        .references = chunk->references,
        .states = chunk->states,
    };
    digest(&job);
}

/* The map has only a hash of a long id: see whether `team` is the one. */
static uint32_t team_confirm(const struct chunk *chunk, const struct table *table, size_t row,
                             uint32_t team, struct buffer *scratch)
{
    uint32_t position = table->header.positions[table->schema->reference_column];
    size_t stop = row + 1 < chunk->count ? (size_t)(chunk->rows[row + 1] & ROW_OFFSET_MASK)
                                         : table->input.len;
    if (!table_split(table, chunk->rows[row], stop, chunk->fields, (size_t)position + 1)) {
        return ID_MAP_NONE;
    }
    buffer_clear(scratch);
    span id = field_decode(raw_span(table, chunk->fields[position]), table->options.trim, scratch);
    return table->options.team_confirm(table->options.team_context, id, team);
}

/* The teams of some rows, not more than RESOLVE_COUNT: all places are fetched, then looked at. */
static void teams_find(struct chunk *chunk, const struct table *table, size_t first, size_t count)
{
    const struct id_map *map = table->options.teams;
    const struct id_key *keys = chunk->references + (first - chunk->batch_first);
    size_t places[RESOLVE_COUNT];
    for (size_t index = 0; index < count; index++) {
        places[index] = id_map_place(map, keys[index]);
        id_map_prefetch(map, places[index]);
    }
    for (size_t index = 0; index < count; index++) {
        size_t row = first + index;
        uint32_t team = TEAM_NONE;
        if (!id_key_is_empty(keys[index])) {
            team = id_map_find(map, keys[index], places[index]);
            if (id_key_is_long(keys[index]) && team != ID_MAP_NONE) {
                team = team_confirm(chunk, table, row, team, &chunk->scratch);
            }
            chunk->exhausted = chunk->exhausted || team == TEAM_LOST;
            team = team == ID_MAP_NONE ? TEAM_UNKNOWN : team;
            chunk->rows[row] |= team >= TEAM_REMOVED ? ROW_WITHOUT_TEAM : 0;
        }
        chunk->teams[row] = team;
    }
}

/* Row words of a batch, for now without what a closer look at the row gives. */
static void words_write(struct chunk *chunk, const struct scan_batch *batch)
{
    uint64_t *words = chunk->rows + chunk->count;
    const unsigned char *states = chunk->states;
    const uint64_t bad_email = row_troubles_pack(0, VALUE_INVALID_EMAIL);
    for (size_t index = 0; index < batch->record_count; index++) {
        const struct scan_record *record = &batch->records[index];
        bool exact = (record->flags & (SCAN_QUOTED | SCAN_EXACT)) != 0;
        words[index] = (batch->base + record->start) | (exact ? ROW_EXACT : 0) |
                       (states[index] == DIGEST_BAD_EMAIL ? bad_email : 0);
    }
}

/* Rows are judged in order: an open quote takes all behind it along, and then it is false. */
static bool exact_rows_judge(struct chunk *chunk, const struct table *table,
                             const struct scan_batch *batch)
{
    const unsigned char *states = chunk->states;
    size_t index = 0;
    while (index < batch->record_count) {
        const unsigned char *exact =
            memchr(states + index, DIGEST_EXACT, batch->record_count - index);
        if (exact == NULL) {
            break;
        }
        index = (size_t)(exact - states);
        struct record record = row_split(chunk, table, batch, &batch->records[index]);
        if (!row_judge(chunk, table, chunk->batch_first + index, &record)) {
            chunk->count = chunk->batch_first + index;
            return false;
        }
        index++;
    }
    chunk->count = chunk->batch_first + batch->record_count;
    return true;
}

/* The rows of one batch; false where an open quote ends the file. */
static bool batch_take(struct chunk *chunk, const struct table *table,
                       const struct scan_batch *batch, digest_kernel *digest)
{
    batch_digest(chunk, table, batch, digest);
    words_write(chunk, batch);
    bool goes_on = exact_rows_judge(chunk, table, batch);
    if (table->options.teams != NULL) {
        for (size_t row = chunk->batch_first; row < chunk->count; row += RESOLVE_COUNT) {
            size_t left = chunk->count - row;
            teams_find(chunk, table, row, left < RESOLVE_COUNT ? left : RESOLVE_COUNT);
        }
    }
    return goes_on;
}

void chunk_scan(struct chunk *chunk, const struct table *table, digest_kernel *digest)
{
    chunk->count = 0;
    chunk->findings.count = 0;
    chunk->far_rows.count = 0;
    chunk->unreadable_count = 0;
    chunk->unterminated = false;
    scanner_seek(&chunk->scanner, chunk->from, chunk->stop);
    const struct scan_batch *batch;
    while ((batch = scanner_next(&chunk->scanner)) != NULL) {
        if (!chunk_reserve(chunk, batch->record_count)) {
            chunk->exhausted = true;
            break;
        }
        if (!batch_take(chunk, table, batch, digest)) {
            break;
        }
    }
    chunk->end = chunk->scanner.at;
}
