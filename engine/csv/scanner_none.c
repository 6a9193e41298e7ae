/* SPDX-License-Identifier: MIT */
/*
 * The kernel for any processor. It gives what scanner_kernel.h gives, by another way: without wide
 * registers the masks of a block cost more than its bytes.
 *
 * Eight bytes at a time it looks for the next byte that is below '-' or above 0x7E, of which there
 * are little more than one a field. The classes of those bytes are collected, and what they may
 * mean is asked once a record, where it has any but commas.
 */
#include "base/text.h"
#include "csv/scanner_kernels.h"

enum byte_class {
    CLASS_COMMA = 1,  /* the number of ends that the byte gives */
    CLASS_STOP = 2,   /* a quote or a line end */
    CLASS_BLANK = 4,  /* a space: somebody looks at it where it is beside a border */
    CLASS_HIGH = 8,   /* above 0x7F: part of a character, or not UTF-8 */
    CLASS_LATIN = 16, /* besides: may begin one of U+0080 to U+009F */
    CLASS_ODD = 32,   /* a control character */
    CLASS_INNER = 64, /* within quotes: what would be a border outside, or a doubled quote */
};

#define CLASS_BORDER (CLASS_COMMA | CLASS_STOP)

static inline unsigned byte_classes(unsigned char byte)
{
    if (byte == ',') {
        return CLASS_COMMA;
    }
    if (byte > 0x7F) {
        return byte == 0xC2 ? CLASS_HIGH | CLASS_LATIN : CLASS_HIGH;
    }
    if (byte == '\n' || byte == '\r' || byte == '"') {
        return CLASS_STOP;
    }
    if (byte == ' ') {
        return CLASS_BLANK;
    }
    return byte < ' ' || byte == 0x7F ? CLASS_ODD : 0;
}

/* Where the kernel is in its window. */
struct walk {
    const unsigned char *bytes;
    size_t size;
    size_t position;
    uint32_t *ends;
    uint32_t end_count;
    unsigned seen; /* classes of the bytes of the record */
};

#define EVERY_BYTE UINT64_C(0x0101010101010101)
#define HIGH_BITS  UINT64_C(0x8080808080808080)

/* The place of the next byte below '-' or above 0x7E, or `size`. All others are plain. */
static inline size_t unusual_find(const unsigned char *bytes, size_t position, size_t size)
{
    for (; size - position >= 8; position += 8) {
        uint64_t word;
        memcpy(&word, bytes + position, sizeof word);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        /* Borrows and carries leave a byte only above one that is unusual itself. */
        uint64_t below = (word - EVERY_BYTE * '-') & ~word;
        uint64_t unusual = (below | word | (word + EVERY_BYTE)) & HIGH_BITS;
        if (unusual != 0) {
            return position + (size_t)__builtin_ctzll(unusual) / 8;
        }
    }
    while (position < size && bytes[position] >= '-' && bytes[position] < 0x7F) {
        position++;
    }
    return position;
}

/* The same from behind an unusual byte. Bytes above 0x7F come in runs, and are taken as they come.
 */
static inline size_t unusual_next(const unsigned char *bytes, size_t position, size_t size,
                                  unsigned *seen)
{
    while (++position < size && bytes[position] > 0x7F) {
        *seen |= byte_classes(bytes[position]);
    }
    return unusual_find(bytes, position, size);
}

/* To behind the next byte that stops, which it gives; -1 where the window ends before. */
static inline int stop_find(struct walk *walk)
{
    const unsigned char *bytes = walk->bytes;
    const size_t size = walk->size;
    uint32_t *next = walk->ends + walk->end_count;
    size_t position = unusual_find(bytes, walk->position, size);
    unsigned classes = 0;
    unsigned seen = 0;
    while (position < size) {
        classes = byte_classes(bytes[position]);
        if ((classes & CLASS_STOP) != 0) {
            break;
        }
        seen |= classes;
        *next = (uint32_t)position;
        next += classes & CLASS_COMMA;
        position = unusual_next(bytes, position, size, &seen);
    }
    walk->position = position + 1;
    walk->end_count = (uint32_t)(next - walk->ends);
    walk->seen |= seen;
    return position < size ? bytes[position] : -1;
}

