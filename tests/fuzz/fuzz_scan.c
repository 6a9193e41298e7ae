/* SPDX-License-Identifier: MIT */
/*
 * The target of the reader for many executions: one kernel, one window and one split, which the
 * first two bytes of the input choose, against the exact parser, and that against libcsv. What
 * fuzz_reader.c tries with one input, this tries with many small ones, and twenty times as fast.
 *
 * The text is not copied: it ends with the memory of the input.
 */
#include "fuzz.h"
#include "fuzz_reading.h"

#define CHOICE_TRIM   0x01U
#define CHOICE_SIMD   0x06U
#define CHOICE_WINDOW 0x38U
#define CHOICE_COUNT  2U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t windows[] = {64, 65, 66, 96, 127, 129, 200, 0};
    if (size < CHOICE_COUNT) {
        return 0;
    }
    enum muster_simd simd = MUSTER_SIMD_NONE + (data[0] & CHOICE_SIMD) / 2;
    struct reading reading;
    reading_make(&reading, span_make(data + CHOICE_COUNT, size - CHOICE_COUNT),
                 (data[0] & CHOICE_TRIM) != 0);
    reading_require_libcsv(&reading);
    reading_require_scanner(&reading, simd, windows[(data[0] & CHOICE_WINDOW) / 8],
                            reading.record_count * data[1] / 256);
    reading_close(&reading);
    return 0;
}
