/* SPDX-License-Identifier: MIT */
/* Examples in Markdown, as tests/spec/README.md describes them, taken apart. */
#ifndef MUSTER_TESTS_SPEC_EXAMPLE_H
#define MUSTER_TESTS_SPEC_EXAMPLE_H

#include <stdbool.h>
#include <stddef.h>

/* A fenced block. The text of an escaped block is decoded already and may hold NULs. */
struct spec_block {
    char *name; /* the first word of the info string */
    char *text; /* terminated, too */
    size_t size;
    size_t capacity;
    size_t line; /* of the opening fence */
};

struct spec_example {
    char *title;
    struct spec_block *blocks;
    size_t block_count;
};

struct spec_file {
    struct spec_example *examples;
    size_t example_count;
    char problem[200]; /* why the file cannot be understood; empty where it can */
};

/* Everything is freed by spec_file_close, also after a problem. */
void spec_file_open(struct spec_file *file, const char *path);
void spec_file_close(struct spec_file *file);

/* The number of the first block with this name, or block_count. */
size_t spec_example_find(const struct spec_example *example, const char *name);

bool spec_block_is_file(const struct spec_block *block);

/* The whole of a file with a NUL behind it, or NULL; the caller frees it. */
char *spec_read(const char *path, size_t *size);

/* The next line at `*at` without its end, or NULL behind the last; `*at` moves on. */
const char *spec_line(const char **at, const char *end, size_t *len);

#endif
