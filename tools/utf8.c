/* SPDX-License-Identifier: MIT */
#include "utf8.h"

#include <stdbool.h>

size_t utf8_read(const char *bytes, size_t size, uint32_t *point)
{
    /* The lowest code point that needs a sequence of this length; shorter ones are overlong. */
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = size > 0 ? (unsigned char)bytes[0] : 0;
    size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;

    *point = first;
    if (length == 1) {
        return size > 0 ? 1 : 0;
    }
    if (first < 0xC2 || first > 0xF4 || length > size) {
        return 0;
    }
    *point = first & (0x7FU >> length);
    for (size_t index = 1; index < length; index++) {
        unsigned char next = (unsigned char)bytes[index];
        if ((next & 0xC0) != 0x80) {
            return 0;
        }
        *point = *point << 6 | (next & 0x3FU);
    }
    bool surrogate = *point >= 0xD800 && *point <= 0xDFFF;
    return *point < least[length] || *point > 0x10FFFF || surrogate ? 0 : length;
}
