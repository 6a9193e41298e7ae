/* SPDX-License-Identifier: MIT */
/*
 * The secret that a remote system knows us by. It comes from a file or from standard input, never
 * from an argument; it is never printed, and its memory is overwritten when it is no longer needed.
 */
#ifndef MUSTER_TOOLS_REMOTE_TOKEN_H
#define MUSTER_TOOLS_REMOTE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

enum { TOKEN_SIZE_MAX = 8192 };

struct token {
    char *bytes; /* terminated; visible ASCII alone */
    size_t size;
};

/*
 * Read the token from `path` ("-": standard input) or, where that is NULL, from the file that
 * MUSTER_TOKEN_FILE names. EXIT_DONE; EXIT_USAGE where it is missing or empty or cannot be a token;
 * EXIT_UNREADABLE where its file cannot be read. Says why.
 */
int token_read(struct token *token, const char *path);
void token_close(struct token *token);

#endif
