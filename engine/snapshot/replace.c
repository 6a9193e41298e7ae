/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "snapshot/replace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/seed.h"
#include "base/span.h"

/* Linux writes at most this much at a time; other systems refuse more than INT_MAX. */
#define WRITE_SIZE_MAX (1U << 30)

/* What the usual file systems allow. */
#define NAME_SIZE_MAX 255

#define TEMPORARY_MARK   ".tmp-"
#define TEMPORARY_DIGITS 16

/* How often a new name is tried. Names are random, so one try is enough but for leftovers that
 * another run is removing at this very moment. */
#define TEMPORARY_TRIES 16

struct replace {
    const char *path; /* the caller's */
    const char *name; /* its last component */
    int folder;       /* -1 where the target is written as it stands */
    int file;
    int lock;     /* the same open file: keeps the lock when `file` has been closed */
    int os_error; /* of the first failure, or 0 */
    bool created; /* the temporary file is there and is ours */
    size_t prefix_size;
    char temporary[NAME_SIZE_MAX + 1];
};

static enum muster_status failure(struct muster_error *error, enum muster_status status,
                                  int os_error, const char *path)
{
    if (error != NULL) {
        *error = (struct muster_error){
            .status = status, .os_error = os_error, .subject = span_from(path)};
    }
    return status;
}

/* ---- Temporary names --------------------------------------------------------------------- */

/* A long name is cut, so that the temporary one is not too long. */
static void temporary_prefix(struct replace *replace)
{
    size_t mark_size = strlen(TEMPORARY_MARK);
    size_t size = strlen(replace->name);
    size_t size_max = NAME_SIZE_MAX - mark_size - TEMPORARY_DIGITS;
    if (size > size_max) {
        size = size_max;
    }
    memcpy(replace->temporary, replace->name, size);
    memcpy(replace->temporary + size, TEMPORARY_MARK, mark_size);
    replace->prefix_size = size + mark_size;
}

/* Secrecy is not needed: O_EXCL refuses a name that someone else has guessed. */
static void temporary_name(struct replace *replace, unsigned tries)
{
    uint64_t number = (seed_make() ^ ((uint64_t)getpid() << 32)) + tries;
    char *digits = replace->temporary + replace->prefix_size;
    for (size_t index = 0; index < TEMPORARY_DIGITS; index++, number >>= 4) {
        digits[index] = "0123456789abcdef"[number & 15];
    }
    digits[TEMPORARY_DIGITS] = '\0';
}

static bool name_is_temporary(const struct replace *replace, const char *name)
{
    if (strncmp(name, replace->temporary, replace->prefix_size) != 0) {
        return false;
    }
    const char *digits = name + replace->prefix_size;
    return strlen(digits) == TEMPORARY_DIGITS &&
           strspn(digits, "0123456789abcdef") == TEMPORARY_DIGITS;
}

/* ---- Leftovers --------------------------------------------------------------------------- */

static void leftover_remove(int folder, const char *name)
{
    int file = openat(folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file < 0) {
        return;
    }
    struct stat status;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1 &&
        status.st_uid == geteuid() && flock(file, LOCK_EX | LOCK_NB) == 0) {
        (void)unlinkat(folder, name, 0);
    }
    (void)close(file);
}

/* A courtesy: whatever goes wrong here is no reason not to write. */
static void leftovers_remove(const struct replace *replace)
{
    int file = openat(replace->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = file >= 0 ? fdopendir(file) : NULL;
    if (folder == NULL) {
        if (file >= 0) {
            (void)close(file);
        }
        return;
    }
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        if (name_is_temporary(replace, entry->d_name)) {
            leftover_remove(replace->folder, entry->d_name);
        }
    }
    (void)closedir(folder);
}

/* ---- Opening ----------------------------------------------------------------------------- */

/*
 * Take the lock by which other runs know that the file is in use. False where another run was
 * quicker: between its creation and this lock the file looks like a leftover.
 */
static bool temporary_lock(int file)
{
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        return errno != EWOULDBLOCK;
    }
    struct stat status;
    return fstat(file, &status) != 0 || status.st_nlink > 0;
}

