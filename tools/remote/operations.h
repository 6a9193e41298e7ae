/* SPDX-License-Identifier: MIT */
/*
 * The operations that a remote lists, counted by kind. The remote's words for them are not
 * published, so they are recognised by the verb and the thing that they begin with.
 */
#ifndef MUSTER_TOOLS_REMOTE_OPERATIONS_H
#define MUSTER_TOOLS_REMOTE_OPERATIONS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "muster.h"

/* MUSTER_OPERATION_KIND_COUNT where the words are not recognised. */
enum muster_operation_kind operation_recognise(const char *text);

/* Counts of a list of strings; the last place counts what was not recognised. */
struct operation_counts {
    uint64_t kinds[MUSTER_OPERATION_KIND_COUNT + 1];
};
void operation_counts_take(struct operation_counts *counts, const json_t *operations);

/* The same for a plan. */
void operation_counts_plan(struct operation_counts *counts, const struct muster_plan *plan);

/* The name of a kind; "other" for the last place. */
const char *operation_counts_name(size_t index);

#endif
