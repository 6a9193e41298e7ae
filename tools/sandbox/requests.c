/* SPDX-License-Identifier: MIT */
#include "sandbox/requests.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "remote/text.h"

/* What the fields of a head say about the length and the target of a request. */
struct head {
    unsigned host_count;
    unsigned length_count;
    unsigned coding_count;
    bool coding_known;
    unsigned field_count;
    int status; /* of the first field that is refused */
};

static bool is_token(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') ||
           (byte != '\0' && strchr("!#$%&'*+-.^_`|~", byte) != NULL);
}

size_t request_head_size(const char *bytes, size_t size)
{
    for (size_t at = 3; at < size; at++) {
        if (bytes[at] == '\n' && memcmp(bytes + at - 3, "\r\n\r\n", 4) == 0) {
            return at + 1;
        }
    }
    return 0;
}

/* Every line ends with CR LF, and neither of them, nor a NUL, stands anywhere else. */
static bool lines_are_sound(const char *bytes, size_t size)
{
    for (size_t at = 0; at < size; at++) {
        bool lonely_feed = bytes[at] == '\n' && (at == 0 || bytes[at - 1] != '\r');
        bool lonely_return = bytes[at] == '\r' && at + 1 < size && bytes[at + 1] != '\n';
        if (bytes[at] == '\0' || lonely_feed || lonely_return) {
            return false;
        }
    }
    return true;
}

static bool span_is(struct muster_span span, const char *word)
{
    return span.len == strlen(word) && strncasecmp(span.ptr, word, span.len) == 0;
}

static struct muster_span span_stripped(struct muster_span span)
{
    while (span.len > 0 && (span.ptr[0] == ' ' || span.ptr[0] == '\t')) {
        span.ptr++;
        span.len--;
    }
    while (span.len > 0 && (span.ptr[span.len - 1] == ' ' || span.ptr[span.len - 1] == '\t')) {
        span.len--;
    }
    return span;
}

/* "POST /path HTTP/1.1": a method, a path of visible ASCII without an encoded NUL, a version. */
static bool request_line_is_sound(struct muster_span line)
{
    size_t at = 0;

    while (at < line.len && is_token(line.ptr[at])) {
        at++;
    }
    if (at == 0 || at > 16 || at + 1 >= line.len || line.ptr[at] != ' ' ||
        line.ptr[at + 1] != '/') {
        return false;
    }
    size_t start = at + 1;
    for (at = start; at < line.len && line.ptr[at] > ' ' && line.ptr[at] <= '~'; at++) {
        if (line.len - at >= 3 && memcmp(line.ptr + at, "%00", 3) == 0) {
            return false;
        }
    }
    struct muster_span version = {line.ptr + at, line.len - at};
    return span_is(version, " HTTP/1.1") || span_is(version, " HTTP/1.0");
}

/* A length is digits alone, and only one: "4, 4" and "+4" mean different things to different
 * readers. */
static int length_judge(struct muster_span value)
{
    size_t zeros = 0;

    for (size_t at = 0; at < value.len; at++) {
        if (value.ptr[at] < '0' || value.ptr[at] > '9') {
            return 400;
        }
        zeros += zeros == at && value.ptr[at] == '0' ? 1 : 0;
    }
    if (value.len == 0) {
        return 400;
    }
    return value.len - zeros > 18 ? 413 : REQUEST_FINE;
}

static bool host_value_is_plain(struct muster_span value)
{
    for (size_t at = 0; at < value.len; at++) {
        char byte = value.ptr[at];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                      (byte >= '0' && byte <= '9');
        if (!letter && (byte == '\0' || strchr("-._:[]", byte) == NULL)) {
            return false;
        }
    }
    return value.len > 0 && value.len < 256;
}

static int field_judge(struct head *head, struct muster_span line)
{
    size_t length = 0;

    while (length < line.len && is_token(line.ptr[length])) {
        length++;
    }
    /* A line that begins with a blank continues the one before, which readers do in many ways; a
     * blank in front of the colon likewise. */
    if (length == 0 || length == line.len || line.ptr[length] != ':') {
        return 400;
    }
    struct muster_span name = {line.ptr, length};
    struct muster_span rest = {line.ptr + length + 1, line.len - length - 1};
    struct muster_span value = span_stripped(rest);
    if (++head->field_count > REQUEST_FIELD_COUNT_MAX) {
        return 431;
    }
    if (span_is(name, "Host")) {
        head->host_count++;
        return host_value_is_plain(value) ? REQUEST_FINE : 400;
    }
    if (span_is(name, "Content-Length")) {
        head->length_count++;
        /* libmicrohttpd takes no blank behind the number, and would say so twice. */
        return rest.ptr + rest.len == value.ptr + value.len ? length_judge(value) : 400;
    }
    if (span_is(name, "Transfer-Encoding")) {
        head->coding_count++;
        head->coding_known = span_is(value, "chunked");
    }
    return REQUEST_FINE;
}

