/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "support.h"

/* Bytes in hexadecimal and how many of them are UTF-8, by table 3-7 of the Unicode standard. */
struct utf8_case {
    const char *bytes;
    size_t prefix;
};

static const struct utf8_case utf8_cases[] = {
    /* One byte. */
    {"00", 1},
    {"41", 1},
    {"7F", 1},
    /* The borders of what is allowed. */
    {"C280", 2},
    {"C2BF", 2},
    {"DF80", 2},
    {"DFBF", 2},
    {"E0A080", 3},
    {"E0A0BF", 3},
    {"E0BF80", 3},
    {"E0BFBF", 3},
    {"E18080", 3},
    {"E180BF", 3},
    {"E1BF80", 3},
    {"E1BFBF", 3},
    {"EC8080", 3},
    {"EC80BF", 3},
    {"ECBF80", 3},
    {"ECBFBF", 3},
    {"ED8080", 3},
    {"ED80BF", 3},
    {"ED9F80", 3},
    {"ED9FBF", 3},
    {"EE8080", 3},
    {"EE80BF", 3},
    {"EEBF80", 3},
    {"EEBFBF", 3},
    {"EF8080", 3},
    {"EF80BF", 3},
    {"EFBF80", 3},
    {"EFBFBF", 3},
    {"F0908080", 4},
    {"F090BFBF", 4},
    {"F0BF8080", 4},
    {"F0BFBFBF", 4},
    {"F1808080", 4},
    {"F180BFBF", 4},
    {"F1BF8080", 4},
    {"F1BFBFBF", 4},
    {"F3808080", 4},
    {"F380BFBF", 4},
    {"F3BF8080", 4},
    {"F3BFBFBF", 4},
    {"F4808080", 4},
    {"F480BFBF", 4},
    {"F48F8080", 4},
    {"F48FBFBF", 4},
    /* A second byte beyond the borders: overlong, surrogates, too high. */
    {"C27F", 0},
    {"C2C0", 0},
    {"DF7F", 0},
    {"DFC0", 0},
    {"E09F80", 0},
    {"E0C080", 0},
    {"E17F80", 0},
    {"E1C080", 0},
    {"EC7F80", 0},
    {"ECC080", 0},
    {"ED7F80", 0},
    {"EDA080", 0},
    {"EE7F80", 0},
    {"EEC080", 0},
    {"EF7F80", 0},
    {"EFC080", 0},
    {"F08F8080", 0},
    {"F0C08080", 0},
    {"F17F8080", 0},
    {"F1C08080", 0},
    {"F37F8080", 0},
    {"F3C08080", 0},
    {"F47F8080", 0},
    {"F4908080", 0},
    /* Cut at the end of the text. */
    {"C2", 0},
    {"E0", 0},
    {"E0A0", 0},
    {"E1", 0},
    {"E180", 0},
    {"ED", 0},
    {"ED80", 0},
    {"EE", 0},
    {"EE80", 0},
    {"F0", 0},
    {"F090", 0},
    {"F09080", 0},
    {"F1", 0},
    {"F180", 0},
    {"F18080", 0},
    {"F4", 0},
    {"F480", 0},
    {"F48080", 0},
    /* Cut by a letter. */
    {"C241", 0},
    {"E041", 0},
    {"E0A041", 0},
    {"E141", 0},
    {"E18041", 0},
    {"ED41", 0},
    {"ED8041", 0},
    {"EE41", 0},
    {"EE8041", 0},
    {"F041", 0},
    {"F09041", 0},
    {"F0908041", 0},
    {"F141", 0},
    {"F18041", 0},
    {"F1808041", 0},
    {"F441", 0},
    {"F48041", 0},
    {"F4808041", 0},
    /* A later byte that continues nothing. */
    {"E0A000", 0},
    {"E0A07F", 0},
    {"E0A0C0", 0},
    {"E18000", 0},
    {"E1807F", 0},
    {"E180C0", 0},
    {"ED8000", 0},
    {"ED807F", 0},
    {"ED80C0", 0},
    {"EE8000", 0},
    {"EE807F", 0},
    {"EE80C0", 0},
    {"F0900080", 0},
    {"F0907F80", 0},
    {"F090C080", 0},
    {"F0908000", 0},
    {"F090807F", 0},
    {"F09080C0", 0},
    {"F1800080", 0},
    {"F1807F80", 0},
    {"F180C080", 0},
    {"F1808000", 0},
    {"F180807F", 0},
    {"F18080C0", 0},
    {"F4800080", 0},
    {"F4807F80", 0},
    {"F480C080", 0},
    {"F4808000", 0},
    {"F480807F", 0},
    {"F48080C0", 0},
    /* Cut by another beginning. */
    {"C2C3A4", 0},
    {"E0C3A4", 0},
    {"E0A0C3A4", 0},
    {"E1C3A4", 0},
    {"E180C3A4", 0},
    {"EDC3A4", 0},
    {"ED80C3A4", 0},
    {"EEC3A4", 0},
    {"EE80C3A4", 0},
    {"F0C3A4", 0},
    {"F090C3A4", 0},
    {"F09080C3A4", 0},
    {"F1C3A4", 0},
    {"F180C3A4", 0},
    {"F18080C3A4", 0},
    {"F4C3A4", 0},
    {"F480C3A4", 0},
    {"F48080C3A4", 0},
    /* A continuation without a beginning. */
    {"80", 0},
    {"8F", 0},
    {"90", 0},
    {"9F", 0},
    {"A0", 0},
    {"BF", 0},
    /* Bytes that never occur. */
    {"C08080808080", 0},
    {"C18080808080", 0},
    {"F58080808080", 0},
    {"F68080808080", 0},
    {"F78080808080", 0},
    {"F88080808080", 0},
    {"FB8080808080", 0},
    {"FC8080808080", 0},
    {"FD8080808080", 0},
    {"FE8080808080", 0},
    {"FF8080808080", 0},
    /* Overlong. */
    {"C080", 0},
    {"C1BF", 0},
    {"E08080", 0},
    {"E09FBF", 0},
    {"F0808080", 0},
    {"F08FBFBF", 0},
    /* Surrogates, alone and in pairs. */
    {"EDA080", 0},
    {"EDADBF", 0},
    {"EDAE80", 0},
    {"EDAFBF", 0},
    {"EDB080", 0},
    {"EDBEBF", 0},
    {"EDBF80", 0},
    {"EDBFBF", 0},
    {"EDA080EDB080", 0},
    {"EDA0BDEDB880", 0},
    /* Above U+10FFFF and older forms. */
    {"F4908080", 0},
    {"F48FBFBF80", 4},
    {"F5808080", 0},
    {"F7BFBFBF", 0},
    {"F888808080", 0},
    {"FC8480808080", 0},
    /* Whole texts. */
    {"C3A4C3B6", 4},
    {"E282ACC2A2", 5},
    {"F09F9880", 4},
    {"EFBBBF41", 4},
    {"EFBFBE", 3},
    {"EFBFBF", 3},
    {"EFBFBD", 3},
    {"E2808BE2808D", 6},
    {"CEBAE1BDB9CF83CEBCCEB5", 11},
    /* Good, then bad. */
    {"41C3A4FF", 3},
    {"E282ACE282", 3},
    {"C3A480", 2},
    {"F09F988080", 4},
    {"EFBBBFFFFE", 3},
    {"41424344454647C3", 7},
    {"4142434445464748C3", 8},
    {"414243444546474849C3", 9},
    {"41424344454647C3A4FF", 9},
    {"4142434445464748C3A4FF", 10},
    {"4142434445464748FF4142434445464748", 8},
    {"41424344454647FF", 7},
    {"FF41424344454647", 0},
};

