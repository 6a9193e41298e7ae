/* SPDX-License-Identifier: MIT */
/*
 * libcsv, the exact parser and every kernel of the scanner give the same records, ends, values and
 * places of errors: for all short strings over the six bytes that matter, and for random ones.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "csv/record.h"
#include "csv/scanner.h"
#include "readings.h"
#include "support.h"

TestSuite(engines_agree, .init = readings_open, .timeout = 300);

static const char alphabet[6] = {'a', ',', '"', ' ', '\r', '\n'};
static const char sequel[] = "\nz,\"q\"\n";

/* The string of `size` letters with this number. */
static void spell(uint64_t number, size_t size, char *bytes)
{
    for (size_t index = 0; index < size; index++) {
        bytes[index] = alphabet[number % 6];
        number /= 6;
    }
}

/* All strings of a length from `part` sixths on, alone and with more lines behind them. */
static void strings_compare(size_t size, unsigned part, unsigned part_count)
{
    uint64_t count = 1;
    for (size_t index = 0; index < size; index++) {
        count *= 6;
    }
    for (uint64_t number = part; number < count; number += part_count) {
        char bytes[32];
        spell(number, size, bytes);
        readings_compare(span_make(bytes, size), size <= 5);
        if (size <= 6) {
            memcpy(bytes + size, sequel, sizeof sequel - 1);
            readings_compare(span_make(bytes, size + sizeof sequel - 1), false);
        }
    }
}

Test(engines_agree, on_all_strings_up_to_six_bytes)
{
    for (size_t size = 0; size <= 6; size++) {
        strings_compare(size, 0, 1);
    }
}

Test(engines_agree, on_all_strings_of_seven_bytes)
{
    strings_compare(7, 0, 1);
}

/* A sanitizer would take minutes for all of them; it sees every eleventh. */
#define PART_COUNT (SANITIZED ? 44 : 4)

Test(engines_agree, on_all_strings_of_eight_bytes_first_quarter)
{
    strings_compare(8, 0, PART_COUNT);
}

Test(engines_agree, on_all_strings_of_eight_bytes_second_quarter)
{
    strings_compare(8, 1, PART_COUNT);
}

Test(engines_agree, on_all_strings_of_eight_bytes_third_quarter)
{
    strings_compare(8, 2, PART_COUNT);
}

Test(engines_agree, on_all_strings_of_eight_bytes_fourth_quarter)
{
    strings_compare(8, 3, PART_COUNT);
}

Test(engines_agree, on_all_strings_up_to_five_bytes_around_the_edge_of_a_block)
{
    for (size_t pad = 58; pad <= 70; pad++) {
        char bytes[128];
        memset(bytes, 'a', sizeof bytes);
        for (size_t size = 0; size <= 5; size++) {
            uint64_t count = size == 0   ? 1
                             : size == 1 ? 6
                             : size == 2 ? 36
                             : size == 3 ? 216
                             : size == 4 ? 1296
                                         : 7776;
            for (uint64_t number = 0; number < count; number += SANITIZED ? 7 : 1) {
                spell(number, size, bytes + pad);
                readings_compare(span_make(bytes, pad + size), true);
                memcpy(bytes + pad + size, sequel, sizeof sequel - 1);
                readings_compare(span_make(bytes, pad + size + sizeof sequel - 1), false);
            }
        }
    }
}

/* Letters, of which some are rare: a string of nothing but quotes and commas shows little. */
static size_t random_text(char *bytes, size_t capacity, uint64_t *state)
{
    static const char *const pieces[] = {"a",
                                         ",",
                                         "\n",
                                         "\r\n",
                                         "\"",
                                         "\"\"",
                                         ",\"",
                                         "\",",
                                         "\"\r\n\"",
                                         " ",
                                         "\t",
                                         "\r",
                                         "\xC3\xA4",
                                         "\xE2\x82\xAC",
                                         "\xC2\x85",
                                         "\xFF",
                                         "\x7F",
                                         "\x01",
                                         "\xF0\x9F\x98\x80",
                                         "\xED\xA0\x80"};
    size_t wanted = random_below(state, capacity - 16);
    uint64_t kinds = 2 + random_below(state, 19);
    uint64_t plain = random_below(state, 40);
    size_t size = 0;
    while (size < wanted) {
        uint64_t pick = random_below(state, kinds + plain);
        const char *piece = pick < kinds ? pieces[pick] : "b";
        size_t len = strlen(piece);
        memcpy(bytes + size, piece, len);
        size += len;
    }
    return size;
}

