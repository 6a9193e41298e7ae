/* SPDX-License-Identifier: MIT */
#include "output/text_layout.h"

#include "output/escape.h"

void layout_style(const struct layout *layout, enum style style)
{
    static const char *const codes[] = {
        [STYLE_PLAIN] = "\033[0m",  [STYLE_STRONG] = "\033[1m",   [STYLE_DIM] = "\033[2m",
        [STYLE_BAD] = "\033[1;31m", [STYLE_WARNING] = "\033[33m", [STYLE_NOTE] = "\033[36m",
        [STYLE_GOOD] = "\033[32m",
    };
    if (layout->color) {
        buffer_text(layout->out, codes[style]);
    }
}

void layout_styled(const struct layout *layout, enum style style, span text)
{
    layout_style(layout, style);
    buffer_span(layout->out, text);
    layout_style(layout, STYLE_PLAIN);
}

void layout_spaces(const struct layout *layout, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        buffer_byte(layout->out, ' ');
    }
}

void layout_wrap(const struct layout *layout, span words, size_t column, size_t indent)
{
    size_t at = 0;
    bool line_is_empty = true;
    if (layout->width == SIZE_MAX) {
        buffer_span(layout->out, words);
        at = words.len;
    }
    while (at < words.len) {
        size_t start = at;
        while (at < words.len && words.ptr[at] == ' ') {
            at++;
        }
        size_t space_size = at - start;
        while (at < words.len && words.ptr[at] != ' ') {
            at++;
        }
        span word = span_make(words.ptr + start + space_size, at - start - space_size);
        size_t columns = text_columns(word);
        if (!line_is_empty && column + space_size + columns > layout->width) {
            buffer_byte(layout->out, '\n');
            layout_spaces(layout, indent);
            column = indent;
            space_size = 0;
        }
        layout_spaces(layout, space_size);
        buffer_span(layout->out, word);
        column += space_size + columns;
        line_is_empty = false;
    }
    buffer_byte(layout->out, '\n');
}

size_t number_columns(uint64_t number)
{
    size_t digits = 1;
    while (number >= 10) {
        number /= 10;
        digits++;
    }
    return digits + (digits - 1) / 3;
}

void layout_number(const struct layout *layout, uint64_t number, size_t columns)
{
    size_t used = number_columns(number);
    layout_spaces(layout, columns > used ? columns - used : 0);
    buffer_number_grouped(layout->out, number);
}

void count_things(struct buffer *out, uint64_t count, const char *one, const char *many)
{
    buffer_number_grouped(out, count);
    buffer_byte(out, ' ');
    buffer_text(out, count == 1 ? one : many);
}
