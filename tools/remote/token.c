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

static int token_settle(struct token *token, const struct text *text)
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
        complain("API token is missing");
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
        complain("out of memory");
        return EXIT_INTERNAL;
    }
    memcpy(token->bytes, start, size);
    token->bytes[size] = '\0';
    token->size = size;
    return EXIT_DONE;
}

int token_read(struct token *token, const char *path)
{
    struct text text = {0};

    *token = (struct token){0};
    if (path == NULL) {
        path = getenv("MUSTER_TOKEN_FILE");
    }
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
    } else {
        result = token_settle(token, &text);
    }
    text_wipe(&text);
    return result;
}

void token_hide(const struct token *token, char *bytes, size_t size)
{
    char *at = bytes;

    if (token->size < TOKEN_HIDDEN_MIN || size == 0) {
        return;
    }
    while ((at = memmem(at, size - (size_t)(at - bytes), token->bytes, token->size)) != NULL) {
        memset(at, '*', token->size);
        at += token->size;
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
