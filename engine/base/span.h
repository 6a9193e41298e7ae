/* SPDX-License-Identifier: MIT */
/* Borrowed bytes, by value. The one typedef of the project, because it is passed everywhere. */
#ifndef MUSTER_BASE_SPAN_H
#define MUSTER_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "muster.h"

typedef struct muster_span span;

/* A span over a string literal; refuses a pointer at compile time. */
#define SPAN(literal) ((span){"" literal, sizeof(literal) - 1})

#define SPAN_NONE ((span){NULL, 0})

static inline span span_make(const void *ptr, size_t len)
{
    return (span){ptr, len};
}

/* A span over a terminated string; NULL gives an absent span. */
static inline span span_from(const char *text)
{
    return text != NULL ? (span){text, strlen(text)} : SPAN_NONE;
}

static inline bool span_equal(span a, span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool byte_is_blank(unsigned char byte)
{
    return byte == ' ' || byte == '\t';
}

static inline char byte_fold(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte | 0x20) : byte;
}

/* Without SP and TAB at both ends. */
static inline span span_trim(span text)
{
    while (text.len > 0 && byte_is_blank((unsigned char)text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && byte_is_blank((unsigned char)text.ptr[text.len - 1])) {
        text.len--;
    }
    return text;
}

/* True where there is nothing but SP and TAB: "no value" in the sense of the rules. */
static inline bool span_is_blank(span text)
{
    return span_trim(text).len == 0;
}

/* Up to eight bytes as a number, as if NULs followed them. */
static inline uint64_t bytes_word(const char *bytes, size_t len)
{
    uint64_t word = 0;
    if (len >= 8) {
        memcpy(&word, bytes, 8);
        return word;
    }
#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (len >= 4) {
        /* Two loads that overlap cost less than a copy of a length that is not known. */
        uint32_t first;
        uint32_t last;
        memcpy(&first, bytes, 4);
        memcpy(&last, bytes + len - 4, 4);
        return first | (uint64_t)last << (8 * (len - 4));
    }
    if (len > 0) {
        /* Of up to three bytes these are all; some are taken twice. */
        const unsigned char *few = (const unsigned char *)bytes;
        word = few[0] | (uint64_t)few[len / 2] << (8 * (len / 2)) |
               (uint64_t)few[len - 1] << (8 * (len - 1));
    }
#else
    for (size_t index = 0; index < len; index++) {
        memcpy((char *)&word + index, bytes + index, 1);
    }
#endif
    return word;
}

/* The bytes of a word with ASCII letters lower-cased. */
static inline uint64_t word_fold(uint64_t word)
{
    const uint64_t every = UINT64_C(0x0101010101010101);
    uint64_t low = word & ~(every << 7);
    uint64_t from_a = low + every * (0x80 - 'A');
    uint64_t behind_z = low + every * (0x80 - 'Z' - 1);
    return word | (from_a & ~behind_z & ~word & every << 7) >> 2;
}

/* Equal but for the case of ASCII letters. */
static inline bool span_equal_folded(span a, span b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t at = 0; at < a.len; at += 8) {
        uint64_t left = bytes_word(a.ptr + at, a.len - at);
        uint64_t right = bytes_word(b.ptr + at, a.len - at);
        if (left != right && word_fold(left) != word_fold(right)) {
            return false;
        }
    }
    return true;
}

/* A copy with ASCII letters lower-cased. */
static inline void span_fold(char *folded, span text)
{
    for (size_t index = 0; index < text.len; index++) {
        folded[index] = byte_fold(text.ptr[index]);
    }
}

/*
 * The values of users but the team, as a snapshot keeps them (snapshot/snapshot.h): of each user
 * the lengths of id, e-mail, first and last name, a byte each, and these four, all back to back.
 * A length of TEXT_LONG stands for that or more, and something else follows.
 */
#define TEXT_COUNT 4
#define TEXT_LONG  255U

struct text_rows {
    const char *at;  /* where a user begins */
    const char *end; /* nothing from here on may be read */
};

#endif
