/* SPDX-License-Identifier: MIT */
/* Growing text, and words of strangers made harmless before a person sees them. */
#ifndef MUSTER_TOOLS_REMOTE_TEXT_H
#define MUSTER_TOOLS_REMOTE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A zeroed text is an empty one; a NUL stands behind its bytes. Appending cannot fail visibly:
 * after the first failed allocation `exhausted` is set and everything appended is dropped, so a
 * caller asks once at the end.
 */
struct text {
    char *bytes;
    size_t size;
    size_t capacity;
    bool exhausted;
};

void text_close(struct text *text);
/* The same, with its memory overwritten first. */
void text_wipe(struct text *text);
void text_clear(struct text *text);

void text_append(struct text *text, const void *bytes, size_t size);
void text_put(struct text *text, const char *string);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Never NULL. */
const char *text_string(const struct text *text);

/* One line for people, whatever the bytes are: what terminal_visible_size does not take for a
 * visible character appears as \xNN, each byte of it. */
void text_shown(struct text *text, const char *bytes, size_t size);

/* A JSON document, with the same characters escaped inside its strings as \uNNNN. */
void text_json_shown(struct text *text, const char *bytes, size_t size);

/* Percent-encoded for one value of a query; only letters, digits and -._~ and comma stay. */
void text_query(struct text *text, const char *bytes, size_t size);

/* One field of a CSV file, quoted only where it must be. */
void text_csv(struct text *text, const char *bytes, size_t size);

/* The same for files that people open in a spreadsheet: what it would take for a formula gets an
 * apostrophe in front. */
void text_csv_plain(struct text *text, const char *bytes, size_t size);

/* The same bytes with ASCII letters small. */
void text_lower(struct text *text, const char *bytes, size_t size);

/* Return to the system what was freed: what follows may take long. */
void memory_give_back(void);

/* Overwrite memory that held a secret; not optimised away. */
void memory_wipe(void *bytes, size_t size);

#endif
