/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "remote/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "remote/system.h"
#include "stream.h"

static int stream_read_all(struct stream *stream, struct text *text, size_t limit)
{
    char piece[4096];
    int error = 0;

    for (;;) {
        ssize_t size = stream_read(stream, piece, sizeof(piece));
        if (size <= 0) {
            error = size < 0 ? errno : 0;
            break;
        }
        if (text->size + (size_t)size > limit) {
            error = EFBIG;
            break;
        }
        text_append(text, piece, (size_t)size);
    }
    memory_wipe(piece, sizeof(piece));
    return error != 0 ? error : text->exhausted ? ENOMEM : 0;
}

static struct timespec modified_at(const struct stat *status)
{
#if defined(__APPLE__)
    return status->st_mtimespec;
#else
    return status->st_mtim;
#endif
}

bool file_is_as_it_was(const struct stat *was, const struct stat *now)
{
    struct timespec before = modified_at(was);
    struct timespec after = modified_at(now);
    return was->st_size == now->st_size && before.tv_sec == after.tv_sec &&
           before.tv_nsec == after.tv_nsec;
}

int file_read(struct text *text, const char *path, size_t limit)
{
    struct stream stream;
    struct stat about;
    bool standard = strcmp(path, "-") == 0;

    int error = stream_open(&stream, path);
    if (error == 0 && !standard && fstat(stream.descriptor, &about) != 0) {
        error = errno;
    } else if (error == 0 && !standard && !S_ISREG(about.st_mode) && !S_ISFIFO(about.st_mode)) {
        error = EINVAL;
    }
    if (error == 0) {
        error = stream_read_all(&stream, text, limit);
    }
    stream_close(&stream);
    return error;
}

int descriptor_write(int descriptor, const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size > 0) {
        ssize_t written = write(descriptor, at, size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return written < 0 ? errno : EIO;
        }
        at += written;
        size -= (size_t)written;
    }
    return 0;
}

static int descriptor_sync(int descriptor)
{
    while (fsync(descriptor) != 0) {
        if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

int file_sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct text folder = {0};

    if (slash == NULL) {
        text_put(&folder, ".");
    } else {
        text_append(&folder, path, slash == path ? 1 : (size_t)(slash - path));
    }
    if (folder.exhausted) {
        text_close(&folder);
        return ENOMEM;
    }
    int descriptor = open(text_string(&folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = descriptor < 0 ? errno : descriptor_sync(descriptor);
    if (descriptor >= 0) {
        close(descriptor);
        /* Some file systems cannot do that with a folder, and say so. */
        error = error == EINVAL || error == ENOTSUP ? 0 : error;
    }
    text_close(&folder);
    return error;
}

static int temporary_fill(int descriptor, const void *bytes, size_t size)
{
    int error = descriptor_write(descriptor, bytes, size);

    if (error == 0) {
        error = descriptor_sync(descriptor);
    }
    if (close(descriptor) != 0 && error == 0) {
        error = errno;
    }
    return error;
}

/* Write the temporary file, and put it in its place. */
static int file_replace(const char *path, const char *temporary, const void *bytes, size_t size)
{
    int descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return errno;
    }
    int error = temporary_fill(descriptor, bytes, size);
    if (error == 0 && rename(temporary, path) != 0) {
        error = errno;
    }
    if (error != 0) {
        (void)unlink(temporary);
    }
    return error;
}

int file_write(const char *path, const void *bytes, size_t size)
{
    struct text temporary = {0};
    unsigned char mark[8];
    sigset_t all;
    sigset_t before;

    text_format(&temporary, "%s.", path);
    if (!random_bytes(mark, sizeof(mark))) {
        text_close(&temporary);
        return EIO;
    }
    for (size_t index = 0; index < sizeof(mark); index++) {
        text_format(&temporary, "%02x", (unsigned)mark[index]);
    }
    text_put(&temporary, ".tmp");
    int error = temporary.exhausted ? ENOMEM : 0;
    if (error == 0) {
        /* A signal that would end the program waits until there is no temporary file to stay. */
        (void)sigfillset(&all);
        (void)pthread_sigmask(SIG_BLOCK, &all, &before);
        error = file_replace(path, text_string(&temporary), bytes, size);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    text_close(&temporary);
    return error != 0 ? error : file_sync_folder(path);
}

int folder_make(const char *path)
{
    struct stat about;

    if (mkdir(path, 0700) == 0) {
        return 0;
    }
    int error = errno;
    if (error == EEXIST && stat(path, &about) == 0) {
        return S_ISDIR(about.st_mode) ? 0 : ENOTDIR;
    }
    return error;
}
