/* SPDX-License-Identifier: MIT */
/*
 * One input, read by every engine that there is: libcsv, the exact parser, and the scanner with
 * each of its kernels. Whoever does not agree fails the test.
 */
#ifndef MUSTER_TESTS_PROPERTY_READINGS_H
#define MUSTER_TESTS_PROPERTY_READINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

/* Open the scanners; once for each process. */
void readings_open(void);

/*
 * Read `text` from a place right before a page that is not there, at most READING_SIZE_MAX bytes.
 * Both dialects; of the scanner only the one that it does itself, with the window sizes 64 and, if
 * `all_windows`, the usual one and 128. Gives the number of records.
 */
#define READING_SIZE_MAX (48 << 10)
size_t readings_compare(span text, bool all_windows);

#endif
