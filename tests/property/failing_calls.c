/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "failing_calls.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>

static bool armed;
static enum call failing;
static int failing_error;
static size_t failing_which;
static bool failing_for_ever;
static size_t calls;
static size_t short_size;

void calls_fail(enum call call, int os_error, size_t which, bool for_ever)
{
    failing = call;
    failing_error = os_error;
    failing_which = which;
    failing_for_ever = for_ever;
    calls = 0;
    armed = true;
}

size_t calls_heal(void)
{
    armed = false;
    return calls;
}

void calls_shorten(size_t size_max)
{
    short_size = size_max;
}

/* Whether a call is to fail; errno is then set. */
static bool fails(enum call call)
{
    if (!armed || call != failing) {
        return false;
    }
    calls++;
    if (calls != failing_which && !(failing_for_ever && calls > failing_which)) {
        return false;
    }
    errno = failing_error;
    return true;
}

static int failure(void)
{
    return failing_error == 0 ? 0 : -1;
}

static size_t shortened(size_t size)
{
    return short_size > 0 && size > short_size ? short_size : size;
}

int __real_open(const char *path, int flags, ...);
int __real_openat(int folder, const char *path, int flags, ...);
ssize_t __real_read(int file, void *bytes, size_t size);
ssize_t __real_write(int file, const void *bytes, size_t size);
ssize_t __real_pwrite(int file, const void *bytes, size_t size, off_t offset);
int __real_fsync(int file);
int __real_close(int file);
int __real_fstat(int file, struct stat *status);
int __real_stat(const char *path, struct stat *status);
int __real_flock(int file, int operation);
int __real_fcntl(int file, int command, ...);
DIR *__real_fdopendir(int file);
int __real_renameat(int from, const char *old_name, int to, const char *new_name);
int __real_unlinkat(int folder, const char *name, int flags);
void *__real_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset);
int __real_sigaction(int number, const struct sigaction *action, struct sigaction *previous);

int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return fails(CALL_OPEN) ? failure() : __real_open(path, flags, mode);
}

int __wrap_openat(int folder, const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return fails(CALL_OPENAT) ? failure() : __real_openat(folder, path, flags, mode);
}

ssize_t __wrap_read(int file, void *bytes, size_t size);
ssize_t __wrap_read(int file, void *bytes, size_t size)
{
    return fails(CALL_READ) ? failure() : __real_read(file, bytes, shortened(size));
}

ssize_t __wrap_write(int file, const void *bytes, size_t size);
ssize_t __wrap_write(int file, const void *bytes, size_t size)
{
    return fails(CALL_WRITE) ? failure() : __real_write(file, bytes, shortened(size));
}

ssize_t __wrap_pwrite(int file, const void *bytes, size_t size, off_t offset);
ssize_t __wrap_pwrite(int file, const void *bytes, size_t size, off_t offset)
{
    return fails(CALL_PWRITE) ? failure() : __real_pwrite(file, bytes, shortened(size), offset);
}

int __wrap_fsync(int file);
int __wrap_fsync(int file)
{
    return fails(CALL_FSYNC) ? failure() : __real_fsync(file);
}

/* The descriptor is gone, whatever is said. */
int __wrap_close(int file);
int __wrap_close(int file)
{
    int result = __real_close(file);
    return fails(CALL_CLOSE) ? failure() : result;
}

int __wrap_fstat(int file, struct stat *status);
int __wrap_fstat(int file, struct stat *status)
{
    return fails(CALL_FSTAT) ? failure() : __real_fstat(file, status);
}

int __wrap_stat(const char *path, struct stat *status);
int __wrap_stat(const char *path, struct stat *status)
{
    return fails(CALL_STAT) ? failure() : __real_stat(path, status);
}

int __wrap_flock(int file, int operation);
int __wrap_flock(int file, int operation)
{
    return fails(CALL_FLOCK) ? failure() : __real_flock(file, operation);
}

int __wrap_fcntl(int file, int command, ...);
int __wrap_fcntl(int file, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    int value = va_arg(arguments, int);
    va_end(arguments);
    return fails(CALL_FCNTL) ? failure() : __real_fcntl(file, command, value);
}

DIR *__wrap_fdopendir(int file);
DIR *__wrap_fdopendir(int file)
{
    return fails(CALL_FDOPENDIR) ? NULL : __real_fdopendir(file);
}

int __wrap_renameat(int from, const char *old_name, int to, const char *new_name);
int __wrap_renameat(int from, const char *old_name, int to, const char *new_name)
{
    return fails(CALL_RENAMEAT) ? failure() : __real_renameat(from, old_name, to, new_name);
}

int __wrap_unlinkat(int folder, const char *name, int flags);
int __wrap_unlinkat(int folder, const char *name, int flags)
{
    return fails(CALL_UNLINKAT) ? failure() : __real_unlinkat(folder, name, flags);
}

int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *previous);
int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *previous)
{
    return fails(CALL_SIGACTION) ? failure() : __real_sigaction(number, action, previous);
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset)
{
    return fails(CALL_MMAP) ? MAP_FAILED : __real_mmap(at, size, protection, flags, file, offset);
}
