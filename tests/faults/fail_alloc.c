/* SPDX-License-Identifier: MIT */
/*
 * To be preloaded: makes the n-th allocation of a program fail, once or from then on, and makes
 * reads and writes short. Speaks through the environment:
 *
 *     FAULT_AT=n        the allocation to fail, counted from 1; 0 or absent: none
 *     FAULT_STICKY=1    all behind it fail as well
 *     FAULT_SHORT=k     no read or write handles more than k bytes
 *     FAULT_REPORT=f    at the end, append to the file f: "calls live", how often memory was asked
 *                       for and how many blocks have not been given back
 *
 * Counted are malloc, calloc, realloc, aligned_alloc, posix_memalign and mmap, whoever calls them.
 */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* glibc's own names, which are there before dlsym can be asked without allocating. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

static atomic_ulong calls;
static atomic_long live;
static unsigned long fault_at;
static size_t short_size;
static bool sticky;
static bool ready;

static unsigned long number_of(const char *name)
{
    const char *text = getenv(name);
    return text != NULL ? strtoul(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
    fault_at = number_of("FAULT_AT");
    sticky = number_of("FAULT_STICKY") != 0;
    short_size = number_of("FAULT_SHORT");
    ready = true;
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("FAULT_REPORT");
    char line[64];
    ready = false;
    if (path == NULL) {
        return;
    }
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int size = snprintf(line, sizeof line, "%lu %ld\n", atomic_load(&calls), atomic_load(&live));
    if (file >= 0 && size > 0 && write(file, line, (size_t)size) != size) {
        _exit(99);
    }
    if (file >= 0) {
        (void)close(file);
    }
}

/*
 * What happens behind main is not the program's either, such as the writing of counts in a build
 * that counts what was reached. The C library does not ask anybody for `exit` when main returns, so
 * main is called in a function of ours.
 */
static int (*program)(int, char **, char **);

static int program_run(int count, char **arguments, char **environment)
{
    int code = program(count, arguments, environment);
    ready = false;
    return code;
}

typedef int start_main(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void),
                       void (*)(void), void *);

int __libc_start_main(int (*start)(int, char **, char **), int count, char **arguments,
                      void (*begin_all)(void), void (*end_all)(void), void (*end_loader)(void),
                      void *stack)
{
    start_main *next;

    *(void **)&next = dlsym(RTLD_NEXT, "__libc_start_main");
    program = start;
    return next(program_run, count, arguments, begin_all, end_all, end_loader, stack);
}

/* Count a call; true where it is to fail. What happens before main is not the program's. */
static bool fails(void)
{
    if (!ready) {
        return false;
    }
    unsigned long call = atomic_fetch_add(&calls, 1) + 1;
    if (fault_at == 0 || (sticky ? call < fault_at : call != fault_at)) {
        return false;
    }
    errno = ENOMEM;
    return true;
}

static void *counted(void *memory)
{
    if (memory != NULL && ready) {
        (void)atomic_fetch_add(&live, 1);
    }
    return memory;
}

void *malloc(size_t size)
{
    return fails() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *memory, size_t size)
{
    if (memory == NULL) {
        return malloc(size);
    }
    return fails() ? NULL : __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : counted(__libc_memalign(alignment, size));
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    if (fails()) {
        return ENOMEM;
    }
    *memory = counted(__libc_memalign(alignment, size));
    return *memory != NULL ? 0 : ENOMEM;
}

void free(void *memory)
{
    if (memory != NULL && ready) {
        (void)atomic_fetch_sub(&live, 1);
    }
    __libc_free(memory);
}

void *mmap(void *address, size_t size, int protection, int flags, int file, off_t offset)
{
    static void *(*next)(void *, size_t, int, int, int, off_t);
    if (next == NULL) {
        *(void **)&next = dlsym(RTLD_NEXT, "mmap");
    }
    if (fails()) {
        return MAP_FAILED;
    }
    void *memory = next(address, size, protection, flags, file, offset);
    if (memory != MAP_FAILED && (flags & MAP_FIXED) == 0 && ready) {
        (void)atomic_fetch_add(&live, 1);
    }
    return memory;
}

int munmap(void *address, size_t size)
{
    static int (*next)(void *, size_t);
    if (next == NULL) {
        *(void **)&next = dlsym(RTLD_NEXT, "munmap");
    }
    if (ready) {
        (void)atomic_fetch_sub(&live, 1);
    }
    return next(address, size);
}

static size_t shortened(size_t size)
{
    return short_size != 0 && size > short_size ? short_size : size;
}

ssize_t read(int file, void *bytes, size_t size)
{
    static ssize_t (*next)(int, void *, size_t);
    if (next == NULL) {
        *(void **)&next = dlsym(RTLD_NEXT, "read");
    }
    return next(file, bytes, shortened(size));
}

ssize_t write(int file, const void *bytes, size_t size)
{
    static ssize_t (*next)(int, const void *, size_t);
    if (next == NULL) {
        *(void **)&next = dlsym(RTLD_NEXT, "write");
    }
    return next(file, bytes, shortened(size));
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t offset)
{
    static ssize_t (*next)(int, const void *, size_t, off_t);
    if (next == NULL) {
        *(void **)&next = dlsym(RTLD_NEXT, "pwrite");
    }
    return next(file, bytes, shortened(size), offset);
}
