/* SPDX-License-Identifier: MIT */
#include "csv/lines.h"

#include <stdlib.h>

#include "base/memory.h"

#if defined(__SSE2__)
#include <emmintrin.h>

#define STEP 16

/* Line ends in 16 bytes at `bytes`, as two sums; 17 bytes must be readable. */
static inline __m128i lines_in_step(const unsigned char *bytes)
{
    __m128i block = _mm_loadu_si128((const __m128i *)bytes);
    __m128i next = _mm_loadu_si128((const __m128i *)(bytes + 1));
    __m128i line_feed = _mm_set1_epi8('\n');
    __m128i feeds = _mm_cmpeq_epi8(block, line_feed);
    __m128i returns = _mm_cmpeq_epi8(block, _mm_set1_epi8('\r'));
    __m128i lone = _mm_andnot_si128(_mm_cmpeq_epi8(next, line_feed), returns);
    __m128i ones = _mm_and_si128(_mm_or_si128(feeds, lone), _mm_set1_epi8(1));
    return _mm_sad_epu8(ones, _mm_setzero_si128());
}
#endif

uint64_t lines_count(span input, size_t from, size_t to)
{
    const unsigned char *bytes = (const unsigned char *)input.ptr;
    uint64_t count = 0;
#if defined(__SSE2__)
    __m128i sums = _mm_setzero_si128();
    for (; from + STEP <= to && from + STEP < input.len; from += STEP) {
        sums = _mm_add_epi64(sums, lines_in_step(bytes + from));
    }
    uint64_t halves[2];
    _mm_storeu_si128((__m128i *)halves, sums);
    count = halves[0] + halves[1];
#endif
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
