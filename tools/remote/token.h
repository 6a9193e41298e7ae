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

/* A dump of a crashed program would hold its secrets. token_read does this by itself. */
void core_dumps_stop(void);

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
/* The path that token_read will take for this one; NULL: none is named. */
const char *token_path(const char *path);
void token_close(struct token *token);

/*
 * Overwrite the token where it stands in what a remote sent, as it is or with the escapes of JSON:
 * an error message that repeats it would end up in somebody's log. Shorter tokens than
 * TOKEN_HIDDEN_MIN are left alone, because they could be a part of any word.
 */
enum { TOKEN_HIDDEN_MIN = 6 };
void token_hide(const struct token *token, char *bytes, size_t size);

#endif
