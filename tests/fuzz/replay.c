/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target without a fuzzer: every file that is named, and every file below a folder that is
 * named, goes through the target once. This is how what the fuzzers have found is tested with any
 * compiler, under valgrind, and in every run of the tests.
 */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

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

static unsigned long done;

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* A file, or everything below a folder in the order of names. */
static bool path_replay(const char *path)
{
    struct dirent **entries = NULL;
    struct stat status;
    bool sound = true;
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
        done++;
        return file_replay(path);
    }
    int count = scandir(path, &entries, visible, alphasort);
    for (int index = 0; index < count; index++) {
        char *below = NULL;
        sound = asprintf(&below, "%s/%s", path, entries[index]->d_name) > 0 && path_replay(below) &&
                sound;
        free(below);
        free(entries[index]);
    }
    free(entries);
    return sound && count >= 0;
}

int main(int count, char **arguments)
{
    bool sound = true;
    if (count < 2) {
        (void)fprintf(stderr, "usage: %s FILE|FOLDER...\n", arguments[0]);
        return 2;
    }
    for (int index = 1; index < count; index++) {
        unsigned long before = done;
        if (!path_replay(arguments[index]) || done == before) {
            (void)fprintf(stderr, "%s: empty, or not to be read\n", arguments[index]);
            sound = false;
        }
    }
    printf("%lu inputs\n", done);
    return sound ? 0 : 1;
}
