/* SPDX-License-Identifier: MIT */
/*
 * Pass 2: when the whole file is read the keys go into their indexes, part by part (key_queue.h),
 * and what is there already becomes a finding. Equal keys are of one part, in which they stand in
 * the order of the file; the findings are put into that order at the end.
 *
 * The index of ids knows the first row of each *class*: ids that agree but for case, blanks around
 * them and leading zeros. In sound files every class has one member. Where a class has more, the
 * others are *variants*, which have a small index of their own over their exact bytes.
 */
#include "table/ingest.h"

#include <stdlib.h>

#include "table/value.h"

/* Keys between the prefetch of a bucket and its use. */
#define PREFETCH_DISTANCE 16

/* The keys that an index is about. */
struct keys {
    struct table *table;
    struct key_index *index;
    unsigned column;
    uint64_t (*hash)(span value, uint64_t seed);
    /* From a queued hash to one for the index: moved to the left by `shift`, and `upper`. */
    unsigned shift;
    uint64_t upper;
    struct buffer row_value; /* decoded values of the rows that are compared */
    struct buffer other_value;
};

static void keys_close(struct keys *keys)
{
    buffer_close(&keys->row_value);
    buffer_close(&keys->other_value);
}

/* Some value could not be decoded, so the rows were not compared as they are. */
static bool keys_exhausted(const struct keys *keys)
{
    return keys->row_value.exhausted || keys->other_value.exhausted;
}

/* A table twice as large, with the same rows. */
static bool index_grow(struct keys *keys, uint64_t count)
{
    struct key_index grown;
    if (!key_index_open(&grown, count)) {
        return false;
    }
    for (size_t bucket = 0; bucket < keys->index->bucket_count; bucket++) {
        for (unsigned slot = 0; slot < KEY_INDEX_SLOTS; slot++) {
            if (keys->index->buckets[bucket].tags[slot] == 0) {
                continue;
            }
            uint32_t row = keys->index->buckets[bucket].rows[slot];
            span value = table_value(keys->table, row, keys->column, &keys->row_value);
            struct key_probe probe;
            key_probe_start(&probe, &grown, keys->hash(value, keys->table->options.seed));
            while (key_probe_next(&probe, &grown) != KEY_INDEX_NONE) {
            }
            key_probe_insert(&probe, &grown, row);
        }
    }
    key_index_close(keys->index);
    *keys->index = grown;
    return true;
}

static bool index_reserve(struct keys *keys, uint64_t more)
{
    uint64_t needed = keys->index->count + more;
    if (needed <= keys->index->count_max) {
        return true;
    }
    /* To move a row its value has to be read again, so it is done seldom: where one index has few
     * keys and many come, up to as many as there are rows. */
    uint64_t most = keys->table->ids.count_max;
    uint64_t wanted = needed * 8 < most ? needed * 8 : most;
    return index_grow(keys, wanted > needed + needed / 2 ? wanted : needed + needed / 2);
}

