/* SPDX-License-Identifier: MIT */
/*
 * Every reader of CSV against libcsv: the exact parser in both profiles, and the scanner with every
 * kernel and several windows. Records, fields, values, places of errors and the marks that rules
 * rely on must all agree.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz_reading.h"

#define CHOICE_TRIM   0x01U
#define CHOICE_WINDOW 0x06U
#define CHOICE_PAD    0xF8U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t windows[] = {64, 65, 127, 200};
    span input = span_make(data, size);
    unsigned choices = fuzz_choices(&input);
    bool trim = (choices & CHOICE_TRIM) != 0;
    /* A copy that ends with its memory, at any distance from an aligned address. */
    size_t pad = (choices & CHOICE_PAD) >> 3;
    char *shifted = malloc(pad + input.len > 0 ? pad + input.len : 1);
    fuzz_require(shifted != NULL, "there is memory");
    if (input.len > 0) {
        memcpy(shifted + pad, input.ptr, input.len);
    }
    input.ptr = shifted + pad;
    struct reading reading;
    reading_make(&reading, input, trim);
    reading_require_libcsv(&reading);
    size_t middle = reading.record_count / 2;
    for (enum muster_simd simd = MUSTER_SIMD_NONE; simd <= MUSTER_SIMD_AVX512; simd++) {
        size_t window = windows[(choices & CHOICE_WINDOW) >> 1];
        reading_require_scanner(&reading, simd, window, 0);
        reading_require_scanner(&reading, simd, window, middle);
        reading_require_scanner(&reading, simd, 0, 0);
        reading_require_scanner(&reading, simd, 0, middle);
    }
    reading_close(&reading);
    free(shifted);
    return 0;
}
