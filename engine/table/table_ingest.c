/* SPDX-License-Identifier: MIT */
/*
 * Reading a file in chunks, on some threads:
 *
 *     |<---- chunk 0 ---->|<---- chunk 1 ---->|<---- chunk 2 ---->|
 *     known start         guessed start: behind a line feed
 *
 *     scan:    any chunk, by any thread
 *     join:    one chunk after the other: rows and findings behind those of the chunk before
 *     queue:   the same, for the ids and for the e-mails
 *
 * A chunk's records are those that start in it. The guess is checked when the chunk is joined: if
 * the record before does not end right there (the line feed was inside quotes), the chunk is
 * scanned again from where it does. So the result is that of one thread, always. No thread waits
 * for another unless all room for chunks is taken. The keys stay in their queues until the whole
 * file is read.
 */
#include "table/ingest.h"

#include <stdlib.h>

#include "base/limits.h"
#include "csv/lines.h"
#include "table/value.h"

/* After so many wrong guesses in a row the file is one that cannot be cut. */
#define WRONG_GUESSES_MAX 3

/* A small file is cut into more chunks than there are threads, so that all end at the same time. */
#define CHUNKS_PER_JOB 4

enum { QUEUE_IDS, QUEUE_EMAILS, QUEUE_COUNT };
/* Pieces of work; those with an order are lanes. */
enum { LANE_IDS, LANE_EMAILS, LANE_JOIN, LANE_COUNT, PIECE_SCAN = LANE_COUNT };

/* What goes over the chunks in their order. Its thread alone touches what it works on. */
struct lane {
    uint64_t done; /* chunks */
    bool busy;
    enum table_result result;
};

struct ingest {
    struct table *table;
    struct chunk *chunks; /* a ring */
    unsigned chunk_count;
    unsigned jobs;
    size_t chunk_size;
    digest_kernel *digest;
    uint64_t taken; /* chunks that are being scanned, or were */
    size_t guess;   /* where the next chunk may start; 0: that is not known before the join */
    unsigned wrong_guesses;
    struct lane lanes[LANE_COUNT];
    bool failed, fatal;
    /* What the join found. */
    size_t at; /* behind what is joined */
    bool joined_wrong;
    uint64_t keys_expected;
    struct key_queue queues[QUEUE_COUNT];
    unsigned queue_count; /* 1: ids only */
};

static struct chunk *chunk_slot(struct ingest *ingest, uint64_t number)
{
    return &ingest->chunks[number % ingest->chunk_count];
}

/* Behind the line feed at or behind `at`, where there is one near; else 0. */
static size_t guess_start(span input, size_t at)
{
    size_t look = input.len - at < WINDOW_SIZE ? input.len - at : WINDOW_SIZE;
    const char *feed = memchr(input.ptr + at, '\n', look);
    size_t start = feed != NULL ? (size_t)(feed - input.ptr) + 1 : 0;
    return start < input.len ? start : 0;
}

/* The next chunk to scan, if it is known where it starts and there is room for it. */
static bool scan_take(struct ingest *ingest, struct flow_piece *piece)
{
    const struct table *table = ingest->table;
    span input = table->input;
    bool all_joined = ingest->lanes[LANE_JOIN].done == ingest->taken;
    size_t from = all_joined ? ingest->at : ingest->guess;
    uint64_t free_from = ingest->lanes[LANE_JOIN].done;
    for (unsigned lane = 0; lane < ingest->queue_count; lane++) {
        uint64_t done = ingest->lanes[lane].done;
        free_from = done < free_from ? done : free_from;
    }
    if (from == 0 || from >= input.len || ingest->taken - free_from >= ingest->chunk_count) {
        return false;
    }
    bool last = input.len - from <= ingest->chunk_size;
    bool may_guess = ingest->jobs > 1 && ingest->wrong_guesses < WRONG_GUESSES_MAX &&
                     !table->options.trim && !last;
    struct chunk *chunk = chunk_slot(ingest, ingest->taken);
    ingest->guess = may_guess ? guess_start(input, from + ingest->chunk_size) : 0;
    chunk->start_known = all_joined;
    chunk->from = from;
    chunk->stop = last ? input.len : from + ingest->chunk_size;
    chunk->stop = ingest->guess != 0 ? ingest->guess : chunk->stop;
    chunk->scanned = false;
    *piece = (struct flow_piece){PIECE_SCAN, (unsigned)(ingest->taken % ingest->chunk_count)};
    ingest->taken++;
    return true;
}

