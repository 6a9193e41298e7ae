/* SPDX-License-Identifier: MIT */
/*
 * The kernel of the scanner, compiled once for each width (scanner_none.c, scanner_sse2.c, ...).
 * The including file defines KERNEL, the name of the function; base/block.h is as wide as the
 * flags it is compiled with.
 *
 * Masks of one block, an example:
 *
 *     bytes        X1,"a,b",c LF
 *     quote        ...1...1...
 *     inside       ...1111....     prefix xor: from the opening quote to before the closing one
 *     separators   ..1.....1.1     commas and line ends outside: the ends of the fields
 *
 * In the *keep* dialect the quote rules are local: an opening quote must follow a separator or the
 * start, a closing one must be followed by a separator or by a quote (which opens again: that is
 * how a doubled quote looks from here). The first place that breaks a rule ends the window; the
 * record it lies in goes to record_parse. Nothing behind it is looked at, because from there on
 * inside and outside are not known.
 *
 * A CR before an LF is no separator: the LF ends the record, and the scanner takes the CR off the
 * last field.
 */
#include "base/block.h"
#include "csv/scanner.h"

struct kernel_state {
    uint64_t inside; /* all ones within quotes */
    uint64_t closed; /* the last byte was a closing quote */
    uint64_t border; /* the last byte ends or quotes a field */
    uint64_t blank;  /* the last byte was a blank */
    /* Of the block before, where it had bytes above 0x7F; else zero. */
    struct text_masks {
        uint64_t high, lead, lead_three, lead_four, going_on;
    } text;
    unsigned char last_byte; /* before this block */
    uint32_t end_count;
    uint32_t flags; /* of the record that goes on */
};

struct kernel_masks {
    uint64_t quote, comma, feed, carriage;
    uint64_t separators; /* ends of fields */
    uint64_t row_ends;
    uint64_t suspect;
    uint64_t violation;
};

/* The plain case: no quote in the block and none open. */
static inline void masks_plain(struct kernel_masks *masks, uint64_t lone_carriage,
                               const struct kernel_state *state)
{
    masks->row_ends = masks->feed | lone_carriage;
    masks->separators = masks->comma | masks->row_ends;
    /* A closing quote at the end of the last block wants a separator now. */
    masks->violation = state->closed & ~(masks->comma | masks->feed | masks->carriage);
}

static inline uint64_t masks_quoted(struct kernel_masks *masks, uint64_t lone_carriage,
                                    const struct kernel_state *state)
{
    uint64_t inside = mask_prefix_xor(masks->quote) ^ state->inside;
    uint64_t opening = masks->quote & inside;
    uint64_t closing = masks->quote & ~inside;
    uint64_t ends = masks->comma | masks->feed | masks->carriage;
    uint64_t behind_closing = closing << 1 | state->closed;
    uint64_t outside_border = (ends & ~inside) << 1 | (state->border & ~state->inside & 1);

    masks->row_ends = (masks->feed | lone_carriage) & ~inside;
    masks->separators = (masks->comma & ~inside) | masks->row_ends;
    masks->violation = (opening & ~(outside_border | behind_closing)) |
                       (behind_closing & ~(ends | masks->quote));
    masks->suspect |= (ends & inside) | (behind_closing & opening);
    return inside;
}

/*
 * Bytes above 0x7F that somebody has to look at: what is not UTF-8, and the control characters
 * U+0080 to U+009F. The rest is sound text in any language, and as plain as ASCII.
 *
 * A lead byte of n bytes expects n - 1 that go on, one behind the other; some leads allow only a
 * part of those.
 */
static inline uint64_t text_suspects(const struct block *block, uint64_t high,
                                     struct kernel_state *state)
{
    const struct text_masks before = state->text;
    struct text_masks now = {high, block_between(block, 0xC2, 0xF4),
                             block_between(block, 0xE0, 0xF4), block_between(block, 0xF0, 0xF4),
                             block_between(block, 0x80, 0xBF)};
    uint64_t below_90 = block_between(block, 0x80, 0x8F);
    uint64_t below_a0 = block_between(block, 0x80, 0x9F);
    uint64_t one_went_on = now.going_on << 1 | before.going_on >> 63;
    uint64_t two_went_on = one_went_on & (now.going_on << 2 | before.going_on >> 62);
    uint64_t expected = (now.lead << 1 | before.lead >> 63) |
                        ((now.lead_three << 2 | before.lead_three >> 62) & one_went_on) |
                        ((now.lead_four << 3 | before.lead_four >> 61) & two_went_on);
    uint64_t suspect = (expected ^ now.going_on) | (high & ~(now.lead | now.going_on));

    unsigned char last = state->last_byte;
    suspect |= (block_equal(block, 0xC2) << 1 | (last == 0xC2)) & below_a0;
    suspect |= (block_equal(block, 0xE0) << 1 | (last == 0xE0)) & below_a0;
    suspect |= (block_equal(block, 0xED) << 1 | (last == 0xED)) & now.going_on & ~below_a0;
    suspect |= (block_equal(block, 0xF0) << 1 | (last == 0xF0)) & below_90;
    suspect |= (block_equal(block, 0xF4) << 1 | (last == 0xF4)) & now.going_on & ~below_90;
    state->text = now;
    return suspect;
}

