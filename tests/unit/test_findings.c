/* SPDX-License-Identifier: MIT */
#include "base/findings.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "base/limits.h"
#include "support.h"

Test(findings, a_key_gives_back_what_went_into_it)
{
    static const uint32_t rows[] = {0, 1, 2, 4095, 65536, ROW_COUNT_MAX, FINDING_NO_ROW};
    static const unsigned columns[] = {0, 1, 4, COLUMN_OTHER, COLUMN_NONE};
    for (size_t row = 0; row < 7; row++) {
        for (unsigned code = 0; code < MUSTER_CODE_COUNT; code++) {
            for (size_t column = 0; column < 5; column++) {
                unsigned pass = (unsigned)muster_rule(code)->pass;
                struct finding finding = {finding_key(rows[row], code, columns[column], pass), 0,
                                          0};
                cr_assert(eq(u32, finding_row(&finding), rows[row]));
                cr_assert(eq(int, finding_code(&finding), (int)code));
                cr_assert(eq(u32, finding_column(&finding), columns[column]));
            }
        }
    }
}

/* One place in the order of the contract: line, then pass, then field. */
struct place {
    uint32_t row;
    unsigned pass, column, code;
};

static struct place place_random(uint64_t *state)
{
    static const uint32_t rows[] = {FINDING_NO_ROW, 0, 1, 2, ROW_COUNT_MAX};
    static const unsigned columns[] = {0, 1, 2, 3, 4, COLUMN_OTHER, COLUMN_NONE};
    return (struct place){rows[random_below(state, 5)], (unsigned)random_below(state, 7),
                          columns[random_below(state, 7)],
                          (unsigned)random_below(state, MUSTER_CODE_COUNT)};
}

static int place_compare(const struct place *a, const struct place *b)
{
    /* What is about the whole file or its header comes before every record. */
    int64_t row_a = a->row == FINDING_NO_ROW ? -1 : (int64_t)a->row;
    int64_t row_b = b->row == FINDING_NO_ROW ? -1 : (int64_t)b->row;
    const int64_t left[] = {row_a, a->pass, a->column, a->code};
    const int64_t right[] = {row_b, b->pass, b->column, b->code};
    for (int index = 0; index < 4; index++) {
        if (left[index] != right[index]) {
            return left[index] < right[index] ? -1 : 1;
        }
    }
    return 0;
}

Test(findings, keys_stand_in_the_order_of_the_contract)
{
    uint64_t state = 1;
    for (int round = 0; round < 100000; round++) {
        struct place a = place_random(&state);
        struct place b = place_random(&state);
        uint64_t key_a = finding_key(a.row, a.code, a.column, a.pass);
        uint64_t key_b = finding_key(b.row, b.code, b.column, b.pass);
        int order = (key_a > key_b) - (key_a < key_b);
        cr_assert(eq(int, order, place_compare(&a, &b)));
    }
}

Test(findings, a_list_keeps_what_is_added)
{
    struct finding_list list = {0};
    for (uint32_t row = 0; row < 10000; row++) {
        findings_add(
            &list, (struct finding){finding_key(row, MUSTER_FIELD_COUNT, 0, 1), row + 1, row + 2});
    }
    cr_assert(eq(sz, list.count, 10000));
    for (uint32_t row = 0; row < 10000; row++) {
        cr_assert(eq(u32, finding_row(&list.items[row]), row));
        cr_assert(eq(u32, list.items[row].related, row + 1));
        cr_assert(eq(u32, list.items[row].detail, row + 2));
    }
    cr_expect(not(list.exhausted));
    findings_close(&list);
    cr_expect(eq(sz, list.count, 0));
}

Test(findings, an_appended_list_has_its_rows_moved_and_nothing_else)
{
    struct finding_list list = {0};
    struct finding_list more = {0};
    findings_add(&list, (struct finding){finding_key(5, MUSTER_NUL_BYTE, 2, 1), 7, 8});
    findings_add(&more, (struct finding){finding_key(0, MUSTER_FIELD_COUNT, COLUMN_NONE, 1), 1, 2});
    findings_add(&more, (struct finding){finding_key(3, MUSTER_MISSING_VALUE, 1, 1), 3, 4});
    findings_append(&list, &more, 100);
    cr_assert(eq(sz, list.count, 3));
    cr_expect(eq(u64, list.items[0].key, finding_key(5, MUSTER_NUL_BYTE, 2, 1)));
    cr_expect(eq(u64, list.items[1].key, finding_key(100, MUSTER_FIELD_COUNT, COLUMN_NONE, 1)));
    cr_expect(eq(u64, list.items[2].key, finding_key(103, MUSTER_MISSING_VALUE, 1, 1)));
    cr_expect(eq(u32, list.items[2].related, 3));
    cr_expect(eq(u32, list.items[2].detail, 4));
    findings_append(&list, &(struct finding_list){0}, 7);
    cr_expect(eq(sz, list.count, 3), "nothing was appended");
    findings_close(&more);
    findings_close(&list);
}

Test(findings, a_list_that_is_not_complete_makes_the_whole_incomplete)
{
    struct finding_list list = {0};
    struct finding_list more = {.exhausted = true};
    findings_append(&list, &more, 0);
    cr_expect(list.exhausted);
    findings_close(&list);
}

/* Rows in any order, of one byte or of four, come out rising, each with what belongs to it. */
Test(findings, sorting_puts_rows_in_their_order)
{
    static const uint64_t row_maxima[] = {1, 200, 70000, UINT32_MAX - 1};
    uint64_t state = 3;
    for (size_t maximum = 0; maximum < 4; maximum++) {
        for (uint32_t count = 0; count < 300; count += 1 + count / 4) {
            struct finding_list list = {0};
            for (uint32_t index = 0; index < count; index++) {
                uint32_t row = (uint32_t)random_below(&state, row_maxima[maximum]);
                findings_add(&list, (struct finding){finding_key(row, MUSTER_DUPLICATE_EMAIL, 1, 2),
                                                     ~row, index});
            }
            findings_sort(&list);
            cr_assert(eq(sz, list.count, count));
            for (size_t index = 0; index < count; index++) {
                const struct finding *item = &list.items[index];
                cr_assert(eq(u32, item->related, ~finding_row(item)));
                cr_assert(index == 0 || item[-1].key < item->key ||
                          (item[-1].key == item->key && item[-1].detail < item->detail));
            }
            /* It can still grow. */
            findings_add(&list, (struct finding){0, 0, 0});
            cr_assert(eq(sz, list.count, count + 1));
            findings_close(&list);
        }
    }
}

Test(findings, room_that_was_made_is_filled_in_place)
{
    struct finding_list list = {0};
    findings_add(&list, (struct finding){1, 0, 0});
    cr_assert(findings_reserve(&list, 100));
    const struct finding *items = list.items;
    struct finding *next = findings_extend(&list, 100);
    cr_assert(eq(ptr, next, (void *)(items + 1)), "there was room, so nothing moved");
    for (uint64_t key = 2; key <= 101; key++) {
        *next++ = (struct finding){key, 0, 0};
    }
    cr_assert(eq(sz, list.count, 101));
    for (size_t index = 0; index < list.count; index++) {
        cr_assert(eq(u64, list.items[index].key, index + 1));
    }
    findings_close(&list);
}
