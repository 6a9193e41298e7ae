/* SPDX-License-Identifier: MIT */
#include "csv/scanner.h"

#include <stdlib.h>

#include "csv/lines.h"
#include "csv/record.h"
#include "csv/scanner_kernels.h"

#define ENDS_SPARE 64

/* For so many records there is room in the smallest window. */
#define EXACT_RUN_MAX ENDS_SPARE

#if defined(__x86_64__)
#define FEATURE(name, bit) ((unsigned)(__builtin_cpu_supports(name) != 0) * (unsigned)(bit))
#else
#define FEATURE(name, bit) 0U
#endif

/* What this processor has. */
static unsigned simd_features(void)
{
    unsigned always = 0;
#if defined(__x86_64__)
    always = SIMD_HAS_SSE2;
#endif
    return always | FEATURE("avx2", SIMD_HAS_AVX2) | FEATURE("bmi", SIMD_HAS_BMI) |
           FEATURE("bmi2", SIMD_HAS_BMI2) | FEATURE("popcnt", SIMD_HAS_POPCNT) |
           FEATURE("pclmul", SIMD_HAS_PCLMUL) | FEATURE("avx512bw", SIMD_HAS_AVX512BW) |
           FEATURE("avx512vl", SIMD_HAS_AVX512VL) | FEATURE("avx512dq", SIMD_HAS_AVX512DQ) |
           FEATURE("avx512vbmi2", SIMD_HAS_AVX512VBMI2);
}

enum muster_simd simd_fitting(enum muster_simd simd, unsigned features)
{
    static const struct {
        enum muster_simd simd;
        unsigned wanted;
    } widths[] = {
        {MUSTER_SIMD_AVX512, SIMD_HAS_SSE2 | SIMD_FOR_AVX2 | SIMD_FOR_AVX512},
        {MUSTER_SIMD_AVX2, SIMD_HAS_SSE2 | SIMD_FOR_AVX2},
        {MUSTER_SIMD_SSE2, SIMD_HAS_SSE2},
        {MUSTER_SIMD_NONE, 0},
    };
    size_t width = 0;
    while ((simd != MUSTER_SIMD_BEST && widths[width].simd > simd) ||
           (features & widths[width].wanted) != widths[width].wanted) {
        width++;
    }
    return widths[width].simd;
}

enum muster_simd simd_narrowed(enum muster_simd simd)
{
    return simd_fitting(simd, simd_features());
}

scan_kernel *scanner_kernel(enum muster_simd simd)
{
    static scan_kernel *const kernels[] = SIMD_KERNELS(scan_kernel);
    return kernels[simd_narrowed(simd)];
}

bool scanner_open(struct scanner *scanner, span input, enum muster_simd simd, size_t window_size)
{
    *scanner = (struct scanner){.input = input};
    scanner->window_size = window_size != 0 ? window_size : WINDOW_SIZE;
    scanner->kernel = scanner_kernel(simd);
    scanner->stop = input.len;
    scanner->exact_run = 1;
    size_t count = scanner->window_size + ENDS_SPARE;
    size_t size = count * (sizeof(struct scan_record) + 2 * sizeof(uint32_t) + 1);
    scanner->memory = malloc(size);
    if (scanner->memory == NULL) {
        return false;
    }
    scanner->batch.records = scanner->memory;
    scanner->batch.field_ends = (uint32_t *)(scanner->batch.records + count);
    scanner->window.ends = scanner->batch.field_ends;
    scanner->window.row_last = scanner->window.ends + count;
    scanner->window.flags = (unsigned char *)(scanner->window.row_last + count);
    return true;
}

void scanner_close(struct scanner *scanner)
{
    free(scanner->memory);
    *scanner = (struct scanner){0};
}

void scanner_seek(struct scanner *scanner, size_t at, size_t stop)
{
    scanner->at = at;
    scanner->stop = stop;
}

