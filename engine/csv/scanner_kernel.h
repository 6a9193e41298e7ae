/* SPDX-License-Identifier: MIT */
/*
 * The kernel of the scanner, compiled once for each width (scanner_sse2.c, scanner_avx2.c, ...).
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

/* The processor fetches ahead by itself, but not from one page into the next. */
#define PREFETCH_SIZE 2048

/* What never changes. */
struct kernel_bytes {
    struct block quote, comma, feed, carriage, blank;
#if defined(BLOCK_LOOKS_UP)
    struct text_tables text;
#endif
};

struct kernel_state {
    struct kernel_bytes bytes;
    uint64_t inside; /* all ones within quotes */
    uint64_t closed; /* the last byte was a closing quote */
    uint64_t border; /* the last byte ends or quotes a field */
    uint64_t blank;  /* the last byte was a blank */
#if defined(BLOCK_LOOKS_UP)
    struct block before;
#else
    /* Of the block before, where it had bytes above 0x7F; else zero. */
    struct text_masks {
        uint64_t high, lead, lead_three, lead_four, going_on;
    } text;
    unsigned char last_byte; /* before this block, where that was not ASCII */
#endif
    /* The record that goes on is all this already. */
    uint64_t suspect, notable, quoted;
    uint32_t end_count;
    size_t row_count;
    /* The arrays of the window. */
    uint32_t *ends;
    uint32_t *row_last;
    unsigned char *row_flags;
};

struct kernel_masks {
    uint64_t quote, comma, feed, carriage;
    uint64_t separators; /* ends of fields */
    uint64_t row_ends;
    uint64_t suspect, notable; /* see enum scan_flag */
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
    masks->violation =
        (opening & ~(outside_border | behind_closing)) | (behind_closing & ~(ends | masks->quote));
    masks->notable |= (ends & inside) | (behind_closing & opening);
    return inside;
}

/*
 * Bytes above 0x7F that somebody has to look at: what is not UTF-8, and the control characters
 * U+0080 to U+009F. The rest is sound text in any language, and as plain as ASCII.
 */
#if defined(BLOCK_LOOKS_UP)

/* Every block goes this way, ASCII or not: names come in any order, and a branch would guess. */
static inline uint64_t text_suspects(const struct block *block, const unsigned char *bytes,
                                     struct kernel_state *state)
{
    (void)bytes;
    uint64_t suspects = block_text_suspects(block, &state->before, &state->bytes.text);
    state->before = *block;
    return suspects;
}

#else

/*
 * A lead byte of n bytes expects n - 1 that go on, one behind the other; some leads allow only a
 * part of those.
 */
