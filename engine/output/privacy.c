/* SPDX-License-Identifier: MIT */
#include "output/privacy.h"

#include <string.h>

#include "base/hash.h"
#include "base/seed.h"
#include "output/escape.h"

struct privacy privacy_make(enum muster_privacy level, span key)
{
    bool keyless = level == MUSTER_PRIVACY_PSEUDONYM && key.len == 0;
    return (struct privacy){.level = level, .key = key, .own_key = keyless ? seed_make() : 0};
}

void privacy_close(struct privacy *privacy)
{
    buffer_close(&privacy->shown);
}

/* The first character of a text of several, and three stars for the rest. */
static void mask_word(struct buffer *shown, span text)
{
    uint32_t code_point = 0;
    size_t size = utf8_decode(text, &code_point);
    if (size > 0 && size < text.len) {
        buffer_append(shown, text.ptr, size);
    }
    buffer_text(shown, "***");
}

static bool is_domain(span text)
{
    for (size_t index = 0; index < text.len; index++) {
        char byte = byte_fold(text.ptr[index]);
        bool letter = byte >= 'a' && byte <= 'z';
        bool digit = byte >= '0' && byte <= '9';
        if (!letter && !digit && byte != '.' && byte != '-') {
            return false;
        }
    }
    return text.len > 0;
}

static void mask(struct buffer *shown, span value)
{
    const char *at = memchr(value.ptr, '@', value.len);
    if (at != NULL && at > value.ptr) {
        size_t local_size = (size_t)(at - value.ptr);
        span domain = span_make(at + 1, value.len - local_size - 1);
        if (is_domain(domain)) {
            mask_word(shown, span_make(value.ptr, local_size));
            buffer_byte(shown, '@');
            buffer_span(shown, domain);
            return;
        }
    }
    mask_word(shown, value);
}

/*
 * The key stands before the value and seeds the hash too. Its length comes first, so that no key
 * and value give the same bytes as another key and value.
 */
static void pseudonym(struct buffer *shown, span key, span value)
{
    uint64_t key_size = key.len;
    buffer_append(shown, &key_size, sizeof key_size);
    buffer_span(shown, key);
    buffer_span(shown, value);
    if (shown->exhausted) {
        return;
    }
    uint64_t seed = hash_bytes(shown->bytes, sizeof key_size + key.len, 0);
    uint64_t hash = hash_bytes(shown->bytes, shown->size, seed);
    buffer_clear(shown);
    buffer_byte(shown, '~');
    for (int shift = 60; shift >= 0; shift -= 4) {
        buffer_byte(shown, "0123456789abcdef"[hash >> shift & 0xF]);
    }
}

span privacy_value(struct privacy *privacy, span value)
{
    if (privacy->level == MUSTER_PRIVACY_FULL || value.ptr == NULL) {
        return value;
    }
    if (privacy->level == MUSTER_PRIVACY_COUNTS) {
        return SPAN_NONE;
    }
    if (span_is_blank(value)) {
        return value;
    }
    buffer_clear(&privacy->shown);
    if (privacy->level == MUSTER_PRIVACY_MASK) {
        mask(&privacy->shown, value);
    } else {
        /* Without any key everybody could make the words, and compare them. */
        span own = span_make(&privacy->own_key, sizeof privacy->own_key);
        pseudonym(&privacy->shown, privacy->key.len > 0 ? privacy->key : own, value);
    }
    return privacy->shown.exhausted ? SPAN_NONE : buffer_view(&privacy->shown);
}
