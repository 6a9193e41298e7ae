/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target without a fuzzer: every file that is named, and every file below a folder that is
 * named, goes through the target once. This is how what the fuzzers have found is tested with any
 * compiler, under valgrind, and in every run of the tests.
 */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

/* One input in memory of exactly its size, so that reading behind it is noticed. */
static bool file_replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return false;
    }
    struct buffer bytes = {0};
    size_t got = 0;
    char *room;
    while ((room = buffer_reserve(&bytes, BUFSIZ)) != NULL &&
           (got = fread(room, 1, BUFSIZ, file)) > 0) {
        bytes.size += got;
    }
    bool complete = ferror(file) == 0 && room != NULL;
    (void)fclose(file);
    uint8_t *exact = malloc(bytes.size > 0 ? bytes.size : 1);
    if (!complete || exact == NULL) {
        (void)fprintf(stderr, "%s: cannot be read\n", path);
        free(exact);
        buffer_close(&bytes);
        return false;
    }
    if (bytes.size > 0) {
        memcpy(exact, bytes.bytes, bytes.size);
    }
    (void)fprintf(stderr, "%s\n", path);
    (void)LLVMFuzzerTestOneInput(exact, bytes.size);
    free(exact);
    buffer_close(&bytes);
    return true;
}

static int by_name(const FTSENT **left, const FTSENT **right)
{
    return strcmp((*left)->fts_name, (*right)->fts_name);
}

int main(int count, char **arguments)
{
    unsigned long done = 0;
    bool sound = count > 1;
    FTS *tree = sound ? fts_open(arguments + 1, FTS_PHYSICAL | FTS_NOCHDIR, by_name) : NULL;
    if (tree == NULL) {
        (void)fprintf(stderr, "usage: %s FILE|FOLDER...\n", arguments[0]);
        return 2;
    }
    FTSENT *entry;
    while ((entry = fts_read(tree)) != NULL) {
        if (entry->fts_info == FTS_F) {
            sound = file_replay(entry->fts_path) && sound;
            done++;
        } else if (entry->fts_info == FTS_NS || entry->fts_info == FTS_ERR ||
                   entry->fts_info == FTS_DNR) {
            (void)fprintf(stderr, "%s: cannot be read\n", entry->fts_path);
            sound = false;
        }
    }
    (void)fts_close(tree);
    printf("%lu inputs\n", done);
    return sound && done > 0 ? 0 : 1;
}
