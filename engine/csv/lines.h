/* SPDX-License-Identifier: MIT */
/* Physical lines: CRLF, LF and a lone CR each end one. Counted when somebody asks, not before. */
#ifndef MUSTER_CSV_LINES_H
#define MUSTER_CSV_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/*
 * The number of line ends in [from, to). A CRLF counts at its LF, so that the sums of neighbouring
 * stretches add up wherever they are cut.
 */
uint64_t lines_count(span input, size_t from, size_t to);

/* Whether `at` stands between the two bytes of a CRLF. */
static inline bool line_is_cut(span input, size_t at)
{
    return at > 0 && at < input.len && input.ptr[at - 1] == '\r' && input.ptr[at] == '\n';
}

/* Line numbers of places that are asked for in rising order: each byte is looked at once. */
struct line_counter {
    span input;
    size_t at;
    uint64_t count; /* line ends before `at` */
};

/* The line of the byte at `at`, counted from 1. */
uint64_t line_counter_line(struct line_counter *counter, size_t at);

/* What is passed over at the start of a file: the size of a UTF-8 byte order mark, if it is there.
 */
size_t mark_size(span input);

/* Which byte of its line it is, counted from 1; a byte order mark belongs to no line. */
size_t line_byte(span input, size_t at);

#endif
