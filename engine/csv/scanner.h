/* SPDX-License-Identifier: MIT */
/*
 * Bytes to records, in batches: where each record starts and where its fields end, nothing copied.
 *
 * The work is done by one of several kernels, all of which give the same answer: 64 bytes at a time
 * (scanner_kernel.h), or on any processor by words of eight (scanner_none.c). What is not plain
 * goes to record_parse. A batch covers a *window* of the input; positions in it count from `base`.
 *
 * scanner_libcsv.c is the reference: the same interface over libcsv.
 */
#ifndef MUSTER_CSV_SCANNER_H
#define MUSTER_CSV_SCANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/span.h"

enum scan_flag {
    SCAN_QUOTED = 1,   /* the record has quotes: values have to be decoded */
    SCAN_SUSPECT = 2,  /* control characters, or bytes above 0x7F that may be no UTF-8 */
    SCAN_EXACT = 4,    /* not split: ask record_parse at its start */
    SCAN_STRAY = 8,    /* besides: it would find a stray quote */
    SCAN_NOTABLE = 16, /* spaces beside a border; commas, quotes or line ends within quotes */
};

struct scan_record {
    uint32_t start;       /* from the batch's base */
    uint32_t first_field; /* index into field_ends */
    uint32_t field_count;
    uint32_t flags;
};

struct scan_batch {
    size_t base;
    size_t end; /* where the next batch will be looked for */
    size_t record_count;
    bool empty_lines; /* some stand before, between or behind the records */
    struct scan_record *records;
    uint32_t *field_ends; /* from the batch's base: the byte behind each field */
};

/* What a kernel is given and what it gives; see scanner_kernel.h. */
struct scan_window {
    const unsigned char *bytes;
    size_t size;
    uint32_t *ends;       /* room for size + 64 */
    uint32_t *row_last;   /* the same: index into ends of each record's line end */
    unsigned char *flags; /* the same: SCAN_QUOTED, _SUSPECT, _NOTABLE of each record */
    size_t row_count;
};

typedef void scan_kernel(struct scan_window *window);

struct scanner {
    span input;
    size_t at;
    size_t stop; /* records that start at or behind it are not ours */
    size_t window_size;
    size_t exact_run; /* records that are parsed before the kernel is asked again */
    bool trim;
    scan_kernel *kernel;
    struct scan_batch batch;
    struct scan_window window;
    void *memory;
};

/* The kernel for a choice that the processor supports; a wider one than it has is narrowed. */
scan_kernel *scanner_kernel(enum muster_simd simd);

/* What a processor may have that kernels want. */
enum simd_feature {
    SIMD_HAS_SSE2 = 1,
    SIMD_HAS_AVX2 = 2,
    SIMD_HAS_BMI2 = 4,
    SIMD_HAS_PCLMUL = 8,
    SIMD_HAS_AVX512BW = 16,
    SIMD_HAS_AVX512VL = 32,
    SIMD_HAS_AVX512DQ = 64,
    SIMD_HAS_AVX512VBMI2 = 128, /* those without slow down while they use the widest registers */
    SIMD_HAS_BMI = 256,
    SIMD_HAS_POPCNT = 512,
    /* All that those files may use by their compiler flags. */
    SIMD_FOR_AVX2 =
        SIMD_HAS_AVX2 | SIMD_HAS_BMI | SIMD_HAS_BMI2 | SIMD_HAS_PCLMUL | SIMD_HAS_POPCNT,
    SIMD_FOR_AVX512 =
        SIMD_HAS_AVX512BW | SIMD_HAS_AVX512VL | SIMD_HAS_AVX512DQ | SIMD_HAS_AVX512VBMI2,
};

/* The widest choice not above `simd` for these features; for MUSTER_SIMD_BEST the fastest. */
enum muster_simd simd_fitting(enum muster_simd simd, unsigned features);
/* The same for this processor. */
enum muster_simd simd_narrowed(enum muster_simd simd);

/* The functions `family_none`, `family_sse2`, ... as an array, of which simd_narrowed gives the
 * index. */
#if defined(__x86_64__)
#define SIMD_KERNELS(family)                                                                       \
    {                                                                                              \
        [MUSTER_SIMD_NONE] = family##_none, [MUSTER_SIMD_SSE2] = family##_sse2,                    \
        [MUSTER_SIMD_AVX2] = family##_avx2, [MUSTER_SIMD_AVX512] = family##_avx512                 \
    }
#else
#define SIMD_KERNELS(family)                                                                       \
    {                                                                                              \
        [MUSTER_SIMD_NONE] = family##_none                                                         \
    }
#endif

/*
 * A scanner over all of `input`; `window_size` 0 takes the usual one, tests take small ones.
 * False where memory ran out.
 */
bool scanner_open(struct scanner *scanner, span input, enum muster_simd simd, size_t window_size);
void scanner_close(struct scanner *scanner);

/* Go to the record start `at` and stop before records that start at or behind `stop`. */
void scanner_seek(struct scanner *scanner, size_t at, size_t stop);

/* The next batch of at least one record, valid until the next call; NULL after the last. */
const struct scan_batch *scanner_next(struct scanner *scanner);

#endif
