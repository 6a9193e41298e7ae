/* SPDX-License-Identifier: MIT */
#include "table/variants.h"

#include "base/memory.h"
#include "table/value.h"

/* Rows that waited, while they are taken. */
struct taking {
    struct table *table;
    uint64_t looked_at;      /* keys so far, by the thread that asks */
    struct buffer row_value; /* decoded ids of the rows that are compared */
    struct buffer other_value;
};

/* Room for so many variants, with the same rows. */
static bool variants_grow(struct taking *taking, uint64_t count)
{
    struct key_index *variants = &taking->table->variant_ids;
    struct key_index grown;
    if (!key_index_open(&grown, count)) {
        return false;
    }
    for (size_t bucket = 0; bucket < variants->bucket_count; bucket++) {
        for (unsigned slot = 0; slot < KEY_INDEX_SLOTS; slot++) {
            if (variants->buckets[bucket].tags[slot] == 0) {
                continue;
            }
            uint32_t row = variants->buckets[bucket].rows[slot];
            span id = table_value(taking->table, row, 0, &taking->row_value);
            struct key_probe probe;
            key_probe_start(&probe, &grown, value_exact_hash(id, taking->table->options.seed));
            while (key_probe_next(&probe, &grown) != KEY_INDEX_NONE) {
            }
            key_probe_insert(&probe, &grown, row);
        }
    }
    key_index_close(variants);
    *variants = grown;
    return true;
}

static bool variants_reserve(struct table *table, uint64_t count)
{
    struct table_variant *grown =
        memory_grow(table->variants, &table->variant_capacity, (size_t)count, sizeof *grown);
    table->variants = grown != NULL ? grown : table->variants;
    return grown != NULL;
}

static bool taking_reserve(struct taking *taking, uint64_t more)
{
    struct table *table = taking->table;
    uint64_t needed = table->variant_ids.count + more;
    if (needed <= table->variant_ids.count_max) {
        return true;
    }
    /* To move a row its value has to be read again, so it is done seldom. */
    uint64_t expected = count_expect(needed, taking->looked_at, table->ids.count_max);
    uint64_t wanted = expected > needed * 2 ? expected : needed * 2;
    return variants_reserve(table, wanted) && variants_grow(taking, wanted);
}

/* Room for repeats: to make it little by little costs more than to find them. */
static void repeats_reserve(struct taking *taking, uint64_t more)
{
    const struct table *table = taking->table;
    struct finding_list *repeats = &taking->table->repeated_ids;
    uint64_t needed = repeats->count + more;
    if (repeats->count > 0 && needed > repeats->capacity) {
        uint64_t expected = count_expect(needed, taking->looked_at, table->ids.count_max);
        (void)findings_reserve(repeats, (size_t)(expected - repeats->count));
    }
}

static bool variant_add(struct table *table, const struct waiting *waiting)
{
    if (!variants_reserve(table, table->variant_count + 1)) {
        return false;
    }
    table->variants[table->variant_count++] =
        (struct table_variant){waiting->row, waiting->class_row, waiting->shape};
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

/* An id with other bytes than the first of its class. True where memory sufficed. */
static bool variant_take(struct taking *taking, const struct waiting *waiting)
{
    struct table *table = taking->table;
    struct key_index *variants = &table->variant_ids;
    span id = table_value_lasts(table, waiting->id)
                  ? waiting->id
                  : table_value(table, waiting->row, 0, &taking->row_value);
    struct key_probe probe;
    uint32_t candidate;
    key_probe_start(&probe, variants, waiting->exact_hash);
    while ((candidate = key_probe_next(&probe, variants)) != KEY_INDEX_NONE) {
        if (span_equal(id, table_value(table, candidate, 0, &taking->other_value))) {
            repeat_report(table, waiting->row, candidate);
            return table->schema->keys_unique || variant_add(table, waiting);
        }
    }
    key_probe_insert(&probe, variants, waiting->row);
    return variant_add(table, waiting);
}

bool table_variants_take(struct table *table, const struct waiting *waiting, size_t count,
                         uint64_t looked_at)
{
    struct key_index *variants = &table->variant_ids;
    struct taking taking = {.table = table, .looked_at = looked_at};
    bool done = (variants->buckets != NULL || key_index_open(variants, count)) &&
                taking_reserve(&taking, count);
    repeats_reserve(&taking, count);
    for (const struct waiting *end = waiting + count; waiting < end && done; waiting++) {
        if (waiting->exact_hash != 0) {
            done = variant_take(&taking, waiting);
        } else {
            repeat_report(table, waiting->row, waiting->class_row);
            done = table->schema->keys_unique || variant_add(table, waiting);
        }
    }
    done = done && !taking.row_value.exhausted && !taking.other_value.exhausted;
    buffer_close(&taking.row_value);
    buffer_close(&taking.other_value);
    return done;
}
