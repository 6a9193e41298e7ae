/* SPDX-License-Identifier: MIT */
/*
 * Records to rows: the file as a column of row words, and indexes over its keys. No value is
 * copied; a row is a place in the input, and its fields are split again when somebody asks.
 *
 *     row word    63      47 46   40 39                     0
 *                 troubles   flags   offset of the record
 *
 * Here the first three passes happen. Pass 0 judges the file, pass 1 each record by itself, pass 2
 * the keys. Threads scan the file in chunks and queue its keys in their order (table_ingest.c);
 * once all are there they go into the indexes (table_keys.c), equal keys still in that order. So
 * the answer does not depend on the number of threads.
 */
#ifndef MUSTER_TABLE_TABLE_H
#define MUSTER_TABLE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/findings.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/span.h"
#include "csv/record.h"
#include "csv/scanner.h"
#include "table/far_rows.h"
#include "table/header.h"
#include "table/id_map.h"
#include "table/key_index.h"
#include "table/row_lines.h"
#include "table/schema.h"
#include "table/value.h"

#define ROW_OFFSET_MASK ((UINT64_C(1) << 40) - 1)
/* Removed by pass 1; by a repeated id; by a repeated e-mail; by a later pass. */
#define ROW_UNREADABLE     (UINT64_C(1) << 40)
#define ROW_REPEATED_ID    (UINT64_C(1) << 41)
#define ROW_REPEATED_EMAIL (UINT64_C(1) << 42)
#define ROW_REMOVED        (UINT64_C(1) << 43)
/* It names a team that is not there, or is there no more. */
#define ROW_WITHOUT_TEAM (UINT64_C(1) << 44)
/* It has quotes, or was not split by the scanner: fields go through record_parse. */
#define ROW_EXACT (UINT64_C(1) << 45)
/* Its values are far from its start: their places are in `far_rows`. */
#define ROW_FAR (UINT64_C(1) << 46)

/* What is noteworthy about its values: enum value_trouble of each column, in bits from 47 on. */
#define ROW_TROUBLE_SHIFT 47
#define ROW_TROUBLES      (~UINT64_C(0) << ROW_TROUBLE_SHIFT)

#define ROW_NOT_KEPT (ROW_UNREADABLE | ROW_REPEATED_ID | ROW_REPEATED_EMAIL | ROW_REMOVED)

/* The team of a row: a number of the id map, or one of these. */
#define TEAM_NONE    UINT32_MAX          /* the value is empty */
#define TEAM_UNKNOWN (UINT32_MAX - 1)    /* nobody has that id */
#define TEAM_LOST    (UINT32_MAX - 2)    /* memory ran out while it was looked for */
#define TEAM_REMOVED (UINT32_C(1) << 31) /* with the row of a team that was removed */

/* A row whose id is in the class of an earlier row, but not with the same bytes. */
struct table_variant {
    uint32_t row;
    uint32_t class_row; /* the first row of the class */
    uint32_t shape;     /* of the id, see value_id_shape */
};

struct table_options {
    bool trim;
    enum muster_simd simd;
    uint64_t seed;
    struct parallel *parallel; /* NULL: one thread */
    /* Where the schema has a reference column and the teams are known: */
    const struct id_map *teams;
    /* The number of the team with this id, which the map took for `team`; or ID_MAP_NONE. */
    uint32_t (*team_confirm)(const void *context, span id, uint32_t team);
    const void *team_context;
};

struct table {
    const struct schema *schema;
    struct table_options options;
    span input; /* with the byte order mark, if there is one */
    bool fatal;
    uint64_t *rows;
    uint64_t marks;  /* the bits that any row had when it was read */
    uint32_t *teams; /* one for each row, where the options name teams */
    uint32_t row_count;
    uint32_t kept_count;
    struct header header;
    size_t fields_needed; /* of a row, to have all columns of the schema */
    bool starts_in_order; /* the first columns of the file are those of text_rows, in their order */
    struct hash_secret id_secret; /* of the seed */
    struct hash_secret email_secret;
    struct key_index ids;
    struct key_index variant_ids; /* exact bytes of the variants */
    struct table_variant *variants;
    size_t variant_count;
    size_t variant_capacity;
    struct far_rows far_rows;
    struct row_lines lines;
    struct finding_list reading;         /* passes 0 and 1 */
    struct finding_list repeated_ids;    /* pass 2, in the order of the rows */
    struct finding_list repeated_emails; /* the same */
    size_t trouble_at;                   /* of a fatal quote */
    size_t row_capacity;
    struct arena arena;
};

