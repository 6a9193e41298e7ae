/* SPDX-License-Identifier: MIT */
#include "output/escape.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

#define BYTES(literal) span_make("" literal, sizeof(literal) - 1)

/* Criterion compares strings that may be changed; these are not. */
static char *literal(const char *text)
{
    return (char *)text;
}

/* What `escape` makes of `text`, terminated; lives until the next call. */
static char *made_by(void (*escape)(struct buffer *, span), span text)
{
    static struct buffer out;
    buffer_clear(&out);
    escape(&out, text);
    buffer_append(&out, "", 1);
    cr_assert(not(out.exhausted));
    cr_assert(eq(sz, strlen(out.bytes), out.size - 1)); /* no escaper writes a NUL */
    return out.bytes;
}

static char *json(span text)
{
    return made_by(escape_json, text);
}

static char *terminal(span text)
{
    return made_by(escape_terminal, text);
}

static char *shortened(span text, size_t columns)
{
    static struct buffer out;
    buffer_clear(&out);
    escape_terminal_short(&out, text, columns);
    buffer_append(&out, "", 1);
    return out.bytes;
}

static size_t decoded(span text, uint32_t *code_point)
{
    *code_point = 0;
    return utf8_decode(text, code_point);
}

Test(escape, decodes_sequences_of_every_size)
{
    uint32_t code_point;
    cr_expect(eq(sz, decoded(BYTES("A"), &code_point), 1));
    cr_expect(eq(u32, code_point, 0x41));
    cr_expect(eq(sz, decoded(BYTES("\xC3\xA9"), &code_point), 2));
    cr_expect(eq(u32, code_point, 0xE9));
    cr_expect(eq(sz, decoded(BYTES("\xE2\x82\xAC"), &code_point), 3));
    cr_expect(eq(u32, code_point, 0x20AC));
    cr_expect(eq(sz, decoded(BYTES("\xF0\x9F\x98\x80"), &code_point), 4));
    cr_expect(eq(u32, code_point, 0x1F600));
    cr_expect(eq(sz, decoded(BYTES("\xF4\x8F\xBF\xBF"), &code_point), 4));
    cr_expect(eq(u32, code_point, 0x10FFFF));
}

Test(escape, refuses_what_is_not_well_formed)
{
    uint32_t code_point;
    const span bad[] = {
        BYTES(""),                 /* nothing */
        BYTES("\x80"),             /* a continuation by itself */
        BYTES("\xC0\x80"),         /* an overlong NUL */
        BYTES("\xC1\xBF"),         /* an overlong DEL */
        BYTES("\xE0\x9F\xBF"),     /* overlong in three bytes */
        BYTES("\xF0\x8F\xBF\xBF"), /* overlong in four bytes */
        BYTES("\xED\xA0\x80"),     /* a surrogate */
        BYTES("\xF4\x90\x80\x80"), /* beyond U+10FFFF */
        BYTES("\xF5\x80\x80\x80"), /* no lead byte */
        BYTES("\xE2\x82"),         /* cut off */
        BYTES("\xC3("),            /* not continued */
    };
    for (size_t index = 0; index < sizeof bad / sizeof bad[0]; index++) {
        cr_expect(eq(sz, decoded(bad[index], &code_point), 0), "sequence %zu", index);
    }
}

Test(escape, leaves_ordinary_text_alone_in_json)
{
    cr_expect(
        eq(str, json(BYTES("Ann Lee, 12 / 3 <b> & 'x'")), literal("Ann Lee, 12 / 3 <b> & 'x'")));
    cr_expect(eq(str, json(BYTES("Ren\xC3\xA9 \xE6\x9D\x8E \xF0\x9F\x98\x80")),
                 literal("Ren\xC3\xA9 \xE6\x9D\x8E \xF0\x9F\x98\x80")));
}

Test(escape, escapes_what_json_demands)
{
    cr_expect(eq(str, json(BYTES("a\"b\\c")), literal("a\\\"b\\\\c")));
    cr_expect(eq(str, json(BYTES("\b\t\n\f\r")), literal("\\b\\t\\n\\f\\r")));
    cr_expect(
        eq(str, json(BYTES("\0\x01\x0B\x1B\x1F")), literal("\\u0000\\u0001\\u000b\\u001b\\u001f")));
}