/* What the lane has before it: the scanned chunks, or those that are joined. */
static bool lane_can_go(struct ingest *ingest, unsigned lane)
{
    uint64_t done = ingest->lanes[lane].done;
    if (ingest->lanes[lane].busy) {
        return false;
    }
    return lane == LANE_JOIN ? done < ingest->taken && chunk_slot(ingest, done)->scanned
                             : done < ingest->lanes[LANE_JOIN].done;
}

static bool lane_take(struct ingest *ingest, unsigned lane, struct flow_piece *piece)
{
    if (!lane_can_go(ingest, lane)) {
        return false;
    }
    ingest->lanes[lane].busy = true;
    *piece = (struct flow_piece){lane, (unsigned)(ingest->lanes[lane].done % ingest->chunk_count)};
    return true;
}

/* The first failure; only when no thread works any more. */
static enum table_result lanes_result(const struct ingest *ingest)
{
    for (unsigned lane = 0; lane < LANE_COUNT; lane++) {
        if (ingest->lanes[lane].result != TABLE_DONE) {
            return ingest->lanes[lane].result;
        }
    }
    return TABLE_DONE;
}

/* Lanes first: they make room, and what they read is in the cache still. */
static enum flow_answer piece_take(void *context, struct flow_piece *piece)
{
    struct ingest *ingest = context;
    if (ingest->failed || ingest->fatal) {
        return FLOW_ENDED;
    }
    for (unsigned lane = 0; lane < ingest->queue_count; lane++) {
        if (lane_take(ingest, lane, piece)) {
            return FLOW_TAKEN;
        }
    }
    if (lane_take(ingest, LANE_JOIN, piece) || scan_take(ingest, piece)) {
        return FLOW_TAKEN;
    }
    bool ended = ingest->lanes[LANE_JOIN].done == ingest->taken;
    for (unsigned lane = 0; lane < ingest->queue_count; lane++) {
        ended = ended && ingest->lanes[lane].done == ingest->taken;
    }
    return ended ? FLOW_ENDED : FLOW_WAITS;
}

/* Whether the same record is found from both places: only line ends lie between them. Where a guess
 * was wrong that shows at the end, behind a value that may have nothing else. */
static bool same_record_follows(span input, size_t a, size_t b)
{
    size_t start = a < b ? a : b;
    size_t at = a < b ? b : a;
    while (at > start && (input.ptr[at - 1] == '\n' || input.ptr[at - 1] == '\r')) {
        at--;
    }
    return at == start;
}

/* An array for all that the file is thought to hold, or where that is too much, for what it has. */
static void *array_grow(void *items, size_t *capacity, const size_t wanted[2], size_t size)
{
    void *grown = memory_grow(items, capacity, wanted[0], size);
    return grown != NULL ? grown : memory_grow(items, capacity, wanted[1], size);
}

/* The first chunk lets us tell how much there will be of what it has `count` of. */
static double whole_expect(const struct table *table, const struct chunk *chunk, double count)
{
    size_t size = chunk->end - chunk->from;
    double share = size > 0 ? (double)(table->input.len - chunk->from) / (double)size : 1.0;
    return count * share * 1.01;
}

