/* SPDX-License-Identifier: MIT */
/*
 * Ids that differ in ASCII case can only be in a class that has variants (table_keys.c), and sound
 * files have none. The members of one class agree but for case, blanks around them and leading
 * zeros: those with the same *shape*, which is all but the case, are spellings of one id. The first
 * kept one is what later ones collide with.
 */
#include "check/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* To begin with; most classes have one shape. A power of two. */
#define GROUP_COUNT_MIN 16U

/* Kept rows of one class whose ids are equal but for case. */
struct case_group {
    uint32_t shape;
    uint32_t first; /* KEY_INDEX_NONE: no group here */
    uint32_t other; /* the first with other bytes, or KEY_INDEX_NONE */
};

struct case_check {
    const struct table *table;
    struct finding_list *findings;
    struct case_group *groups; /* of the class at hand, by shape; at most half of them are used */
    uint32_t mask;
    uint32_t group_count;
    bool exhausted;
    struct buffer scratch;
    struct buffer other;
};

static bool groups_open(struct case_check *check, uint32_t count)
{
    check->groups = memory_array(count, sizeof *check->groups);
    check->mask = count - 1;
    check->group_count = 0;
    if (check->groups != NULL) {
        memset(check->groups, 0xFF, count * sizeof *check->groups);
    }
    return check->groups != NULL;
}

/* A class of many shapes must not make those behind it dear. */
static bool groups_clear(struct case_check *check)
{
    if (check->mask < GROUP_COUNT_MIN) {
        memset(check->groups, 0xFF, GROUP_COUNT_MIN * sizeof *check->groups);
        check->group_count = 0;
        return true;
    }
    free(check->groups);
    return groups_open(check, GROUP_COUNT_MIN);
}

static uint32_t shape_place(const struct case_check *check, uint32_t shape)
{
    return (uint32_t)(shape * UINT64_C(0x9E3779B97F4A7C15) >> 32) & check->mask;
}

static bool groups_grow(struct case_check *check)
{
    struct case_check grown = *check;
    if (check->mask > UINT32_MAX / 4 || !groups_open(&grown, 2 * (check->mask + 1))) {
        return false;
    }
    for (uint32_t index = 0; index <= check->mask; index++) {
        if (check->groups[index].first != KEY_INDEX_NONE) {
            uint32_t place = shape_place(&grown, check->groups[index].shape);
            while (grown.groups[place].first != KEY_INDEX_NONE) {
                place = (place + 1) & grown.mask;
            }
            grown.groups[place] = check->groups[index];
            grown.group_count++;
        }
    }
    free(check->groups);
    *check = grown;
    return true;
}

/* Both ids as they are; only where shapes or unique keys do not tell. */
static bool rows_equal(struct case_check *check, uint32_t row, uint32_t other, bool folded)
{
    span id = table_value(check->table, row, 0, &check->scratch);
    span other_id = table_value(check->table, other, 0, &check->other);
    return folded ? span_equal_folded(id, other_id) : span_equal(id, other_id);
}

static bool is_of_group(struct case_check *check, const struct case_group *group, uint32_t row,
                        uint32_t shape)
{
    return group->shape == shape &&
           ((shape & VALUE_SHAPE_HASHED) == 0 || rows_equal(check, row, group->first, true));
}

/* The row that `row` collides with, or KEY_INDEX_NONE. */
static uint32_t collision_find(struct case_check *check, uint32_t row, uint32_t shape)
{
    uint32_t place = shape_place(check, shape);
    while (check->groups[place].first != KEY_INDEX_NONE) {
        struct case_group *group = &check->groups[place];
        if (is_of_group(check, group, row, shape)) {
            bool repeats = !check->table->schema->keys_unique;
            if (repeats && rows_equal(check, row, group->first, false)) {
                return group->other;
            }
            group->other = group->other == KEY_INDEX_NONE ? row : group->other;
            return group->first;
        }
        place = (place + 1) & check->mask;
    }
    check->groups[place] = (struct case_group){shape, row, KEY_INDEX_NONE};
    check->group_count++;
    if (check->group_count > check->mask / 2 && !groups_grow(check)) {
        check->exhausted = true;
    }
    return KEY_INDEX_NONE;
}

static void member_check(struct case_check *check, uint32_t row, uint32_t shape)
{
    uint32_t other =
        table_kept(check->table, row) ? collision_find(check, row, shape) : KEY_INDEX_NONE;
    if (other != KEY_INDEX_NONE) {
        uint64_t key = finding_key(row, MUSTER_CASE_COLLISION, 0, 6);
        findings_add(check->findings, (struct finding){key, other, 0});
    }
}

/* The variants `first` to before `end` are of one class, in the order of their rows. */
static void class_check(struct case_check *check, size_t first, size_t end)
{
    const struct table *table = check->table;
    const struct table_variant *variants = table->variants;
    uint32_t class_row = variants[first].class_row;
    if (!groups_clear(check)) {
        check->exhausted = true;
        return;
    }
    span id = table_value(table, class_row, 0, &check->scratch);
    member_check(check, class_row, value_id_shape(id, value_id_core(id), table->options.seed));
    for (size_t index = first; index < end && !check->exhausted; index++) {
        member_check(check, variants[index].row, variants[index].shape);
    }
}

bool check_case(const struct table *table, struct finding_list *findings)
{
    struct case_check check = {.table = table, .findings = findings};
    if (table->variant_count == 0) {
        return true;
    }
    bool done =
        groups_open(&check, GROUP_COUNT_MIN) && findings_reserve(findings, table->variant_count);
    for (size_t first = 0; first < table->variant_count && done;) {
        size_t end = first + 1;
        while (end < table->variant_count &&
               table->variants[end].class_row == table->variants[first].class_row) {
            end++;
        }
        class_check(&check, first, end);
        first = end;
        done = !check.exhausted && !check.scratch.exhausted && !check.other.exhausted;
    }
    findings_sort(findings);
    buffer_close(&check.scratch);
    buffer_close(&check.other);
    free(check.groups);
    return done && !findings->exhausted;
}
