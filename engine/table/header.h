/* SPDX-License-Identifier: MIT */
/* The first record: which column stands where, and what is wrong with that. */
#ifndef MUSTER_TABLE_HEADER_H
#define MUSTER_TABLE_HEADER_H

#include <stdint.h>

#include "base/findings.h"
#include "base/memory.h"
#include "base/span.h"
#include "csv/record.h"
#include "table/schema.h"

struct header {
    bool found;
    uint32_t column_count;
    span *names;                           /* without blanks around them; as many as column_count */
    uint32_t positions[SCHEMA_COLUMN_MAX]; /* where each column of the schema stands */
    size_t start;                          /* of the header record */
    size_t end;                            /* where the records begin to be looked for */
};

enum header_result { HEADER_GOOD, HEADER_FATAL, HEADER_NO_MEMORY };

/*
 * Read the header of `input` at or behind `at`. Only one rule speaks where one is fatal, the first
 * that applies. `detail` of the findings: missing-header, a bit for every missing column;
 * duplicate-header, the position of the second; extra-header, the position.
 */
enum header_result header_read(struct header *header, span input, size_t at, bool trim,
                               const struct schema *schema, struct arena *arena,
                               struct finding_list *findings);

/* Extra columns become findings; called once the file is known not to be fatal. */
void header_report_extra(const struct header *header, const struct schema *schema,
                         struct finding_list *findings);

/*
 * The column of the schema that `name` may be meant for: equal but for ASCII case, blanks, '-' and
 * '_'. SCHEMA_NO_COLUMN where there is none.
 */
uint32_t header_meant_for(span name, const struct schema *schema);

/* The position of the first column that may be meant for this one, or SCHEMA_NO_COLUMN. */
uint32_t header_meant_by(const struct header *header, const struct schema *schema, unsigned column);

/*
 * What to do about a fatal header whose every name may be right: the file is no text, its columns
 * are not separated by commas, or it is another file of the export. NULL: none of these. `trouble`
 * is what stands where a quotation mark broke the header, or NUL.
 */
const char *header_cure(const struct header *header, span input, const struct schema *schema,
                        char trouble);

#endif
