/* SPDX-License-Identifier: MIT */
/* Physical lines: CRLF, LF and a lone CR each end one. Counted when somebody asks, not before. */
#ifndef MUSTER_CSV_LINES_H
#define MUSTER_CSV_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/*
 * The number of line ends in [from, to). A CRLF counts at its LF, so that the sums of neighbouring
 * stretches add up wherever they are cut.
 */
uint64_t lines_count(span input, size_t from, size_t to);

/*
 * Line numbers of any position, for callers that ask often: counts at every so many bytes, made as
 * far as they are asked for. Questions in ascending order go on from the last answer.
 */
struct line_index {
    span input;
    uint64_t *counts; /* line ends before each step */
    size_t step_count;
    size_t last_at;
    uint64_t last_count;
};

/* False where memory ran out. */
bool line_index_open(struct line_index *index, span input);
void line_index_close(struct line_index *index);

/* The line of the byte at `at`, counted from 1. */
uint64_t line_index_line(struct line_index *index, size_t at);

/* Which byte of its line it is, counted from 1. */
size_t line_byte(span input, size_t at);

#endif
