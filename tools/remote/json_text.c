/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "remote/json_text.h"

#include <stdlib.h>
#include <time.h>

static int piece_append(const char *bytes, size_t size, void *context)
{
    text_append(context, bytes, size);
    return 0;
}

void json_append(struct text *text, const json_t *document)
{
    struct text plain = {0};

    if (document == NULL ||
        json_dump_callback(document, piece_append, &plain, JSON_COMPACT | JSON_ENCODE_ANY) != 0) {
        plain.exhausted = true;
    }
    text_json_shown(text, text_string(&plain), plain.size);
    text->exhausted = text->exhausted || plain.exhausted;
    text_close(&plain);
}

json_t *json_read(const char *bytes, size_t size)
{
    return json_loadb(bytes, size, JSON_REJECT_DUPLICATES, NULL);
}

const char *json_word(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

json_t *json_list(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    return json_is_array(value) ? value : NULL;
}

json_t *json_span(struct muster_span span)
{
    struct text clean = {0};
    json_t *value = json_stringn(span.ptr != NULL ? span.ptr : "", span.len);

    if (span.ptr == NULL) {
        json_decref(value);
        return json_null();
    }
    if (value != NULL) {
        return value;
    }
    for (size_t at = 0; at < span.len;) {
        size_t length = text_sequence(span.ptr + at, span.len - at);
        if (length > 0) {
            text_append(&clean, span.ptr + at, length);
        } else {
            text_put(&clean, "\xEF\xBF\xBD");
        }
        at += length > 0 ? length : 1;
    }
    value = clean.exhausted ? NULL : json_stringn(text_string(&clean), clean.size);
    text_close(&clean);
    return value;
}

bool json_put(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0;
}

json_t *json_time_now(void)
{
    char word[32] = "";
    time_t now = time(NULL);
    struct tm parts;

    if (gmtime_r(&now, &parts) != NULL) {
        strftime(word, sizeof(word), "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
    return json_string(word);
}
