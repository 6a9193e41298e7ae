/* SPDX-License-Identifier: MIT */
#include "csv/writer.h"

/* Blanks at the ends are quoted for readers that trim what is not. */
static bool needs_quotes(span value)
{
    if (value.len == 0) {
        return false;
    }
    if (byte_is_blank((unsigned char)value.ptr[0]) ||
        byte_is_blank((unsigned char)value.ptr[value.len - 1])) {
        return true;
    }
    for (size_t index = 0; index < value.len; index++) {
        char byte = value.ptr[index];
        if (byte == '"' || byte == ',' || byte == '\n' || byte == '\r') {
            return true;
        }
    }
    return false;
}

void csv_value(struct buffer *out, span value)
{
    if (!needs_quotes(value)) {
        buffer_span(out, value);
        return;
    }
    buffer_byte(out, '"');
    while (value.len > 0) {
        const char *quote = memchr(value.ptr, '"', value.len);
        size_t size = quote != NULL ? (size_t)(quote - value.ptr) + 1 : value.len;
        buffer_append(out, value.ptr, size);
        if (quote != NULL) {
            buffer_byte(out, '"');
        }
        value.ptr += size;
        value.len -= size;
    }
    buffer_byte(out, '"');
}

void csv_field(struct buffer *out, bool first, span value)
{
    if (!first) {
        buffer_byte(out, ',');
    }
    csv_value(out, value);
}