static size_t from_hex(const char *text, unsigned char *bytes)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t size = 0;
    for (; text[0] != '\0' && text[1] != '\0'; text += 2) {
        long high = strchr(digits, text[0]) - digits;
        long low = strchr(digits, text[1]) - digits;
        bytes[size++] = (unsigned char)(high << 4 | low);
    }
    return size;
}

Test(text, utf8_ends_where_table_3_7_says)
{
    cr_assert(eq(sz, sizeof utf8_cases / sizeof *utf8_cases, 216));
    for (size_t index = 0; index < 216; index++) {
        unsigned char bytes[64];
        size_t size = from_hex(utf8_cases[index].bytes, bytes);
        cr_expect(eq(sz, text_utf8_prefix(span_make(bytes, size)), utf8_cases[index].prefix), "%s",
                  utf8_cases[index].bytes);
    }
}

Test(text, utf8_is_the_same_behind_any_number_of_letters)
{
    for (size_t index = 0; index < 216; index++) {
        for (size_t before = 0; before < 20; before++) {
            unsigned char bytes[96];
            memset(bytes, 'x', sizeof bytes);
            size_t size = from_hex(utf8_cases[index].bytes, bytes + before);
            struct guarded guarded;
            guarded_open(&guarded, bytes, before + size);
            cr_expect(
                eq(sz, text_utf8_prefix(guarded_span(&guarded)), before + utf8_cases[index].prefix),
                "%s behind %zu letters", utf8_cases[index].bytes, before);
            guarded_close(&guarded);
        }
    }
}

