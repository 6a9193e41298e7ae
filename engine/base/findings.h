/* SPDX-License-Identifier: MIT */
/*
 * Where every stage reports what is wrong with the data: a code and places, 16 bytes each. Words
 * are made when a finding is printed, from the bytes that are still there.
 *
 * The key says where a finding stands among the others; comparing keys as numbers is the order in
 * which they are told:
 *
 *     63            32 31  28 27    20 19    12 11         0
 *     row + 1, 0: file  pass   column    code    (unused)
 */
#ifndef MUSTER_BASE_FINDINGS_H
#define MUSTER_BASE_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "muster.h"

/* Columns of a finding: 0 to 4 are those of the schema. */
#define COLUMN_OTHER 0xFE /* `detail` is the position in the header */
#define COLUMN_NONE  0xFF

struct finding {
    uint64_t key;
    uint32_t related; /* a row: the first occurrence, the root cause; depends on the code */
    uint32_t detail;  /* depends on the code */
};

struct finding_list {
    struct finding *items;
    size_t count;
    size_t capacity;
    bool exhausted; /* memory ran out; the list is not complete */
};

/* Row of a finding about a file or its header. */
#define FINDING_NO_ROW UINT32_MAX

static inline uint64_t finding_key(uint32_t row, enum muster_code code, unsigned column,
                                   unsigned pass)
{
    return (uint64_t)(row + 1U) << 32 | (uint64_t)pass << 28 | (uint64_t)column << 20 |
           (uint64_t)code << 12;
}

static inline uint32_t finding_row(const struct finding *finding)
{
    return (uint32_t)(finding->key >> 32) - 1U;
}

static inline enum muster_code finding_code(const struct finding *finding)
{
    return (enum muster_code)(finding->key >> 12 & 0xFF);
}

static inline unsigned finding_column(const struct finding *finding)
{
    return (unsigned)(finding->key >> 20 & 0xFF);
}

void findings_close(struct finding_list *list);
void findings_add(struct finding_list *list, struct finding finding);
/* Room for `count` more; false where memory ran out. */
bool findings_reserve(struct finding_list *list, size_t count);
/* The same for findings that are there at once, which the caller fills. */
struct finding *findings_extend(struct finding_list *list, size_t count);
/* The same rows moved by `row_base`. */
void findings_append(struct finding_list *list, const struct finding_list *more, uint32_t row_base);
/* Sort by row what has one finding a row at most. */
void findings_sort(struct finding_list *list);

#endif
