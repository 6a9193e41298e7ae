/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Behind the bytes below 0x80, eight at a time. */
static size_t skip_ascii(span text, size_t at)
{
    while (at + sizeof(uint64_t) <= text.len) {
        uint64_t word;
        memcpy(&word, text.ptr + at, sizeof word);
        if ((word & HIGH_BITS) != 0) {
            break;
        }
        at += sizeof word;
    }
    while (at < text.len && (unsigned char)text.ptr[at] < 0x80) {
        at++;
    }
    return at;
}

/* The size of the sequence at `at`, whose first byte is above 0x7F; 0 where it is none. */
static size_t sequence_size(span text, size_t at)
{
    const unsigned char *bytes = (const unsigned char *)text.ptr + at;
    size_t left = text.len - at;
    unsigned char first = bytes[0];
    if (first >= 0xC2 && first <= 0xDF) {
        return left >= 2 && (bytes[1] & 0xC0) == 0x80 ? 2 : 0;
    }
    if (first >= 0xE0 && first <= 0xEF) {
        unsigned char lowest = first == 0xE0 ? 0xA0 : 0x80;
        unsigned char highest = first == 0xED ? 0x9F : 0xBF; /* no surrogates */
        return left >= 3 && bytes[1] >= lowest && bytes[1] <= highest && (bytes[2] & 0xC0) == 0x80
                   ? 3
                   : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        unsigned char lowest = first == 0xF0 ? 0x90 : 0x80;
        unsigned char highest = first == 0xF4 ? 0x8F : 0xBF; /* nothing above U+10FFFF */
        return left >= 4 && bytes[1] >= lowest && bytes[1] <= highest &&
                       (bytes[2] & 0xC0) == 0x80 && (bytes[3] & 0xC0) == 0x80
                   ? 4
                   : 0;
    }
    return 0;
}

size_t text_utf8_prefix(span text)
{
    size_t at = skip_ascii(text, 0);
    while (at < text.len) {
        size_t size = sequence_size(text, at);
        if (size == 0) {
            return at;
        }
        at += size;
        if (at < text.len && (unsigned char)text.ptr[at] < 0x80) {
            at = skip_ascii(text, at);
        }
    }
    return at;
}

size_t text_length(span text)
{
    size_t count = 0;
    for (size_t index = 0; index < text.len; index++) {
        count += (size_t)(((unsigned char)text.ptr[index] & 0xC0) != 0x80);
    }
    return count;
}

unsigned text_control(span text)
{
    for (size_t index = 0; index < text.len; index++) {
        unsigned char byte = (unsigned char)text.ptr[index];
        if (byte >= 0x20 && byte != 0x7F && byte != 0xC2) {
            continue;
        }
        if (byte == 0xC2) {
            unsigned char next = index + 1 < text.len ? (unsigned char)text.ptr[index + 1] : 0;
            if (next >= 0x80 && next <= 0x9F) {
                return next;
            }
        } else if (byte != 0 && byte != '\t' && byte != '\r' && byte != '\n') {
            return byte;
        }
    }
    return 0;
}
