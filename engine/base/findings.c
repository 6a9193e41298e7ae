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

void findings_append(struct finding_list *list, const struct finding_list *more, uint32_t row_base)
{
    list->exhausted = list->exhausted || more->exhausted;
    struct finding *grown =
        memory_grow(list->items, &list->capacity, list->count + more->count, sizeof *grown);
    if (grown == NULL) {
        list->exhausted = true;
        return;
    }
    list->items = grown;
    for (size_t index = 0; index < more->count; index++) {
        struct finding finding = more->items[index];
        finding.key += (uint64_t)row_base << 32;
        list->items[list->count++] = finding;
    }
}