/*
 * Records that the kernel does not judge: they are named, and the consumer splits them. Where one
 * is followed by another, they come in runs, each twice as long as the one before: a file may have
 * no others, and to call the kernel for each of them would cost more than to parse it.
 */
static const struct scan_batch *next_exact(struct scanner *scanner)
{
    struct scan_batch *batch = &scanner->batch;
    size_t run = scanner->trim ? EXACT_RUN_MAX : scanner->exact_run;
    batch->record_count = 0;
    batch->empty_lines = true; /* nobody has looked */
    while (batch->record_count < run) {
        struct record record;
        if (!record_parse(scanner->input, scanner->at, scanner->trim, NULL, 0, &record)) {
            scanner->at = scanner->input.len;
            break;
        }
        if (record.start >= scanner->stop) {
            /* A neighbour's; where it starts is where our part ends. */
            scanner->at = record.start;
            break;
        }
        if (batch->record_count == 0) {
            batch->base = record.start;
        }
        if (record.start - batch->base > UINT32_MAX) {
            break;
        }
        uint32_t stray = record.trouble == RECORD_STRAY_QUOTE ? SCAN_STRAY : 0;
        batch->records[batch->record_count++] = (struct scan_record){
            .start = (uint32_t)(record.start - batch->base), .flags = SCAN_EXACT | stray};
        scanner->at = record.next;
    }
    scanner->exact_run = run < EXACT_RUN_MAX ? 2 * run : run;
    return batch->record_count > 0 ? batch : NULL;
}

/* Turn the rows of the kernel into records without the empty ones. Gives the place behind. */
static size_t rows_to_records(struct scanner *scanner)
{
    struct scan_window *window = &scanner->window;
    struct scan_batch *batch = &scanner->batch;
    size_t stop = scanner->stop - batch->base;
    uint32_t start = 0;
    uint32_t first = 0;
    size_t count = 0;
    batch->empty_lines = false;
    for (size_t row = 0; row < window->row_count; row++) {
        uint32_t last = window->row_last[row];
        uint32_t line_end = window->ends[last];
        uint32_t end = line_end;
        /* A CR before the LF belongs to the line end. A quoted field cannot end in one. */
        if (end > start && window->bytes[end] == '\n' && window->bytes[end - 1] == '\r') {
            /* Where the field is empty, a map has changed since the kernel saw it. */
            uint32_t field = last > first ? window->ends[last - 1] + 1 : start;
            end -= end > field;
            window->ends[last] = end;
        }
        if (end > start) {
            if (start >= stop) {
                break;
            }
            batch->records[count++] =
                (struct scan_record){start, first, last - first + 1, window->flags[row]};
        } else if (!line_is_cut(scanner->input, batch->base + start)) {
            /* At the end of a block the kernel takes a CRLF for two line ends. */
            batch->empty_lines = true;
        }
        start = line_end + 1;
        first = last + 1;
    }
    batch->record_count = count;
    return start;
}

static const struct scan_batch *next_found(struct scanner *scanner)
{
    while (scanner->at < scanner->stop) {
        if (scanner->trim) {
            return next_exact(scanner);
        }
        size_t left = scanner->input.len - scanner->at;
        struct scan_window *window = &scanner->window;
        window->bytes = (const unsigned char *)scanner->input.ptr + scanner->at;
        window->size = left < scanner->window_size ? left : scanner->window_size;
        scanner->batch.base = scanner->at;
        scanner->kernel(window);
        size_t behind = rows_to_records(scanner);
        scanner->at += behind;
        if (scanner->batch.record_count > 0) {
            scanner->exact_run = 1;
            return &scanner->batch;
        }
        if (behind == 0) {
            return next_exact(scanner);
        }
    }
    return NULL;
}

const struct scan_batch *scanner_next(struct scanner *scanner)
{
    const struct scan_batch *batch = next_found(scanner);
    scanner->batch.end = scanner->at;
    return batch;
}