/* From behind an opening quote to the byte behind the closing one, which has to be a border. False
 * where it is none, or where the window ends before. */
static inline bool quoted_walk(struct walk *walk)
{
    const unsigned char *bytes = walk->bytes;
    const size_t size = walk->size;
    size_t position = unusual_find(bytes, walk->position, size);
    while (position < size) {
        unsigned classes = byte_classes(bytes[position]);
        if (bytes[position] != '"') {
            walk->seen |= (classes & CLASS_BORDER) != 0 ? CLASS_INNER : classes;
            position = unusual_next(bytes, position, size, &walk->seen);
            continue;
        }
        if (++position == size) {
            break;
        }
        if (bytes[position] != '"') {
            bool sound = (byte_classes(bytes[position]) & CLASS_BORDER) != 0;
            walk->position = position;
            return sound;
        }
        /* A doubled quote. */
        walk->seen |= CLASS_INNER;
        position = unusual_find(bytes, position + 1, size);
    }
    walk->position = size;
    return false;
}

/* Whether a space of the record is beside a border; the line end at `end` is one. */
static bool has_blank_beside(const unsigned char *bytes, size_t start, size_t end)
{
    unsigned before = CLASS_STOP;
    for (size_t at = start; at <= end; at++) {
        unsigned classes = byte_classes(bytes[at]);
        bool blank = ((classes | before) & CLASS_BLANK) != 0;
        if (blank && ((classes | before) & CLASS_BORDER) != 0) {
            return true;
        }
        before = classes;
    }
    return false;
}

/* What somebody may have to look at in the record, which ends before the line end at `end`. */
static unsigned record_flags(const struct walk *walk, size_t start, size_t end)
{
    unsigned seen = walk->seen;
    span text = span_make(walk->bytes + start, end - start);
    bool suspect = (seen & CLASS_ODD) != 0 ||
                   ((seen & CLASS_HIGH) != 0 && text_utf8_prefix(text) < text.len) ||
                   ((seen & CLASS_LATIN) != 0 && text_control(text) != 0);
    bool notable = (seen & CLASS_INNER) != 0 ||
                   ((seen & CLASS_BLANK) != 0 && has_blank_beside(walk->bytes, start, end));
    return (suspect ? SCAN_SUSPECT : 0U) | (notable ? SCAN_NOTABLE : 0U);
}

void scan_kernel_none(struct scan_window *window)
{
    struct walk walk = {.bytes = window->bytes, .size = window->size, .ends = window->ends};
    size_t row = 0;
    size_t start = 0;
    uint32_t first_end = 0;
    unsigned quoted = 0;
    int stop;
    while ((stop = stop_find(&walk)) >= 0) {
        size_t at = walk.position - 1;
        if (stop == '"') {
            size_t field = walk.end_count > first_end ? walk.ends[walk.end_count - 1] + 1U : start;
            quoted = SCAN_QUOTED;
            if (at != field || !quoted_walk(&walk)) {
                break;
            }
            continue;
        }
        /* A CR ends a record of its own; where an LF follows, that is an empty one. */
        bool plain = (walk.seen & ~(unsigned)CLASS_BORDER) == 0;
        unsigned flags = quoted | (plain ? 0 : record_flags(&walk, start, at));
        walk.ends[walk.end_count] = (uint32_t)at;
        window->row_last[row] = walk.end_count++;
        window->flags[row++] = (unsigned char)flags;
        start = walk.position;
        first_end = walk.end_count;
        walk.seen = 0;
        quoted = 0;
    }
    window->row_count = row;
}
