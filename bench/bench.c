/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#endif

#define RUN_COUNT_MAX 101
#define COPY_SIZE     (256U << 10)

static const char usage[] = "usage: %s [--runs N] [--filter TEXT] DIR [LATER]\n"
                            "DIR holds users.csv and teams.csv, LATER a later state of them;\n"
                            "both are made by generate.\n";

void bench_fail(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

double bench_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Processor seconds of all threads: less than the clock where others want the processor too. */
static double processor_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Instructions of this process and the threads it starts, in user space; -1 where not allowed. */
static int counter_open(void)
{
#if defined(__linux__)
    struct perf_event_attr wanted = {.type = PERF_TYPE_HARDWARE,
                                     .size = sizeof(wanted),
                                     .config = PERF_COUNT_HW_INSTRUCTIONS,
                                     .inherit = 1,
                                     .exclude_kernel = 1,
                                     .exclude_hv = 1};
    return (int)syscall(SYS_perf_event_open, &wanted, 0, -1, -1, 0);
#else
    return -1;
#endif
}

static uint64_t counter_read(int counter)
{
    uint64_t value = 0;
    if (counter < 0 || read(counter, &value, sizeof(value)) != (ssize_t)sizeof(value)) {
        return 0;
    }
    return value;
}

void bench_open(struct bench *bench, int count, char **arguments)
{
    *bench = (struct bench){.run_count = 7};
    for (int index = 1; index < count; index++) {
        const char *word = arguments[index];
        if (strcmp(word, "--runs") == 0 && index + 1 < count) {
            bench->run_count = (unsigned)strtoul(arguments[++index], NULL, 10);
        } else if (strcmp(word, "--filter") == 0 && index + 1 < count) {
            bench->filter = arguments[++index];
        } else if (word[0] != '-' && bench->folder == NULL) {
            bench->folder = word;
        } else if (word[0] != '-' && bench->later == NULL) {
            bench->later = word;
        } else {
            bench->folder = NULL;
            break;
        }
    }
    if (bench->folder == NULL || bench->run_count < 1 || bench->run_count > RUN_COUNT_MAX) {
        fprintf(stderr, usage, arguments[0]);
        exit(2);
    }
    bench->counter = counter_open();
    printf("%-34s %11s %11s %11s %7s %8s %9s %14s\n", "case", "median", "best", "processor", "GB/s",
           "ns/item", "ins/item", "result");
}

void bench_close(struct bench *bench)
{
    if (bench->counter >= 0) {
        close(bench->counter);
    }
}

void bench_title(const char *title)
{
    printf("-- %s\n", title);
}

bool bench_wants(const struct bench *bench, const char *name)
{
    return bench->filter == NULL || strstr(name, bench->filter) != NULL;
}

static int double_compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return a < b ? -1 : a > b;
}

static void ratio_print(int width, int places, double amount, double by)
{
    if (by > 0 && amount > 0) {
        printf(" %*.*f", width, places, amount / by);
    } else {
        printf(" %*s", width, "-");
    }
}

void bench_run(const struct bench *bench, const struct bench_case *the_case)
{
    double seconds[RUN_COUNT_MAX];
    double processor[RUN_COUNT_MAX];
    uint64_t instructions = 0;
    uint64_t result = 0;

    if (!bench_wants(bench, the_case->name)) {
        return;
    }
    /* The first run is for the caches, the page tables and the branch predictor. */
    for (unsigned run = 0; run <= bench->run_count; run++) {
        if (the_case->prepare != NULL) {
            the_case->prepare(the_case->context);
        }
        uint64_t counted = counter_read(bench->counter);
        double used = processor_clock();
        double start = bench_clock();
        result = the_case->work(the_case->context);
        seconds[run > 0 ? run - 1 : 0] = bench_clock() - start;
        processor[run > 0 ? run - 1 : 0] = processor_clock() - used;
        instructions = counter_read(bench->counter) - counted;
        if (the_case->finish != NULL) {
            the_case->finish(the_case->context);
        }
    }
    qsort(seconds, bench->run_count, sizeof(seconds[0]), double_compare);
    qsort(processor, bench->run_count, sizeof(processor[0]), double_compare);
    double median = seconds[bench->run_count / 2];
    printf("%-34s %8.3f ms %8.3f ms %8.3f ms", the_case->name, median * 1e3, seconds[0] * 1e3,
           processor[bench->run_count / 2] * 1e3);
    ratio_print(7, 2, (double)the_case->bytes * 1e-9, median);
    ratio_print(8, 2, median * 1e9, (double)the_case->items);
    ratio_print(9, 1, (double)instructions, (double)the_case->items);
    printf(" %14" PRIu64 "\n", result);
    fflush(stdout);
}

span bench_load(const char *folder, const char *name)
{
    char path[4096];
    int length = snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = length > 0 && (size_t)length < sizeof(path) ? fopen(path, "rb") : NULL;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        bench_fail("cannot open a file of the folder; generate makes it");
    }
    long size = ftell(file);
    char *bytes = size >= 0 ? malloc((size_t)size + 1) : NULL;
    if (bytes == NULL || fseek(file, 0, SEEK_SET) != 0 ||
        fread(bytes, 1, (size_t)size, file) != (size_t)size) {
        bench_fail("cannot read a file of the folder");
    }
    fclose(file);
    return span_make(bytes, (size_t)size);
}

static uint64_t memchr_work(void *context)
{
    const span *bytes = context;
    const char *at = bytes->ptr;
    const char *end = at + bytes->len;
    uint64_t count = 0;
    while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        count++;
        at++;
    }
    return count;
}

static uint64_t memcpy_work(void *context)
{
    static char target[COPY_SIZE];
    const span *bytes = context;
    uint64_t seen = 0;
    for (size_t at = 0; at < bytes->len; at += COPY_SIZE) {
        size_t left = bytes->len - at;
        memcpy(target, bytes->ptr + at, left < COPY_SIZE ? left : COPY_SIZE);
        seen += (unsigned char)target[at % COPY_SIZE];
    }
    return seen;
}

void bench_yardstick(const struct bench *bench, span bytes)
{
    uint64_t lines = memchr_work(&bytes);
    bench_run(bench, &(struct bench_case){.name = "memchr LF",
                                          .bytes = bytes.len,
                                          .items = lines,
                                          .work = memchr_work,
                                          .context = &bytes});
    bench_run(bench, &(struct bench_case){.name = "memcpy to 256 KiB",
                                          .bytes = bytes.len,
                                          .items = lines,
                                          .work = memcpy_work,
                                          .context = &bytes});
}

uint64_t bench_random(uint64_t *state)
{
    uint64_t word = *state += UINT64_C(0x9E3779B97F4A7C15);
    word = (word ^ (word >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    word = (word ^ (word >> 27)) * UINT64_C(0x94D049BB133111EB);
    return word ^ (word >> 31);
}
