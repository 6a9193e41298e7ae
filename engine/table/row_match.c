/* SPDX-License-Identifier: MIT */
#include "table/row_match.h"

#include <string.h>

/* A text with a comma, which could be cut elsewhere, is no text of a plain row. */
size_t long_row_match(const char *row, size_t room, struct text_rows texts)
{
    const unsigned char *lengths = (const unsigned char *)texts.at;
    const char *text = texts.at + TEXT_COUNT;
    size_t size = 0;
    for (unsigned column = 0; column < TEXT_COUNT; column++) {
        if (lengths[column] == TEXT_LONG) {
            return 0;
        }
        size += lengths[column];
    }
    if (size > (size_t)(texts.end - text) || size + TEXT_COUNT > room ||
        memchr(text, ',', size) != NULL) {
        return 0;
    }
    for (unsigned column = 0; column < TEXT_COUNT; column++) {
        size_t len = lengths[column];
        if (memcmp(row, text, len) != 0 || row[len] != ',') {
            return 0;
        }
        row += len + 1;
        text += len;
    }
    return size;
}

uint32_t table_rows_are(const struct table *table, uint32_t first, uint32_t count,
                        struct text_rows texts)
{
    static row_match *const kernels[] = SIMD_KERNELS(row_match);
    row_match *match = kernels[simd_narrowed(table->options.simd)];
    return table->starts_in_order ? match(table, first, count, texts) : 0;
}
