/* SPDX-License-Identifier: MIT */
/* Growing bytes, for output and for values that have to be decoded. */
#ifndef MUSTER_BASE_BUFFER_H
#define MUSTER_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/span.h"

/*
 * A zeroed buffer is an empty one. Appending cannot fail visibly: after the first failed
 * allocation `exhausted` is set and everything appended is dropped, so a caller asks once at the
 * end.
 */
struct buffer {
    char *bytes;
    size_t size;
    size_t capacity;
    bool exhausted;
};

void buffer_close(struct buffer *buffer);

/* Room for `more` bytes behind `size`; NULL where memory ran out. Does not change `size`. */
char *buffer_reserve(struct buffer *buffer, size_t more);

/* The way of buffer_append where there may be no room. */
void buffer_append_growing(struct buffer *buffer, const void *bytes, size_t size);

static inline void buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
    /* Output is made of many small pieces, and nearly always there is room. */
    if (!buffer->exhausted && size - 1 < buffer->capacity - buffer->size) {
        memcpy(buffer->bytes + buffer->size, bytes, size);
        buffer->size += size;
    } else if (size > 0) {
        buffer_append_growing(buffer, bytes, size);
    }
}

void buffer_number(struct buffer *buffer, uint64_t number);
/* A number with a comma before every third digit, for people. */
void buffer_number_grouped(struct buffer *buffer, uint64_t number);

static inline void buffer_clear(struct buffer *buffer)
{
    buffer->size = 0;
}

static inline void buffer_span(struct buffer *buffer, span text)
{
    buffer_append(buffer, text.ptr, text.len);
}

static inline void buffer_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

static inline void buffer_byte(struct buffer *buffer, char byte)
{
    buffer_append(buffer, &byte, 1);
}

static inline span buffer_view(const struct buffer *buffer)
{
    return span_make(buffer->bytes != NULL ? buffer->bytes : "", buffer->size);
}

#endif
