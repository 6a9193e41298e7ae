/* SPDX-License-Identifier: MIT */
/* Ids to rows, once the indexes are complete: an id itself, or the one that may be meant by it. */
#include "table/ingest.h"
#include "table/value.h"

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
    key_probe_start(&probe, &table->ids, value_id_hash(id, &table->id_secret, table->options.seed));
    return class_row_next(table, &probe, id, scratch);
}

/* From where a probe of the variants stands, the row of the id, or KEY_INDEX_NONE. */
static uint32_t variant_next(const struct table *table, struct key_probe *probe, span id,
                             struct buffer *scratch)
{
    uint32_t row;
    while ((row = key_probe_next(probe, &table->variant_ids)) != KEY_INDEX_NONE) {
        if (span_equal(id, table_value(table, row, 0, scratch))) {
            break;
        }
    }
    return row;
}

static uint32_t variant_find(const struct table *table, span id, struct buffer *scratch)
{
    struct key_probe probe;
    if (table->variant_ids.buckets == NULL) {
        return KEY_INDEX_NONE;
    }
    key_probe_start(&probe, &table->variant_ids, value_exact_hash(id, table->options.seed));
    return variant_next(table, &probe, id, scratch);
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
    if (table->header.positions[0] != 0 || (word & ROW_FAR) != 0 ||
        table->input.len - at <= id.len + 2) {
        return false;
    }
    const char *bytes = table->input.ptr + at;
    if (bytes[0] == '"') {
        return memcmp(bytes + 1, id.ptr, id.len) == 0 && memcmp(bytes + 1 + id.len, "\",", 2) == 0;
    }
    return bytes[id.len] == ',' && memcmp(bytes, id.ptr, id.len) == 0;
}

/* Ids whose class begins with another spelling; `places` says which of `ids` they are. */
struct variant_batch {
    size_t count;
    unsigned char places[FIND_BATCH];
    uint64_t hashes[FIND_BATCH];
    struct key_probe probes[FIND_BATCH];
};

static void variant_add(const struct table *table, struct variant_batch *batch, size_t place,
                        span id)
{
    batch->places[batch->count] = (unsigned char)place;
    batch->hashes[batch->count] = value_exact_hash(id, table->options.seed);
    key_index_prefetch(&table->variant_ids, batch->hashes[batch->count++]);
}

/* In the same stages as the classes. */
static void variants_find(const struct table *table, struct variant_batch *batch, const span *ids,
                          uint32_t *rows, struct buffer *scratch)
{
    uint32_t likely[FIND_BATCH];
    for (size_t index = 0; index < batch->count; index++) {
        key_probe_start(&batch->probes[index], &table->variant_ids, batch->hashes[index]);
        struct key_probe look = batch->probes[index];
        likely[index] = key_probe_next(&look, &table->variant_ids);
        if (likely[index] != KEY_INDEX_NONE) {
            __builtin_prefetch(&table->rows[likely[index]]);
        }
    }
    for (size_t index = 0; index < batch->count; index++) {
        if (likely[index] != KEY_INDEX_NONE) {
            __builtin_prefetch(table->input.ptr + table_offset(table, likely[index]));
        }
    }
    for (size_t index = 0; index < batch->count; index++) {
        size_t place = batch->places[index];
        rows[place] = variant_next(table, &batch->probes[index], ids[place], scratch);
        rows[place] = scratch->exhausted ? TABLE_ROW_LOST : rows[place];
    }
}

/* Bucket, row word and bytes are each fetched for all ids before any of them is looked at. */
static void find_batch(const struct table *table, const span *ids, size_t count, uint32_t *rows)
{
    uint64_t hashes[FIND_BATCH];
    struct key_probe probes[FIND_BATCH];
    struct buffer scratch = {0};
    for (size_t index = 0; index < count; index++) {
        hashes[index] = value_id_hash(ids[index], &table->id_secret, table->options.seed);
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
    struct variant_batch variants;
    variants.count = 0;
    for (size_t index = 0; index < count; index++) {
        if (rows[index] != KEY_INDEX_NONE && row_begins_with(table, rows[index], ids[index])) {
            continue;
        }
        uint32_t row = class_row_next(table, &probes[index], ids[index], &scratch);
        bool other =
            row != KEY_INDEX_NONE && !span_equal(ids[index], table_value(table, row, 0, &scratch));
        rows[index] = scratch.exhausted ? TABLE_ROW_LOST : other ? KEY_INDEX_NONE : row;
        if (other && !scratch.exhausted && table->variant_ids.buckets != NULL) {
            variant_add(table, &variants, index, ids[index]);
        }
    }
    variants_find(table, &variants, ids, rows, &scratch);
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

/* The first variant of a class; the variants are sorted by class (table_repeats.c). */
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

/* Whether a row may be what is meant by an id with other bytes. */
static bool may_be_meant(const struct table *table, uint32_t row, span id, bool kept_only,
                         struct buffer *scratch)
{
    return (kept_only ? table_kept(table, row) : table_row_known(table, row)) &&
           !span_equal(id, table_value(table, row, 0, scratch));
}

uint32_t table_suggest(const struct table *table, span id, bool kept_only)
{
    struct buffer scratch = {0};
    uint32_t class_row = class_find(table, id, &scratch);
    uint32_t found = KEY_INDEX_NONE;
    if (class_row != KEY_INDEX_NONE) {
        unsigned known = 0;
        if (may_be_meant(table, class_row, id, kept_only, &scratch)) {
            found = class_row;
            known++;
        }
        for (size_t index = variants_of(table, class_row);
             index < table->variant_count && known < 2 &&
             table->variants[index].class_row == class_row;
             index++) {
            uint32_t row = table->variants[index].row;
            if (may_be_meant(table, row, id, kept_only, &scratch)) {
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
