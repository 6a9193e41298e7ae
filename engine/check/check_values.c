/* SPDX-License-Identifier: MIT */
/*
 * The reader has noted in each row word what is noteworthy about its values, so this is two walks
 * over the row words: how much there is to say, then saying it in place. The rows are shared out
 * among the threads in ranges.
 */
#include "check/check.h"

#include <stdlib.h>

#include "base/memory.h"

static const struct {
    enum value_trouble trouble;
    enum muster_code code;
} trouble_codes[] = {
    {VALUE_INVALID_EMAIL, MUSTER_INVALID_EMAIL},
    {VALUE_SURROUNDING_SPACE, MUSTER_SURROUNDING_SPACE},
    {VALUE_CONTROL_CHARACTER, MUSTER_CONTROL_CHARACTER},
    {VALUE_SPECIAL_CHARACTER, MUSTER_SPECIAL_CHARACTER},
};

enum { TROUBLE_COUNT = sizeof trouble_codes / sizeof trouble_codes[0] };

/* Of the rows `first` to before `end`: how many findings, and where they go. */
struct values_range {
    uint32_t first;
    uint32_t end;
    size_t count;
    struct finding *items;
};

struct values_job {
    const struct table *table;
    struct values_range *ranges;
};

static bool row_speaks(const struct table *table, uint32_t row)
{
    return (table->rows[row] & ROW_TROUBLES) != 0 && table_kept(table, row);
}

static void range_count(void *context, unsigned task)
{
    const struct values_job *job = context;
    struct values_range *range = &job->ranges[task];
    size_t count = 0;
    for (uint32_t row = range->first; row < range->end; row++) {
        uint64_t left = row_speaks(job->table, row) ? job->table->rows[row] & ROW_TROUBLES : 0;
        /* Every bit is a finding. */
        for (; left != 0; left &= left - 1) {
            count++;
        }
    }
    range->count = count;
}

static struct finding *row_check(const struct table *table, uint32_t row, struct finding *next)
{
    uint64_t word = table->rows[row];
    for (unsigned column = 0; column < table->schema->column_count; column++) {
        unsigned troubles = row_troubles(word, column, table->schema->columns[column].type);
        for (size_t index = 0; troubles != 0 && index < TROUBLE_COUNT; index++) {
            if ((troubles & trouble_codes[index].trouble) != 0) {
                uint64_t key = finding_key(row, trouble_codes[index].code, column, 6);
                *next++ = (struct finding){key, FINDING_NO_ROW, 0};
            }
        }
    }
    return next;
}

static void range_check(void *context, unsigned task)
{
    const struct values_job *job = context;
    const struct values_range *range = &job->ranges[task];
    struct finding *next = range->items;
    for (uint32_t row = range->first; row < range->end && range->count > 0; row++) {
        if (row_speaks(job->table, row)) {
            next = row_check(job->table, row, next);
        }
    }
}

bool check_values(const struct table *table, struct parallel *parallel,
                  struct finding_list *findings)
{
    if ((table->marks & ROW_TROUBLES) == 0) {
        return true;
    }
    unsigned range_max = parallel_jobs(parallel);
    struct values_range *ranges = memory_array(range_max, sizeof *ranges);
    if (ranges == NULL) {
        return false;
    }
    struct values_job job = {table, ranges};
    for (unsigned index = 0; index < range_max; index++) {
        ranges[index] = (struct values_range){
            .first = (uint32_t)parallel_share(table->row_count, index, range_max),
            .end = (uint32_t)parallel_share(table->row_count, index + 1, range_max)};
    }
    parallel_run(parallel, range_max, range_count, &job);
    size_t count = 0;
    for (unsigned index = 0; index < range_max; index++) {
        count += ranges[index].count;
    }
    struct finding *next = count > 0 ? findings_extend(findings, count) : NULL;
    for (unsigned index = 0; next != NULL && index < range_max; index++) {
        ranges[index].items = next;
        next += ranges[index].count;
    }
    if (next != NULL) {
        parallel_run(parallel, range_max, range_check, &job);
    }
    free(ranges);
    return !findings->exhausted;
}
