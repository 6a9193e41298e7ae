/* SPDX-License-Identifier: MIT */
#include "csv/lines.h"

#include <string.h>

#include "base/block.h"

/* How far ahead of the count bytes are asked for. */
#define AHEAD_SIZE 1024

uint64_t lines_count(span input, size_t from, size_t to)
{
    const unsigned char *bytes = (const unsigned char *)input.ptr;
    uint64_t count = 0;
    for (; from < to && from + 64 < input.len; from += 64) {
        struct block block = block_load(bytes + from);
        uint64_t feeds = block_equal(&block, '\n');
        uint64_t returns = block_equal(&block, '\r');
        __builtin_prefetch(bytes + from + AHEAD_SIZE);
        if (returns != 0) {
            uint64_t feeds_next = feeds >> 1 | (uint64_t)(bytes[from + 64] == '\n') << 63;
            feeds |= returns & ~feeds_next;
        }
        count += mask_count(feeds & mask_below(to - from));
    }
    for (; from < to; from++) {
        bool lone = bytes[from] == '\r' && (from + 1 >= input.len || bytes[from + 1] != '\n');
        count += (uint64_t)(bytes[from] == '\n' || lone);
    }
    return count;
}

uint64_t line_counter_line(struct line_counter *counter, size_t at)
{
    if (at < counter->at) {
        counter->at = 0;
        counter->count = 0;
    }
    counter->count += lines_count(counter->input, counter->at, at);
    counter->at = at;
    return counter->count + 1;
}

size_t mark_size(span input)
{
    static const char mark[] = {'\xEF', '\xBB', '\xBF'};
    bool there = input.len >= sizeof mark && memcmp(input.ptr, mark, sizeof mark) == 0;
    return there ? sizeof mark : 0;
}

size_t line_byte(span input, size_t at)
{
    size_t first = mark_size(input);
    size_t start = at;
    while (start > first && input.ptr[start - 1] != '\n' && input.ptr[start - 1] != '\r') {
        start--;
    }
    return at - start + 1;
}
