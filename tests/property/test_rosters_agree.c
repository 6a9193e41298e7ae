/* SPDX-License-Identifier: MIT */
/*
 * libcsv, the exact parser and every kernel of the scanner read 100,000 random files of rosters in
 * the same way: the structure of real exports, with and without values that break it. With
 * MUSTER_ROSTERS=N each of the four tests has N files.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "random_export.h"
#include "readings.h"
#include "support.h"

TestSuite(rosters_agree, .init = readings_open, .timeout = 0);

/* A sanitizer would take minutes for all of them. */
#define ROSTER_COUNT (SANITIZED ? 2500 : 25000)

enum {
    RECORDS_MIN = 10,
    RECORDS_MAX = 1000,
    RECORD_SIZE = 32, /* of a random record, more or less */
};

/* Most are small, so that there can be many; one in forty is of any size. */
static size_t random_size(uint64_t *state)
{
    uint64_t bound = random_below(state, 40) == 0 ? RECORDS_MAX : 40;
    return (RECORDS_MIN + random_below(state, bound)) * RECORD_SIZE;
}

static size_t roster_count(void)
{
    const char *wanted = getenv("MUSTER_ROSTERS");
    return wanted != NULL ? strtoul(wanted, NULL, 10) : ROSTER_COUNT;
}

/* Files of other sizes are compared too, but not counted. */
static void rosters_compare(uint64_t seed, uint64_t wild)
{
    struct buffer text = {0};
    uint64_t state = seed;
    size_t wanted = roster_count();
    size_t counted = 0;
    size_t sum = 0;
    for (size_t round = 0; counted < wanted; round++) {
        enum muster_file file = (enum muster_file)(round % MUSTER_FILE_COUNT);
        random_file(&text, file, wild, random_size(&state), &state);
        cr_assert(not(text.exhausted));
        if (text.size <= READING_SIZE_MAX) {
            size_t records = readings_compare(buffer_view(&text), true);
            if (records >= RECORDS_MIN && records <= RECORDS_MAX) {
                counted++;
                sum += records;
            }
        }
    }
    cr_log_info("%zu files, %zu records", counted, sum);
    buffer_close(&text);
}

Test(rosters_agree, on_sound_files)
{
    rosters_compare(1, 0);
}

Test(rosters_agree, on_files_with_a_few_odd_values)
{
    rosters_compare(2, 2);
}

Test(rosters_agree, on_files_with_many_odd_values)
{
    rosters_compare(3, 20);
}

Test(rosters_agree, on_files_with_little_else)
{
    rosters_compare(4, 70);
}
