/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "remote/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "remote/file.h"
#include "terminal.h"

enum { DIGEST_PIECE_SIZE = 1 << 16 };

static ssize_t piece_read(int descriptor, char *bytes, size_t size, uint64_t offset)
{
    ssize_t got = -1;

    do {
        got = pread(descriptor, bytes, size, (off_t)offset);
    } while (got < 0 && errno == EINTR);
    return got;
}

static int digest_take(struct upload *upload)
{
    char *piece = malloc(DIGEST_PIECE_SIZE);
    struct sha256 hash;
    ssize_t got = -1;

    if (piece == NULL) {
        return ENOMEM;
    }
    sha256_begin(&hash);
    uint64_t offset = 0;
    while ((got = piece_read(upload->descriptor, piece, DIGEST_PIECE_SIZE, offset)) > 0) {
        sha256_add(&hash, piece, (size_t)got);
        offset += (uint64_t)got;
    }
    int error = got < 0 ? errno : 0;
    sha256_end(&hash, upload->digest);
    free(piece);
    if (error == 0 && offset != upload->size) {
        upload->changed = true;
    }
    return error;
}

int upload_open(struct upload *upload, const char *path)
{
    *upload = (struct upload){.path = path};
    upload->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int error = upload->descriptor < 0 ? errno : 0;
    if (error == 0 && fstat(upload->descriptor, &upload->before) != 0) {
        error = errno;
    }
    if (error == 0 && !S_ISREG(upload->before.st_mode)) {
        error = S_ISDIR(upload->before.st_mode) ? EISDIR : EINVAL;
    }
    if (error == 0) {
        upload->size = (uint64_t)upload->before.st_size;
        error = digest_take(upload);
    }
    if (error != 0) {
        complain("cannot read %s: %s", path, strerror(error));
        upload_close(upload);
        return EXIT_UNREADABLE;
    }
    sha256_begin(&upload->running);
    return EXIT_DONE;
}

void upload_open_data(struct upload *upload, const char *path, struct muster_span data)
{
    *upload = (struct upload){.path = path, .descriptor = -1, .data = data, .size = data.len};
    sha256_of(data.ptr, data.len, upload->digest);
    sha256_begin(&upload->running);
}

void upload_close(struct upload *upload)
{
    if (upload->descriptor >= 0) {
        close(upload->descriptor);
    }
    upload->descriptor = -1;
}

bool upload_unchanged(struct upload *upload)
{
    struct stat now;

    if (upload->descriptor < 0) {
        return true;
    }
    if (fstat(upload->descriptor, &now) != 0 || !file_is_as_it_was(&upload->before, &now)) {
        upload->changed = true;
    }
    return !upload->changed;
}

bool upload_in_place(struct upload *upload)
{
    struct stat now;

    if (upload->descriptor < 0) {
        return true;
    }
    return upload_unchanged(upload) && stat(upload->path, &now) == 0 &&
           now.st_dev == upload->before.st_dev && now.st_ino == upload->before.st_ino;
}

static bool digest_agrees(struct upload *upload)
{
    struct sha256 copy = upload->running;
    unsigned char digest[SHA256_SIZE];

    sha256_end(&copy, digest);
    return sha256_equal(digest, upload->digest);
}

ssize_t upload_read(struct upload *upload, char *bytes, size_t size)
{
    uint64_t left = upload->size - upload->offset;
    ssize_t got = 0;

    if (size > left) {
        size = (size_t)left;
    }
    if (size == 0) {
        return upload->size == 0 && !upload_unchanged(upload) ? -1 : 0;
    }
    if (upload->descriptor >= 0) {
        got = piece_read(upload->descriptor, bytes, size, upload->offset);
    } else {
        memcpy(bytes, upload->data.ptr + upload->offset, size);
        got = (ssize_t)size;
    }
    if (got <= 0) {
        upload->changed = true;
        return -1;
    }
    sha256_add(&upload->running, bytes, (size_t)got);
    upload->offset += (uint64_t)got;
    bool last = upload->offset == upload->size;
    if (last && (!upload_unchanged(upload) || !digest_agrees(upload))) {
        upload->changed = true;
        return -1;
    }
    return got;
}

void upload_rewind(struct upload *upload)
{
    upload->offset = 0;
    sha256_begin(&upload->running);
}
