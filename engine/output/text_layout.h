/* SPDX-License-Identifier: MIT */
/* How the text format looks: colours, lines that are broken at words, counted things. */
#ifndef MUSTER_OUTPUT_TEXT_LAYOUT_H
#define MUSTER_OUTPUT_TEXT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/span.h"

enum style {
    STYLE_PLAIN,
    STYLE_STRONG,
    STYLE_DIM,
    STYLE_BAD,     /* errors, and what is taken away */
    STYLE_WARNING, /* and what is changed */
    STYLE_NOTE,
    STYLE_GOOD, /* and what is added */
};

struct layout {
    struct buffer *out;
    size_t width;
    bool color;
};

/* `text` in a style. */
void layout_styled(const struct layout *layout, enum style style, span text);
void layout_style(const struct layout *layout, enum style style);

/*
 * Append `words`, which stand at `column` of a line that has begun, and end the line. Where they
 * are too long the line is broken at a space and goes on at `indent`.
 */
void layout_wrap(const struct layout *layout, span words, size_t column, size_t indent);

void layout_spaces(const struct layout *layout, size_t count);

/* A grouped number, padded on the left to `columns`. */
void layout_number(const struct layout *layout, uint64_t number, size_t columns);

/* The columns that a grouped number takes. */
size_t number_columns(uint64_t number);

/* "1 user", "4,000 users". */
void count_things(struct buffer *out, uint64_t count, const char *one, const char *many);

#endif
