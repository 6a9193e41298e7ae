/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void buffer_close(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}

char *buffer_reserve(struct buffer *buffer, size_t more)
{
    if (buffer->exhausted || more > SIZE_MAX / 2 - buffer->size) {
        buffer->exhausted = true;
        return NULL;
    }
    char *grown = memory_grow(buffer->bytes, &buffer->capacity, buffer->size + more, 1);
    if (grown == NULL) {
        buffer->exhausted = true;
        return NULL;
    }
    buffer->bytes = grown;
    return grown + buffer->size;
}

void buffer_append_growing(struct buffer *buffer, const void *bytes, size_t size)
{
    char *room = buffer_reserve(buffer, size);
    if (room != NULL && size > 0) {
        memcpy(room, bytes, size);
        buffer->size += size;
    }
}

void buffer_number(struct buffer *buffer, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    buffer_append(buffer, digits + at, sizeof digits - at);
}

void buffer_number_grouped(struct buffer *buffer, uint64_t number)
{
    if (number >= 1000) {
        buffer_number_grouped(buffer, number / 1000);
        unsigned rest = (unsigned)(number % 1000);
        char tail[4] = {',', (char)('0' + rest / 100), (char)('0' + rest / 10 % 10),
                        (char)('0' + rest % 10)};
        buffer_append(buffer, tail, sizeof tail);
        return;
    }
    buffer_number(buffer, number);
}
