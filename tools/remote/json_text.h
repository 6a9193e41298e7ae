/* SPDX-License-Identifier: MIT */
/* JSON between jansson and text; what strangers sent is looked at with care. */
#ifndef MUSTER_TOOLS_REMOTE_JSON_TEXT_H
#define MUSTER_TOOLS_REMOTE_JSON_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "muster.h"
#include "remote/text.h"

/* Append a document in one line, with nothing in it that a terminal could obey. NULL exhausts. */
void json_append(struct text *text, const json_t *document);

/* The document in these bytes, or NULL where they are not one. */
json_t *json_read(const char *bytes, size_t size);

/* The same with flags of Jansson's; never a document that lacks something for want of memory. */
json_t *json_read_as(const char *bytes, size_t size, size_t flags);

/* Whether it was memory for want of which this thread's last document was none. */
bool json_was_starved(void);

/* The string at `key` of an object, or NULL where there is none. */
const char *json_word(const json_t *object, const char *key);

/* The object's or array's member, or NULL where it is of another type. */
json_t *json_list(const json_t *object, const char *key);

/* A string of these bytes; each bad byte becomes U+FFFD. NULL for an absent span gives null. */
json_t *json_span(struct muster_span span);

/* Set a member to a new reference; false where memory ran out or `value` is NULL. */
bool json_put(json_t *object, const char *key, json_t *value);

/* "2024-05-01T12:00:00Z". */
json_t *json_time_now(void);

#endif
