/* SPDX-License-Identifier: MIT */
/*
 * Reading a file in steps. In each step every thread has a chunk:
 *
 *     |<---- chunk 0 ---->|<---- chunk 1 ---->|
 *     known start         guessed start: behind a line feed
 *
 * A chunk's records are those that start in it. The guess is checked when the chunks are put
 * together: if the record before does not end right there (the line feed was inside quotes), the
 * chunk is scanned again from where it does. So the result is that of one thread, always.
 */
#include "table/ingest.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "table/value.h"

/* Teams looked up at once: enough to hide the waits for memory. */
#define RESOLVE_COUNT 64
/* After so many wrong guesses in a row the file is one that cannot be cut. */
#define WRONG_GUESSES_MAX 3

struct ingest {
    struct table *table;
    struct chunk *chunks;
    unsigned chunk_count; /* of this step */
    unsigned chunk_max;
    unsigned wrong_guesses;
    digest_kernel *digest;
    struct hash_secret id_secret;
    struct hash_secret email_secret;
    bool failed;
};

static bool chunk_open(struct chunk *chunk, const struct table *table)
{
    chunk->fields = memory_array(table->header.column_count, sizeof *chunk->fields);
    bool opened = scanner_open(&chunk->scanner, table->input, table->options.simd, 0);
    chunk->scanner.trim = table->options.trim;
    return opened && chunk->fields != NULL;
}

static void chunk_close(struct chunk *chunk)
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
                column_grow((void **)&chunk->email_hashes, capacity,
                            sizeof *chunk->email_hashes) &&
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
        span value =
            field_decode(raw_span(table, field), table->options.trim, &chunk->scratch);
        if (schema->columns[column].must_have_value && span_is_blank(value)) {
            row_report(chunk, row, MUSTER_MISSING_VALUE, column, 0);
            complete = false;
        }
        chunk->rows[row] |=
            row_troubles_pack(column, value_troubles(value, schema->columns[column].type));
        if (column == 0) {
            chunk->id_hashes[row] = value_id_hash(value, seed);
        } else if (column == schema->email_column) {
            chunk->email_hashes[row] = value_email_hash(value, seed);
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
        uint32_t shown = record->field_count < UINT32_MAX ? (uint32_t)record->field_count
                                                          : UINT32_MAX;
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

static void batch_digest(struct ingest *ingest, struct chunk *chunk,
                         const struct scan_batch *batch)
{
    const struct table *table = ingest->table;
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
        .filled_field = schema->filled_column != SCHEMA_NO_COLUMN
                            ? positions[schema->filled_column]
                            : SCHEMA_NO_COLUMN,
        .seed = table->options.seed,
        .id_secret = ingest->id_secret,
        .email_secret = ingest->email_secret,
        .id_hashes = chunk->id_hashes + chunk->count,
        .email_hashes = chunk->email_hashes + chunk->count,
        .references = chunk->references,
        .states = chunk->states,
    };
    ingest->digest(&job);
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
static bool batch_take(struct ingest *ingest, struct chunk *chunk, const struct scan_batch *batch)
{
    const struct table *table = ingest->table;
    batch_digest(ingest, chunk, batch);
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

static void chunk_scan(struct ingest *ingest, struct chunk *chunk)
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
        if (!batch_take(ingest, chunk, batch)) {
            break;
        }
    }
    chunk->end = chunk->scanner.at;
}

static void scan_task(void *context, unsigned task)
{
    struct ingest *ingest = context;
    chunk_scan(ingest, &ingest->chunks[task]);
}

/* Behind the line feed at or behind `at`, where there is one near; else 0. */
static size_t guess_start(span input, size_t at)
{
    size_t look = input.len - at < WINDOW_SIZE ? input.len - at : WINDOW_SIZE;
    const char *feed = memchr(input.ptr + at, '\n', look);
    return feed != NULL ? (size_t)(feed - input.ptr) + 1 : 0;
}

static void step_plan(struct ingest *ingest, size_t at)
{
    span input = ingest->table->input;
    bool may_guess = ingest->wrong_guesses < WRONG_GUESSES_MAX && !ingest->table->options.trim;
    unsigned count_max = may_guess ? ingest->chunk_max : 1;
    unsigned count = 1;
    ingest->chunks[0].from = at;
    while (count < count_max && input.len - at > (size_t)count * CHUNK_SIZE) {
        size_t start = guess_start(input, at + (size_t)count * CHUNK_SIZE);
        if (start <= ingest->chunks[count - 1].from || start >= input.len) {
            break;
        }
        ingest->chunks[count - 1].stop = start;
        ingest->chunks[count++].from = start;
    }
    struct chunk *last = &ingest->chunks[count - 1];
    last->stop = input.len - last->from > CHUNK_SIZE ? last->from + CHUNK_SIZE : input.len;
    ingest->chunk_count = count;
}

