/* SPDX-License-Identifier: MIT */
#include "base/findings.h"

#include <stdlib.h>

#include "base/memory.h"

void findings_close(struct finding_list *list)
{
    free(list->items);
    *list = (struct finding_list){0};
}

void findings_add(struct finding_list *list, struct finding finding)
{
    if (list->count == list->capacity) {
        struct finding *grown =
            memory_grow(list->items, &list->capacity, list->count + 1, sizeof *grown);
        if (grown == NULL) {
            list->exhausted = true;
            return;
        }
        list->items = grown;
    }
    list->items[list->count++] = finding;
}

bool findings_reserve(struct finding_list *list, size_t count)
{
    struct finding *grown =
        memory_grow(list->items, &list->capacity, list->count + count, sizeof *grown);
    list->items = grown != NULL ? grown : list->items;
    list->exhausted = list->exhausted || grown == NULL;
    return grown != NULL;
}

struct finding *findings_extend(struct finding_list *list, size_t count)
{
    if (!findings_reserve(list, count)) {
        return NULL;
    }
    list->count += count;
    return list->items + list->count - count;
}

void findings_append(struct finding_list *list, const struct finding_list *more, uint32_t row_base)
{
    list->exhausted = list->exhausted || more->exhausted;
    struct finding *next = findings_extend(list, more->count);
    for (size_t index = 0; next != NULL && index < more->count; index++) {
        next[index] = more->items[index];
        next[index].key += (uint64_t)row_base << 32;
    }
}

/* Bits of a key that one pass sorts by: two passes order four million rows. */
#define DIGIT_BITS  11
#define DIGIT_COUNT (1U << DIGIT_BITS)

static inline unsigned digit_at(const struct finding *finding, unsigned shift)
{
    return finding->key >> shift & (DIGIT_COUNT - 1);
}

/* One pass of a radix sort, by some bits of the keys; false where all have the same. */
static bool sort_pass(const struct finding *from, struct finding *to, size_t count, unsigned shift)
{
    size_t places[DIGIT_COUNT] = {0};
    for (size_t index = 0; index < count; index++) {
        places[digit_at(&from[index], shift)]++;
    }
    if (places[digit_at(&from[0], shift)] == count) {
        return false;
    }
    size_t place = 0;
    for (unsigned digit = 0; digit < DIGIT_COUNT; digit++) {
        size_t next = place + places[digit];
        places[digit] = place;
        place = next;
    }
    for (size_t index = 0; index < count; index++) {
        to[places[digit_at(&from[index], shift)]++] = from[index];
    }
    return true;
}

static bool is_sorted(const struct finding_list *list)
{
    size_t index = 1;
    while (index < list->count && list->items[index - 1].key <= list->items[index].key) {
        index++;
    }
    return index >= list->count;
}

void findings_sort(struct finding_list *list)
{
    /* A million records that repeat one key come in their order. */
    if (is_sorted(list)) {
        return;
    }
    struct finding *spare = memory_array(list->count, sizeof *spare);
    if (spare == NULL) {
        list->exhausted = true;
        return;
    }
    size_t capacity = list->count;
    for (unsigned shift = 32; shift < 64; shift += DIGIT_BITS) {
        if (sort_pass(list->items, spare, list->count, shift)) {
            struct finding *sorted = spare;
            size_t sorted_capacity = capacity;
            spare = list->items;
            capacity = list->capacity;
            list->items = sorted;
            list->capacity = sorted_capacity;
        }
    }
    free(spare);
}
