/* SPDX-License-Identifier: MIT */

/*
 * How fast bytes become records: memchr and memcpy over the same bytes, reading and mapping the
 * file, each kernel of the scanner, and libcsv with callbacks as the reference.
 */
#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#if defined(BENCH_HAS_LIBCSV)
#include <csv.h>
#endif

#include "csv/scanner.h"
#include "csv/source.h"

#define READ_SIZE (256U << 10)

struct scan_context {
    span input;
    enum muster_simd simd;
};

struct file_context {
    char path[4096];
    bool map_allowed;
};

static uint64_t scan_work(void *context)
{
    const struct scan_context *scan = context;
    struct scanner scanner;
    uint64_t fields = 0;

    if (!scanner_open(&scanner, scan->input, scan->simd, 0)) {
        bench_fail("out of memory");
    }
    const struct scan_batch *batch;
    while ((batch = scanner_next(&scanner)) != NULL) {
        for (size_t index = 0; index < batch->record_count; index++) {
            fields += batch->records[index].field_count;
        }
    }
    scanner_close(&scanner);
    return fields;
}

static uint64_t read_work(void *context)
{
    static char buffer[READ_SIZE];
    const struct file_context *file = context;
    int descriptor = open(file->path, O_RDONLY);
    uint64_t total = 0;
    ssize_t count = 0;

    while (descriptor >= 0 && (count = read(descriptor, buffer, sizeof(buffer))) > 0) {
        total += (uint64_t)count;
    }
    if (descriptor < 0 || count < 0 || close(descriptor) != 0) {
        bench_fail("cannot read the file");
    }
    return total;
}

/* What the program does: a source, and a scanner over it. */
static uint64_t source_work(void *context)
{
    const struct file_context *file = context;
    struct source_options options = {.map_allowed = file->map_allowed};
    struct source *source;

    if (source_open(&source, file->path, &options, NULL) != MUSTER_OK) {
        bench_fail("cannot open the file");
    }
    struct scan_context scan = {span_make(source_bytes(source), source_size(source)),
                                MUSTER_SIMD_BEST};
    uint64_t fields = scan_work(&scan);
    source_close(source);
    return fields;
}

#if defined(BENCH_HAS_LIBCSV)
static int blank_never(unsigned char byte)
{
    (void)byte;
    return 0;
}

static void field_count(void *bytes, size_t size, void *context)
{
    (void)bytes;
    (void)size;
    ++*(uint64_t *)context;
}

static void record_skip(int terminator, void *context)
{
    (void)terminator;
    (void)context;
}

static uint64_t libcsv_work(void *context)
{
    const span *input = context;
    struct csv_parser parser;
    uint64_t fields = 0;

    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        bench_fail("libcsv does not start");
    }
    csv_set_space_func(&parser, blank_never);
    if (csv_parse(&parser, input->ptr, input->len, field_count, record_skip, &fields) !=
            input->len ||
        csv_fini(&parser, field_count, record_skip, &fields) != 0) {
        bench_fail("libcsv stops at an error");
    }
    csv_free(&parser);
    return fields;
}
#endif

static void kernels_run(const struct bench *bench, span input, uint64_t rows)
{
    static const struct {
        const char *name;
        enum muster_simd simd;
    } kernels[] = {{"scanner none", MUSTER_SIMD_NONE},
                   {"scanner sse2", MUSTER_SIMD_SSE2},
                   {"scanner avx2", MUSTER_SIMD_AVX2},
                   {"scanner avx512", MUSTER_SIMD_AVX512}};

    for (size_t index = 0; index < sizeof(kernels) / sizeof(kernels[0]); index++) {
        struct scan_context scan = {input, kernels[index].simd};
        if (simd_narrowed(scan.simd) == scan.simd) {
            bench_run(bench, &(struct bench_case){.name = kernels[index].name,
                                                  .bytes = input.len,
                                                  .items = rows,
                                                  .work = scan_work,
                                                  .context = &scan});
        }
    }
#if defined(BENCH_HAS_LIBCSV)
    bench_run(bench, &(struct bench_case){.name = "libcsv, callbacks",
                                          .bytes = input.len,
                                          .items = rows,
                                          .work = libcsv_work,
                                          .context = &input});
#endif
}

static void file_run(const struct bench *bench, const char *name, uint64_t rows)
{
    struct file_context file = {.map_allowed = false};
    struct bench_case the_case = {.items = rows, .context = &file};

    if (snprintf(file.path, sizeof(file.path), "%s/%s", bench->folder, name) >=
        (int)sizeof(file.path)) {
        bench_fail("the path is too long");
    }
    the_case.name = "read() to 256 KiB";
    the_case.work = read_work;
    the_case.bytes = read_work(&file);
    bench_run(bench, &the_case);
    the_case.name = "source by read() + scanner";
    the_case.work = source_work;
    bench_run(bench, &the_case);
    file.map_allowed = true;
    the_case.name = "source by mmap() + scanner";
    bench_run(bench, &the_case);
}

int main(int count, char **arguments)
{
    static const char *const names[] = {"users.csv", "teams.csv"};
    struct bench bench;

    bench_open(&bench, count, arguments);
    for (size_t index = 0; index < sizeof(names) / sizeof(names[0]); index++) {
        span input = bench_load(bench.folder, names[index]);
        uint64_t rows = 0;
        for (size_t at = 0; at < input.len; at++) {
            rows += input.ptr[at] == '\n';
        }
        bench_title(names[index]);
        bench_yardstick(&bench, input);
        file_run(&bench, names[index], rows);
        kernels_run(&bench, input, rows);
        free((void *)(uintptr_t)input.ptr);
    }
    bench_close(&bench);
    return 0;
}
