/* SPDX-License-Identifier: MIT */
/* Characters of UTF-8. The engine has its own, which looks at many at a time. */
#ifndef MUSTER_TOOLS_UTF8_H
#define MUSTER_TOOLS_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The size of the character at the start of `bytes`, and *point is its code point; 0 where there is
 * none: overlong forms, surrogates, and what is cut. */
size_t utf8_read(const char *bytes, size_t size, uint32_t *point);

#endif