static inline uint64_t high_suspects(const struct block *block, uint64_t high,
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

static inline uint64_t text_suspects(const struct block *block, const unsigned char *bytes,
                                     struct kernel_state *state)
{
    uint64_t high = block_high(block);
    uint64_t suspects = (high | state->text.high) != 0 ? high_suspects(block, high, state) : 0;
    state->last_byte = bytes[63];
    return suspects;
}

#endif

/*
 * The ends of rows that have a mark in them. Where a mark is added to the ones of its row they give
 * way up to the row's end; `open` carries on into the next block.
 */
static inline uint64_t row_marks(uint64_t marks, uint64_t row_ends, uint64_t *open)
{
    uint64_t sum = ~row_ends + *open;
    uint64_t over = sum < *open;
    sum += marks & ~row_ends;
    *open = over | (sum < (marks & ~row_ends));
    return (sum | marks) & row_ends;
}

/* Two rows are written blindly, as most blocks have fewer. */
static inline void rows_write_plain(struct kernel_state *state, uint64_t ends, uint64_t separators)
{
    size_t row = state->row_count;
    state->row_count += mask_count(ends);
    do {
        for (int step = 0; step < 2; step++) {
            uint64_t before = (ends & -ends) - 1;
            state->row_last[row] = state->end_count + mask_count(separators & before);
            state->row_flags[row++] = 0;
            ends &= ends - 1;
        }
    } while (ends != 0);
}

static inline void rows_write(struct kernel_state *state, const struct kernel_masks *masks)
{
    uint64_t suspect = row_marks(masks->suspect, masks->row_ends, &state->suspect);
    uint64_t notable = row_marks(masks->notable, masks->row_ends, &state->notable);
    uint64_t quoted = row_marks(masks->quote, masks->row_ends, &state->quoted);
    size_t row = state->row_count;
    rows_write_plain(state, masks->row_ends, masks->separators);
    for (uint64_t ends = masks->row_ends; ends != 0; ends &= ends - 1) {
        uint64_t end = ends & -ends;
        state->row_flags[row++] = (unsigned char)(((suspect & end) != 0 ? SCAN_SUSPECT : 0) |
                                                  ((notable & end) != 0 ? SCAN_NOTABLE : 0) |
                                                  ((quoted & end) != 0 ? SCAN_QUOTED : 0));
    }
}

/* Finish a block whose masks are known; false ends the window, at the byte of a violation. */
static inline bool block_finish(struct scan_window *window, size_t position,
                                struct kernel_masks *masks, struct kernel_state *state)
{
    bool sound = masks->violation == 0;
    if (!sound) {
        uint64_t before = (masks->violation & -masks->violation) - 1;
        window->violation = position + mask_first(masks->violation);
        masks->row_ends &= before;
        masks->separators &= before;
    }
    mask_positions(masks->separators, (uint32_t)position, state->ends + state->end_count);
    uint64_t marks = masks->suspect | masks->notable | masks->quote;
    if ((marks | state->suspect | state->notable | state->quoted) == 0) {
        rows_write_plain(state, masks->row_ends, masks->separators);
    } else {
        rows_write(state, masks);
    }
    state->end_count += mask_count(masks->separators);
    return sound;
}

/* One block at `position`, NUL where it is not `valid`; false ends the window. */
static inline bool block_index(struct scan_window *window, const unsigned char *bytes,
                               size_t position, uint64_t valid, struct kernel_state *state)
{
    struct block block = block_load(bytes);
    struct kernel_masks masks;
    masks.quote = block_same(&block, &state->bytes.quote);
    masks.comma = block_same(&block, &state->bytes.comma);
    masks.feed = block_same(&block, &state->bytes.feed);
    uint64_t blank = block_same(&block, &state->bytes.blank);
    uint64_t control = block_control(&block) & valid & ~masks.feed;
    masks.carriage = control != 0 ? block_same(&block, &state->bytes.carriage) : 0;
    masks.suspect = (control & ~masks.carriage) | text_suspects(&block, bytes, state);
    uint64_t ends = masks.comma | masks.feed | masks.carriage;
    uint64_t border = masks.quote | ends;
    masks.notable =
        (blank & (border << 1 | state->border)) | (border & (blank << 1 | state->blank));

    /* At the end of a block a CR counts as alone; an LF behind it is then an empty line. */
    uint64_t lone_carriage = masks.carriage & ~(masks.feed >> 1);
    uint64_t inside = 0;
    if ((masks.quote | state->inside) == 0) {
        masks_plain(&masks, lone_carriage, state);
    } else {
        inside = masks_quoted(&masks, lone_carriage, state);
    }
    masks.violation &= valid;
    bool sound = block_finish(window, position, &masks, state);
    state->closed = (masks.quote & ~inside) >> 63;
    state->inside = (uint64_t)((int64_t)inside >> 63);
    state->border = border >> 63;
    state->blank = blank >> 63;
    return sound;
}

void KERNEL(struct scan_window *window)
{
    /* In locals: what is written through byte pointers could be anything else. */
    const unsigned char *bytes = window->bytes;
    size_t size = window->size;
    struct kernel_state state = {
        .bytes =
            {
                .quote = block_spread('"'),
                .comma = block_spread(','),
                .feed = block_spread('\n'),
                .carriage = block_spread('\r'),
                .blank = block_spread(' '),
#if defined(BLOCK_LOOKS_UP)
                .text = text_tables_make(),
#endif
            },
        .border = 1,
        .ends = window->ends,
        .row_last = window->row_last,
        .row_flags = window->flags,
    };
    window->violation = SIZE_MAX;
    unsigned char tail[64] = {0};
    bool sound = true;
    for (size_t position = 0; sound && position < size; position += 64) {
        const unsigned char *at = bytes + position;
        __builtin_prefetch(at + PREFETCH_SIZE);
        uint64_t valid = ~UINT64_C(0);
        if (size - position < 64) {
            /* The last bytes are copied, because a load behind the input may fault. */
            memcpy(tail, at, size - position);
            valid = mask_below(size - position);
            at = tail;
        }
        sound = block_index(window, at, position, valid, &state);
    }
    window->row_count = state.row_count;
}
