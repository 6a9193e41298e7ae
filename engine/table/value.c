/* SPDX-License-Identifier: MIT */
#include "table/value.h"

#include "base/text.h"

/* digest_kernel.h computes the same hashes 64 bytes at a time and must change along. */

bool value_is_email(span value)
{
    const char *at = memchr(value.ptr, '@', value.len);
    if (at == NULL || at == value.ptr) {
        return false;
    }
    span domain = span_make(at + 1, value.len - (size_t)(at + 1 - value.ptr));
    if (domain.len == 0 || memchr(domain.ptr, '@', domain.len) != NULL ||
        memchr(value.ptr, ' ', value.len) != NULL || memchr(value.ptr, '\t', value.len) != NULL) {
        return false;
    }
    return domain.len > 2 && memchr(domain.ptr + 1, '.', domain.len - 2) != NULL;
}

/* What a byte alone says about its value. Of U+0080 to U+009F it shows the first of two bytes. */
enum byte_class { BYTE_CONTROL = 1, BYTE_SPECIAL = 2, BYTE_LATIN = 4 };

#define C BYTE_CONTROL
#define S BYTE_SPECIAL
static const unsigned char byte_classes[256] = {
    /* 00 */ 0,          C, C, C, C, C, C, C, C, 0, S, C, C, S, C, C,
    /* 10 */ C,          C, C, C, C, C, C, C, C, C, C, C, C, C, C, C,
    /* 20 */ 0,          0, S, 0, 0, 0, 0, 0, 0, 0, 0, 0, S, 0, 0, 0, [0x7F] = C,
    [0xC2] = BYTE_LATIN,
};
#undef C
#undef S

unsigned value_troubles(span value, enum column_type type)
{
    unsigned troubles = 0;
    unsigned classes = 0;
    if (span_is_blank(value)) {
        return 0;
    }
    if (type == COLUMN_EMAIL && !value_is_email(value)) {
        troubles |= VALUE_INVALID_EMAIL;
    }
    if (byte_is_blank((unsigned char)value.ptr[0]) ||
        byte_is_blank((unsigned char)value.ptr[value.len - 1])) {
        troubles |= VALUE_SURROUNDING_SPACE;
    }
    for (size_t index = 0; index < value.len; index++) {
        classes |= byte_classes[(unsigned char)value.ptr[index]];
    }
    if ((classes & BYTE_CONTROL) != 0 ||
        ((classes & BYTE_LATIN) != 0 && text_control(value) != 0)) {
        troubles |= VALUE_CONTROL_CHARACTER;
    }
    if ((classes & BYTE_SPECIAL) != 0 && type != COLUMN_ID_LIST) {
        troubles |= VALUE_SPECIAL_CHARACTER;
    }
    return troubles;
}

span value_id_core(span id)
{
    span core = span_trim(id);
    while (core.len > 0 && core.ptr[0] == '0') {
        core.ptr++;
        core.len--;
    }
    return core;
}

uint32_t value_id_shape(span id, span core, uint64_t seed)
{
    size_t before = (size_t)(core.ptr - id.ptr);
    size_t behind = id.len - before - core.len;
    size_t zeros = 0;
    while (zeros < before && id.ptr[zeros] == '0') {
        zeros++;
    }
    if (zeros == before && behind == 0) {
        return (uint32_t)id.len;
    }
    uint64_t hash = hash_bytes(id.ptr, before, seed);
    hash = hash_bytes(core.ptr + core.len, behind, hash);
    return (uint32_t)hash | VALUE_SHAPE_HASHED;
}

/* Long keys in pieces: each piece is hashed with the hash of those before it. */
static uint64_t long_hash(span text, uint64_t seed)
{
    char folded[1024];
    uint64_t hash = seed;
    while (text.len > 0) {
        span piece = span_make(text.ptr, text.len < sizeof folded ? text.len : sizeof folded);
        span_fold(folded, piece);
        hash = hash_bytes(folded, piece.len, hash);
        text.ptr += piece.len;
        text.len -= piece.len;
    }
    return hash != 0 ? hash : 1;
}

/* Of the case-folded bytes. The secret is that of the seed. */
static uint64_t folded_hash(span text, const struct hash_secret *secret, uint64_t seed)
{
    if (text.len > HASH_BLOCK_SIZE) {
        return long_hash(text, seed);
    }
    uint64_t words[HASH_BLOCK_SIZE / 8] = {0};
    for (size_t at = 0; at < text.len; at += 8) {
        words[at / 8] = word_fold(bytes_word(text.ptr + at, text.len - at));
    }
    if (text.len <= HASH_SHORT_SIZE) {
        return hash_short(secret, words[0], words[1]);
    }
    return hash_block(secret, (const unsigned char *)words);
}

uint64_t value_id_hash(span id, const struct hash_secret *secret, uint64_t seed)
{
    return folded_hash(value_id_core(id), secret, seed);
}

uint64_t value_email_hash(span email, const struct hash_secret *secret, uint64_t seed)
{
    return folded_hash(email, secret, seed ^ VALUE_EMAIL_SALT);
}

uint64_t value_exact_hash(span value, uint64_t seed)
{
    uint64_t hash = hash_bytes(value.ptr, value.len, seed);
    return hash != 0 ? hash : 1;
}
