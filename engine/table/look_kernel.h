/* SPDX-License-Identifier: MIT */
/*
 * Part of the digest kernel (digest_kernel.h): what the rules about values note of a row that the
 * scanner has marked, 64 bytes at a time and without a branch that depends on them, since a file
 * may have nothing but such rows. It says what value_troubles (value.c) says.
 */
#ifndef MUSTER_TABLE_LOOK_KERNEL_H
#define MUSTER_TABLE_LOOK_KERNEL_H

#include "base/block.h"
#include "table/table.h"

struct slice {
    const unsigned char *ptr;
    size_t len;
};

/* What is found in the values of a row, by the columns of the schema. */
struct marked_look {
    uint64_t troubles; /* as row_troubles_pack has them, but for those of an e-mail */
    uint32_t odd;      /* a bit for each column: a tab, or nothing but blanks */
    size_t longest;    /* the longest value; where that is over 64 bytes the others do not count */
};

/* Whether a field has quotes, or a space at either end, which all have of which a rule about values
 * speaks, but for control characters. Of an empty one the separators around it are looked at. */
static inline bool raw_is_notable(struct slice raw)
{
    unsigned char first = raw.ptr[0];
    unsigned char last = *(raw.ptr + raw.len - 1);
    return (first == '"') | (first == ' ') | (last == ' ');
}

/* Whether there are control characters in a field, or may be behind its first 64 bytes. */
static inline bool slice_may_have_control(struct slice slice)
{
    struct block block = block_load(slice.ptr);
    return ((block_control(&block) & mask_below(slice.len)) != 0) | (slice.len > 64);
}

/* Look at a value that lies in `column`, without its quotes. */
static inline void value_look(struct marked_look *row, unsigned column, struct slice value)
{
    struct block block = block_load(value.ptr);
    uint64_t all = mask_below(value.len);
    uint64_t edges = all & ~(all << 1 & all >> 1);
    uint64_t tabs = block_equal(&block, '\t') & all;
    uint64_t blanks = (block_equal(&block, ' ') & all) | tabs;
    uint64_t lines = block_equal(&block, '\n') | block_equal(&block, '\r');
    uint64_t special = (block_equal(&block, '"') | block_equal(&block, ',') | lines) & all;
    uint64_t control = block_control(&block) & ~(lines | tabs) & all;
    /* Of nothing but blanks no rule about values speaks. */
    uint32_t blank = blanks == all;
    uint32_t space = ((blanks & edges) != 0) & (blank ^ 1);
    uint32_t controls = control != 0;
    uint32_t specials = special != 0;
    row->troubles |= row_troubles_pack(column, space * VALUE_SURROUNDING_SPACE +
                                                   controls * VALUE_CONTROL_CHARACTER +
                                                   specials * VALUE_SPECIAL_CHARACTER);
    uint32_t odd = (blank & (all != 0)) | (tabs != 0);
    row->odd |= odd << column;
    row->longest = value.len > row->longest ? value.len : row->longest;
}

/* Whether there is no NUL from `bytes` to before `end`, and nothing above 0x7F but sound text
 * without control characters. The byte at `end` is a separator, and ends a character cut short. */
static inline bool bytes_are_sound(const unsigned char *bytes, const unsigned char *end)
{
    uint64_t wrong = 0;
#if defined(BLOCK_LOOKS_UP)
    const struct text_tables tables = text_tables_make();
    struct block before = block_spread(0);
#endif
    for (const unsigned char *at = bytes; at <= end; at += 64) {
        struct block block = block_load(at);
        uint64_t valid = mask_below((size_t)(end - at) + 1);
#if defined(BLOCK_LOOKS_UP)
        wrong |= block_text_suspects(&block, &before, &tables) & valid;
        before = block;
#else
        wrong |= block_high(&block) & valid;
#endif
        wrong |= block_equal(&block, 0) & valid;
    }
    return wrong == 0;
}

#endif