Test(escape, escapes_in_json_what_could_mislead_a_terminal)
{
    cr_expect(eq(str, json(BYTES("\x7F")), literal("\\u007f")));
    cr_expect(eq(str, json(BYTES("\xC2\x9B")), literal("\\u009b")), "C1 as UTF-8");
    cr_expect(eq(str, json(BYTES("\xC2\xA0")), literal("\xC2\xA0")), "the first that is no C1");
    cr_expect(eq(str, json(BYTES("\xE2\x80\xA8\xE2\x80\xA9")), literal("\\u2028\\u2029")));
    cr_expect(eq(str, json(BYTES("\xE2\x80\xAE")), literal("\\u202e")), "right-to-left override");
    cr_expect(eq(str, json(BYTES("\xF3\xA0\x80\x81")), literal("\\udb40\\udc01")), "a tag");
}

Test(escape, shows_each_bad_byte_as_one_replacement)
{
    cr_expect(eq(str, json(BYTES("Ren\xE9")), literal("Ren\xEF\xBF\xBD")));
    cr_expect(eq(str, json(BYTES("\xE2\x82x")), literal("\xEF\xBF\xBD\xEF\xBF\xBDx")));
    cr_expect(
        eq(str, json(BYTES("\xED\xA0\x80")), literal("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD")));
}

Test(escape, finds_every_special_byte_at_every_place_of_a_long_text)
{
    /* Clean stretches are taken eight bytes at a time: no place within them may be missed. */
    static const struct {
        char byte;
        const char *made;
    } specials[] = {{'"', "\\\""},       {'\\', "\\\\"},    {'\n', "\\n"},
                    {'\x7F', "\\u007f"}, {'\0', "\\u0000"}, {'\xFF', "\xEF\xBF\xBD"}};
    for (size_t special = 0; special < sizeof specials / sizeof specials[0]; special++) {
        for (size_t at = 0; at < 40; at++) {
            char text[40];
            char expected[128];
            memset(text, '~', sizeof text);
            text[at] = specials[special].byte;
            snprintf(expected, sizeof expected, "%.*s%s%.*s", (int)at,
                     "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~", specials[special].made,
                     (int)(39 - at), "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~");
            cr_expect(eq(str, json(span_make(text, sizeof text)), expected));
        }
    }
}

Test(escape, keeps_a_character_that_lies_across_a_block)
{
    /* Blocks end every 4,096 bytes; the sequence begins one to three bytes before. */
    for (size_t before = 1; before <= 3; before++) {
        size_t size = 5000;
        char *text = malloc(size);
        cr_assert(ne(ptr, text, NULL));
        memset(text, 'x', size);
        memcpy(text + 4096 - before, "\xF0\x9F\x98\x80", 4);
        const char *made = json(span_make(text, size));
        cr_expect(eq(sz, strlen(made), size));
        cr_expect(eq(int, memcmp(made, text, size), 0));
        free(text);
    }
}

Test(escape, gives_null_for_what_is_absent)
{
    cr_expect(eq(str, made_by(escape_json_value, SPAN_NONE), literal("null")));
    cr_expect(eq(str, made_by(escape_json_value, BYTES("")), literal("\"\"")));
    cr_expect(eq(str, made_by(escape_json_value, BYTES("a")), literal("\"a\"")));
}

Test(escape, takes_the_teeth_out_of_terminal_sequences)
{
    cr_expect(eq(str, terminal(BYTES("\x1B[31mred\a")), literal("\\x1b[31mred\\x07")));
    cr_expect(eq(str, terminal(BYTES("a\r\n\tb\x7F")), literal("a\\x0d\\x0a\\x09b\\x7f")));
    cr_expect(eq(str,
                 terminal(BYTES("\xC2\x9B"
                                "2J")),
                 literal("\\u{9b}2J")),
              "C1 as UTF-8");
    cr_expect(eq(str,
                 terminal(BYTES("\x9B"
                                "2J")),
                 literal("\\x9b2J")),
              "C1 as a byte");
    cr_expect(eq(str,
                 terminal(BYTES("\xE2\x80\xAE"
                                "gpj.exe")),
                 literal("\\u{202e}gpj.exe")));
    cr_expect(eq(str, terminal(BYTES("\xE2\x81\xA6")), literal("\\u{2066}")));
    cr_expect(eq(str, terminal(BYTES("\xF3\xA0\x81\x81")), literal("\\u{e0041}")));
}

Test(escape, leaves_every_script_alone_on_a_terminal)
{
    cr_expect(eq(str, terminal(BYTES("Ren\xC3\xA9 \xD8\xA7 \xE6\x9D\x8E")),
                 literal("Ren\xC3\xA9 \xD8\xA7 \xE6\x9D\x8E")));
    cr_expect(eq(str, terminal(BYTES("\xE2\x80\x8C")), literal("\xE2\x80\x8C")),
              "names in Persian need the non-joiner");
}

