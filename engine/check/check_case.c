/* SPDX-License-Identifier: MIT */
/*
 * Ids that differ in ASCII case can only be in a class that has variants (table_keys.c), and sound
 * files have none. The members of those classes go, in the order of the file, into an index over
 * their folded ids: the first kept one of each spelling is what later ones collide with.
 */
#include "check/check.h"

#include <stdlib.h>

#include "base/memory.h"

/* Rows whose places in the index are fetched at once. */
#define CASE_BATCH 64

/* Kept rows whose ids are equal but for case. */
struct case_group {
    span first_id; /* where it lies in the input; else it is read again */
    uint32_t first;
    uint32_t other; /* the first with other bytes, or KEY_INDEX_NONE */
};

struct case_check {
    const struct table *table;
    struct finding_list *findings;
    struct key_index index;
    struct case_group *groups;
    size_t group_count;
    size_t group_capacity;
    uint32_t rows[CASE_BATCH];
    size_t row_count;
    struct buffer scratch;
    struct buffer other;
};

static size_t mark(uint64_t *marks, uint32_t row)
{
    uint64_t before = marks[row / 64];
    marks[row / 64] |= UINT64_C(1) << row % 64;
    return before != marks[row / 64] ? 1 : 0;
}

/* A bit for each row to look at: the variants and the first rows of their classes. Gives how many
 * there are. */
static size_t rows_mark(const struct table *table, uint64_t *marks)
{
    size_t count = 0;
    for (size_t index = 0; index < table->variant_count; index++) {
        count += mark(marks, table->variants[index].row);
        count += mark(marks, table->variants[index].class_row);
    }
    return count;
}

/* An id that was read before; only one that had to be decoded is read again. */
static span id_again(const struct table *table, uint32_t row, span id, struct buffer *scratch)
{
    return table_value_lasts(table, id) ? id : table_value(table, row, 0, scratch);
}

/* The row that `row` collides with, or KEY_INDEX_NONE. */
static uint32_t collision_find(struct case_check *check, uint32_t row, span id, uint64_t hash)
{
    const struct table *table = check->table;
    struct key_probe probe;
    uint32_t found;
    key_probe_start(&probe, &check->index, hash);
    while ((found = key_probe_next(&probe, &check->index)) != KEY_INDEX_NONE) {
        struct case_group *group = &check->groups[found];
        span first = id_again(table, group->first, group->first_id, &check->other);
        if (!span_equal_folded(id, first)) {
            continue;
        }
        if (span_equal(id, first)) {
            return group->other;
        }
        group->other = group->other == KEY_INDEX_NONE ? row : group->other;
        return group->first;
    }
    struct case_group *grown =
        memory_grow(check->groups, &check->group_capacity, check->group_count + 1, sizeof *grown);
    if (grown == NULL) {
        check->findings->exhausted = true;
        return KEY_INDEX_NONE;
    }
    check->groups = grown;
    grown[check->group_count] = (struct case_group){id, row, KEY_INDEX_NONE};
    key_probe_insert(&probe, &check->index, (uint32_t)check->group_count++);
    return KEY_INDEX_NONE;
}

static void batch_check(struct case_check *check)
{
    const struct table *table = check->table;
    uint64_t hashes[CASE_BATCH];
    span ids[CASE_BATCH];
    for (size_t index = 0; index < check->row_count; index++) {
        ids[index] = table_value(table, check->rows[index], 0, &check->scratch);
        hashes[index] = value_folded_hash(ids[index], &table->id_secret, table->options.seed);
        key_index_prefetch(&check->index, hashes[index]);
    }
    for (size_t index = 0; index < check->row_count; index++) {
        uint32_t row = check->rows[index];
        span id = id_again(table, row, ids[index], &check->scratch);
        uint32_t other = collision_find(check, row, id, hashes[index]);
        if (other != KEY_INDEX_NONE) {
            uint64_t key = finding_key(row, MUSTER_CASE_COLLISION, 0, 6);
            findings_add(check->findings, (struct finding){key, other, 0});
        }
    }
    check->row_count = 0;
}

/* The marked rows that are kept, in the order of the file. */
static void rows_check(struct case_check *check, const uint64_t *marks)
{
    const struct table *table = check->table;
    for (size_t word = 0; word <= table->row_count / 64; word++) {
        for (uint64_t left = marks[word]; left != 0; left &= left - 1) {
            uint32_t row = (uint32_t)(word * 64) + (uint32_t)__builtin_ctzll(left);
            if (table_kept(table, row)) {
                check->rows[check->row_count++] = row;
            }
            if (check->row_count == CASE_BATCH) {
                batch_check(check);
            }
        }
    }
    batch_check(check);
}

bool check_case(const struct table *table, struct finding_list *findings)
{
    struct case_check check = {.table = table, .findings = findings};
    if (table->variant_count == 0) {
        return true;
    }
    uint64_t *marks = calloc((size_t)table->row_count / 64 + 1, sizeof *marks);
    size_t count = marks != NULL ? rows_mark(table, marks) : 0;
    bool done = marks != NULL && key_index_open(&check.index, count) &&
                findings_reserve(findings, count);
    if (done) {
        rows_check(&check, marks);
        done = !check.scratch.exhausted && !check.other.exhausted && !findings->exhausted;
    }
    key_index_close(&check.index);
    buffer_close(&check.scratch);
    buffer_close(&check.other);
    free(check.groups);
    free(marks);
    return done;
}