static bool variant_add(struct table *table, uint32_t row, uint32_t class_row)
{
    struct table_variant *grown = memory_grow(table->variants, &table->variant_capacity,
                                              table->variant_count + 1, sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    table->variants = grown;
    grown[table->variant_count++] = (struct table_variant){row, class_row};
    return true;
}

static void repeat_report(struct table *table, uint32_t row, uint32_t first)
{
    if (!table->schema->keys_unique) {
        return;
    }
    enum muster_code code =
        table->schema->file == MUSTER_TEAMS ? MUSTER_DUPLICATE_TEAM_ID : MUSTER_DUPLICATE_USER_ID;
    findings_add(&table->repeated_ids, (struct finding){finding_key(row, code, 0, 2), first, 0});
}

/*
 * An id of a class that is known, but with other bytes than the first of it. True where memory
 * sufficed.
 */
static bool variant_take(struct keys *keys, uint32_t row, uint32_t class_row, span id)
{
    struct table *table = keys->table;
    struct keys exact = {
        .table = table, .index = &table->variant_ids, .column = 0, .hash = value_exact_hash};
    if (table->variant_ids.buckets == NULL && !key_index_open(&table->variant_ids, 64)) {
        return false;
    }
    bool room = index_reserve(&exact, 1);
    struct key_probe probe;
    uint32_t candidate = KEY_INDEX_NONE;
    if (room) {
        key_probe_start(&probe, &table->variant_ids, value_exact_hash(id, table->options.seed));
        while ((candidate = key_probe_next(&probe, &table->variant_ids)) != KEY_INDEX_NONE) {
            if (span_equal(id, table_value(table, candidate, 0, &exact.other_value))) {
                break;
            }
        }
        if (candidate == KEY_INDEX_NONE) {
            key_probe_insert(&probe, &table->variant_ids, row);
        } else {
            repeat_report(table, row, candidate);
        }
    }
    room = room && !exact.other_value.exhausted;
    keys_close(&exact);
    bool listed = candidate == KEY_INDEX_NONE || !table->schema->keys_unique;
    return room && (!listed || variant_add(table, row, class_row));
}

static bool id_insert(struct keys *keys, uint32_t row, uint64_t hash)
{
    struct table *table = keys->table;
    struct key_probe probe;
    key_probe_start(&probe, keys->index, hash);
    for (;;) {
        uint32_t candidate = key_probe_next(&probe, keys->index);
        if (candidate == KEY_INDEX_NONE) {
            key_probe_insert(&probe, keys->index, row);
            return true;
        }
        span id = table_value(table, row, 0, &keys->row_value);
        span other = table_value(table, candidate, 0, &keys->other_value);
        if (span_equal(id, other)) {
            repeat_report(table, row, candidate);
            return table->schema->keys_unique || variant_add(table, row, candidate);
        }
        if (span_equal_folded(value_id_core(id), value_id_core(other))) {
            return variant_take(keys, row, candidate, id);
        }
    }
}

static bool email_insert(struct keys *keys, uint32_t row, uint64_t hash)
{
    struct table *table = keys->table;
    unsigned column = keys->column;
    struct key_probe probe;
    key_probe_start(&probe, keys->index, hash);
    for (;;) {
        uint32_t candidate = key_probe_next(&probe, keys->index);
        if (candidate == KEY_INDEX_NONE) {
            key_probe_insert(&probe, keys->index, row);
            return true;
        }
        span email = table_value(table, row, column, &keys->row_value);
        span other = table_value(table, candidate, column, &keys->other_value);
        if (span_equal_folded(email, other)) {
            uint64_t key = finding_key(row, MUSTER_DUPLICATE_EMAIL, column, 2);
            findings_add(&table->repeated_emails, (struct finding){key, candidate, 0});
            return true;
        }
    }
}

/* What happens with a key whose tag is known already, or whose bucket is full. */
typedef bool insert_key(struct keys *keys, uint32_t row, uint64_t hash);

static inline uint64_t queued_hash(const struct keys *keys, const struct queued_key *queued)
{
    return keys->upper | (uint64_t)queued->hash << keys->shift;
}

/* Some keys of a part. */
static bool keys_insert(struct keys *keys, const struct queued_key *queued, size_t count,
                        insert_key *insert)
{
    struct key_index *index = keys->index;
    for (size_t at = 0; at < count; at++) {
        if (at + PREFETCH_DISTANCE < count) {
            key_index_prefetch(index, queued_hash(keys, &queued[at + PREFETCH_DISTANCE]));
        }
        uint64_t hash = queued_hash(keys, &queued[at]);
        struct key_probe probe;
        key_probe_start(&probe, index, hash);
        if (probe.matches == 0 && probe.empty != 0) {
            /* Nearly always: nobody with this tag, and room in the first bucket. */
            key_probe_insert(&probe, index, queued[at].row);
        } else if (!insert(keys, queued[at].row, hash)) {
            return false;
        }
    }
    return true;
}

static bool part_insert(struct keys *keys, const struct key_queue *queue, unsigned part,
                        insert_key *insert)
{
    const struct queued_key *room = queue->room + (size_t)part * queue->share;
    const struct queue_rest *rest = &queue->rests[part];
    return keys_insert(keys, room, queue->counts[part], insert) &&
           keys_insert(keys, rest->keys, rest->count, insert);
}

bool table_index_ids(struct table *table, const struct key_queue *queue)
{
    struct keys keys = {
        .table = table, .index = &table->ids, .column = 0, .shift = KEY_INDEX_SHIFT};
    bool done = key_index_open(&table->ids, queue->count);
    for (unsigned part = 0; part < KEY_PART_COUNT && done; part++) {
        keys.upper = (uint64_t)part << (64 - KEY_PART_BITS);
        done = part_insert(&keys, queue, part, id_insert);
    }
    done = done && !keys_exhausted(&keys);
    keys_close(&keys);
    findings_sort(&table->repeated_ids);
    return done && !table->repeated_ids.exhausted;
}

/* Nobody looks an e-mail up later, so one small index serves all parts, one after the other. */
bool table_index_emails(struct table *table, const struct key_queue *queue)
{
    struct key_index index;
    if (!key_index_open(&index, key_queue_part_max(queue))) {
        return false;
    }
    struct keys keys = {
        .table = table, .index = &index, .column = table->schema->email_column, .shift = 64 - 32};
    bool done = true;
    for (unsigned part = 0; part < KEY_PART_COUNT && done; part++) {
        key_index_clear(&index);
        done = part_insert(&keys, queue, part, email_insert);
    }
    done = done && !keys_exhausted(&keys);
    keys_close(&keys);
    key_index_close(&index);
    findings_sort(&table->repeated_emails);
    return done && !table->repeated_emails.exhausted;
}

static int variant_compare(const void *left, const void *right)
{
    const struct table_variant *a = left;
    const struct table_variant *b = right;
    if (a->class_row != b->class_row) {
        return a->class_row < b->class_row ? -1 : 1;
    }
    return a->row < b->row ? -1 : a->row > b->row;
}

/* An id is known while pass 2 has left it; a team that the tree had no place for still is. */
static bool row_known(const struct table *table, uint32_t row)
{
    return (table->rows[row] & (ROW_NOT_KEPT & ~ROW_REMOVED)) == 0;
}

/* Sorted by class, and without those that pass 2 has removed: nobody asks for them any more, and
 * whoever looks for the one id of a class must not walk over a million that are gone. */
static void variants_settle(struct table *table)
{
    size_t left = 0;
    for (size_t index = 0; index < table->variant_count; index++) {
        if (row_known(table, table->variants[index].row)) {
            table->variants[left++] = table->variants[index];
        }
    }
    table->variant_count = left;
    if (left > 0) {
        qsort(table->variants, left, sizeof *table->variants, variant_compare);
    }
}

void table_repeats_remove(struct table *table)
{
    for (size_t index = 0; index < table->repeated_ids.count; index++) {
        table->rows[finding_row(&table->repeated_ids.items[index])] |= ROW_REPEATED_ID;
        table->kept_count--;
    }
    for (size_t index = 0; index < table->repeated_emails.count; index++) {
        uint64_t *row = &table->rows[finding_row(&table->repeated_emails.items[index])];
        table->kept_count -= (*row & ROW_REPEATED_ID) == 0 ? 1 : 0;
        *row |= ROW_REPEATED_EMAIL;
    }
    variants_settle(table);
}

/* The row of the class of `id` that the walk meets next, or KEY_INDEX_NONE. */
static uint32_t class_row_next(const struct table *table, struct key_probe *probe, span id,
                               struct buffer *scratch)
{
    uint32_t row;
    while ((row = key_probe_next(probe, &table->ids)) != KEY_INDEX_NONE) {
        span other = table_value(table, row, 0, scratch);
        if (span_equal_folded(value_id_core(id), value_id_core(other))) {
            break;
        }
    }
    return row;
}

static uint32_t class_find(const struct table *table, span id, struct buffer *scratch)
{
    if (table->ids.buckets == NULL) {
        return KEY_INDEX_NONE;
    }
    struct key_probe probe;
    key_probe_start(&probe, &table->ids, value_id_hash(id, table->options.seed));
    return class_row_next(table, &probe, id, scratch);
}

static uint32_t variant_find(const struct table *table, span id, struct buffer *scratch)
{
    if (table->variant_ids.buckets == NULL) {
        return KEY_INDEX_NONE;
    }
    struct key_probe probe;
    uint32_t row;
    key_probe_start(&probe, &table->variant_ids, value_exact_hash(id, table->options.seed));
    while ((row = key_probe_next(&probe, &table->variant_ids)) != KEY_INDEX_NONE) {
        if (span_equal(id, table_value(table, row, 0, scratch))) {
            break;
        }
    }
    return row;
}

/* From the row of the class to the row of the id. */
static uint32_t class_member(const struct table *table, span id, uint32_t class_row,
                             struct buffer *scratch)
{
    if (class_row == KEY_INDEX_NONE || span_equal(id, table_value(table, class_row, 0, scratch))) {
        return class_row;
    }
    return variant_find(table, id, scratch);
}

uint32_t table_find(const struct table *table, span id)
{
    struct buffer scratch = {0};
    uint32_t row = class_member(table, id, class_find(table, id, &scratch), &scratch);
    row = scratch.exhausted ? TABLE_ROW_LOST : row;
    buffer_close(&scratch);
    return row;
}

#define FIND_BATCH 64

/* Whether a row begins with this id: nearly always it does, and then it need not be split. */
static bool row_begins_with(const struct table *table, uint32_t row, span id)
{
    uint64_t word = table->rows[row];
    size_t at = (size_t)(word & ROW_OFFSET_MASK);
    if (table->header.positions[0] != 0 || (word & (ROW_EXACT | ROW_FAR)) != 0 ||
        table->input.len - at <= id.len) {
        return false;
    }
    const char *bytes = table->input.ptr + at;
    return bytes[id.len] == ',' && memcmp(bytes, id.ptr, id.len) == 0;
}

/* Bucket, row word and bytes are each fetched for all ids before any of them is looked at. */
static void find_batch(const struct table *table, const span *ids, size_t count, uint32_t *rows)
{
    uint64_t hashes[FIND_BATCH];
    struct key_probe probes[FIND_BATCH];
    struct buffer scratch = {0};
    for (size_t index = 0; index < count; index++) {
        hashes[index] = value_id_hash_by(ids[index], &table->id_secret, table->options.seed);
        key_index_prefetch(&table->ids, hashes[index]);
    }
    for (size_t index = 0; index < count; index++) {
        key_probe_start(&probes[index], &table->ids, hashes[index]);
        struct key_probe look = probes[index];
        rows[index] = key_probe_next(&look, &table->ids);
        if (rows[index] != KEY_INDEX_NONE) {
            __builtin_prefetch(&table->rows[rows[index]]);
        }
    }
    for (size_t index = 0; index < count; index++) {
        if (rows[index] != KEY_INDEX_NONE) {
            __builtin_prefetch(table->input.ptr + table_offset(table, rows[index]));
        }
    }
    for (size_t index = 0; index < count; index++) {
        if (rows[index] != KEY_INDEX_NONE && row_begins_with(table, rows[index], ids[index])) {
            continue;
        }
        uint32_t row = class_row_next(table, &probes[index], ids[index], &scratch);
        rows[index] = class_member(table, ids[index], row, &scratch);
        rows[index] = scratch.exhausted ? TABLE_ROW_LOST : rows[index];
    }
    buffer_close(&scratch);
}

void table_find_many(const struct table *table, const span *ids, size_t count, uint32_t *rows)
{
    for (size_t done = 0; done < count; done += FIND_BATCH) {
        size_t size = count - done < FIND_BATCH ? count - done : FIND_BATCH;
        if (table->ids.buckets != NULL) {
            find_batch(table, ids + done, size, rows + done);
            continue;
        }
        for (size_t index = 0; index < size; index++) {
            rows[done + index] = KEY_INDEX_NONE;
        }
    }
}

/* The first variant of a class; the variants are sorted by class (see table_open). */
static size_t variants_of(const struct table *table, uint32_t class_row)
{
    size_t low = 0;
    size_t high = table->variant_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->variants[middle].class_row < class_row) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

uint32_t table_suggest(const struct table *table, span id)
{
    struct buffer scratch = {0};
    uint32_t class_row = class_find(table, id, &scratch);
    uint32_t found = KEY_INDEX_NONE;
    if (class_row != KEY_INDEX_NONE) {
        unsigned known = 0;
        if (row_known(table, class_row) &&
            !span_equal(id, table_value(table, class_row, 0, &scratch))) {
            found = class_row;
            known++;
        }
        for (size_t index = variants_of(table, class_row);
             index < table->variant_count && known < 2 &&
             table->variants[index].class_row == class_row;
             index++) {
            uint32_t row = table->variants[index].row;
            if (row_known(table, row) && !span_equal(id, table_value(table, row, 0, &scratch))) {
                found = row;
                known++;
            }
        }
        found = known == 1 ? found : KEY_INDEX_NONE;
    }
    found = scratch.exhausted ? TABLE_ROW_LOST : found;
    buffer_close(&scratch);
    return found;
}
