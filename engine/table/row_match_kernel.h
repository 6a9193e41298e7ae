/* SPDX-License-Identifier: MIT */
/*
 * The kernel of row_match.h, compiled once for each width. The including file defines KERNEL; the
 * width is that of base/block.h.
 *
 * Rows are short: of nearly all, everything that is looked at lies in one block. The others take
 * the long way, value by value.
 */
#include "base/block.h"
#include "base/little_endian.h"
#include "table/row_match.h"

/* What may be loaded from the beginning of a row or of its values, whatever their lengths. */
#define MATCH_REACH 128

/* Blocks are loaded behind the values before; each value is shorter than a block. */
#define MATCH_LENGTH_BITS 0xC0C0C0C0U
#define MATCH_SHORT_SIZE  (64 - TEXT_COUNT)

_Static_assert(MATCH_SHORT_SIZE + TEXT_COUNT + 64 <= MATCH_REACH,
               "no load leaves what may be read");

#define PREFETCH_SIZE 2048

/* Where a value ends: sums of the lengths, a byte each. */
static inline uint32_t packed_end(uint32_t ends, unsigned column)
{
    return ends >> 8 * column & 0xFF;
}

#if defined(BLOCK_MOVES_APART)

/* Not 0 where the values differ from what lies between the commas of the row. */
static inline uint64_t values_differ(const unsigned char *row, const unsigned char *texts,
                                     uint32_t ends, uint64_t commas)
{
    (void)ends;
    struct block row_block = block_load(row);
    struct block text_block = block_load(texts);
    struct block apart = block_move_apart(&text_block, ~commas);
    return ~(block_same(&row_block, &apart) | commas);
}

#else

static inline uint64_t value_differs(const unsigned char *row, const unsigned char *text)
{
    struct block row_block = block_load(row);
    struct block text_block = block_load(text);
    return ~block_same(&row_block, &text_block);
}

static inline uint64_t values_differ(const unsigned char *row, const unsigned char *texts,
                                     uint32_t ends, uint64_t commas)
{
    (void)commas;
    uint64_t differs = 0;
    uint32_t start = 0;
    for (unsigned column = 0; column < TEXT_COUNT; column++) {
        uint32_t end = packed_end(ends, column);
        uint64_t value = (UINT64_C(1) << (end - start)) - 1;
        differs |= value_differs(row + start + column, texts + start) & value;
        start = end;
    }
    return differs;
}

#endif

/* Whether there are four values in the row, and these. */
static inline bool short_row_is(const char *row, const char *texts, uint32_t ends)
{
    /* A comma more for each value before it. */
    uint32_t places = ends + 0x03020100U;
    uint64_t last_comma = UINT64_C(1) << packed_end(places, 3);
    uint64_t wanted = UINT64_C(1) << packed_end(places, 0) | UINT64_C(1) << packed_end(places, 1) |
                      UINT64_C(1) << packed_end(places, 2) | last_comma;
    const unsigned char *bytes = (const unsigned char *)row;
    struct block block = block_load(bytes);
    uint64_t commas = block_equal(&block, ',');
    uint64_t differs = values_differ(bytes, (const unsigned char *)texts, ends, wanted);
    return ((differs | (commas ^ wanted)) & (last_comma | (last_comma - 1))) == 0;
}

/* How many bytes of the texts are the values of a row that begins `at`; 0 where they are not. A row
 * of no bytes is not kept. */
static inline size_t row_match_size(const struct table *table, size_t at, struct text_rows texts)
{
    const char *row = table->input.ptr + at;
    size_t room = table->input.len - at;
    uint32_t lengths = load_u32((const unsigned char *)texts.at);
    uint32_t ends = lengths * 0x01010101U;
    size_t size = packed_end(ends, 3);
    bool is_short = (lengths & MATCH_LENGTH_BITS) == 0 && size <= MATCH_SHORT_SIZE;
    if (is_short && room >= MATCH_REACH && texts.end - texts.at >= MATCH_REACH) {
        return short_row_is(row, texts.at + TEXT_COUNT, ends) ? size : 0;
    }
    return long_row_match(row, room, texts);
}

uint32_t KERNEL(const struct table *table, uint32_t first, uint32_t count, struct text_rows texts)
{
    uint32_t alike = 0;
    for (; alike < count && texts.end - texts.at >= TEXT_COUNT; alike++) {
        uint64_t word = table->rows[first + alike];
        size_t at = (size_t)(word & ROW_OFFSET_MASK);
        /* Who asks about these rows asks about the next ones, of both sides. */
        __builtin_prefetch(table->input.ptr + at + PREFETCH_SIZE);
        __builtin_prefetch(texts.at + PREFETCH_SIZE);
        if ((word & (ROW_NOT_KEPT | ROW_EXACT | ROW_FAR)) != 0) {
            break;
        }
        size_t size = row_match_size(table, at, texts);
        if (size == 0) {
            break;
        }
        texts.at += TEXT_COUNT + size;
    }
    return alike;
}