static int head_settle(const struct head *head)
{
    if (head->host_count != 1 || head->length_count > 1) {
        return 400;
    }
    if (head->coding_count > 0 && head->length_count > 0) {
        return 400;
    }
    return head->coding_count > 1 || (head->coding_count == 1 && !head->coding_known)
               ? 501
               : REQUEST_FINE;
}

static int fields_judge(const char *bytes, size_t size)
{
    struct head head = {0};
    size_t start = 0;
    bool first = true;

    for (size_t at = 1; at < size; at++) {
        if (bytes[at] != '\n') {
            continue;
        }
        struct muster_span line = {bytes + start, at - 1 - start};
        start = at + 1;
        if (line.len == 0) {
            return first ? 400 : head_settle(&head);
        }
        if (first && !request_line_is_sound(line)) {
            return 400;
        }
        int status = first ? REQUEST_FINE : field_judge(&head, line);
        if (status != REQUEST_FINE) {
            return status;
        }
        first = false;
    }
    return 400;
}

int request_judge(const char *bytes, size_t size)
{
    size_t head_size = request_head_size(bytes, size);
    size_t looked_at = head_size > 0 ? head_size : size;

    if (!lines_are_sound(bytes, looked_at)) {
        return 400;
    }
    const char *line_end = memchr(bytes, '\n', looked_at);
    size_t line_size = line_end != NULL ? (size_t)(line_end - bytes) : looked_at;
    if (line_size > REQUEST_LINE_MAX) {
        return 414;
    }
    if (looked_at > REQUEST_HEAD_MAX) {
        return 431;
    }
    return head_size > 0 ? fields_judge(bytes, head_size) : REQUEST_INCOMPLETE;
}

bool request_type_is(const char *content_type, const char *wanted)
{
    size_t length = strlen(wanted);

    if (content_type == NULL || strncasecmp(content_type, wanted, length) != 0) {
        return false;
    }
    const char *rest = content_type + length + strspn(content_type + length, " \t");
    return *rest == '\0' || *rest == ';';
}

bool request_file_kind(const char *disposition, enum muster_file *kind)
{
    static const char start[] = "attachment;";

    if (disposition == NULL || strncasecmp(disposition, start, sizeof(start) - 1) != 0) {
        return false;
    }
    const char *name = disposition + sizeof(start) - 1;
    name += strspn(name, " \t");
    if (strncasecmp(name, "filename=\"", 10) != 0) {
        return false;
    }
    name += 10;
    for (int file = 0; file < MUSTER_FILE_COUNT; file++) {
        const char *stem = muster_file_name((enum muster_file)file);
        size_t length = strlen(stem);
        if (strncmp(name, stem, length) == 0 &&
            (strcmp(name + length, ".csv\"") == 0 || strcmp(name + length, "\"") == 0)) {
            *kind = (enum muster_file)file;
            return true;
        }
    }
    return false;
}

static int sextet(char byte)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = byte != '\0' ? strchr(digits, byte) : NULL;

    return found != NULL ? (int)(found - digits) : -1;
}

/* The bytes behind base64, or nothing where it is none. */
static bool base64_read(struct text *text, const char *word)
{
    uint32_t bits = 0;
    unsigned count = 0;
    size_t length = strcspn(word, "=");

    for (size_t at = 0; at < length; at++) {
        int value = sextet(word[at]);
        if (value < 0) {
            return false;
        }
        bits = (bits << 6 | (uint32_t)value) & 0xFFFFFFU;
        count += 6;
        if (count >= 8) {
            count -= 8;
            char byte = (char)(bits >> count & 0xFFU);
            text_append(text, &byte, 1);
        }
    }
    return strspn(word + length, "=") == strlen(word + length) && !text->exhausted;
}

bool request_key_digest(const char *authorization, unsigned char digest[SHA256_SIZE])
{
    struct text decoded = {0};
    const char *key = NULL;

    if (authorization == NULL) {
        return false;
    }
    if (strncasecmp(authorization, "Bearer ", 7) == 0) {
        key = authorization + 7 + strspn(authorization + 7, " ");
    } else if (strncasecmp(authorization, "Basic ", 6) == 0 &&
               base64_read(&decoded, authorization + 6 + strspn(authorization + 6, " "))) {
        const char *colon = strchr(text_string(&decoded), ':');
        key = colon != NULL ? colon + 1 : NULL;
    }
    size_t length = key != NULL ? strlen(key) : 0;
    while (length > 0 && (key[length - 1] == ' ' || key[length - 1] == '\t')) {
        length--;
    }
    if (length > 0) {
        sha256_of(key, length, digest);
    }
    text_wipe(&decoded);
    return length > 0;
}

bool request_host_is_plain(const char *host)
{
    return host != NULL && host_value_is_plain((struct muster_span){host, strlen(host)});
}