/* The definition: the shortest form of a code point that is no surrogate and exists. */
static size_t sequence_by_definition(const unsigned char *bytes, size_t left)
{
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = bytes[0] < 0x80             ? 1
                  : (bytes[0] & 0xE0) == 0xC0 ? 2
                  : (bytes[0] & 0xF0) == 0xE0 ? 3
                  : (bytes[0] & 0xF8) == 0xF0 ? 4
                                              : 0;
    if (size == 0 || size > left) {
        return 0;
    }
    uint32_t point = size == 1 ? bytes[0] : (uint32_t)bytes[0] & (0x7FU >> size);
    for (size_t index = 1; index < size; index++) {
        if ((bytes[index] & 0xC0) != 0x80) {
            return 0;
        }
        point = point << 6 | (bytes[index] & 0x3FU);
    }
    bool exists = point >= lowest[size] && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
    return exists ? size : 0;
}

static size_t prefix_by_definition(const unsigned char *bytes, size_t size)
{
    size_t at = 0;
    while (at < size) {
        size_t step = sequence_by_definition(bytes + at, size - at);
        if (step == 0) {
            return at;
        }
        at += step;
    }
    return at;
}

Test(text, utf8_of_every_three_bytes_agrees_with_the_definition, .timeout = 120)
{
    for (uint32_t number = 0; number < 1U << 24; number++) {
        unsigned char bytes[3] = {(unsigned char)(number >> 16), (unsigned char)(number >> 8),
                                  (unsigned char)number};
        size_t got = text_utf8_prefix(span_make(bytes, 3));
        if (got != prefix_by_definition(bytes, 3)) {
            cr_fail("%06X: %zu", number, got);
        }
    }
}

Test(text, utf8_of_every_four_bytes_of_a_long_sequence_agrees_with_the_definition, .timeout = 120)
{
    static const unsigned char last[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0xBF, 0xC0, 0xFF};
    for (unsigned first = 0xE0; first < 0x100; first++) {
        for (uint32_t number = 0; number < 1U << 19; number++) {
            unsigned char bytes[4] = {(unsigned char)first, (unsigned char)(number >> 11),
                                      (unsigned char)(number >> 3), last[number & 7]};
            size_t got = text_utf8_prefix(span_make(bytes, 4));
            if (got != prefix_by_definition(bytes, 4)) {
                cr_fail("%02X%02X%02X%02X: %zu", bytes[0], bytes[1], bytes[2], bytes[3], got);
            }
        }
    }
}

Test(text, utf8_of_random_bytes_agrees_with_the_definition)
{
    /* Bytes that make long sequences likely. */
    static const unsigned char likely[] = {'a',  0x7F, 0x80, 0x9F, 0xA0, 0xBF, 0xC2, 0xC3,
                                           0xE0, 0xE2, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5};
    uint64_t state = 3;
    for (int round = 0; round < 300000; round++) {
        unsigned char bytes[40];
        size_t size = random_below(&state, sizeof bytes);
        for (size_t index = 0; index < size; index++) {
            bytes[index] = likely[random_below(&state, 16)];
        }
        cr_assert(
            eq(sz, text_utf8_prefix(span_make(bytes, size)), prefix_by_definition(bytes, size)));
    }
}

Test(text, length_counts_code_points)
{
    cr_expect(eq(sz, text_length(SPAN("")), 0));
    cr_expect(eq(sz, text_length(SPAN("abc")), 3));
    cr_expect(eq(sz, text_length(SPAN("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80")), 3));
    cr_expect(eq(sz, text_length(SPAN("e\xCC\x81")), 2), "a combining accent is one of its own");
}

/* U+0001 to U+001F but TAB, CR and LF; U+007F; U+0080 to U+009F. */
static bool is_control(uint32_t point)
{
    return (point >= 0x01 && point <= 0x1F && point != 0x09 && point != 0x0A && point != 0x0D) ||
           (point >= 0x7F && point <= 0x9F);
}

Test(text, control_characters_are_those_of_the_rule)
{
    for (uint32_t point = 0; point < 0x800; point++) {
        char text[8] = "ab";
        size_t size = 2;
        if (point >= 0x80) {
            text[size++] = (char)(0xC0 | point >> 6);
        }
        text[size++] = (char)(point >= 0x80 ? 0x80 | (point & 0x3F) : point);
        text[size++] = 'c';
        cr_expect(eq(int, text_control(span_make(text, size)), is_control(point) ? point : 0),
                  "U+%04X", point);
        cr_expect(eq(int, text_control(span_make(text + 2, size - 3)) != 0, is_control(point)),
                  "U+%04X alone", point);
    }
}

Test(text, the_second_byte_of_another_character_is_no_control)
{
    /* U+0680 is DA 80, U+2085 is E2 82 85: their last bytes are those of U+0080 and U+0085. */
    cr_expect(eq(u32, text_control(SPAN("\xDA\x80")), 0));
    cr_expect(eq(u32, text_control(SPAN("\xE2\x82\x85")), 0));
    cr_expect(eq(u32, text_control(SPAN("\xC2")), 0), "cut, so no character at all");
}
