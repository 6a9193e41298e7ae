/* SPDX-License-Identifier: MIT */
/*
 * The reader has noted in each row word what is noteworthy about its values, so this is one walk
 * over the row words. The rows are shared out among the threads in ranges.
 */
#include "check/check.h"

#include <stdlib.h>

static const struct {
    enum value_trouble trouble;
    enum muster_code code;
} trouble_codes[] = {
    {VALUE_INVALID_EMAIL, MUSTER_INVALID_EMAIL},
    {VALUE_SURROUNDING_SPACE, MUSTER_SURROUNDING_SPACE},
    {VALUE_CONTROL_CHARACTER, MUSTER_CONTROL_CHARACTER},
    {VALUE_SPECIAL_CHARACTER, MUSTER_SPECIAL_CHARACTER},
};

struct values_job {
    const struct table *table;
    unsigned range_count;
    struct finding_list *lists;
};

static void row_check(const struct table *table, uint32_t row, struct finding_list *findings)
{
    uint64_t word = table->rows[row];
    for (unsigned column = 0; column < table->schema->column_count; column++) {
        unsigned troubles = row_troubles(word, column, table->schema->columns[column].type);
        for (size_t index = 0; troubles != 0 && index < 4; index++) {
            if ((troubles & trouble_codes[index].trouble) != 0) {
                uint64_t key = finding_key(row, trouble_codes[index].code, column, 6);
                findings_add(findings, (struct finding){key, FINDING_NO_ROW, 0});
            }
        }
    }
}

static void range_check(void *context, unsigned task)
{
    struct values_job *job = context;
    const struct table *table = job->table;
    uint64_t count = table->row_count;
    uint32_t end = (uint32_t)(count * (task + 1) / job->range_count);
    for (uint32_t row = (uint32_t)(count * task / job->range_count); row < end; row++) {
        if ((table->rows[row] & ROW_TROUBLES) != 0 && table_kept(table, row)) {
            row_check(table, row, &job->lists[task]);
        }
    }
}

bool check_values(const struct table *table, struct parallel *parallel,
                  struct finding_list *findings)
{
    unsigned count = parallel_jobs(parallel);
    struct finding_list *lists = calloc(count, sizeof *lists);
    if (lists == NULL) {
        return false;
    }
    struct values_job job = {table, count, lists};
    parallel_run(parallel, count, range_check, &job);
    for (unsigned index = 0; index < count; index++) {
        findings_append(findings, &lists[index], 0);
        findings_close(&lists[index]);
    }
    free(lists);
    return !findings->exhausted;
}
