/* SPDX-License-Identifier: MIT */
#include "remote/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal.h"
#include "utf8.h"

#if defined(__GLIBC__)
#include <malloc.h>

void memory_give_back(void)
{
    (void)malloc_trim(0);
}
#else
void memory_give_back(void)
{
    /* Other C libraries do it by themselves. */
}
#endif

void memory_wipe(void *bytes, size_t size)
{
    volatile unsigned char *at = bytes;

    for (size_t index = 0; index < size; index++) {
        at[index] = 0;
    }
}

void text_close(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}

void text_wipe(struct text *text)
{
    if (text->bytes != NULL) {
        memory_wipe(text->bytes, text->capacity);
    }
    text_close(text);
}

void text_clear(struct text *text)
{
    text->size = 0;
    if (text->bytes != NULL) {
        text->bytes[0] = '\0';
    }
}

/* Not realloc: a wiped text must not leave copies of itself behind. */
static bool text_grow(struct text *text, size_t more)
{
    if (text->exhausted || more >= SIZE_MAX / 4 - text->size) {
        text->exhausted = true;
        return false;
    }
    if (text->size + more < text->capacity) {
        return true;
    }
    size_t capacity = text->capacity == 0 ? 128 : text->capacity * 2;
    while (capacity <= text->size + more) {
        capacity *= 2;
    }
    char *bytes = malloc(capacity);
    if (bytes == NULL) {
        text->exhausted = true;
        return false;
    }
    if (text->bytes != NULL) {
        memcpy(bytes, text->bytes, text->size);
        memory_wipe(text->bytes, text->size);
        free(text->bytes);
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void text_append(struct text *text, const void *bytes, size_t size)
{
    if (!text_grow(text, size)) {
        return;
    }
    if (size > 0) {
        memcpy(text->bytes + text->size, bytes, size);
    }
    text->size += size;
    text->bytes[text->size] = '\0';
}

void text_put(struct text *text, const char *string)
{
    text_append(text, string, strlen(string));
}

void text_format(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_list again;

    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    if (size >= 0 && text_grow(text, (size_t)size + 1)) {
        vsnprintf(text->bytes + text->size, (size_t)size + 1, format, again);
        text->size += (size_t)size;
    }
    va_end(again);
    va_end(arguments);
}

const char *text_string(const struct text *text)
{
    return text->bytes != NULL ? text->bytes : "";
}

/* How many bytes at the start are printable ASCII, which needs no second look. */
static size_t plain_run(const char *bytes, size_t size)
{
    size_t run = 0;

    while (run < size && bytes[run] >= ' ' && bytes[run] <= '~') {
        run++;
    }
    return run;
}

void text_shown(struct text *text, const char *bytes, size_t size)
{
    size_t at = 0;

    while (at < size) {
        size_t run = plain_run(bytes + at, size - at);
        if (run > 0) {
            text_append(text, bytes + at, run);
            at += run;
            continue;
        }
        size_t length = terminal_visible_size(bytes + at, size - at);
        if (length > 0) {
            text_append(text, bytes + at, length);
        } else {
            text_format(text, "\\x%02X", (unsigned)(unsigned char)bytes[at]);
        }
        at += length > 0 ? length : 1;
    }
}

/* A character as JSON escapes it: beyond U+FFFF in two halves. */
static void point_escape(struct text *text, uint32_t point)
{
    if (point > 0xFFFF) {
        text_format(text, "\\u%04x", 0xD800 + ((point - 0x10000) >> 10));
        point = 0xDC00 + (point & 0x3FF);
    }
    text_format(text, "\\u%04x", point);
}

void text_json_shown(struct text *text, const char *bytes, size_t size)
{
    size_t at = 0;

    while (at < size) {
        size_t run = plain_run(bytes + at, size - at);
        text_append(text, bytes + at, run);
        at += run;
        if (at == size) {
            break;
        }
        uint32_t point = 0;
        size_t length = utf8_read(bytes + at, size - at, &point);
        /* Line ends stand between the parts of a document, never inside its strings. */
        bool between = bytes[at] == '\n' || bytes[at] == '\r' || bytes[at] == '\t';
        if (between || terminal_visible_size(bytes + at, size - at) > 0) {
            text_append(text, bytes + at, length);
        } else {
            point_escape(text, length > 0 ? point : 0xFFFD);
        }
        at += length > 0 ? length : 1;
    }
}

static bool byte_stays(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || (byte != '\0' && strchr("-._~,", byte) != NULL);
}

void text_query(struct text *text, const char *bytes, size_t size)
{
    for (size_t index = 0; index < size; index++) {
        if (byte_stays(bytes[index])) {
            text_append(text, bytes + index, 1);
        } else {
            text_format(text, "%%%02X", (unsigned)(unsigned char)bytes[index]);
        }
    }
}

static bool csv_needs_quotes(const char *bytes, size_t size)
{
    for (size_t index = 0; index < size; index++) {
        if (strchr("\",\r\n", bytes[index]) != NULL && bytes[index] != '\0') {
            return true;
        }
    }
    return false;
}

void text_csv(struct text *text, const char *bytes, size_t size)
{
    if (!csv_needs_quotes(bytes, size)) {
        text_append(text, bytes, size);
        return;
    }
    text_put(text, "\"");
    size_t start = 0;
    for (size_t index = 0; index < size; index++) {
        if (bytes[index] == '"') {
            text_append(text, bytes + start, index + 1 - start);
            start = index;
        }
    }
    text_append(text, bytes + start, size - start);
    text_put(text, "\"");
}

void text_csv_plain(struct text *text, const char *bytes, size_t size)
{
    struct text guarded = {0};

    if (size == 0 || bytes[0] == '\0' || strchr("=+-@\t\r", bytes[0]) == NULL) {
        text_csv(text, bytes, size);
        return;
    }
    text_put(&guarded, "'");
    text_append(&guarded, bytes, size);
    text_csv(text, text_string(&guarded), guarded.size);
    text->exhausted = text->exhausted || guarded.exhausted;
    text_close(&guarded);
}

void text_lower(struct text *text, const char *bytes, size_t size)
{
    size_t start = text->size;

    text_append(text, bytes, size);
    for (size_t at = start; at < text->size; at++) {
        if (text->bytes[at] >= 'A' && text->bytes[at] <= 'Z') {
            text->bytes[at] = (char)(text->bytes[at] + ('a' - 'A'));
        }
    }
}
