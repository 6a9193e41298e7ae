/* SPDX-License-Identifier: MIT */
/*
 * Differences as text, one a line:
 *
 *     user added X5
 *     user changed X4 first_name null -> "D"
 *     team removed T1
 */
#ifndef MUSTER_TESTS_DIFF_WORDS_H
#define MUSTER_TESTS_DIFF_WORDS_H

#include "base/buffer.h"
#include "diff/diff.h"

static inline void write_value(struct buffer *text, span value)
{
    if (value.ptr == NULL) {
        buffer_text(text, "null");
    } else {
        buffer_byte(text, '"');
        buffer_span(text, value);
        buffer_byte(text, '"');
    }
}

static inline void write_difference(struct buffer *text, const struct muster_difference *difference)
{
    static const char *const entities[] = {"user", "team"};
    static const char *const changes[] = {"added", "removed", "changed"};
    buffer_text(text, entities[difference->entity]);
    buffer_byte(text, ' ');
    buffer_text(text, changes[difference->change]);
    buffer_byte(text, ' ');
    buffer_span(text, difference->id);
    if (difference->field != NULL) {
        buffer_byte(text, ' ');
        buffer_text(text, difference->field);
        buffer_byte(text, ' ');
        write_value(text, difference->old_value);
        buffer_text(text, " -> ");
        write_value(text, difference->new_value);
    }
    buffer_byte(text, '\n');
}

/* All differences from where the cursor stands. The caller frees it. */
static inline char *words_of(struct diff *diff)
{
    struct buffer text = {0};
    struct muster_difference difference;
    while (diff_next(diff, &difference)) {
        write_difference(&text, &difference);
    }
    buffer_byte(&text, '\0');
    return text.bytes;
}

#endif
