/* SPDX-License-Identifier: MIT */
/*
 * Addresses, read by the same parser that will use them: two parsers that disagree about where the
 * host ends are a known way to send a secret to somebody else.
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "remote/http.h"

const char http_no_memory[] = "memory ran out";

static CURLUcode part_copy(CURLU *url, CURLUPart part, char *room, size_t size)
{
    char *value = NULL;
    unsigned flags = part == CURLUPART_PORT ? CURLU_DEFAULT_PORT : 0;
    CURLUcode code = curl_url_get(url, part, &value, flags);

    if (code != CURLUE_OK) {
        return code;
    }
    size_t length = strlen(value);
    bool fits = length < size;
    if (fits) {
        memcpy(room, value, length + 1);
    }
    curl_free(value);
    return fits ? CURLUE_OK : CURLUE_MALFORMED_INPUT;
}

static CURLUcode parts_copy(CURLU *parser, struct http_url *url, const char *text)
{
    char port[8] = "";
    CURLUcode code = curl_url_set(parser, CURLUPART_URL, text, CURLU_PATH_AS_IS);

    if (code == CURLUE_OK) {
        code = part_copy(parser, CURLUPART_SCHEME, url->scheme, sizeof(url->scheme));
    }
    if (code == CURLUE_OK) {
        code = part_copy(parser, CURLUPART_HOST, url->host, sizeof(url->host));
    }
    if (code == CURLUE_OK) {
        code = part_copy(parser, CURLUPART_PORT, port, sizeof(port));
    }
    if (code == CURLUE_OK) {
        code = part_copy(parser, CURLUPART_PATH, url->path, sizeof(url->path));
    }
    url->port = (unsigned)strtoul(port, NULL, 10);
    return code;
}

/* Where memory ran out nobody knows, so it may be there. */
static bool part_is_absent(CURLU *url, CURLUPart part)
{
    char *value = NULL;
    CURLUcode code = curl_url_get(url, part, &value, 0);
    bool absent = code != CURLUE_OK && code != CURLUE_OUT_OF_MEMORY;

    curl_free(value);
    return absent;
}

static bool host_is_loopback(const char *host)
{
    struct in_addr address;

    if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0) {
        return true;
    }
    return inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

static const char *url_parts(CURLU *parser, struct http_url *url, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~' || *at == '\\') {
            return "it holds characters that no address has";
        }
    }
    /* libcurl takes one slash or three as well; others read something else then. */
    const char *behind = text + strcspn(text, ":");
    if (strncmp(behind, "://", 3) != 0 || behind[3] == '/') {
        return "it is not an address of the form https://host/path";
    }
    CURLUcode code = parts_copy(parser, url, text);
    if (code != CURLUE_OK) {
        return code == CURLUE_OUT_OF_MEMORY ? http_no_memory
                                            : "it is not an address of the form https://host/path";
    }
    if (!part_is_absent(parser, CURLUPART_USER) || !part_is_absent(parser, CURLUPART_PASSWORD)) {
        return "it names a user";
    }
    if (!part_is_absent(parser, CURLUPART_QUERY) || !part_is_absent(parser, CURLUPART_FRAGMENT) ||
        strpbrk(text, "?#") != NULL || !part_is_absent(parser, CURLUPART_ZONEID)) {
        return "it has parts that do not belong there";
    }
    url->loopback = host_is_loopback(url->host);
    if (strcmp(url->scheme, "https") != 0 && strcmp(url->scheme, "http") != 0) {
        return "its scheme is neither https nor http";
    }
    if (strcmp(url->scheme, "http") == 0 && !url->loopback) {
        return "without https a token would travel in the open; http is for this machine alone";
    }
    return NULL;
}

static bool url_read(struct http_url *url, const char *text, const char **why)
{
    CURLU *parser = curl_url();

    *url = (struct http_url){0};
    *why = parser == NULL ? http_no_memory : url_parts(parser, url, text);
    curl_url_cleanup(parser);
    return *why == NULL;
}

bool http_base_read(struct http_url *base, const char *text, const char **why)
{
    if (!url_read(base, text, why)) {
        return false;
    }
    size_t length = strlen(base->path);
    while (length > 0 && base->path[length - 1] == '/') {
        base->path[--length] = '\0';
    }
    return true;
}

static size_t id_length(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    size_t length = 0;

    while (text[length] != '\0' && (strchr(letters, text[length]) != NULL ||
                                    strchr("0123456789-._~", text[length]) != NULL)) {
        length++;
    }
    bool dots = length > 0 && strspn(text, ".") >= length;
    return length > 200 || dots ? 0 : length;
}

/* Where "/sync-users/{id}/status" stands at the end of a path, or NULL. */
static const char *status_path_find(const char *path)
{
    static const char front[] = "/sync-users/";
    const char *found = NULL;

    for (const char *at = strstr(path, front); at != NULL; at = strstr(at + 1, front)) {
        found = at;
    }
    if (found == NULL) {
        return NULL;
    }
    const char *id = found + sizeof(front) - 1;
    size_t length = id_length(id);
    return length > 0 && strcmp(id + length, "/status") == 0 ? found : NULL;
}

bool http_status_url_base(struct http_url *base, const char *text, const char **why)
{
    if (!url_read(base, text, why)) {
        return false;
    }
    const char *found = status_path_find(base->path);
    if (found == NULL) {
        *why = "its path is not /sync-users/{id}/status";
        return false;
    }
    base->path[found - base->path] = '\0';
    return true;
}

bool http_same_origin(const struct http_url *a, const struct http_url *b)
{
    return strcmp(a->scheme, b->scheme) == 0 && strcasecmp(a->host, b->host) == 0 &&
           a->port == b->port;
}

bool http_status_url_fits(const struct http_url *base, const char *text, const char **why)
{
    struct http_url url;

    if (!http_status_url_base(&url, text, why)) {
        return false;
    }
    if (!http_same_origin(&url, base)) {
        *why = "it leads to another place than the base address";
    } else if (strcmp(url.path, base->path) != 0) {
        *why = "its path is not /sync-users/{id}/status";
    }
    return *why == NULL;
}

void http_url_write(struct text *text, const struct http_url *url)
{
    unsigned usual = strcmp(url->scheme, "https") == 0 ? 443 : 80;

    text_format(text, "%s://%s", url->scheme, url->host);
    if (url->port != usual) {
        text_format(text, ":%u", url->port);
    }
    text_put(text, url->path);
}