/* The positions of the set bits of `mask`; up to 8 are written blindly, `ends` has the room. */
static inline uint32_t positions_write(uint32_t *ends, uint64_t mask, uint32_t base)
{
    uint32_t count = (uint32_t)__builtin_popcountll(mask);
    uint32_t *at = ends;
    do {
        for (int step = 0; step < 8; step++) {
            at[step] = base + (uint32_t)__builtin_ctzll(mask | (UINT64_C(1) << 63));
            mask &= mask - 1;
        }
        at += 8;
    } while (mask != 0);
    return count;
}

static inline void rows_write(struct scan_window *window, const struct kernel_masks *masks,
                              struct kernel_state *state)
{
    uint64_t ends = masks->row_ends;
    uint64_t suspect = masks->suspect;
    uint64_t quote = masks->quote;
    size_t row = window->row_count;
    while (ends != 0) {
        uint64_t until = ends ^ (ends - 1); /* up to the row end, itself included */
        uint32_t before = (uint32_t)__builtin_popcountll(masks->separators & until);
        window->row_last[row] = state->end_count + before - 1;
        window->flags[row] =
            (unsigned char)(state->flags | ((suspect & until) != 0 ? SCAN_SUSPECT : 0U) |
                            ((quote & until) != 0 ? SCAN_QUOTED : 0U));
        row++;
        state->flags = 0;
        suspect &= ~until;
        quote &= ~until;
        ends &= ends - 1;
    }
    window->row_count = row;
    state->flags |= (suspect != 0 ? SCAN_SUSPECT : 0U) | (quote != 0 ? SCAN_QUOTED : 0U);
}

/* One block of `valid` bytes at `position`; false ends the window. */
static inline bool block_index(struct scan_window *window, const unsigned char *bytes,
                               size_t position, uint64_t valid, struct kernel_state *state)
{
    struct block block = block_load(bytes);
    struct kernel_masks masks;
    masks.quote = block_equal(&block, '"') & valid;
    masks.comma = block_equal(&block, ',') & valid;
    masks.feed = block_equal(&block, '\n') & valid;
    masks.carriage = block_equal(&block, '\r') & valid;
    uint64_t blank = block_equal(&block, ' ') & valid;
    uint64_t high = block_high(&block);
    masks.suspect =
        block_equal(&block, 0x7F) | (block_control(&block) & ~(masks.feed | masks.carriage));
    if ((high | state->text.high) != 0) {
        masks.suspect |= text_suspects(&block, high, state);
    }
    state->last_byte = bytes[63];
    masks.suspect &= valid;

    /* At the end of a block a CR counts as alone; an LF behind it is then an empty line. */
    uint64_t lone_carriage = masks.carriage & ~(masks.feed >> 1);
    uint64_t border = masks.quote | masks.comma | masks.feed | masks.carriage;
    masks.suspect |= (blank & (border << 1 | state->border)) |
                     (border & (blank << 1 | state->blank));
    uint64_t inside = 0;
    if ((masks.quote | state->inside) == 0) {
        masks_plain(&masks, lone_carriage, state);
    } else {
        inside = masks_quoted(&masks, lone_carriage, state);
    }
    bool sound = true;
    if ((masks.violation & valid) != 0) {
        uint64_t first = masks.violation & valid;
        uint64_t before = (first & -first) - 1;
        window->violation = position + (size_t)__builtin_ctzll(first);
        masks.row_ends &= before;
        masks.separators &= before;
        sound = false;
    }
    uint32_t written = positions_write(window->ends + state->end_count, masks.separators,
                                       (uint32_t)position);
    if ((masks.suspect | masks.quote | state->flags) == 0) {
        for (uint64_t ends = masks.row_ends; ends != 0; ends &= ends - 1) {
            uint64_t until = ends ^ (ends - 1);
            window->row_last[window->row_count] =
                state->end_count + (uint32_t)__builtin_popcountll(masks.separators & until) - 1;
            window->flags[window->row_count++] = 0;
        }
    } else {
        rows_write(window, &masks, state);
    }
    state->end_count += written;
    state->closed = (masks.quote & ~inside) >> 63;
    state->inside = (uint64_t)((int64_t)inside >> 63);
    state->border = border >> 63;
    state->blank = blank >> 63;
    return sound;
}

void KERNEL(struct scan_window *window)
{
    struct kernel_state state = {.border = 1};
    window->row_count = 0;
    window->violation = SIZE_MAX;
    size_t position = 0;
    for (; position + 64 <= window->size; position += 64) {
        if (!block_index(window, window->bytes + position, position, ~UINT64_C(0), &state)) {
            return;
        }
    }
    if (position < window->size) {
        /* The last bytes are copied, because a load behind the input may fault. */
        unsigned char tail[64] = {0};
        size_t left = window->size - position;
        memcpy(tail, window->bytes + position, left);
        (void)block_index(window, tail, position, (UINT64_C(1) << left) - 1, &state);
    }
}