/* What grows later is touched more than once. */
static bool rows_make_room(struct table *table, const struct chunk *chunk, size_t needed)
{
    size_t wanted[2] = {needed, needed};
    size_t capacity = table->row_capacity;
    size_t team_capacity = table->row_capacity;
    if (needed <= capacity) {
        return true;
    }
    if (capacity == 0) {
        double expected = whole_expect(table, chunk, (double)chunk->count) + 64;
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

/* The same for findings, of which there may be as many as rows. */
static void findings_make_room(struct table *table, const struct chunk *chunk)
{
    double expected = whole_expect(table, chunk, (double)chunk->findings.count);
    if (table->row_count > 0 || expected > ROW_COUNT_MAX) {
        return;
    }
    struct finding_list *list = &table->reading;
    struct finding *grown =
        memory_grow(list->items, &list->capacity, (size_t)expected, sizeof *grown);
    list->items = grown != NULL ? grown : list->items;
}

static bool lines_append(struct table *table, const struct chunk *chunk)
{
    size_t start = (size_t)(chunk->rows[0] & ROW_OFFSET_MASK);
    return row_lines_append(&table->lines, table->input, &chunk->lines, table->row_count, start);
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
    findings_make_room(table, chunk);
    findings_append(&table->reading, &chunk->findings, table->row_count);
    far_rows_append(&table->far_rows, &chunk->far_rows, table->row_count);
    bool done = chunk->count == 0 || lines_append(table, chunk);
    table->row_count = (uint32_t)needed;
    table->marks |= chunk->marks;
    table->kept_count += (uint32_t)(chunk->count - chunk->unreadable_count);
    return done && !table->reading.exhausted && !table->far_rows.exhausted;
}

/* Rows that no index takes do not count: a file that begins with a million broken ones must not
 * cost the memory of a billion. */
static uint64_t keys_expect(const struct table *table, const struct chunk *chunk)
{
    double expected = whole_expect(table, chunk, (double)table->kept_count);
    return expected < ROW_COUNT_MAX ? (uint64_t)expected : ROW_COUNT_MAX;
}

/* Check the guess and put the chunk behind the others. */
static enum table_result chunk_join(struct ingest *ingest, struct chunk *chunk)
{
    struct table *table = ingest->table;
    bool wrong = !chunk->start_known && !same_record_follows(table->input, ingest->at, chunk->from);
    if (wrong) {
        chunk->from = ingest->at;
        chunk->stop = ingest->at > chunk->stop ? ingest->at : chunk->stop;
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
    if (ingest->lanes[LANE_JOIN].done == 0) {
        ingest->keys_expected = keys_expect(table, chunk);
    }
    table->fatal = chunk->unterminated;
    table->trouble_at = chunk->unterminated ? chunk->trouble_at : 0;
    ingest->at = chunk->end;
    ingest->joined_wrong = wrong;
    return TABLE_DONE;
}

/* The ids of a chunk, or its e-mails, into their queue. */
static bool chunk_queue(struct ingest *ingest, const struct chunk *chunk, unsigned which)
{
    struct key_queue *queue = &ingest->queues[which];
    if (queue->room == NULL && !key_queue_open(queue, ingest->keys_expected)) {
        return false;
    }
    const uint64_t *hashes = which == QUEUE_IDS ? chunk->id_hashes : chunk->email_hashes;
    return key_queue_add(queue, hashes, chunk->count, chunk->row_base);
}

static void piece_work(void *context, struct flow_piece piece)
{
    struct ingest *ingest = context;
    struct chunk *chunk = &ingest->chunks[piece.index];
    if (piece.kind == PIECE_SCAN) {
        chunk_scan(chunk, ingest->table, ingest->digest);
    } else if (piece.kind == LANE_JOIN) {
        ingest->lanes[LANE_JOIN].result = chunk_join(ingest, chunk);
    } else if (!chunk_queue(ingest, chunk, piece.kind)) {
        ingest->lanes[piece.kind].result = TABLE_NO_MEMORY;
    }
}

static void piece_done(void *context, struct flow_piece piece)
{
    struct ingest *ingest = context;
    struct chunk *chunk = &ingest->chunks[piece.index];
    if (piece.kind == PIECE_SCAN) {
        chunk->scanned = true;
        return;
    }
    struct lane *lane = &ingest->lanes[piece.kind];
    lane->busy = false;
    lane->done++;
    ingest->failed = ingest->failed || lane->result != TABLE_DONE;
    if (piece.kind == LANE_JOIN) {
        ingest->fatal = ingest->table->fatal;
        if (!chunk->start_known) {
            ingest->wrong_guesses = ingest->joined_wrong ? ingest->wrong_guesses + 1 : 0;
        }
    }
}

/* The e-mails first: the ids then have their memory. */
static bool keys_index(struct ingest *ingest)
{
    struct key_queue *ids = &ingest->queues[QUEUE_IDS];
    struct key_queue *emails = &ingest->queues[QUEUE_EMAILS];
    bool done = ingest->queue_count == 1 || table_index_emails(ingest->table, emails);
    done = done && key_queue_become(emails, &ingest->table->ids, ids->count) &&
           table_index_ids(ingest->table, ids);
    key_queue_close(emails);
    key_queue_close(ids);
    return done;
}

static enum table_result ingest_run(struct ingest *ingest)
{
    static const struct flow flow = {piece_take, piece_work, piece_done};
    struct table *table = ingest->table;
    bool emails = table->schema->email_column != SCHEMA_NO_COLUMN && table->schema->keys_unique;
    ingest->queue_count = emails ? 2 : 1;
    ingest->at = table->header.end;
    parallel_flow(table->options.parallel, ingest->jobs, &flow, ingest);
    enum table_result result = lanes_result(ingest);
    if (result == TABLE_DONE && !table->fatal && ingest->queues[QUEUE_IDS].count > 0) {
        result = keys_index(ingest) ? TABLE_DONE : TABLE_NO_MEMORY;
    }
    for (unsigned index = 0; index < ingest->queue_count; index++) {
        key_queue_close(&ingest->queues[index]);
    }
    return result;
}

/* Each thread scans one; the others have been scanned, and wait to be joined and queued. */
static unsigned chunks_for(unsigned jobs)
{
    return jobs == 1 ? 1 : jobs + jobs / 2 + 1;
}

static size_t chunk_size_for(size_t size, unsigned jobs)
{
    size_t share = size / ((size_t)jobs * CHUNKS_PER_JOB);
    share = share < CHUNK_SIZE / 8 ? CHUNK_SIZE / 8 : share;
    return jobs == 1 || share > CHUNK_SIZE ? CHUNK_SIZE : share;
}

static enum table_result rows_read(struct table *table)
{
    struct ingest ingest = {.table = table};
    bool small = table->input.len < PARALLEL_WORTH_SIZE;
    ingest.jobs = small ? 1 : parallel_jobs(table->options.parallel);
    ingest.chunk_count = chunks_for(ingest.jobs);
    ingest.chunk_size = chunk_size_for(table->input.len, ingest.jobs);
    ingest.digest = digest_kernel_for(table->options.simd);
    ingest.chunks = calloc(ingest.chunk_count, sizeof *ingest.chunks);
    if (ingest.chunks == NULL) {
        return TABLE_NO_MEMORY;
    }
    enum table_result result = TABLE_DONE;
    for (unsigned index = 0; index < ingest.chunk_count && result == TABLE_DONE; index++) {
        result = chunk_open(&ingest.chunks[index], table) ? TABLE_DONE : TABLE_NO_MEMORY;
    }
    if (result == TABLE_DONE) {
        result = ingest_run(&ingest);
    }
    for (unsigned index = 0; index < ingest.chunk_count; index++) {
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
    size_t at = mark_size(input);
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
    for (uint32_t column = 0; column < TEXT_COUNT; column++) {
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