Test(escape, shortens_to_columns_and_says_so)
{
    cr_expect(eq(str, shortened(BYTES("abcdef"), 6), literal("abcdef")));
    cr_expect(eq(str, shortened(BYTES("abcdefg"), 6), literal("abcde\xE2\x80\xA6")));
    cr_expect(eq(str, shortened(BYTES(""), 6), literal("")));
    cr_expect(eq(str, shortened(BYTES("\xE6\x9D\x8E\xE6\x9D\x8E\xE6\x9D\x8E"), 6),
                 literal("\xE6\x9D\x8E\xE6\x9D\x8E\xE6\x9D\x8E")),
              "each of them is two columns wide");
    cr_expect(eq(str, shortened(BYTES("\xE6\x9D\x8E\xE6\x9D\x8E\xE6\x9D\x8E"), 5),
                 literal("\xE6\x9D\x8E\xE6\x9D\x8E\xE2\x80\xA6")));
    cr_expect(eq(str,
                 shortened(BYTES("abc\x1B"
                                 "def"),
                           5),
                 literal("abc\xE2\x80\xA6")),
              "an escape is shown whole or not at all");
}

Test(escape, does_not_show_marks_without_end)
{
    size_t count = 100000;
    char *text = malloc(2 * count);
    cr_assert(ne(ptr, text, NULL));
    for (size_t index = 0; index < count; index++) {
        memcpy(text + 2 * index, "\xCC\x81", 2); /* a combining accent takes no column */
    }
    cr_expect(lt(sz, strlen(shortened(span_make(text, 2 * count), 40)), 2000));
    free(text);
}

Test(escape, counts_columns)
{
    cr_expect(eq(sz, text_columns(BYTES("abc")), 3));
    cr_expect(eq(sz, text_columns(BYTES("\xE6\x9D\x8E")), 2));
    cr_expect(eq(sz, text_columns(BYTES("e\xCC\x81")), 1));
    cr_expect(eq(sz, text_columns(BYTES("")), 0));
}

/* The UTF-8 of a code point, by the table of RFC 3629. */
static span encoded(char bytes[4], uint32_t point)
{
    if (point < 0x80) {
        bytes[0] = (char)point;
        return span_make(bytes, 1);
    }
    size_t size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t index = size; index-- > 1; point >>= 6) {
        bytes[index] = (char)(0x80 | (point & 0x3F));
    }
    bytes[0] = (char)(marks[size] | point);
    return span_make(bytes, size);
}

Test(escape, decodes_every_code_point_and_no_surrogate)
{
    for (uint32_t point = 0; point < 0x110000; point++) {
        char bytes[4];
        uint32_t found = UINT32_MAX;
        span text = encoded(bytes, point);
        size_t size = utf8_decode(text, &found);
        if (point >= 0xD800 && point <= 0xDFFF) {
            cr_assert(eq(sz, size, 0), "%x", point);
        } else {
            cr_assert(eq(sz, size, text.len), "%x", point);
            cr_assert(eq(u32, found, point));
        }
    }
}

/* Ranges whose ends, and whose neighbours, are looked at. */
struct range {
    uint32_t first;
    uint32_t last;
    size_t columns;
};

Test(escape, misleading_characters_are_just_these)
{
    static const struct range ranges[] = {
        {0x00, 0x1F, 0},     {0x7F, 0x9F, 0},       {0x61C, 0x61C, 0},   {0x200B, 0x200B, 0},
        {0x200E, 0x200F, 0}, {0x2028, 0x202E, 0},   {0x2060, 0x206F, 0}, {0xFEFF, 0xFEFF, 0},
        {0xFFF9, 0xFFFB, 0}, {0xE0000, 0xE007F, 0},
    };
    for (size_t index = 0; index < sizeof ranges / sizeof *ranges; index++) {
        const struct range *range = &ranges[index];
        char bytes[4];
        for (uint32_t point = range->first; point <= range->last; point++) {
            char want[16];
            snprintf(want, sizeof want,
                     point < 0x80    ? "\\x%02x"
                     : point < 0x100 ? "\\u{%02x}"
                                     : "\\u{%04x}",
                     point);
            cr_expect(eq(str, terminal(encoded(bytes, point)), want));
        }
        uint32_t behind = range->last + 1;
        span text = encoded(bytes, behind);
        cr_expect(eq(sz, strlen(terminal(text)), text.len), "%x", behind);
        if (range->first > 0) {
            text = encoded(bytes, range->first - 1);
            cr_expect(eq(sz, strlen(terminal(text)), text.len), "before %x", range->first);
        }
    }
}

