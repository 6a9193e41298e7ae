/* SPDX-License-Identifier: MIT */
/*
 * A file on its way to a remote system. Its bytes are read while they are sent, so it may be larger
 * than memory; it must be the same file at the end as at the beginning, and where it is not, the
 * last bytes are held back, so that the remote never takes a mixture for the whole.
 */
#ifndef MUSTER_TOOLS_REMOTE_UPLOAD_H
#define MUSTER_TOOLS_REMOTE_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "muster.h"
#include "remote/sha256.h"

struct upload {
    const char *path;        /* belongs to the caller */
    int descriptor;          /* -1: from memory */
    struct muster_span data; /* belongs to the caller; only from memory */
    uint64_t size;
    uint64_t offset;
    struct stat before;
    unsigned char digest[SHA256_SIZE];
    struct sha256 running;
    bool changed; /* set once the file was found to be another one */
};

/* Open the file and take its digest. EXIT_DONE or EXIT_UNREADABLE after saying why. */
int upload_open(struct upload *upload, const char *path);
/* The same for bytes that are held in memory (from standard input). */
void upload_open_data(struct upload *upload, const char *path, struct muster_span data);
void upload_close(struct upload *upload);

/* The next bytes in order; 0 at the end; -1 where the file changed or cannot be read. */
ssize_t upload_read(struct upload *upload, char *bytes, size_t size);
void upload_rewind(struct upload *upload);

/* True where the file still is what upload_open saw. */
bool upload_unchanged(struct upload *upload);

/* True where it also still stands under its name, so that who opened that name since has read it.
 */
bool upload_in_place(struct upload *upload);

#endif
