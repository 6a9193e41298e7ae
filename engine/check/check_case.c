/* SPDX-License-Identifier: MIT */
/*
 * Ids that differ in ASCII case can only be in a class that has variants (table_keys.c), and sound
 * files have none. The members of those classes go, in the order of the file, into an index over
 * their folded ids: the first kept one of each spelling is what later ones collide with.
 */
#include "check/check.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"

struct case_check {
    const struct table *table;
    struct key_index index;
    uint32_t *others; /* by place of the group: its first row with other bytes than the first */
    uint32_t *rows;   /* the rows to look at, rising */
    size_t row_count;
    struct buffer folded;
    struct buffer scratch;
    struct buffer other;
};

static int row_compare(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* The variants and the first rows of their classes, each once, those that are kept. */
static bool rows_collect(struct case_check *check)
{
    const struct table *table = check->table;
    check->rows = memory_array(table->variant_count, 2 * sizeof *check->rows);
    if (check->rows == NULL) {
        return false;
    }
    size_t count = 0;
    for (size_t index = 0; index < table->variant_count; index++) {
        check->rows[count++] = table->variants[index].row;
        if (index == 0 ||
            table->variants[index].class_row != table->variants[index - 1].class_row) {
            check->rows[count++] = table->variants[index].class_row;
        }
    }
    qsort(check->rows, count, sizeof *check->rows, row_compare);
    for (size_t index = 0; index < count; index++) {
        if (table_kept(table, check->rows[index])) {
            check->rows[check->row_count++] = check->rows[index];
        }
    }
    return true;
}

static uint64_t folded_hash(struct case_check *check, span id)
{
    buffer_clear(&check->folded);
    char *room = buffer_reserve(&check->folded, id.len);
    if (room == NULL) {
        return 1;
    }
    for (size_t index = 0; index < id.len; index++) {
        room[index] = byte_fold(id.ptr[index]);
    }
    return hash_bytes(room, id.len, check->table->options.seed);
}

/* The row that `place` collides with, or KEY_INDEX_NONE. */
static uint32_t collision_find(struct case_check *check, size_t place)
{
    const struct table *table = check->table;
    span id = table_value(table, check->rows[place], 0, &check->scratch);
    struct key_probe probe;
    key_probe_start(&probe, &check->index, folded_hash(check, id));
    uint32_t group;
    while ((group = key_probe_next(&probe, &check->index)) != KEY_INDEX_NONE) {
        span first = table_value(table, check->rows[group], 0, &check->other);
        if (!span_equal_folded(id, first)) {
            continue;
        }
        if (!span_equal(id, first)) {
            if (check->others[group] == KEY_INDEX_NONE) {
                check->others[group] = check->rows[place];
            }
            return check->rows[group];
        }
        return check->others[group];
    }
    check->others[place] = KEY_INDEX_NONE;
    key_probe_insert(&probe, &check->index, (uint32_t)place);
    return KEY_INDEX_NONE;
}

bool check_case(const struct table *table, struct finding_list *findings)
{
    struct case_check check = {.table = table};
    if (table->variant_count == 0) {
        return true;
    }
    bool done = rows_collect(&check) && key_index_open(&check.index, check.row_count);
    check.others = done ? memory_array(check.row_count, sizeof *check.others) : NULL;
    done = check.others != NULL;
    for (size_t place = 0; done && place < check.row_count; place++) {
        uint32_t other = collision_find(&check, place);
        if (other != KEY_INDEX_NONE) {
            uint64_t key = finding_key(check.rows[place], MUSTER_CASE_COLLISION, 0, 6);
            findings_add(findings, (struct finding){key, other, 0});
        }
    }
    done = done && !check.folded.exhausted && !check.scratch.exhausted && !check.other.exhausted &&
           !findings->exhausted;
    key_index_close(&check.index);
    buffer_close(&check.folded);
    buffer_close(&check.scratch);
    buffer_close(&check.other);
    free(check.others);
    free(check.rows);
    return done;
}
