/* SPDX-License-Identifier: MIT */
/*
 * Text above ASCII: the scanner marks the rows that are not UTF-8 or hold a control character, at
 * every place of a block, and no others, because every mark costs a second look.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "csv/scanner.h"
#include "support.h"

TestSuite(scanner_text, .timeout = 120);

static const unsigned char leads[] = {0x80, 0x8F, 0xBF, 0xC0, 0xC1, 0xC2, 0xC3, 0xDF,
                                      0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1,
                                      0xF3, 0xF4, 0xF5, 0xF8, 0xFE, 0xFF};
static const unsigned char tails[] = {'z', 0x7E, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC3};

#define PLACES 40000

/* The rows of one input, and which of them somebody has to look at. */
struct rows {
    struct buffer text;
    bool expected[PLACES];
    size_t count;
};

/* The size of the sound character at the start of `text`, by the table of RFC 3629; 0 for none, and
 * for the controls U+0080 to U+009F. */
static size_t sound_size(const unsigned char *text, size_t size)
{
    unsigned char first = text[0];
    unsigned char least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : first == 0xC2 ? 0xA0 : 0x80;
    unsigned char most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (first < 0x80) {
        return first == 0x7F ? 0 : 1;
    }
    size_t wanted = first < 0xC2 || first > 0xF4 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (wanted == 0 || wanted > size || text[1] < least || text[1] > most) {
        return 0;
    }
    for (size_t index = 2; index < wanted; index++) {
        if (text[index] < 0x80 || text[index] > 0xBF) {
            return 0;
        }
    }
    return wanted;
}

static void row_add(struct rows *rows, const unsigned char *value, size_t size, const char *rest)
{
    bool sound = true;
    for (size_t at = 0; at < size && sound;) {
        size_t one = sound_size(value + at, size - at);
        sound = one > 0;
        at += one;
    }
    cr_assert(lt(sz, rows->count, PLACES));
    buffer_append(&rows->text, value, size);
    buffer_text(&rows->text, rest);
    rows->expected[rows->count++] = !sound;
}

/* Every lead byte with up to three bytes behind it, alone and before a letter. */
static void rows_make(struct rows *rows)
{
    enum { COUNT = sizeof tails };
    for (size_t lead = 0; lead < sizeof leads; lead++) {
        for (size_t rest = 0; rest < (size_t)COUNT * COUNT * COUNT; rest++) {
            unsigned char value[4] = {leads[lead], tails[rest % COUNT], tails[rest / COUNT % COUNT],
                                      tails[rest / COUNT / COUNT]};
            row_add(rows, value, 4, ",b\n");
            if (rest < (size_t)COUNT * COUNT) {
                row_add(rows, value, 3, ",b\n");
            }
            if (rest < COUNT) {
                row_add(rows, value, 2, ",b\n");
            }
        }
        row_add(rows, &leads[lead], 1, ",b\n");
    }
}

/* What a line end cuts is no character, and what stands behind it is not the rest of one. */
static void rows_make_cut(struct rows *rows)
{
    enum { COUNT = sizeof tails };
    for (size_t lead = 0; lead < sizeof leads; lead++) {
        for (size_t rest = 0; rest < (size_t)COUNT * COUNT; rest++) {
            unsigned char value[2] = {leads[lead], tails[rest % COUNT]};
            row_add(rows, value, 1, "\n");
            row_add(rows, &tails[rest / COUNT], 1, "\n");
            row_add(rows, value, 2, "\n");
            row_add(rows, &tails[rest / COUNT], 1, "\n");
        }
    }
}

static void expect_marks(const struct rows *rows, size_t pad, enum muster_simd simd)
{
    struct buffer text = {0};
    struct scanner scanner;
    const struct scan_batch *batch;
    size_t row = 0;
    for (size_t index = 0; index < pad; index++) {
        buffer_byte(&text, 'a');
    }
    buffer_span(&text, buffer_view(&rows->text));
    cr_assert(scanner_open(&scanner, buffer_view(&text), simd, 0));
    while ((batch = scanner_next(&scanner)) != NULL) {
        for (size_t index = 0; index < batch->record_count; index++, row++) {
            bool marked = (batch->records[index].flags & SCAN_SUSPECT) != 0;
            cr_assert(eq(int, marked, rows->expected[row]), "row %zu, pad %zu, kernel %d", row, pad,
                      (int)simd);
        }
    }
    cr_assert(eq(sz, row, rows->count));
    scanner_close(&scanner);
    buffer_close(&text);
}

static void expect_marks_everywhere(const struct rows *rows)
{
    for (size_t pad = 0; pad < 64; pad += SANITIZED ? 7 : 1) {
        for (enum muster_simd simd = MUSTER_SIMD_NONE; simd <= MUSTER_SIMD_AVX512; simd++) {
            expect_marks(rows, pad, simd);
        }
    }
}

Test(scanner_text, marks_what_is_not_sound_at_every_place_and_nothing_else)
{
    static struct rows rows;
    rows_make(&rows);
    cr_assert(lt(sz, 10000, rows.count));
    expect_marks_everywhere(&rows);
    buffer_close(&rows.text);
}

Test(scanner_text, judges_each_row_by_itself_where_a_line_end_cuts_a_character)
{
    static struct rows rows;
    rows_make_cut(&rows);
    cr_assert(lt(sz, 5000, rows.count));
    expect_marks_everywhere(&rows);
    buffer_close(&rows.text);
}
