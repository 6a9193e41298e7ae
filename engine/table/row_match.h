/* SPDX-License-Identifier: MIT */
/*
 * Whether rows have values that somebody else holds back to back, without splitting the rows:
 *
 *     row      u17,ann@x.com,Ann,Lee,t4
 *     texts    3 9 3 3 u17ann@x.comAnnLee
 *
 * The lengths say where the commas must be. That they are there and nowhere else, and that the
 * bytes between them agree, is seen 64 bytes at a time (row_match_kernel.h).
 */
#ifndef MUSTER_TABLE_ROW_MATCH_H
#define MUSTER_TABLE_ROW_MATCH_H

#include "base/span.h"
#include "csv/scanner.h"
#include "muster.h"
#include "table/table.h"

/* table_rows_are, for a table whose first columns are those of the texts. */
typedef uint32_t row_match(const struct table *table, uint32_t first, uint32_t count,
                           struct text_rows texts);

row_match row_match_none;
#if defined(__x86_64__)
row_match row_match_sse2;
row_match row_match_avx2;
row_match row_match_avx512;
#endif

/*
 * The same for one row with values of any length, which has `room` bytes up to the end of the file:
 * how many bytes of the texts are its values, or 0 where they are not.
 */
size_t long_row_match(const char *row, size_t room, struct text_rows texts);

#endif
