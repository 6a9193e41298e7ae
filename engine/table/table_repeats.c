/* SPDX-License-Identifier: MIT */
/* The end of pass 2: rows whose keys are there already are marked, and the variants of ids sorted.
 */
#include <stdlib.h>

#include "table/ingest.h"

/* By class. Those of one class came in the order of the rows, and stay in it. */
static bool variants_sort(struct table *table)
{
    size_t count = table->variant_count;
    struct table_variant *from = table->variants;
    struct table_variant *room = memory_array(count, sizeof *room);
    if (room == NULL) {
        return false;
    }
    struct table_variant *to = room;
    /* An even number of times, so that they end where they were. */
    for (unsigned shift = 0; shift < 32; shift += 8) {
        size_t places[257] = {0};
        for (size_t index = 0; index < count; index++) {
            places[(from[index].class_row >> shift & 0xFF) + 1]++;
        }
        for (unsigned digit = 1; digit < 256; digit++) {
            places[digit] += places[digit - 1];
        }
        for (size_t index = 0; index < count; index++) {
            to[places[from[index].class_row >> shift & 0xFF]++] = from[index];
        }
        struct table_variant *other = from;
        from = to;
        to = other;
    }
    free(room);
    return true;
}

/* Sorted by class, and without those that pass 2 has removed: nobody asks for them any more, and
 * whoever looks for the one id of a class must not walk over a million that are gone. */
static bool variants_settle(struct table *table)
{
    size_t left = 0;
    bool sorted = true;
    for (size_t index = 0; index < table->variant_count; index++) {
        struct table_variant variant = table->variants[index];
        if (table_row_known(table, variant.row)) {
            sorted =
                sorted && (left == 0 || table->variants[left - 1].class_row <= variant.class_row);
            table->variants[left++] = variant;
        }
    }
    table->variant_count = left;
    return sorted || variants_sort(table);
}

bool table_repeats_remove(struct table *table)
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
    return variants_settle(table);
}
