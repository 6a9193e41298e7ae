/* SPDX-License-Identifier: MIT */
/* Reports made from parts that are made up: what no roster of a few lines brings about. */
#define _GNU_SOURCE
#include "output/report.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "output/escape.h"
#include "support.h"

static struct buffer written;

/* Make a report of one finding; gives what was written. */
static span report_of_finding(const struct muster_report_options *options,
                              const struct muster_finding *finding)
{
    struct muster_summary summary = {.severities = {[MUSTER_ERROR] = 1}};
    const struct report_totals totals = {.summary = &summary, .findings_told = true};
    struct report report;
    buffer_clear(&written);
    report_open(&report, options, &totals, write_to_buffer, &written);
    report_finding(&report, finding);
    cr_assert(eq(int, report_close(&report), MUSTER_OK));
    return buffer_view(&written);
}

/* ---- JSON -------------------------------------------------------------------------------- */

/* Where values are cut into pieces to be escaped. */
#define PIECE_SIZE (64U << 10)

/* A value that has `bytes` before and behind the cut, as JSON Lines show it and as a whole. */
static void expect_whole(const char *bytes, size_t before)
{
    const struct muster_report_options options = {.command = "check", .format = MUSTER_JSONL};
    struct buffer value = {0};
    struct buffer want = {0};
    while (value.size < PIECE_SIZE - before) {
        buffer_byte(&value, 'a');
    }
    buffer_text(&value, bytes);
    buffer_text(&value, "bcdefgh");
    buffer_text(&want, "\"value\":");
    escape_json_value(&want, buffer_view(&value));
    const struct muster_finding finding = {.value = buffer_view(&value)};
    span made = report_of_finding(&options, &finding);
    cr_assert(not(want.exhausted));
    cr_expect(ne(ptr, memmem(made.ptr, made.len, want.bytes, want.size), NULL), "%zu before: %s",
              before, bytes);
    buffer_close(&value);
    buffer_close(&want);
}

Test(report, a_character_that_lies_across_two_pieces_stays_whole)
{
    static const char *const cases[] = {
        "\xF0\x9F\x98\x80",
        "\xF0\x9F\x98\x80\x80\x80", /* stray bytes behind it */
        "\xE2\x82\xAC\x80\x80\x80\x80",
        "\xC3\xA9\xA9\xA9\xA9\xA9",
        "\x80\x80\x80\x80\x80\x80\x80",
        "\xF0\x9F\xF0\x9F\x98\x80", /* cut off, and one that is whole */
        "\xF0\xF0\xE2\x82\xAC",
        "\xC3\xC3\xA9\xC3\xA9",
    };
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        for (size_t before = 0; before <= 7; before++) {
            expect_whole(cases[index], before);
        }
    }
}
