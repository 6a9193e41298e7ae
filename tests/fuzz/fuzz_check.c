/* SPDX-License-Identifier: MIT */
/*
 * Checking an export. The findings must not depend on the number of threads nor on the width of the
 * processor, and what fix writes must be free of errors and give the same roster again.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define CHOICE_TRIM   0x01U
#define CHOICE_STRICT 0x02U
#define CHOICE_ROOT   0x04U
#define CHOICE_SIMD   0x18U
/* Making threads takes longer than all the rest, so most inputs go without. */
#define CHOICE_THREADS 0x20U

static void report_make(struct muster_roster *roster, enum muster_format format, bool strict,
                        struct buffer *out)
{
    const struct muster_report_options options = {
        .format = format, .command = "check", .strict = strict, .show_max = 3};
    buffer_clear(out);
    fuzz_require(muster_report_check(roster, &options, fuzz_write, out) == MUSTER_OK,
                 "a report can be made");
}

/* Open the same export another way; everything that is said must be the same. */
static void variant_compare(const struct fuzz_export *files, struct muster_roster *roster,
                            const struct muster_options *options, bool strict)
{
    static const enum muster_format formats[] = {MUSTER_JSONL, MUSTER_TEXT};
    struct muster_roster *other = fuzz_open(files, options);
    struct buffer outputs[2] = {{0}};
    for (size_t format = 0; format < sizeof formats / sizeof formats[0]; format++) {
        report_make(roster, formats[format], strict, &outputs[0]);
        report_make(other, formats[format], strict, &outputs[1]);
        fuzz_require(span_equal(buffer_view(&outputs[0]), buffer_view(&outputs[1])),
                     "reports do not depend on threads and kernels");
    }
    fuzz_require_same(roster, other);
    buffer_close(&outputs[0]);
    buffer_close(&outputs[1]);
    muster_roster_close(other);
}

static bool is_fatal(const struct muster_roster *roster)
{
    return muster_roster_summary(roster)->severities[MUSTER_FATAL] > 0;
}

/* What fix wrote has nothing left that removes anything, and is the same roster, as one reads it.
 */
static struct muster_roster *fixed_judge(const struct fuzz_export *fixed,
                                         struct muster_roster *roster, bool trim)
{
    const struct muster_options options = {.jobs = 1, .trim = trim};
    struct muster_roster *result = fuzz_open(fixed, &options);
    const struct muster_summary *summary = muster_roster_summary(result);
    fuzz_require(summary->severities[MUSTER_FATAL] == 0, "nothing fatal is left");
    fuzz_require(summary->severities[MUSTER_ERROR] == 0, "no error is left");
    fuzz_require_same(roster, result);
    return result;
}

/* Write what is kept of each file, and check that again. What --trim read needs no --trim then. */
static void fix_compare(const struct fuzz_export *files, struct muster_roster *roster, bool trim)
{
    struct fuzz_export fixed = *files;
    struct buffer outputs[MUSTER_FILE_COUNT] = {{0}};
    struct buffer again = {0};
    for (size_t index = 0; index < files->count; index++) {
        enum muster_file file = files->items[index].file;
        fuzz_require(muster_fix_write(roster, file, fuzz_write, &outputs[index]) == MUSTER_OK,
                     "a sound file can be fixed");
        fixed.items[index].data = buffer_view(&outputs[index]);
    }
    if (trim) {
        muster_roster_close(fixed_judge(&fixed, roster, false));
    }
    struct muster_roster *result = fixed_judge(&fixed, roster, trim);
    for (size_t index = 0; index < fixed.count; index++) {
        buffer_clear(&again);
        fuzz_require(muster_fix_write(result, fixed.items[index].file, fuzz_write, &again) ==
                         MUSTER_OK,
                     "a sound file can be fixed");
        fuzz_require(span_equal(buffer_view(&again), fixed.items[index].data),
                     "there is nothing more to fix");
        buffer_clear(&again);
        fuzz_require(muster_rejects_write(result, fixed.items[index].file, fuzz_write, &again) ==
                             MUSTER_OK &&
                         again.size == 0,
                     "there is nothing to reject");
    }
    muster_roster_close(result);
    buffer_close(&again);
    for (size_t index = 0; index < files->count; index++) {
        buffer_close(&outputs[index]);
    }
}

/* What is kept and what is rejected make up the file. */
static void rejects_compare(const struct fuzz_export *files, struct muster_roster *roster)
{
    const struct muster_summary *summary = muster_roster_summary(roster);
    struct buffer rejects = {0};
    for (size_t index = 0; index < files->count; index++) {
        enum muster_file file = files->items[index].file;
        buffer_clear(&rejects);
        fuzz_require(muster_rejects_write(roster, file, fuzz_write, &rejects) == MUSTER_OK,
                     "the rejects of a sound file can be written");
        fuzz_require((summary->records[file] == summary->kept[file]) == (rejects.size == 0),
                     "there are rejects where records are missing");
    }
    buffer_close(&rejects);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const span roots[] = {{"T1", 2}, {"X", 1}};
    span input = span_make(data, size);
    unsigned choices = fuzz_choices(&input);
    bool strict = (choices & CHOICE_STRICT) != 0;
    struct fuzz_export files = fuzz_export_take(&input, MUSTER_FILE_COUNT);
    struct muster_options options = {
        .trim = (choices & CHOICE_TRIM) != 0,
        .jobs = 1,
        .simd = MUSTER_SIMD_NONE,
        .roots = roots,
        .root_count = (choices & CHOICE_ROOT) != 0 ? 2 : 0,
    };
    struct muster_roster *roster = fuzz_open(&files, &options);
    bool threads = (choices & CHOICE_THREADS) != 0;
    options.jobs = threads ? 2 : 1;
    options.simd = MUSTER_SIMD_BEST;
    variant_compare(&files, roster, &options, strict);
    options.jobs = threads ? 3 : 1;
    options.simd = MUSTER_SIMD_NONE + ((choices & CHOICE_SIMD) >> 3);
    variant_compare(&files, roster, &options, strict);
    if (!is_fatal(roster)) {
        rejects_compare(&files, roster);
        fix_compare(&files, roster, options.trim);
    }
    muster_roster_close(roster);
    return 0;
}
