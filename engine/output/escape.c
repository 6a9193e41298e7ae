/* SPDX-License-Identifier: MIT */
#include "output/escape.h"

#include <string.h>

#define HIGH_BITS 0x8080808080808080ULL
#define LOW_BITS  0x0101010101010101ULL

/* Input bytes that are escaped between two reservations of memory. */
#define BLOCK_SIZE 4096
/* What one input byte can become: \u00XX. */
#define JSON_GROWTH 6
/* A sequence that begins in a block may end behind it. */
#define SEQUENCE_SIZE_MAX 4
/* Marks that take no column can be piled up without end. */
#define SHOWN_SIZE_MAX(columns) (16 * (columns))

static const char hex_digits[] = "0123456789abcdef";

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* The size that a lead byte announces, its payload and the least code point it may stand for. */
static size_t lead_read(unsigned char lead, uint32_t *code_point, uint32_t *least)
{
    if (lead >= 0xC2 && lead <= 0xDF) {
        *code_point = lead & 0x1FU;
        *least = 0x80;
        return 2;
    }
    if (lead >= 0xE0 && lead <= 0xEF) {
        *code_point = lead & 0x0FU;
        *least = 0x800;
        return 3;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        *code_point = lead & 0x07U;
        *least = 0x10000;
        return 4;
    }
    return 0;
}

size_t utf8_decode(span text, uint32_t *code_point)
{
    if (text.len == 0) {
        return 0;
    }
    unsigned char lead = (unsigned char)text.ptr[0];
    if (lead < 0x80) {
        *code_point = lead;
        return 1;
    }
    uint32_t value = 0;
    uint32_t least = 0;
    size_t size = lead_read(lead, &value, &least);
    if (size == 0 || size > text.len) {
        return 0;
    }
    for (size_t index = 1; index < size; index++) {
        if (!is_continuation(text.ptr[index])) {
            return 0;
        }
        value = value << 6 | ((unsigned char)text.ptr[index] & 0x3FU);
    }
    if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
        return 0;
    }
    *code_point = value;
    return size;
}

/*
 * Characters that do something to a screen instead of standing on it: controls, and what reorders
 * text or is invisible though it separates. The joiners U+200C and U+200D stay, because names in
 * several scripts need them. tools/terminal.c has the same list.
 */
static bool misleads(uint32_t code_point)
{
    if (code_point < 0xA0) {
        return code_point < 0x20 || code_point >= 0x7F;
    }
    return code_point == 0x61C || code_point == 0x200B || code_point == 0x200E ||
           code_point == 0x200F || (code_point >= 0x2028 && code_point <= 0x202E) ||
           (code_point >= 0x2060 && code_point <= 0x206F) || code_point == 0xFEFF ||
           (code_point >= 0xFFF9 && code_point <= 0xFFFB) ||
           (code_point >= 0xE0000 && code_point <= 0xE007F);
}

/* Nonzero high bits mark the bytes of `word` that equal `byte`; exact up to the first of them. */
static uint64_t marks_equal(uint64_t word, unsigned char byte)
{
    uint64_t difference = word ^ (LOW_BITS * byte);
    return (difference - LOW_BITS) & ~difference & HIGH_BITS;
}

/* How many bytes from the start are printable ASCII and none of two, which may be 0. */
static inline size_t plain_size(const char *ptr, size_t len, unsigned char one, unsigned char other)
{
    size_t at = 0;
    while (len - at >= sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, ptr + at, sizeof word);
        uint64_t below_space = (word - LOW_BITS * 0x20) & ~word & HIGH_BITS;
        if ((below_space | (word & HIGH_BITS) | marks_equal(word, one) | marks_equal(word, other) |
             marks_equal(word, 0x7F)) != 0) {
            break;
        }
        at += sizeof word;
    }
    while (at < len) {
        unsigned char byte = (unsigned char)ptr[at];
        if (byte < 0x20 || byte >= 0x7F || byte == one || byte == other) {
            break;
        }
        at++;
    }
    return at;
}