#define TEXT_SIZE_MAX 8192

static void random_compare(uint64_t seed, size_t capacity, int rounds)
{
    uint64_t state = seed;
    for (int round = 0; round < (SANITIZED ? rounds / 10 : rounds); round++) {
        char bytes[TEXT_SIZE_MAX];
        size_t size = random_text(bytes, capacity, &state);
        readings_compare(span_make(bytes, size), true);
    }
}

Test(engines_agree, on_random_strings_of_a_few_blocks)
{
    random_compare(1, 400, 40000);
}

Test(engines_agree, on_random_strings_of_many_blocks)
{
    random_compare(2, TEXT_SIZE_MAX, 1500);
}

Test(engines_agree, on_text_that_is_not_utf8_at_every_place_of_a_block)
{
    /* A sequence of up to four bytes from those on the borders of table 3-7. */
    static const unsigned char edges[] = {0x61, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0,
                                          0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1,
                                          0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF};
    enum { EDGES = sizeof edges };
    static const size_t places[] = {0, 59, 60, 61, 62, 63, 64};
    for (size_t place = 0; place < 7; place++) {
        for (uint32_t number = 0; number < EDGES * EDGES * EDGES * EDGES;
             number += place == 0 && !SANITIZED ? 1 : 41) {
            char bytes[96];
            memset(bytes, 'a', sizeof bytes);
            uint32_t rest = number;
            for (size_t index = 0; index < 4; index++) {
                bytes[places[place] + index] = (char)edges[rest % EDGES];
                rest /= EDGES;
            }
            bytes[places[place] + 4] = '\n';
            readings_compare(span_make(bytes, places[place] + 5), false);
        }
    }
}

Test(engines_agree, on_the_last_byte_before_a_page_that_is_not_there)
{
    static const char *const ends[] = {"",        "\"",  "\"\"", "\"a",  "\"a\"",
                                       "\"a\"\"", "\r",  "\r\n", ",",    ",\"",
                                       "\"\r",    "a\"", " ",    "\xC3", "\xE2\x82"};
    for (size_t size = 0; size < 200; size++) {
        for (size_t end = 0; end < sizeof ends / sizeof *ends; end++) {
            char bytes[256];
            memset(bytes, 'a', sizeof bytes);
            size_t len = strlen(ends[end]);
            memcpy(bytes + size, ends[end], len);
            readings_compare(span_make(bytes, size + len), true);
            if (size > 0) {
                bytes[size - 1] = ',';
                readings_compare(span_make(bytes, size + len), true);
                bytes[size - 1] = '\n';
                readings_compare(span_make(bytes, size + len), true);
            }
        }
    }
}

/* ---- Published faults of other scanners, with places worked out by hand ------------------- */

/* Starts and ends of what the scanner finds, or of what the exact parser makes of it. */
static span places_of(span input, enum muster_simd simd, size_t window)
{
    static struct buffer text;
    struct scanner scanner;
    const struct scan_batch *batch;
    buffer_clear(&text);
    cr_assert(scanner_open(&scanner, input, simd, window));
    while ((batch = scanner_next(&scanner)) != NULL) {
        for (size_t index = 0; index < batch->record_count; index++) {
            const struct scan_record *found = &batch->records[index];
            struct raw_field fields[8];
            struct record record = {.field_count = found->field_count};
            bool whole = (found->flags & SCAN_EXACT) == 0;
            if (!whole) {
                cr_assert(
                    record_parse(input, batch->base + found->start, false, fields, 8, &record));
            }
            buffer_byte(&text, '|');
            buffer_text(&text, record.trouble != RECORD_SOUND ? "!" : "");
            for (size_t field = 0; field < record.field_count; field++) {
                size_t end = whole ? batch->base + batch->field_ends[found->first_field + field]
                                   : fields[field].end;
                buffer_number(&text, end);
                buffer_byte(&text, ' ');
            }
        }
    }
    scanner_close(&scanner);
    return buffer_view(&text);
}

/*
 * Put `tail` behind so many letters that it crosses every edge; `ends` are relative to the start of
 * the tail. Field ends are separated by zeros into records.
 */
