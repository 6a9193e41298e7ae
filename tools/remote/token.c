/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "remote/token.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "command.h"
#include "remote/file.h"
#include "remote/text.h"
#include "stream.h"
#include "terminal.h"

static bool byte_is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

void core_dumps_stop(void)
{
    struct rlimit limit = {0};

    /* No file is made for a limit of one byte, and Linux takes just this number for a dump that
     * would go into a pipe, for which 0 means no limit. */
    if (getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max >= 1) {
        limit.rlim_cur = 1;
        (void)setrlimit(RLIMIT_CORE, &limit);
    }
}

static int token_settle(struct token *token, const struct text *text, const char *path)
{
    const char *start = text_string(text);
    size_t size = text->size;

    while (size > 0 && byte_is_space(start[0])) {
        start++;
        size--;
    }
    while (size > 0 && byte_is_space(start[size - 1])) {
        size--;
    }
    if (size == 0) {
        complain("API token is missing: there is nothing in %s",
                 strcmp(path, "-") == 0 ? "standard input" : path);
        return EXIT_USAGE;
    }
    for (size_t index = 0; index < size; index++) {
        /* Anything else could end the header that carries it and begin another one. */
        if (start[index] <= ' ' || start[index] > '~') {
            complain("the API token holds a blank or a control character");
            return EXIT_USAGE;
        }
    }
    token->bytes = malloc(size + 1);
    if (token->bytes == NULL) {
        return memory_complain();
    }
    memcpy(token->bytes, start, size);
    token->bytes[size] = '\0';
    token->size = size;
    return EXIT_DONE;
}

const char *token_path(const char *path)
{
    return path != NULL ? path : getenv("MUSTER_TOKEN_FILE");
}

int token_read(struct token *token, const char *path)
{
    struct text text = {0};

    *token = (struct token){0};
    path = token_path(path);
    if (path == NULL || path[0] == '\0') {
        complain("API token is missing");
        advise("name the file that holds it with --token-file or MUSTER_TOKEN_FILE");
        return EXIT_USAGE;
    }
    core_dumps_stop();
    int error = file_read(&text, path, TOKEN_SIZE_MAX);
    int result = EXIT_UNREADABLE;
    if (error == ENOENT) {
        complain("API token is missing: there is no file %s", path);
        result = EXIT_USAGE;
    } else if (error == EFBIG) {
        complain("%s is too long to be an API token", path);
        result = EXIT_USAGE;
    } else if (error != 0) {
        complain("cannot read the API token from %s: %s", path, strerror(error));
        stream_advise(error);
    } else {
        result = token_settle(token, &text, path);
    }
    text_wipe(&text);
    return result;
}

/* A hexadecimal digit, or 16. */
static unsigned digit_of(char byte)
{
    unsigned small = (unsigned char)byte | 0x20U; /* of a letter */

    if (byte >= '0' && byte <= '9') {
        return (unsigned)(byte - '0');
    }
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : 16;
}

/* How many bytes at `at` stand for a character of the token, plain or as JSON may write it; 0. */
static size_t character_size(const char *at, const char *end, char wanted)
{
    size_t left = (size_t)(end - at);

    if (left >= 2 && at[0] == '\\' && at[1] == wanted && strchr("/\"\\", wanted) != NULL) {
        return 2;
    }
    if (left >= 6 && at[0] == '\\' && at[1] == 'u' && at[2] == '0' && at[3] == '0' &&
        digit_of(at[4]) * 16 + digit_of(at[5]) == (unsigned char)wanted) {
        return 6;
    }
    return left >= 1 && at[0] == wanted ? 1 : 0;
}

/* How many bytes at `at` stand for the token, or 0. */
static size_t token_size_at(const struct token *token, const char *at, const char *end)
{
    const char *start = at;

    for (size_t index = 0; index < token->size; index++) {
        size_t size = character_size(at, end, token->bytes[index]);
        if (size == 0) {
            return 0;
        }
        at += size;
    }
    return (size_t)(at - start);
}

void token_hide(const struct token *token, char *bytes, size_t size)
{
    size_t at = 0;

    while (at < size && token->size >= TOKEN_HIDDEN_MIN) {
        size_t found = token_size_at(token, bytes + at, bytes + size);
        memset(bytes + at, '*', found);
        at += found > 0 ? found : 1;
    }
}

void token_close(struct token *token)
{
    if (token->bytes != NULL) {
        memory_wipe(token->bytes, token->size);
        free(token->bytes);
    }
    *token = (struct token){0};
}
