/* SPDX-License-Identifier: MIT */
/* Small files, read whole and written whole or not at all. */
#ifndef MUSTER_TOOLS_REMOTE_FILE_H
#define MUSTER_TOOLS_REMOTE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "remote/text.h"

/* Append the bytes of a file, or of standard input for "-". 0, or an errno; EFBIG beyond `limit`.
 * A folder is EISDIR, a device EINVAL, and a named pipe that nobody writes to ENXIO. */
int file_read(struct text *text, const char *path, size_t limit);

/* Whether a file has the size and the time of its last change that it had. */
bool file_is_as_it_was(const struct stat *was, const struct stat *now);

/*
 * Replace `path` by these bytes: written beside it with mode 0600, synchronised, renamed, and the
 * folder synchronised. 0, or an errno: then the old file is untouched, unless it was the folder
 * that could not be synchronised.
 */
int file_write(const char *path, const void *bytes, size_t size);

/* Synchronise the folder that `path` lies in, where its file system can do that. 0 or an errno. */
int file_sync_folder(const char *path);

/* Make a folder with mode 0700 unless it is there. 0 or an errno. */
int folder_make(const char *path);

/* Write all of it, over interruptions and short writes. 0 or an errno. */
int descriptor_write(int descriptor, const void *bytes, size_t size);

#endif
