/* SPDX-License-Identifier: MIT */
/* A program run in a folder of its own. */
#ifndef MUSTER_TESTS_SPEC_RUN_H
#define MUSTER_TESTS_SPEC_RUN_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* An empty temporary folder; what the program prints is kept outside of it. */
struct spec_folder {
    char top[PATH_MAX / 2];
    char work[PATH_MAX / 2 + 8];
};

bool spec_folder_open(struct spec_folder *folder);
void spec_folder_close(struct spec_folder *folder);

/* Write a file below the folder, with the folders above it. */
bool spec_folder_write(const struct spec_folder *folder, const char *name, const char *bytes,
                       size_t size);
/* Read a file below the folder, or NULL; the caller frees it. */
char *spec_folder_read(const struct spec_folder *folder, const char *name, size_t *size);

/* What a run left behind. `code` is negative where a signal ended it. */
struct spec_outcome {
    int code;
    char *out;
    size_t out_size;
    char *err;
    size_t err_size;
};

/* Run `words[0]`, an absolute path, in the folder; `words` ends with NULL. */
bool spec_run(const struct spec_folder *folder, char *const *words, struct spec_outcome *outcome);
void spec_outcome_close(struct spec_outcome *outcome);

#endif