/* Those that stand in a JSON string as they are. */
static size_t clean_size(const char *ptr, size_t len)
{
    return plain_size(ptr, len, '"', '\\');
}

/* Those that a terminal shows as they are, in a column each. */
static size_t printable_size(const char *ptr, size_t len)
{
    return plain_size(ptr, len, 0, 0);
}

/* Write \uXXXX for one UTF-16 unit; returns behind it. */
static char *unit_write(char *out, uint32_t unit)
{
    *out++ = '\\';
    *out++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4) {
        *out++ = hex_digits[unit >> shift & 0xF];
    }
    return out;
}

static char *json_control_write(char *out, unsigned char byte)
{
    static const char short_forms[] = "btn\0fr"; /* U+0008 to U+000D; U+000B has none */
    if (byte == '"' || byte == '\\') {
        *out++ = '\\';
        *out++ = (char)byte;
        return out;
    }
    if (byte >= 0x08 && byte <= 0x0D && byte != 0x0B) {
        *out++ = '\\';
        *out++ = short_forms[byte - 0x08];
        return out;
    }
    return unit_write(out, byte);
}

/* Write the character at the start of `text`, which is none of the clean ones. */
static char *json_special_write(char *out, span text, size_t *size)
{
    uint32_t code_point = 0;
    *size = utf8_decode(text, &code_point);
    if (*size == 0) {
        *size = 1;
        /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): bytes, not a string */
        memcpy(out, "\xEF\xBF\xBD", 3);
        return out + 3;
    }
    if (*size == 1) {
        return json_control_write(out, (unsigned char)code_point);
    }
    if (!misleads(code_point)) {
        memcpy(out, text.ptr, *size);
        return out + *size;
    }
    if (code_point < 0x10000) {
        return unit_write(out, code_point);
    }
    out = unit_write(out, 0xD800 + ((code_point - 0x10000) >> 10));
    return unit_write(out, 0xDC00 + ((code_point - 0x10000) & 0x3FF));
}

void escape_json(struct buffer *out, span text)
{
    size_t at = 0;
    while (at < text.len) {
        size_t left = text.len - at;
        size_t end = at + (left < BLOCK_SIZE ? left : BLOCK_SIZE);
        char *room = buffer_reserve(out, (end - at + SEQUENCE_SIZE_MAX) * JSON_GROWTH);
        if (room == NULL) {
            return;
        }
        char *next = room;
        while (at < end) {
            size_t size = clean_size(text.ptr + at, end - at);
            memcpy(next, text.ptr + at, size);
            next += size;
            at += size;
            if (at < end) {
                next = json_special_write(next, span_make(text.ptr + at, text.len - at), &size);
                at += size;
            }
        }
        out->size += (size_t)(next - room);
    }
}

void escape_json_value(struct buffer *out, span text)
{
    if (text.ptr == NULL) {
        buffer_append(out, "null", 4);
        return;
    }
    buffer_byte(out, '"');
    escape_json(out, text);
    buffer_byte(out, '"');
}

/* Code points that take two columns in a terminal's font, roughly: East Asian and emoji. */
static bool is_wide(uint32_t code_point)
{
    return (code_point >= 0x1100 && code_point <= 0x115F) ||
           (code_point >= 0x2E80 && code_point <= 0xA4CF && code_point != 0x303F) ||
           (code_point >= 0xAC00 && code_point <= 0xD7A3) ||
           (code_point >= 0xF900 && code_point <= 0xFAFF) ||
           (code_point >= 0xFE30 && code_point <= 0xFE6F) ||
           (code_point >= 0xFF01 && code_point <= 0xFF60) ||
           (code_point >= 0xFFE0 && code_point <= 0xFFE6) ||
           (code_point >= 0x1F300 && code_point <= 0x1F64F) ||
           (code_point >= 0x1F900 && code_point <= 0x1F9FF) ||
           (code_point >= 0x20000 && code_point <= 0x3FFFD);
}

