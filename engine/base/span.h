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

/* Equal but for the case of ASCII letters. */
static inline bool span_equal_folded(span a, span b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t index = 0; index < a.len; index++) {
        if (byte_fold(a.ptr[index]) != byte_fold(b.ptr[index])) {
            return false;
        }
    }
    return true;
}

#endif
