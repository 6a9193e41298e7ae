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
 *
 * Most blocks have no quotes and nothing else that is noteworthy. A loop of their own has all that
 * they want in registers, and leaves at the first that is another; the loop for any comes back when
 * it has seen none of those for a while.
 */
#include "base/block.h"
#include "csv/scanner.h"

/* Plain blocks behind the last other one before the loop changes. */
#define CALM_COUNT 16

/* The processor fetches ahead by itself, but not from one page into the next. */
#define PREFETCH_SIZE 2048

/* What never changes. */
struct kernel_bytes {
    struct block quote, comma, feed, carriage, blank;
#if defined(BLOCK_LOOKS_UP)
    struct text_tables text;
#endif
};

/* How far the arrays of the window are filled, and what the next block has to know of the last byte
 * of this one. */
struct kernel_run {
    uint32_t end_count;
    size_t row_count;
    uint64_t border; /* it ends or quotes a field */
    uint64_t blank;  /* it is a blank */
};

/* What the text before a block asks of the bytes above 0x7F in it. */
struct text_before {
#if defined(BLOCK_LOOKS_UP)
    struct block block;
#else
    /* Where that block had such bytes; else zero. */
    struct text_masks {
        uint64_t high, lead, lead_three, lead_four, going_on;
    } masks;
    unsigned char last_byte; /* where that block was not ASCII */
#endif
};

struct kernel_state {
    size_t position; /* of the next block */
    struct kernel_run run;
    struct text_before text;
    uint64_t inside; /* all ones within quotes */
    uint64_t closed; /* the last byte was a closing quote */
    /* The record that goes on is all this already. */
    uint64_t suspect, notable, quoted;
    unsigned calm; /* plain blocks since the last other one */
};

struct kernel_masks {
    uint64_t quote, comma, feed, carriage, blank;
    uint64_t border; /* ends of fields, lines and quotes */
    /* As if there were no quotes, until masks_quoted takes off what is inside. */
    uint64_t separators; /* ends of fields */
    uint64_t row_ends;
    uint64_t suspect, notable; /* see enum scan_flag */
};

/*
 * Bytes above 0x7F that somebody has to look at: what is not UTF-8, and the control characters
 * U+0080 to U+009F. The rest is sound text in any language, and as plain as ASCII.
 */
#if defined(BLOCK_LOOKS_UP)

/* Every block goes this way, ASCII or not: names come in any order, and a branch would guess. */
static inline uint64_t text_suspects(const struct block *block, const unsigned char *bytes,
                                     const struct kernel_bytes *wanted, struct text_before *before)
{
    (void)bytes;
    uint64_t suspects = block_text_suspects(block, &before->block, &wanted->text);
    before->block = *block;
    return suspects;
}

#else

/*
 * A lead byte of n bytes expects n - 1 that go on, one behind the other; some leads allow only a
 * part of those.
 */
static inline uint64_t high_suspects(const struct block *block, uint64_t high,
                                     struct text_before *text)
{
    const struct text_masks before = text->masks;
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

    unsigned char last = text->last_byte;
    suspect |= (block_equal(block, 0xC2) << 1 | (last == 0xC2)) & below_a0;
    suspect |= (block_equal(block, 0xE0) << 1 | (last == 0xE0)) & below_a0;
    suspect |= (block_equal(block, 0xED) << 1 | (last == 0xED)) & now.going_on & ~below_a0;
    suspect |= (block_equal(block, 0xF0) << 1 | (last == 0xF0)) & below_90;
    suspect |= (block_equal(block, 0xF4) << 1 | (last == 0xF4)) & now.going_on & ~below_90;
    text->masks = now;
    return suspect;
}