/* Whether the same record is found from both places: only line ends lie between them. Looks no
 * further, because a file may have nothing else from there on. */
static bool same_record_follows(span input, size_t a, size_t b)
{
    size_t at = a < b ? a : b;
    size_t end = a < b ? b : a;
    while (at < end && (input.ptr[at] == '\n' || input.ptr[at] == '\r')) {
        at++;
    }
    return at == end;
}

/* An array for all that the file is thought to hold, or where that is too much, for what it has. */
static void *array_grow(void *items, size_t *capacity, const size_t wanted[2], size_t size)
{
    void *grown = memory_grow(items, capacity, wanted[0], size);
    return grown != NULL ? grown : memory_grow(items, capacity, wanted[1], size);
}

/* The first chunk lets us tell how many rows there will be: growing later means touching more. */
static bool rows_make_room(struct table *table, const struct chunk *chunk, size_t needed)
{
    size_t wanted[2] = {needed, needed};
    size_t capacity = table->row_capacity;
    size_t team_capacity = table->row_capacity;
    if (needed <= capacity) {
        return true;
    }
    if (capacity == 0 && chunk->end > chunk->from) {
        double share =
            (double)(table->input.len - chunk->from) / (double)(chunk->end - chunk->from);
        double expected = (double)chunk->count * share * 1.01 + 64;
        wanted[0] = expected < ROW_COUNT_MAX ? (size_t)expected : needed;
    }
    uint64_t *rows = array_grow(table->rows, &capacity, wanted, sizeof *rows);
    if (rows == NULL) {
        return false;
    }
    table->rows = rows;
    if (table->options.teams != NULL) {
        uint32_t *teams = array_grow(table->teams, &team_capacity, wanted, sizeof *teams);
        if (teams == NULL) {
            return false;
        }
        table->teams = teams;
        capacity = team_capacity < capacity ? team_capacity : capacity;
    }
    table->row_capacity = capacity;
    return true;
}

static bool table_append(struct table *table, struct chunk *chunk)
{
    size_t needed = table->row_count + chunk->count;
    if (!rows_make_room(table, chunk, needed)) {
        return false;
    }
    if (chunk->count > 0) {
        memcpy(table->rows + table->row_count, chunk->rows, chunk->count * sizeof *chunk->rows);
    }
    if (chunk->count > 0 && table->options.teams != NULL) {
        memcpy(table->teams + table->row_count, chunk->teams,
               chunk->count * sizeof *chunk->teams);
    }
    chunk->row_base = table->row_count;
    findings_append(&table->reading, &chunk->findings, table->row_count);
    far_rows_append(&table->far_rows, &chunk->far_rows, table->row_count);
    table->row_count = (uint32_t)needed;
    table->kept_count += (uint32_t)(chunk->count - chunk->unreadable_count);
    return !table->reading.exhausted && !table->far_rows.exhausted;
}

/* Check the guesses and put the chunks behind each other. Gives where the next step starts. */
static enum table_result step_join(struct ingest *ingest, size_t *at)
{
    struct table *table = ingest->table;
    bool wrong = false;
    for (unsigned index = 0; index < ingest->chunk_count; index++) {
        struct chunk *chunk = &ingest->chunks[index];
        if (index > 0 && !same_record_follows(table->input, *at, chunk->from)) {
            wrong = true;
            chunk->from = *at;
            chunk->stop = *at > chunk->stop ? *at : chunk->stop;
            chunk_scan(ingest, chunk);
        }
        if (chunk->exhausted || chunk->scratch.exhausted) {
            return TABLE_NO_MEMORY;
        }
        if (table->row_count + (uint64_t)chunk->count > ROW_COUNT_MAX) {
            return TABLE_TOO_LARGE;
        }
        if (!table_append(table, chunk)) {
            return TABLE_NO_MEMORY;
        }
        if (chunk->unterminated) {
            table->fatal = true;
            table->trouble_at = chunk->trouble_at;
            return TABLE_DONE;
        }
        *at = chunk->end;
    }
    ingest->wrong_guesses = wrong ? ingest->wrong_guesses + 1 : 0;
    return TABLE_DONE;
}

static void index_task(void *context, unsigned task)
{
    struct ingest *ingest = context;
    struct table *table = ingest->table;
    bool done = task == 0 ? table_index_ids(table, ingest->chunks, ingest->chunk_count)
                          : table_index_emails(table, ingest->chunks, ingest->chunk_count);
    if (!done) {
        /* Both tasks may write this, and both write the same. */
        __atomic_store_n(&ingest->failed, true, __ATOMIC_RELAXED);
    }
}

static bool emails_indexed(const struct schema *schema)
{
    return schema->email_column != SCHEMA_NO_COLUMN && schema->keys_unique;
}

/*
 * Indexes for as many rows as the first step lets us expect. Rows that no index takes do not count:
 * a file that begins with a million broken ones must not cost the memory of a billion.
 */
