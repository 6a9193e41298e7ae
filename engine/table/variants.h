/* SPDX-License-Identifier: MIT */
/*
 * Ids that agree with that of an earlier row but for case, blanks around them and leading zeros.
 * Pass 2 (table_keys.c) finds them, and puts them aside until there are some.
 */
#ifndef MUSTER_TABLE_VARIANTS_H
#define MUSTER_TABLE_VARIANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "table/ingest.h"

/* A row whose id is in the class of an earlier row; its place among the variants is fetched. */
struct waiting {
    uint32_t row;
    uint32_t class_row;
    uint32_t shape;
    uint64_t exact_hash; /* of the id as it is; 0: it is that of `class_row` */
    span id;             /* where it lies in the input; else it is read again */
};

/*
 * Add such rows to the variants of the table, those of one class in the order of the file; who has
 * the very same id as another one is a finding. `looked_at` keys were looked at for them. One
 * thread at a time. False where memory ran out.
 */
bool table_variants_take(struct table *table, const struct waiting *waiting, size_t count,
                         uint64_t looked_at);

#endif
