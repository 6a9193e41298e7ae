/* SPDX-License-Identifier: MIT */
/*
 * Making bytes of unknown origin harmless where they are shown: inside a JSON string, and on a
 * terminal. Both leave ordinary text as it is, whatever its language.
 */
#ifndef MUSTER_OUTPUT_ESCAPE_H
#define MUSTER_OUTPUT_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/span.h"

/*
 * The code point at the start of `text`, and as the result its size in bytes; 0 where the first
 * byte begins no well-formed sequence (or there is none).
 */
size_t utf8_decode(span text, uint32_t *code_point);

/*
 * Append `text` as the inside of a JSON string, without quotation marks. Every byte that is not
 * part of well-formed UTF-8 becomes U+FFFD. Beyond what JSON demands, DEL, C1, the line separators
 * and the characters that reorder or hide text are written as \uXXXX: a reader sees no difference,
 * a terminal cannot be led astray. Grows the buffer by at most 6 bytes a byte.
 */
void escape_json(struct buffer *out, span text);

/* The same with quotation marks around it; an absent span gives null. */
void escape_json_value(struct buffer *out, span text);

/*
 * Append `text` for people: C0, DEL and stray bytes as \xNN, C1 and other characters that reorder
 * or hide text as \u{N}.
 */
void escape_terminal(struct buffer *out, span text);

/*
 * The same, but at most `columns` wide; what is too long ends with an ellipsis. Looks at no more
 * of `text` than it shows.
 */
void escape_terminal_short(struct buffer *out, span text, size_t columns);

/* The columns that `text`, which has been made harmless, takes on a terminal. */
size_t text_columns(span text);

#endif