static inline uint64_t text_suspects(const struct block *block, const unsigned char *bytes,
                                     const struct kernel_bytes *wanted, struct text_before *before)
{
    (void)wanted;
    uint64_t high = block_high(block);
    uint64_t suspects = (high | before->masks.high) != 0 ? high_suspects(block, high, before) : 0;
    before->last_byte = bytes[63];
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

/* The ends of rows without a mark, with the flags of as many as a block can have. */
static inline void rows_write_plain(const struct scan_window *window, const struct kernel_run *run,
                                    const struct kernel_masks *masks)
{
    memset(window->flags + run->row_count, 0, 64);
    mask_ranks(masks->row_ends, masks->separators, run->end_count,
               window->row_last + run->row_count);
}

static inline void rows_write(const struct scan_window *window, struct kernel_state *state,
                              const struct kernel_masks *masks)
{
    uint64_t suspect = row_marks(masks->suspect, masks->row_ends, &state->suspect);
    uint64_t notable = row_marks(masks->notable, masks->row_ends, &state->notable);
    uint64_t quoted = row_marks(masks->quote, masks->row_ends, &state->quoted);
    unsigned char *flags = window->flags + state->run.row_count;
    rows_write_plain(window, &state->run, masks);
    for (uint64_t ends = masks->row_ends; ends != 0; ends &= ends - 1) {
        uint64_t end = ends & -ends;
        *flags++ = (unsigned char)(((suspect & end) != 0 ? SCAN_SUSPECT : 0) |
                                   ((notable & end) != 0 ? SCAN_NOTABLE : 0) |
                                   ((quoted & end) != 0 ? SCAN_QUOTED : 0));
    }
}

/* The places of the separators and rows of a block, whose rows are written. */
static inline void run_pass(const struct scan_window *window, size_t position,
                            const struct kernel_masks *masks, struct kernel_run *run)
{
    mask_positions(masks->separators, (uint32_t)position, window->ends + run->end_count);
    run->end_count += mask_count(masks->separators);
    run->row_count += mask_count(masks->row_ends);
    run->border = masks->border >> 63;
    run->blank = masks->blank >> 63;
}

/* The rules about quotes: what they make of a block, and the bytes that break them. Gives what is
 * inside. */
static inline uint64_t masks_quoted(struct kernel_masks *masks, const struct kernel_state *state,
                                    uint64_t *violation)
{
    uint64_t inside = mask_prefix_xor(masks->quote) ^ state->inside;
    uint64_t opening = masks->quote & inside;
    uint64_t closing = masks->quote & ~inside;
    uint64_t ends = masks->comma | masks->feed | masks->carriage;
    uint64_t behind_closing = closing << 1 | state->closed;
    uint64_t outside_border = (ends & ~inside) << 1 | (state->run.border & ~state->inside & 1);

    masks->row_ends &= ~inside;
    masks->separators &= ~inside;
    masks->notable |= (ends & inside) | (behind_closing & opening);
    *violation =
        (opening & ~(outside_border | behind_closing)) | (behind_closing & ~(ends | masks->quote));
    return inside;
}

/* What is seen in a block, which is NUL where it is not `valid`. */
static inline struct kernel_masks masks_make(const struct block *block, uint64_t valid,
                                             const struct kernel_bytes *wanted,
                                             const struct kernel_run *run)
{
    struct kernel_masks masks = {
        .quote = block_same(block, &wanted->quote),
        .comma = block_same(block, &wanted->comma),
        .feed = block_same(block, &wanted->feed),
        .blank = block_same(block, &wanted->blank),
    };
    uint64_t control = block_control(block) & valid & ~masks.feed;
    masks.carriage = control != 0 ? block_same(block, &wanted->carriage) : 0;
    masks.suspect = control & ~masks.carriage;
    masks.border = masks.quote | masks.comma | masks.feed | masks.carriage;
    masks.notable = (masks.blank & (masks.border << 1 | run->border)) |
                    (masks.border & (masks.blank << 1 | run->blank));
    /* At the end of a block a CR counts as alone; an LF behind it is then an empty line. */
    masks.row_ends = masks.feed | (masks.carriage & ~(masks.feed >> 1));
    masks.separators = masks.comma | masks.row_ends;
    return masks;
}

/* Plain blocks, up to the first that is not; nothing is left open before them. */
__attribute__((noinline)) static void plain_blocks(const struct scan_window *shared,
                                                   const struct kernel_bytes *shared_bytes,
                                                   struct kernel_state *state)
{
    /* In locals: what is written through byte pointers could be anything else. */
    const struct scan_window window = *shared;
    const struct kernel_bytes wanted = *shared_bytes;
    struct kernel_run run = state->run;
    struct text_before before = state->text;
    size_t position = state->position;
    for (; window.size - position >= 64; position += 64) {
        const unsigned char *bytes = window.bytes + position;
        __builtin_prefetch(bytes + PREFETCH_SIZE);
        struct block block = block_load(bytes);
        struct kernel_masks masks = masks_make(&block, ~UINT64_C(0), &wanted, &run);
        struct text_before now = before;
        masks.suspect |= text_suspects(&block, bytes, &wanted, &now);
        if ((masks.quote | masks.suspect | masks.notable) != 0) {
            break;
        }
        before = now;
        rows_write_plain(&window, &run, &masks);
        run_pass(&window, position, &masks, &run);
    }
    state->position = position;
    state->run = run;
    state->text = before;
}

/* Finish a block whose masks are known; false ends the window, at the byte of a violation. */
static inline bool block_finish(struct scan_window *window, struct kernel_masks *masks,
                                uint64_t violation, struct kernel_state *state)
{
    if (violation != 0) {
        uint64_t before = (violation & -violation) - 1;
        masks->row_ends &= before;
        masks->separators &= before;
    }
    uint64_t marks = masks->suspect | masks->notable | masks->quote;
    if ((marks | state->suspect | state->notable | state->quoted) == 0) {
        rows_write_plain(window, &state->run, masks);
        state->calm++;
    } else {
        rows_write(window, state, masks);
        state->calm = 0;
    }
    run_pass(window, state->position, masks, &state->run);
    return violation == 0;
}

/* One block of any kind; false ends the window. */
static inline bool block_take(struct scan_window *window, const struct kernel_bytes *wanted,
                              const unsigned char *bytes, uint64_t valid,
                              struct kernel_state *state)
{
    struct block block = block_load(bytes);
    struct kernel_masks masks = masks_make(&block, valid, wanted, &state->run);
    masks.suspect |= text_suspects(&block, bytes, wanted, &state->text);
    uint64_t inside = 0;
    /* A closing quote at the end of the last block wants a separator now. */
    uint64_t violation = state->closed & ~(masks.comma | masks.feed | masks.carriage);
    if ((masks.quote | state->inside) != 0) {
        inside = masks_quoted(&masks, state, &violation);
    }
    bool sound = block_finish(window, &masks, violation & valid, state);
    state->closed = (masks.quote & ~inside) >> 63;
    state->inside = (uint64_t)((int64_t)inside >> 63);
    return sound;
}

/* Blocks of any kind, until the last few were plain: no record that has a quote or a mark goes on
 * behind those. False ends the window. */
__attribute__((noinline)) static bool any_blocks(struct scan_window *window,
                                                 const struct kernel_bytes *shared_bytes,
                                                 struct kernel_state *shared)
{
    const struct kernel_bytes wanted = *shared_bytes;
    struct kernel_state state = *shared;
    const unsigned char *bytes = window->bytes;
    size_t size = window->size;
    unsigned char tail[64] = {0};
    bool sound = true;
    state.calm = 0;
    for (; sound && state.calm < CALM_COUNT && state.position < size; state.position += 64) {
        const unsigned char *at = bytes + state.position;
        uint64_t valid = ~UINT64_C(0);
        __builtin_prefetch(at + PREFETCH_SIZE);
        if (size - state.position < 64) {
            /* The last bytes are copied, because a load behind the input may fault. */
            memcpy(tail, at, size - state.position);
            valid = mask_below(size - state.position);
            at = tail;
        }
        sound = block_take(window, &wanted, at, valid, &state);
    }
    *shared = state;
    return sound;
}

void KERNEL(struct scan_window *window)
{
    const struct kernel_bytes wanted = {
        .quote = block_spread('"'),
        .comma = block_spread(','),
        .feed = block_spread('\n'),
        .carriage = block_spread('\r'),
        .blank = block_spread(' '),
#if defined(BLOCK_LOOKS_UP)
        .text = text_tables_make(),
#endif
    };
    struct kernel_state state = {.run = {.border = 1}};
    bool sound = true;
    while (sound && state.position < window->size) {
        plain_blocks(window, &wanted, &state);
        sound = any_blocks(window, &wanted, &state);
    }
    window->row_count = state.run.row_count;
}
