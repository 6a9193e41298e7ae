/* SPDX-License-Identifier: MIT */

/*
 * The engine's scanner as a program, to be held against `wc -l` and other parsers: opens a file as
 * muster does, splits every record and prints how many records and fields there are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "csv/scanner.h"
#include "csv/source.h"

/* What MUSTER_SIMD says, as for the program muster. */
static enum muster_simd simd_wanted(void)
{
    static const char *const names[] = {[MUSTER_SIMD_BEST] = "",
                                        [MUSTER_SIMD_NONE] = "none",
                                        [MUSTER_SIMD_SSE2] = "sse2",
                                        [MUSTER_SIMD_AVX2] = "avx2",
                                        [MUSTER_SIMD_AVX512] = "avx512"};
    const char *wanted = getenv("MUSTER_SIMD");

    for (enum muster_simd simd = MUSTER_SIMD_NONE; simd <= MUSTER_SIMD_AVX512; simd++) {
        if (wanted != NULL && strcmp(wanted, names[simd]) == 0) {
            return simd;
        }
    }
    return MUSTER_SIMD_BEST;
}

static bool file_scan(const char *path)
{
    struct source_options options = {.map_allowed = true};
    struct source *source;
    struct scanner scanner;
    unsigned long long records = 0;
    unsigned long long fields = 0;

    if (source_open(&source, path, &options, NULL) != MUSTER_OK) {
        return false;
    }
    span input = span_make(source_bytes(source), source_size(source));
    bool opened = scanner_open(&scanner, input, simd_wanted(), 0);
    const struct scan_batch *batch;
    while (opened && (batch = scanner_next(&scanner)) != NULL) {
        records += batch->record_count;
        for (size_t index = 0; index < batch->record_count; index++) {
            fields += batch->records[index].field_count;
        }
    }
    if (opened) {
        scanner_close(&scanner);
        printf("records %llu\nfields %llu\n", records, fields);
    }
    source_close(source);
    return opened;
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fputs("usage: scan FILE\n", stderr);
        return 2;
    }
    if (!file_scan(arguments[1])) {
        fprintf(stderr, "scan: cannot read %s\n", arguments[1]);
        return 1;
    }
    return 0;
}