Test(escape, hidden_characters_beyond_the_first_plane_are_pairs_in_json)
{
    cr_expect(eq(str, json(BYTES("\xF3\xA0\x80\x80")), literal("\\udb40\\udc00")));
    cr_expect(eq(str, json(BYTES("\xF3\xA0\x81\xBF")), literal("\\udb40\\udc7f")));
}

/* East Asian and emoji are two columns wide, marks none; the ends are those of Unicode's blocks. */
Test(escape, columns_change_at_the_ends_of_blocks)
{
    static const struct range ranges[] = {
        {0x1100, 0x115F, 2},   {0x2E80, 0x303E, 2},   {0x3040, 0xA4CF, 2},   {0xAC00, 0xD7A3, 2},
        {0xF900, 0xFAFF, 2},   {0xFE30, 0xFE6F, 2},   {0xFF01, 0xFF60, 2},   {0xFFE0, 0xFFE6, 2},
        {0x1F300, 0x1F64F, 2}, {0x1F900, 0x1F9FF, 2}, {0x20000, 0x3FFFD, 2}, {0x300, 0x36F, 0},
        {0x1AB0, 0x1AFF, 0},   {0x1DC0, 0x1DFF, 0},   {0x20D0, 0x20FF, 0},   {0x200C, 0x200D, 0},
        {0xFE00, 0xFE0F, 0},   {0xFE20, 0xFE2F, 0},
    };
    for (size_t index = 0; index < sizeof ranges / sizeof *ranges; index++) {
        const struct range *range = &ranges[index];
        char bytes[4];
        cr_expect(eq(sz, text_columns(encoded(bytes, range->first)), range->columns));
        cr_expect(eq(sz, text_columns(encoded(bytes, range->last)), range->columns));
        cr_expect(ne(sz, text_columns(encoded(bytes, range->first - 1)), range->columns), "%x",
                  range->first);
        cr_expect(ne(sz, text_columns(encoded(bytes, range->last + 1)), range->columns), "%x",
                  range->last);
    }
    char bytes[4];
    cr_expect(eq(sz, text_columns(encoded(bytes, 0x303F)), 1), "half a space");
    cr_expect(eq(sz, text_columns(BYTES("a\xFF\xFE")), 3), "a byte that is no character");
}

Test(escape, looks_at_no_byte_behind_a_cut_character)
{
    static const char *const cuts[] = {"\xC3", "\xE2", "\xE2\x82", "\xF0\x9F\x98"};
    for (size_t index = 0; index < sizeof cuts / sizeof cuts[0]; index++) {
        char text[16];
        struct buffer out = {0};
        struct guarded guarded;
        (void)snprintf(text, sizeof text, "abc%s", cuts[index]);
        guarded_open(&guarded, text, strlen(text));
        cr_expect(eq(sz, text_columns(guarded_span(&guarded)), strlen(text)));
        escape_terminal_short(&out, guarded_span(&guarded), 40);
        cr_expect(eq(sz, out.size, 3 + 4 * strlen(cuts[index])));
        escape_json(&out, guarded_span(&guarded));
        escape_terminal(&out, guarded_span(&guarded));
        guarded_close(&guarded);
        buffer_close(&out);
    }
}

/* Of characters that take a column each: as many as fit, or one less and an ellipsis. */
Test(escape, a_short_text_is_cut_at_the_same_column_whatever_it_is_made_of)
{
    for (unsigned count = 0; count <= 40; count++) {
        for (unsigned accent = 0; accent <= count; accent++) {
            struct buffer text = {0};
            size_t ends[42] = {0};
            for (unsigned at = 0; at < count; at++) {
                buffer_text(&text, at == accent ? "\xC3\xA9" : at % 5 == 0 ? "\\" : "\"");
                ends[at + 1] = text.size;
            }
            for (unsigned columns = 1; columns <= 40; columns++) {
                struct buffer out = {0};
                struct buffer want = {0};
                size_t shown = count <= columns ? count : columns - 1;
                escape_terminal_short(&out, buffer_view(&text), columns);
                buffer_append(&want, text.bytes, ends[shown]);
                buffer_text(&want, count <= columns ? "" : "\xE2\x80\xA6");
                cr_assert(eq(type(span), buffer_view(&out), buffer_view(&want)),
                          "%u characters in %u columns", count, columns);
                buffer_close(&out);
                buffer_close(&want);
            }
            cr_assert(eq(sz, text_columns(buffer_view(&text)), count));
            buffer_close(&text);
        }
    }
}
