/* SPDX-License-Identifier: MIT */
/* The parts of a reading step, between table_ingest.c, table_chunk.c, row_judge.c,
 * table_keys.c, table_repeats.c and table_find.c. */
#ifndef MUSTER_TABLE_INGEST_H
#define MUSTER_TABLE_INGEST_H

#include "csv/scanner.h"
#include "table/digest.h"
#include "table/key_queue.h"
#include "table/table.h"

/* What one thread found in its chunk; rows count from 0. */
struct chunk {
    size_t from;
    size_t stop;
    size_t end; /* where the record behind the last one starts to be looked for */
    size_t count;
    size_t capacity;
    uint64_t *rows;
    uint64_t marks;      /* the bits that any of them has */
    uint64_t *id_hashes; /* 0: the row is not in pass 2 */
    uint64_t *email_hashes;
    uint32_t *teams;
    /* Of the batch in hand, whose first row is `batch_first`. */
    size_t batch_first;
    size_t batch_capacity;
    struct id_key *references;
    unsigned char *states;
    struct finding_list findings;
    struct far_rows far_rows;
    struct row_lines lines;
    uint64_t unreadable_count;
    bool unterminated;
    size_t trouble_at;
    bool exhausted;
    bool start_known;  /* `from` is no guess */
    bool scanned;      /* and not yet put behind the others */
    uint32_t row_base; /* in the table; set when the chunks are put together */
    struct scanner scanner;
    struct buffer scratch;
    struct raw_field *fields; /* as many as the header has columns */
};

/* False where memory ran out; it has to be closed all the same. */
bool chunk_open(struct chunk *chunk, const struct table *table);
void chunk_close(struct chunk *chunk);
/* Read the records that start from `from` to before `stop`; what is there from before is gone. */
void chunk_scan(struct chunk *chunk, const struct table *table, digest_kernel *digest);

/*
 * Record `index` of a batch, a row that is not plain, by the rules of pass 1: hashes, troubles,
 * findings. False where the rest of the file is lost: an open quote.
 */
bool row_judge(struct chunk *chunk, const struct table *table, const struct scan_batch *batch,
               size_t index);

/* How many there will be among `all` keys, if there were `count` (not 0) among those that were
 * looked at and their share stays what it was. */
static inline uint64_t count_expect(uint64_t count, uint64_t looked_at, uint64_t all)
{
    looked_at = looked_at > count ? looked_at : count;
    uint64_t expected = (uint64_t)((double)count / (double)looked_at * (double)all);
    return expected > count ? expected : count;
}

/* Put the ids into the table's index, which is open and empty, and see which of them (of the
 * e-mails) are there twice, on all threads. False: no memory. */
bool table_index_ids(struct table *table, struct key_queue *queue);
bool table_index_emails(struct table *table, struct key_queue *queue);
/* Mark what pass 2 removes, once both indexes are complete. False: no memory. */
bool table_repeats_remove(struct table *table);

/* An id is known while pass 2 has left it; a team that the tree had no place for still is. */
static inline bool table_row_known(const struct table *table, uint32_t row)
{
    return (table->rows[row] & (ROW_NOT_KEPT & ~ROW_REMOVED)) == 0;
}

/* How many fields of a row have to be split off to have these columns of the schema. */
size_t table_fields_needed(const struct table *table, unsigned first_column, unsigned column_count);

/* The raw fields of a sound row, which ends at `stop` if not before; false where it changed. */
bool table_split(const struct table *table, uint64_t row_word, size_t stop,
                 struct raw_field *fields, size_t field_count);

#endif