static int temporary_create(struct replace *replace)
{
    for (unsigned tries = 0; tries < TEMPORARY_TRIES; tries++) {
        temporary_name(replace, tries);
        replace->file = openat(replace->folder, replace->temporary,
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (replace->file < 0 && errno != EEXIST && errno != EINTR) {
            return errno;
        }
        if (replace->file >= 0 && temporary_lock(replace->file)) {
            replace->created = true;
            replace->lock = fcntl(replace->file, F_DUPFD_CLOEXEC, 0);
            return replace->lock < 0 ? errno : 0;
        }
        if (replace->file >= 0) {
            (void)unlinkat(replace->folder, replace->temporary, 0);
            (void)close(replace->file);
            replace->file = -1;
        }
    }
    return EEXIST;
}

static int open_retrying(const char *path, int flags)
{
    int file;
    do {
        file = open(path, flags | O_CLOEXEC);
    } while (file < 0 && errno == EINTR);
    return file;
}

static int open_folder(struct replace *replace)
{
    size_t size = (size_t)(replace->name - replace->path);
    char *folder = size > 0 ? strndup(replace->path, size) : strdup(".");
    if (folder == NULL) {
        return ENOMEM;
    }
    replace->folder = open_retrying(folder, O_RDONLY | O_DIRECTORY);
    int os_error = replace->folder < 0 ? errno : 0;
    free(folder);
    return os_error;
}

static bool path_is_stream(const char *path)
{
    return strcmp(path, "/dev/stdout") == 0 || strcmp(path, "/dev/stderr") == 0 ||
           strncmp(path, "/dev/fd/", 8) == 0 || strncmp(path, "/proc/", 6) == 0;
}

/* Everything that replace_open has to do with the system; an errno or 0. */
static int open_target(struct replace *replace)
{
    const char *slash = strrchr(replace->path, '/');
    replace->name = slash != NULL ? slash + 1 : replace->path;
    struct stat status;
    bool exists = stat(replace->path, &status) == 0;
    if (!exists && errno != ENOENT && errno != ELOOP) {
        return errno;
    }
    if (exists && S_ISDIR(status.st_mode)) {
        return EISDIR;
    }
    if (exists && S_ISFIFO(status.st_mode)) {
        return ESPIPE; /* to open one is to wait for somebody who reads it */
    }
    if (exists && (!S_ISREG(status.st_mode) || path_is_stream(replace->path))) {
        /* Of a file, what is longer than the new content must not stay behind it. */
        replace->file = open_retrying(replace->path, O_WRONLY | O_TRUNC | O_NOCTTY);
        return replace->file < 0 ? errno : 0;
    }
    if (replace->name[0] == '\0') {
        return replace->path[0] == '\0' ? ENOENT : EISDIR;
    }
    int os_error = open_folder(replace);
    if (os_error != 0) {
        return os_error;
    }
    temporary_prefix(replace);
    leftovers_remove(replace);
    return temporary_create(replace);
}

enum muster_status replace_open(struct replace **replace, const char *path,
                                struct muster_error *error)
{
    *replace = NULL;
    struct replace *opened = malloc(sizeof *opened);
    if (opened == NULL) {
        return failure(error, MUSTER_NO_MEMORY, 0, path);
    }
    opened->path = path;
    opened->folder = -1;
    opened->file = -1;
    opened->lock = -1;
    opened->os_error = 0;
    opened->created = false;
    int os_error = open_target(opened);
    if (os_error != 0) {
        replace_abort(opened);
        return failure(error, os_error == ENOMEM ? MUSTER_NO_MEMORY : MUSTER_UNWRITABLE, os_error,
                       path);
    }
    *replace = opened;
    return MUSTER_OK;
}

/* ---- Writing ----------------------------------------------------------------------------- */

bool replace_write_at(struct replace *replace, uint64_t offset, const void *bytes, size_t size)
{
    const char *next = bytes;
    while (size > 0 && replace->os_error == 0) {
        ssize_t written = pwrite(replace->file, next, size < WRITE_SIZE_MAX ? size : WRITE_SIZE_MAX,
                                 (off_t)offset);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            replace->os_error = written < 0 ? errno : EIO;
            break;
        }
        next += written;
        offset += (uint64_t)written;
        size -= (size_t)written;
    }
    return replace->os_error == 0;
}

bool replace_failed(const struct replace *replace)
{
    return replace->os_error != 0;
}

/* ---- Ending ------------------------------------------------------------------------------ */

static int sync_retrying(int file)
{
    int result;
    do {
        result = fsync(file);
    } while (result != 0 && errno == EINTR);
    return result == 0 ? 0 : errno;
}

/* Some file systems cannot sync a folder, and say so; that is no failure to write. */
static int sync_folder(int folder)
{
    int os_error = sync_retrying(folder);
    return os_error == EINVAL || os_error == ENOTSUP ? 0 : os_error;
}

/* Close `file`. After EINTR it is closed all the same, and its content was synced before. */
static int close_file(struct replace *replace)
{
    int result = close(replace->file);
    replace->file = -1;
    return result != 0 && errno != EINTR ? errno : 0;
}

/* The steps after the last write, up to and with the rename; an errno or 0. */
static int put_in_place(struct replace *replace)
{
    int os_error = replace->os_error;
    bool temporary = replace->folder >= 0;
    if (os_error == 0 && temporary) {
        os_error = sync_retrying(replace->file);
    }
    if (os_error == 0) {
        os_error = close_file(replace);
    }
    if (os_error == 0 && temporary &&
        renameat(replace->folder, replace->temporary, replace->folder, replace->name) != 0) {
        os_error = errno;
    }
    return os_error;
}

static void replace_free(struct replace *replace)
{
    /* The lock goes last: until then the temporary file must not look like a leftover. */
    int descriptors[] = {replace->file, replace->folder, replace->lock};
    for (size_t index = 0; index < sizeof descriptors / sizeof descriptors[0]; index++) {
        if (descriptors[index] >= 0) {
            (void)close(descriptors[index]);
        }
    }
    free(replace);
}

enum muster_status replace_commit(struct replace *replace, struct muster_error *error)
{
    const char *path = replace->path;
    int os_error = put_in_place(replace);
    if (os_error != 0) {
        replace_abort(replace);
        return failure(error, MUSTER_UNWRITABLE, os_error, path);
    }
    os_error = replace->folder >= 0 ? sync_folder(replace->folder) : 0;
    replace_free(replace);
    return os_error == 0 ? MUSTER_OK : failure(error, MUSTER_UNWRITABLE, os_error, path);
}

void replace_abort(struct replace *replace)
{
    if (replace == NULL) {
        return;
    }
    if (replace->created) {
        (void)unlinkat(replace->folder, replace->temporary, 0);
    }
    replace_free(replace);
}