static bool indexes_open(struct table *table, size_t from, size_t at)
{
    double share = at > from ? (double)(table->input.len - from) / (double)(at - from) : 1.0;
    double expected = (double)table->kept_count * share;
    uint64_t count = (uint64_t)(at < table->input.len ? expected * 1.02 + 1000 : expected) + 8;
    return key_index_open(&table->ids, count) &&
           (!emails_indexed(table->schema) || key_index_open(&table->emails, count));
}

static enum table_result ingest_run(struct ingest *ingest)
{
    struct table *table = ingest->table;
    size_t from = table->header.end;
    size_t at = from;
    unsigned index_tasks = emails_indexed(table->schema) ? 2 : 1;
    while (at < table->input.len) {
        step_plan(ingest, at);
        parallel_run(table->options.parallel, ingest->chunk_count, scan_task, ingest);
        enum table_result result = step_join(ingest, &at);
        if (result != TABLE_DONE || table->fatal) {
            return result;
        }
        if (table->ids.buckets == NULL && !indexes_open(table, from, at)) {
            return TABLE_NO_MEMORY;
        }
        parallel_run(table->options.parallel, index_tasks, index_task, ingest);
        if (ingest->failed || table->repeated_ids.exhausted || table->repeated_emails.exhausted) {
            return TABLE_NO_MEMORY;
        }
    }
    return TABLE_DONE;
}

static enum table_result rows_read(struct table *table)
{
    struct ingest ingest = {.table = table};
    ingest.chunk_max =
        table->input.len >= PARALLEL_WORTH_SIZE ? parallel_jobs(table->options.parallel) : 1;
    ingest.digest = digest_kernel_for(table->options.simd);
    hash_secret_make(&ingest.id_secret, table->options.seed);
    hash_secret_make(&ingest.email_secret, table->options.seed ^ VALUE_EMAIL_SALT);
    ingest.chunks = calloc(ingest.chunk_max, sizeof *ingest.chunks);
    if (ingest.chunks == NULL) {
        return TABLE_NO_MEMORY;
    }
    enum table_result result = TABLE_DONE;
    for (unsigned index = 0; index < ingest.chunk_max && result == TABLE_DONE; index++) {
        result = chunk_open(&ingest.chunks[index], table) ? TABLE_DONE : TABLE_NO_MEMORY;
    }
    if (result == TABLE_DONE) {
        result = ingest_run(&ingest);
    }
    for (unsigned index = 0; index < ingest.chunk_max; index++) {
        chunk_close(&ingest.chunks[index]);
    }
    free(ingest.chunks);
    return result;
}

/* Everything that the file was thought to hold gives way to the one fatal finding. */
static void fatal_quote(struct table *table)
{
    findings_close(&table->reading);
    findings_close(&table->repeated_ids);
    findings_close(&table->repeated_emails);
    findings_add(&table->reading,
                 (struct finding){finding_key(FINDING_NO_ROW, MUSTER_UNTERMINATED_QUOTE,
                                              COLUMN_NONE, 0),
                                  FINDING_NO_ROW, 0});
    table->kept_count = 0;
}

/* Passes 0 to 2. Whether all findings could be kept is for the caller to ask. */
static enum table_result passes_run(struct table *table)
{
    span input = table->input;
    bool trim = table->options.trim;
    if (table_encoding_is_wide(input)) {
        uint64_t key = finding_key(FINDING_NO_ROW, MUSTER_UNREADABLE_ENCODING, COLUMN_NONE, 0);
        findings_add(&table->reading, (struct finding){key, FINDING_NO_ROW, 0});
        table->fatal = true;
        return TABLE_DONE;
    }
    size_t at = input.len >= 3 && memcmp(input.ptr, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    enum header_result header = header_read(&table->header, input, at, trim, table->schema,
                                            &table->arena, &table->reading);
    if (header == HEADER_NO_MEMORY) {
        return TABLE_NO_MEMORY;
    }
    if (header == HEADER_FATAL) {
        table->fatal = true;
        struct record record;
        if (table->header.found &&
            record_parse(input, table->header.start, trim, NULL, 0, &record)) {
            table->trouble_at = record.trouble_at;
        }
        return TABLE_DONE;
    }
    table->fields_needed = table_fields_needed(table, 0, table->schema->column_count);
    header_report_extra(&table->header, table->schema, &table->reading);
    enum table_result result = rows_read(table);
    if (result == TABLE_DONE && table->fatal) {
        fatal_quote(table);
    } else if (result == TABLE_DONE) {
        table_repeats_remove(table);
    }
    return result;
}

enum table_result table_open(struct table *table, const struct schema *schema, span input,
                             const struct table_options *options)
{
    *table = (struct table){.schema = schema, .input = input, .options = *options};
    enum table_result result = passes_run(table);
    return table->reading.exhausted ? TABLE_NO_MEMORY : result;
}
