/* SPDX-License-Identifier: MIT */
/* What the rules ask of the bytes of a value. */
#ifndef MUSTER_BASE_TEXT_H
#define MUSTER_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

/* The length of the longest UTF-8 prefix: equal to text.len where all of it is UTF-8. */
size_t text_utf8_prefix(span text);

/* Code points of a text that is UTF-8. */
size_t text_length(span text);

/* The first control character: U+0001 to U+001F but TAB, CR and LF; U+007F; U+0080 to U+009F. Else
 * 0, since NUL has a rule of its own. */
unsigned text_control(span text);

#endif
