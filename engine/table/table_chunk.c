/* SPDX-License-Identifier: MIT */
/*
 * One chunk of a file to rows. The scanner gives batches of records; the keys of plain rows are
 * digested a column at a time (digest.h), and what is not plain is judged row by row (row_judge.c).
 */
#include "table/ingest.h"

#include <stdlib.h>

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
    row_lines_close(&chunk->lines);
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

/* False leaves what is there as it is. */
static bool columns_grow(struct chunk *chunk, size_t capacity)
{
    bool done = column_grow((void **)&chunk->rows, capacity, sizeof *chunk->rows) &&
                column_grow((void **)&chunk->id_hashes, capacity, sizeof *chunk->id_hashes) &&
                column_grow((void **)&chunk->email_hashes, capacity, sizeof *chunk->email_hashes) &&
                column_grow((void **)&chunk->teams, capacity, sizeof *chunk->teams);
    chunk->capacity = done ? capacity : chunk->capacity;
    return done;
}

/* Room for `needed` rows; where there is less, for `wanted` if memory has that. */
static bool rows_reserve(struct chunk *chunk, size_t needed, size_t wanted)
{
    return needed <= chunk->capacity || columns_grow(chunk, wanted) || columns_grow(chunk, needed);
}

/* How many rows there will be if all batches are like the first one, and a few more: what grows
 * later is copied, and touched more than once. */
static size_t rows_expect(const struct chunk *chunk, const struct scan_batch *batch)
{
    uint64_t expected =
        count_expect(batch->record_count, batch->end - chunk->from, chunk->stop - chunk->from);
    return (size_t)(expected + expected / 50);
}

/* Room for one more batch. */
static bool chunk_reserve(struct chunk *chunk, const struct scan_batch *batch)
{
    size_t batch_count = batch->record_count;
    size_t expected = chunk->count == 0 ? rows_expect(chunk, batch) : 0;
    chunk->batch_first = chunk->count;
    if (batch_count > chunk->batch_capacity) {
        size_t capacity = batch_count + batch_count / 2;
        if (!column_grow((void **)&chunk->references, capacity, sizeof *chunk->references) ||
            !column_grow((void **)&chunk->states, capacity, sizeof *chunk->states)) {
            return false;
        }
        chunk->batch_capacity = capacity;
    }
    size_t needed = chunk->count + batch_count;
    return rows_reserve(chunk, needed, expected > needed ? expected : needed + needed / 2);
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
        .schema = schema,
        .positions = positions,
        .words = chunk->rows + chunk->count,
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
    struct raw_field field = chunk->fields[position];
    span raw = span_make(table->input.ptr + field.start, field.end - field.start);
    span id = field_decode(raw, table->options.trim, scratch);
    return table->options.team_confirm(table->options.team_context, id, team);
}

/* Note that the team of a row is not there: removed, unknown, or lost with the memory. */
static uint32_t team_missing(struct chunk *chunk, size_t row, uint32_t team)
{
    chunk->rows[row] |= ROW_WITHOUT_TEAM;
    chunk->exhausted = chunk->exhausted || team == TEAM_LOST;
    return team == ID_MAP_NONE ? TEAM_UNKNOWN : team;
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
            team = id_map_find(map, &keys[index], places[index]);
            if (id_key_is_long(keys[index]) && team != ID_MAP_NONE) {
                team = team_confirm(chunk, table, row, team, &chunk->scratch);
            }
            team = team < TEAM_REMOVED ? team : team_missing(chunk, row, team);
        }
        chunk->teams[row] = team;
    }
}

/* Row words of a batch, to which troubles will be added. Gives the flags of all its records. */
static uint32_t words_write(struct chunk *chunk, const struct scan_batch *batch)
{
    /* In locals: for all that the compiler knows they are changed by what is written. */
    const struct scan_record *records = batch->records;
    size_t count = batch->record_count;
    uint64_t base = batch->base;
    uint64_t *words = chunk->rows + chunk->count;
    uint32_t flags = 0;
    for (size_t index = 0; index < count; index++) {
        bool exact = (records[index].flags & (SCAN_QUOTED | SCAN_EXACT)) != 0;
        words[index] = (base + records[index].start) | (exact ? ROW_EXACT : 0);
        flags |= records[index].flags;
    }
    return flags;
}

/* The next row that is not DIGEST_PLAIN, which is zero, or `count`. */
static size_t state_next(const unsigned char *states, size_t index, size_t count)
{
    uint64_t word = 0;
    for (; index + sizeof word <= count; index += sizeof word) {
        memcpy(&word, states + index, sizeof word);
        if (word != 0) {
            break;
        }
    }
    while (index < count && states[index] == DIGEST_PLAIN) {
        index++;
    }
    return index;
}

/* Rows are judged in order: an open quote takes all behind it along, and then it is false. */
static bool exact_rows_judge(struct chunk *chunk, const struct table *table,
                             const struct scan_batch *batch)
{
    size_t count = batch->record_count;
    for (size_t index = state_next(chunk->states, 0, count); index < count;
         index = state_next(chunk->states, index + 1, count)) {
        size_t row = chunk->batch_first + index;
        if (chunk->states[index] == DIGEST_BAD_EMAIL) {
            chunk->rows[row] |= row_troubles_pack(0, VALUE_INVALID_EMAIL);
        } else if (!row_judge(chunk, table, batch, index)) {
            chunk->count = row;
            return false;
        }
    }
    chunk->count = chunk->batch_first + count;
    return true;
}

/* The rows of one batch; false where an open quote ends the file. */
static bool batch_take(struct chunk *chunk, const struct table *table,
                       const struct scan_batch *batch, digest_kernel *digest)
{
    uint32_t flags = words_write(chunk, batch);
    row_lines_add(&chunk->lines, table->input, batch, chunk->count, flags);
    batch_digest(chunk, table, batch, digest);
    bool goes_on = exact_rows_judge(chunk, table, batch);
    if (table->options.teams != NULL) {
        for (size_t row = chunk->batch_first; row < chunk->count; row += RESOLVE_COUNT) {
            size_t left = chunk->count - row;
            teams_find(chunk, table, row, left < RESOLVE_COUNT ? left : RESOLVE_COUNT);
        }
    }
    return goes_on;
}

static uint64_t marks_of(const uint64_t *words, size_t count)
{
    uint64_t marks = 0;
    for (size_t index = 0; index < count; index++) {
        marks |= words[index];
    }
    return marks;
}

void chunk_scan(struct chunk *chunk, const struct table *table, digest_kernel *digest)
{
    chunk->count = 0;
    chunk->findings.count = 0;
    chunk->far_rows.count = 0;
    row_lines_clear(&chunk->lines);
    chunk->unreadable_count = 0;
    chunk->unterminated = false;
    scanner_seek(&chunk->scanner, chunk->from, chunk->stop);
    const struct scan_batch *batch;
    while ((batch = scanner_next(&chunk->scanner)) != NULL) {
        if (!chunk_reserve(chunk, batch)) {
            chunk->exhausted = true;
            break;
        }
        if (!batch_take(chunk, table, batch, digest)) {
            break;
        }
    }
    chunk->end = chunk->scanner.at;
    chunk->marks = marks_of(chunk->rows, chunk->count);
}
