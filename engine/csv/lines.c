/* SPDX-License-Identifier: MIT */
#include "csv/lines.h"

#include <stdlib.h>

#include "base/memory.h"

#if defined(__SSE2__)
#include <emmintrin.h>

#define STEP       64
#define PART       16
#define AHEAD_SIZE 1024

/* Each step adds one to a byte for each of its parts at most. */
#define STEP_COUNT_MAX (255 / (STEP / PART))

/* Lone CRs among 64 bytes with CRs at `bytes`, as bytes of -1 added up; 65 must be readable. */
static inline __m128i returns_in_step(const unsigned char *bytes)
{
    __m128i sums = _mm_setzero_si128();
    for (int part = 0; part < STEP; part += PART) {
        __m128i block = _mm_loadu_si128((const __m128i *)(bytes + part));
        __m128i next = _mm_loadu_si128((const __m128i *)(bytes + part + 1));
        __m128i returns = _mm_cmpeq_epi8(block, _mm_set1_epi8('\r'));
        __m128i feeds_next = _mm_cmpeq_epi8(next, _mm_set1_epi8('\n'));
        sums = _mm_add_epi8(sums, _mm_andnot_si128(feeds_next, returns));
    }
    return sums;
}

/* Line ends in so many steps, not more than STEP_COUNT_MAX; a byte behind them must be readable. */
static inline uint64_t lines_in_steps(const unsigned char *bytes, size_t step_count)
{
    __m128i sums = _mm_setzero_si128();
    for (const unsigned char *end = bytes + step_count * STEP; bytes < end; bytes += STEP) {
        __m128i returns = _mm_setzero_si128();
        __builtin_prefetch(bytes + AHEAD_SIZE);
        for (int part = 0; part < STEP; part += PART) {
            __m128i block = _mm_loadu_si128((const __m128i *)(bytes + part));
            sums = _mm_sub_epi8(sums, _mm_cmpeq_epi8(block, _mm_set1_epi8('\n')));
            returns = _mm_or_si128(returns, _mm_cmpeq_epi8(block, _mm_set1_epi8('\r')));
        }
        if (_mm_movemask_epi8(returns) != 0) {
            sums = _mm_sub_epi8(sums, returns_in_step(bytes));
        }
    }
    uint64_t halves[2];
    _mm_storeu_si128((__m128i *)halves, _mm_sad_epu8(sums, _mm_setzero_si128()));
    return halves[0] + halves[1];
}
#endif

uint64_t lines_count(span input, size_t from, size_t to)
{
    const unsigned char *bytes = (const unsigned char *)input.ptr;
    uint64_t count = 0;
#if defined(__SSE2__)
    /* The last byte has none behind it. */
    size_t behind = to < input.len || to == 0 ? to : input.len - 1;
    while (from + STEP <= behind) {
        size_t steps = (behind - from) / STEP;
        steps = steps < STEP_COUNT_MAX ? steps : STEP_COUNT_MAX;
        count += lines_in_steps(bytes + from, steps);
        from += steps * STEP;
    }
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
