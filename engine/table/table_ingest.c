/* SPDX-License-Identifier: MIT */
/*
 * Reading a file in steps. In each step every thread has a chunk:
 *
 *     |<---- chunk 0 ---->|<---- chunk 1 ---->|
 *     known start         guessed start: behind a line feed
 *
 * A chunk's records are those that start in it. The guess is checked when the chunks are put
 * together: if the record before does not end right there (the line feed was inside quotes), the
 * chunk is scanned again from where it does. So the result is that of one thread, always. What the
 * chunks found is put behind each other, and the keys wait until the whole file is read.
 */
#include "table/ingest.h"

#include <stdlib.h>

#include "base/limits.h"
#include "table/value.h"

/* After so many wrong guesses in a row the file is one that cannot be cut. */
#define WRONG_GUESSES_MAX 3

enum { QUEUE_IDS, QUEUE_EMAILS };

struct ingest {
    struct table *table;
    struct chunk *chunks;
    unsigned chunk_count; /* of this step */
    unsigned chunk_max;
    unsigned wrong_guesses;
    digest_kernel *digest;
    struct key_queue queues[2];
    unsigned queue_count; /* 1: ids only */
    bool failed;
};

static void scan_task(void *context, unsigned task)
{
    struct ingest *ingest = context;
    chunk_scan(&ingest->chunks[task], ingest->table, ingest->digest);
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
        memcpy(table->teams + table->row_count, chunk->teams, chunk->count * sizeof *chunk->teams);
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
            chunk_scan(chunk, table, ingest->digest);
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

static void tasks_fail(struct ingest *ingest)
{
    /* All tasks of a run may write this, and all write the same. */
    __atomic_store_n(&ingest->failed, true, __ATOMIC_RELAXED);
}

/* The ids of this step, or its e-mails, into their queue. */
static void queue_task(void *context, unsigned task)
{
    struct ingest *ingest = context;
    for (unsigned index = 0; index < ingest->chunk_count; index++) {
        const struct chunk *chunk = &ingest->chunks[index];
        const uint64_t *hashes = task == QUEUE_IDS ? chunk->id_hashes : chunk->email_hashes;
        if (!key_queue_add(&ingest->queues[task], hashes, chunk->count, chunk->row_base)) {
            tasks_fail(ingest);
        }
    }
}

/* The last queue first: one thread alone then has the memory of the e-mails for the ids. */
static void index_task(void *context, unsigned task)
{
    struct ingest *ingest = context;
    unsigned which = ingest->queue_count - 1 - task;
    struct key_queue *queue = &ingest->queues[which];
    bool done = which == QUEUE_IDS ? table_index_ids(ingest->table, queue)
                                   : table_index_emails(ingest->table, queue);
    key_queue_close(queue);
    if (!done) {
        tasks_fail(ingest);
    }
}

/*
 * Queues for as many rows as the first step lets us expect. Rows that no index takes do not count:
 * a file that begins with a million broken ones must not cost the memory of a billion.
 */
static bool queues_open(struct ingest *ingest, size_t from, size_t at)
{
    const struct table *table = ingest->table;
    double share = at > from ? (double)(table->input.len - from) / (double)(at - from) : 1.0;
    double expected = (double)table->kept_count * share * 1.01;
    uint64_t count = expected < ROW_COUNT_MAX ? (uint64_t)expected : ROW_COUNT_MAX;
    for (unsigned index = 0; index < ingest->queue_count; index++) {
        if (!key_queue_open(&ingest->queues[index], count)) {
            return false;
        }
    }
    return true;
}

static enum table_result steps_run(struct ingest *ingest)
{
    struct table *table = ingest->table;
    size_t from = table->header.end;
    size_t at = from;
    while (at < table->input.len) {
        bool first = at == from;
        step_plan(ingest, at);
        parallel_run(table->options.parallel, ingest->chunk_count, scan_task, ingest);
        enum table_result result = step_join(ingest, &at);
        if (result != TABLE_DONE || table->fatal) {
            return result;
        }
        if (first && !queues_open(ingest, from, at)) {
            return TABLE_NO_MEMORY;
        }
        parallel_run(table->options.parallel, ingest->queue_count, queue_task, ingest);
        if (ingest->failed) {
            return TABLE_NO_MEMORY;
        }
    }
    return TABLE_DONE;
}

static enum table_result ingest_run(struct ingest *ingest)
{
    const struct table *table = ingest->table;
    bool emails = table->schema->email_column != SCHEMA_NO_COLUMN && table->schema->keys_unique;
    ingest->queue_count = emails ? 2 : 1;
    enum table_result result = steps_run(ingest);
    if (result == TABLE_DONE && !table->fatal && ingest->queues[QUEUE_IDS].count > 0) {
        parallel_run(table->options.parallel, ingest->queue_count, index_task, ingest);
        result = ingest->failed ? TABLE_NO_MEMORY : TABLE_DONE;
    }
    for (unsigned index = 0; index < ingest->queue_count; index++) {
        key_queue_close(&ingest->queues[index]);
    }
    return result;
}

static enum table_result rows_read(struct table *table)
{
    struct ingest ingest = {.table = table};
    ingest.chunk_max =
        table->input.len >= PARALLEL_WORTH_SIZE ? parallel_jobs(table->options.parallel) : 1;
    ingest.digest = digest_kernel_for(table->options.simd);
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
    findings_add(
        &table->reading,
        (struct finding){finding_key(FINDING_NO_ROW, MUSTER_UNTERMINATED_QUOTE, COLUMN_NONE, 0),
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
    enum header_result header =
        header_read(&table->header, input, at, trim, table->schema, &table->arena, &table->reading);
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
    table->starts_in_order = table->schema->file == MUSTER_USERS;
    for (uint32_t column = 0; column < TEXT_ROW_COUNT; column++) {
        bool in_place = table->header.positions[column] == column;
        table->starts_in_order = table->starts_in_order && in_place;
    }
    header_report_extra(&table->header, table->schema, &table->reading);
    enum table_result result = rows_read(table);
    if (result == TABLE_DONE && table->fatal) {
        fatal_quote(table);
    } else if (result == TABLE_DONE && !table_repeats_remove(table)) {
        result = TABLE_NO_MEMORY;
    }
    return result;
}

enum table_result table_open(struct table *table, const struct schema *schema, span input,
                             const struct table_options *options)
{
    *table = (struct table){.schema = schema, .input = input, .options = *options};
    hash_secret_make(&table->id_secret, options->seed);
    hash_secret_make(&table->email_secret, options->seed ^ VALUE_EMAIL_SALT);
    enum table_result result = passes_run(table);
    return table->reading.exhausted ? TABLE_NO_MEMORY : result;
}
