/* SPDX-License-Identifier: MIT */
#include "csv/lines.h"

#include <stdlib.h>

#include "base/block.h"
#include "base/memory.h"

/* How far ahead of the count bytes are asked for. */
#define AHEAD_SIZE 1024

uint64_t lines_count(span input, size_t from, size_t to)
{
    const unsigned char *bytes = (const unsigned char *)input.ptr;
    uint64_t count = 0;
    for (; from + 64 <= to && from + 64 < input.len; from += 64) {
        struct block block = block_load(bytes + from);
        uint64_t feeds = block_equal(&block, '\n');
        uint64_t returns = block_equal(&block, '\r');
        __builtin_prefetch(bytes + from + AHEAD_SIZE);
        if (returns != 0) {
            uint64_t feeds_next = feeds >> 1 | (uint64_t)(bytes[from + 64] == '\n') << 63;
            feeds |= returns & ~feeds_next;
        }
        count += mask_count(feeds);
    }
    for (; from < to; from++) {
        bool lone = bytes[from] == '\r' && (from + 1 >= input.len || bytes[from + 1] != '\n');
        count += (uint64_t)(bytes[from] == '\n' || lone);
    }
    return count;
}

/* Small, so that an answer counts little; large, so that the index is a hundredth of the input. */
#define INDEX_STEP 1024

bool line_index_open(struct line_index *index, span input)
{
    *index = (struct line_index){.input = input, .step_count = 1};
    index->counts = memory_array(input.len / INDEX_STEP + 1, sizeof *index->counts);
    if (index->counts != NULL) {
        index->counts[0] = 0;
    }
    return index->counts != NULL;
}

void line_index_close(struct line_index *index)
{
    free(index->counts);
    *index = (struct line_index){0};
}

uint64_t line_index_line(struct line_index *index, size_t at)
{
    size_t step = at / INDEX_STEP;
    for (; index->step_count <= step; index->step_count++) {
        size_t to = index->step_count * INDEX_STEP;
        index->counts[index->step_count] =
            index->counts[index->step_count - 1] + lines_count(index->input, to - INDEX_STEP, to);
    }
    if (at < index->last_at || at - index->last_at > INDEX_STEP) {
        index->last_at = step * INDEX_STEP;
        index->last_count = index->counts[step];
    }
    index->last_count += lines_count(index->input, index->last_at, at);
    index->last_at = at;
    return index->last_count + 1;
}

size_t line_byte(span input, size_t at)
{
    size_t start = at;
    while (start > 0 && input.ptr[start - 1] != '\n' && input.ptr[start - 1] != '\r') {
        start--;
    }
    return at - start + 1;
}