/* Bits of enum value_trouble into a row word and back. No column but the e-mail's has the first. */
static inline uint64_t row_troubles_pack(unsigned column, unsigned troubles)
{
    uint64_t bits = (uint64_t)(troubles / 2) << 3 * column | (uint64_t)(troubles % 2) << 15;
    return bits << ROW_TROUBLE_SHIFT;
}

static inline unsigned row_troubles(uint64_t word, unsigned column, enum column_type type)
{
    unsigned bits = (unsigned)(word >> ROW_TROUBLE_SHIFT);
    return (bits >> 3 * column & 7) * 2 + (type == COLUMN_EMAIL ? bits >> 15 & 1 : 0);
}

enum table_result { TABLE_DONE, TABLE_NO_MEMORY, TABLE_TOO_LARGE };

/* Read all of `input`, which the caller keeps. Also after a failure the table has to be closed. */
enum table_result table_open(struct table *table, const struct schema *schema, span input,
                             const struct table_options *options);
void table_close(struct table *table);

/* UTF-16 or UTF-32, by the byte order mark or by NULs in every other of the first bytes. */
bool table_encoding_is_wide(span input);

static inline size_t table_offset(const struct table *table, uint32_t row)
{
    return (size_t)(table->rows[row] & ROW_OFFSET_MASK);
}

/*
 * The input up to where the next row begins. Whoever splits a row again takes this: it is the same
 * row, and where the file was cut meanwhile it still has an end.
 */
static inline span table_reach(const struct table *table, uint32_t row)
{
    bool last = row + 1 >= table->row_count;
    return span_make(table->input.ptr, last ? table->input.len : table_offset(table, row + 1));
}

/* A row as it stands, also one that is not sound, without its line end; empty where it changed. */
span table_record(const struct table *table, uint32_t row);

/* The line on which a row begins, counted from 1, or the line of any byte. */
uint64_t table_line(const struct table *table, uint32_t row);
uint64_t table_line_at(const struct table *table, size_t at);

static inline bool table_kept(const struct table *table, uint32_t row)
{
    return (table->rows[row] & ROW_NOT_KEPT) == 0;
}

/*
 * The values of a row that is sound, in the order of the schema. They point into the input or into
 * `scratch`, which is cleared first. A row that cannot be split any more, because the file changed
 * under a map, gives empty values.
 */
void table_read(const struct table *table, uint32_t row, struct buffer *scratch, span *values);

/* One value of a row; the same rules. */
span table_value(const struct table *table, uint32_t row, unsigned column, struct buffer *scratch);

/* Whether a value lies in the input, and so lives as long as that. */
static inline bool table_value_lasts(const struct table *table, span value)
{
    uintptr_t start = (uintptr_t)table->input.ptr;
    return (uintptr_t)value.ptr - start < table->input.len;
}

/* A value that lives as long as the input and the arena. */
static inline span table_value_keep(const struct table *table, span value, struct arena *arena)
{
    bool lasts = value.len == 0 || table_value_lasts(table, value);
    return lasts ? value : arena_copy(arena, value);
}

/*
 * How many of `count` rows from `first` on are kept and have just these values in their first
 * columns, counted up to the first that has not, or would take more than a glance to tell.
 */
uint32_t table_rows_are(const struct table *table, uint32_t first, uint32_t count,
                        struct text_rows texts);

/*
 * The same for rows of another table, from `other_first` on: how many of `count` rows, which both
 * have, are kept on both sides and have the same bytes, line end included.
 */
uint32_t table_rows_alike(const struct table *table, uint32_t first, const struct table *other,
                          uint32_t other_first, uint32_t count);

/* In place of a row: memory ran out while it was looked for. */
#define TABLE_ROW_LOST (KEY_INDEX_NONE - 1)

/* The first row of pass 2 whose id has these bytes, KEY_INDEX_NONE or TABLE_ROW_LOST. */
uint32_t table_find(const struct table *table, span id);

/* The same for many ids at once, which hides the waits for memory. `rows` gets the answers. */
void table_find_many(const struct table *table, const span *ids, size_t count, uint32_t *rows);

/*
 * The one row that pass 2 has left, or that is kept, whose id agrees with `id` but for case, blanks
 * around it and leading zeros, or KEY_INDEX_NONE where there is none or more than one. Rows with
 * the same bytes do not count. TABLE_ROW_LOST where memory ran out.
 */
uint32_t table_suggest(const struct table *table, span id, bool kept_only);

#endif
