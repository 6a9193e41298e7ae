/* SPDX-License-Identifier: MIT */
#include "csv/record.h"

static bool byte_is_line_end(unsigned char byte)
{
    return byte == '\n' || byte == '\r';
}

/* Behind empty lines; with `trim`, lines of blanks are empty too. */
static size_t skip_empty_lines(span input, size_t at, bool trim)
{
    while (at < input.len) {
        size_t look = skip_blanks(input, at, trim);
        if (look < input.len && !byte_is_line_end((unsigned char)input.ptr[look])) {
            return at;
        }
        at = look < input.len ? look + 1 : look;
    }
    return at;
}

/* The end of an unquoted field, or of the part before a stray quote. */
static size_t unquoted_end(span input, size_t at)
{
    while (at < input.len) {
        char byte = input.ptr[at];
        if (byte == ',' || byte == '"' || byte == '\n' || byte == '\r') {
            break;
        }
        at++;
    }
    return at;
}

/*
 * The position behind a quoted field whose opening quote is at `at`: a comma, a line end or the
 * end of the input, unless `record` is given a trouble.
 */
static size_t quoted_end(span input, size_t at, bool trim, struct record *record)
{
    size_t open = at++;
    for (;;) {
        const char *quote = at < input.len ? memchr(input.ptr + at, '"', input.len - at) : NULL;
        if (quote == NULL) {
            record->trouble = RECORD_UNTERMINATED;
            record->trouble_at = open;
            return input.len;
        }
        at = (size_t)(quote - input.ptr) + 1;
        if (at < input.len && input.ptr[at] == '"') {
            at++;
            continue;
        }
        at = skip_blanks(input, at, trim);
        if (at < input.len && input.ptr[at] != ',' &&
            !byte_is_line_end((unsigned char)input.ptr[at])) {
            record->trouble = RECORD_STRAY_QUOTE;
            record->trouble_at = at;
        }
        return at;
    }
}

/* The position behind the next CR or LF at or behind `at`. */
static size_t resume_behind(span input, size_t at)
{
    while (at < input.len && !byte_is_line_end((unsigned char)input.ptr[at])) {
        at++;
    }
    return at < input.len ? at + 1 : at;
}

/* NOLINTNEXTLINE(readability-function-size): input, place and profile in, fields and record out */
bool record_parse(span input, size_t at, bool trim, struct raw_field *fields, size_t capacity,
                  struct record *record)
{
    at = skip_empty_lines(input, at, trim);
    if (at >= input.len) {
        return false;
    }
    *record = (struct record){.start = at};
    for (;;) {
        size_t start = at;
        size_t content = skip_blanks(input, at, trim);
        if (content < input.len && input.ptr[content] == '"') {
            at = quoted_end(input, content, trim, record);
        } else {
            at = unquoted_end(input, content);
            if (at < input.len && input.ptr[at] == '"') {
                record->trouble = RECORD_STRAY_QUOTE;
                record->trouble_at = at;
            }
        }
        if (record->trouble != RECORD_SOUND) {
            break;
        }
        if (record->field_count < capacity) {
            fields[record->field_count] = (struct raw_field){start, at};
        }
        record->field_count++;
        if (at >= input.len || input.ptr[at] != ',') {
            break;
        }
        at++;
    }
    record->end = at;
    if (record->trouble == RECORD_STRAY_QUOTE) {
        record->next = resume_behind(input, record->trouble_at);
    } else {
        record->next = at < input.len ? at + 1 : at;
    }
    return true;
}

span field_decode(span raw, bool trim, struct buffer *scratch)
{
    if (trim) {
        raw = span_trim(raw);
    }
    if (raw.len < 2 || raw.ptr[0] != '"') {
        return raw;
    }
    span inner = span_make(raw.ptr + 1, raw.len - 2);
    const char *quote = memchr(inner.ptr, '"', inner.len);
    if (quote == NULL) {
        return inner;
    }
    char *room = buffer_reserve(scratch, inner.len);
    if (room == NULL) {
        return inner;
    }
    size_t size = 0;
    for (size_t index = 0; index < inner.len; index++) {
        room[size++] = inner.ptr[index];
        /* The second quote of a pair is dropped. */
        index += (size_t)(inner.ptr[index] == '"');
    }
    scratch->size += size;
    return span_make(room, size);
}
