/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "remote/json_text.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "utf8.h"

/*
 * Where memory runs out while Jansson 2.14 gathers the bytes of a string, it goes on without the
 * byte that had no room: an id would come out wrong, and nothing would be said. So allocations
 * that fail are noted, for each thread by itself, and what was read meanwhile is thrown away.
 */
static _Thread_local bool starved;

static void *noting_malloc(size_t size)
{
    void *memory = malloc(size);

    starved = starved || memory == NULL;
    return memory;
}

static void note_starving(void)
{
    json_set_alloc_funcs(noting_malloc, free);
}

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

json_t *json_read_as(const char *bytes, size_t size, size_t flags)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, note_starving);
    starved = false;
    json_t *document = json_loadb(bytes, size, flags, NULL);
    if (starved) {
        json_decref(document);
        document = NULL;
    }
    return document;
}

bool json_was_starved(void)
{
    return starved;
}

json_t *json_read(const char *bytes, size_t size)
{
    return json_read_as(bytes, size, JSON_REJECT_DUPLICATES);
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
        uint32_t point = 0;
        size_t length = utf8_read(span.ptr + at, span.len - at, &point);
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