/* Code points that stand on the one before: combining marks, joiners, variation selectors. */
static bool takes_no_column(uint32_t code_point)
{
    return (code_point >= 0x300 && code_point <= 0x36F) ||
           (code_point >= 0x1AB0 && code_point <= 0x1AFF) ||
           (code_point >= 0x1DC0 && code_point <= 0x1DFF) ||
           (code_point >= 0x20D0 && code_point <= 0x20FF) || code_point == 0x200C ||
           code_point == 0x200D || (code_point >= 0xFE00 && code_point <= 0xFE0F) ||
           (code_point >= 0xFE20 && code_point <= 0xFE2F);
}

static size_t code_point_columns(uint32_t code_point)
{
    return is_wide(code_point) ? 2 : takes_no_column(code_point) ? 0 : 1;
}

size_t text_columns(span text)
{
    size_t columns = 0;
    size_t at = 0;
    while (at < text.len) {
        uint32_t code_point = 0;
        size_t plain = printable_size(text.ptr + at, text.len - at);
        columns += plain;
        at += plain;
        if (at == text.len) {
            break;
        }
        size_t size = utf8_decode(span_make(text.ptr + at, text.len - at), &code_point);
        columns += size == 0 ? 1 : code_point_columns(code_point);
        at += size == 0 ? 1 : size;
    }
    return columns;
}

/* One character as a terminal may see it. */
struct shown {
    char bytes[16];
    size_t size;
    size_t columns;
};

static void shown_hex(struct shown *shown, uint32_t number, int digits)
{
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
        shown->bytes[shown->size++] = hex_digits[number >> shift & 0xF];
    }
}

/* Show the character at the start of `text`; returns its size there. */
static size_t shown_make(struct shown *shown, span text)
{
    uint32_t code_point = 0;
    size_t size = utf8_decode(text, &code_point);
    shown->size = 0;
    if (size != 0 && !misleads(code_point)) {
        memcpy(shown->bytes, text.ptr, size);
        shown->size = size;
        shown->columns = code_point_columns(code_point);
        return size;
    }
    shown->bytes[shown->size++] = '\\';
    if (size <= 1) {
        shown->bytes[shown->size++] = 'x';
        shown_hex(shown, (unsigned char)text.ptr[0], 2);
    } else {
        shown->bytes[shown->size++] = 'u';
        shown->bytes[shown->size++] = '{';
        shown_hex(shown, code_point, code_point < 0x100 ? 2 : code_point < 0x10000 ? 4 : 5);
        shown->bytes[shown->size++] = '}';
    }
    shown->columns = shown->size;
    return size == 0 ? 1 : size;
}

void escape_terminal(struct buffer *out, span text)
{
    size_t at = 0;
    while (at < text.len) {
        struct shown shown;
        size_t plain = printable_size(text.ptr + at, text.len - at);
        buffer_append(out, text.ptr + at, plain);
        at += plain;
        if (at < text.len) {
            at += shown_make(&shown, span_make(text.ptr + at, text.len - at));
            buffer_append(out, shown.bytes, shown.size);
        }
    }
}

void escape_terminal_short(struct buffer *out, span text, size_t columns)
{
    size_t at = 0;
    size_t used = 0;
    size_t fitting = out->size; /* as far as an ellipsis still fits behind it */
    while (at < text.len) {
        struct shown shown;
        /* At once what leaves a column for the ellipsis. */
        size_t room = used < columns ? columns - used - 1 : 0;
        size_t left = text.len < SHOWN_SIZE_MAX(columns) ? text.len : SHOWN_SIZE_MAX(columns);
        left = left > at ? left - at : 0;
        size_t plain = printable_size(text.ptr + at, left < room ? left : room);
        if (plain > 0) {
            buffer_append(out, text.ptr + at, plain);
            used += plain;
            fitting = out->size;
            at += plain;
            continue;
        }
        at += shown_make(&shown, span_make(text.ptr + at, text.len - at));
        if (used + shown.columns > columns || at > SHOWN_SIZE_MAX(columns)) {
            out->size = out->exhausted ? out->size : fitting;
            buffer_text(out, "\xE2\x80\xA6");
            return;
        }
        buffer_append(out, shown.bytes, shown.size);
        used += shown.columns;
        if (used < columns) {
            fitting = out->size;
        }
    }
}