static void expect_everywhere(const char *tail, const int *ends, size_t end_count)
{
    static const size_t sizes[] = {64, 128, 0};
    for (size_t pad = 0; pad <= 140; pad++) {
        char bytes[256];
        struct buffer want = {0};
        memset(bytes, 'x', sizeof bytes);
        memcpy(bytes + pad, tail, strlen(tail));
        buffer_byte(&want, '|');
        for (size_t index = 0; index < end_count; index++) {
            if (ends[index] < 0) {
                buffer_byte(&want, '|');
            } else {
                buffer_number(&want, pad + (size_t)ends[index]);
                buffer_byte(&want, ' ');
            }
        }
        for (int simd = MUSTER_SIMD_NONE; simd <= MUSTER_SIMD_AVX512; simd++) {
            for (size_t size = 0; size < 3; size++) {
                span got = places_of(span_make(bytes, pad + strlen(tail)), (enum muster_simd)simd,
                                     sizes[size]);
                cr_expect(eq(type(span), got, buffer_view(&want)), "%zu letters, simd %d", pad,
                          simd);
            }
        }
        buffer_close(&want);
    }
}

#define EXPECT_EVERYWHERE(tail, ...)                                                               \
    do {                                                                                           \
        static const int ends[] = {__VA_ARGS__};                                                   \
        expect_everywhere(tail, ends, sizeof ends / sizeof *ends);                                 \
    } while (false)

Test(engines_agree, a_quote_on_the_last_bit_keeps_its_carry)
{
    EXPECT_EVERYWHERE(",\"a,b\",c\nd\n", 0, 6, 8, -1, 10);
}

Test(engines_agree, a_closing_quote_on_the_last_bit_closes)
{
    EXPECT_EVERYWHERE(",\"\",\"\"\n,\"\"\n", 0, 3, 6, -1, 7, 10);
}

Test(engines_agree, a_doubled_quote_over_an_edge_is_one_quote)
{
    EXPECT_EVERYWHERE(",\"a\"\"b\",c\nd\n", 0, 7, 9, -1, 11);
    EXPECT_EVERYWHERE(",\"\"\"\"\"\",c\n", 0, 7, 9);
}

Test(engines_agree, a_crlf_within_quotes_over_an_edge_loses_no_byte)
{
    EXPECT_EVERYWHERE(",\"a\r\nb\",c\r\nd\r\n", 0, 7, 9, -1, 12);
}

Test(engines_agree, a_crlf_over_an_edge_is_one_line_end_and_no_error)
{
    EXPECT_EVERYWHERE(",a\r\n\"b\",c\r\nd\r\n", 0, 2, -1, 7, 9, -1, 12);
    EXPECT_EVERYWHERE(",\"a\"\r\n\"b\"\r\n", 0, 4, -1, 9);
}

Test(engines_agree, a_stray_quote_does_not_turn_the_rest_inside_out)
{
    for (size_t pad = 1; pad <= 140; pad++) {
        char bytes[256];
        memset(bytes, 'x', sizeof bytes);
        memcpy(bytes + pad, "\"y,z\nc,\"d,e\",f\n", 15);
        struct buffer want = {0};
        buffer_text(&want, "|!|");
        for (size_t end = 0; end < 3; end++) {
            static const size_t places[] = {6, 12, 14};
            buffer_number(&want, pad + places[end]);
            buffer_byte(&want, ' ');
        }
        for (int simd = MUSTER_SIMD_NONE; simd <= MUSTER_SIMD_AVX512; simd++) {
            cr_expect(eq(type(span),
                         places_of(span_make(bytes, pad + 15), (enum muster_simd)simd, 64),
                         buffer_view(&want)));
        }
        buffer_close(&want);
    }
}

Test(engines_agree, more_separators_behind_a_stray_quote_than_before_fit)
{
    /* Room was once measured by what a first pass had counted. */
    for (size_t before = 0; before < 130; before++) {
        char bytes[1024];
        memset(bytes, ',', sizeof bytes);
        bytes[before] = 'a';
        bytes[before + 1] = '"';
        readings_compare(span_make(bytes, sizeof bytes), true);
        memset(bytes + before + 2, '\n', sizeof bytes - before - 2);
        readings_compare(span_make(bytes, sizeof bytes), true);
    }
}
