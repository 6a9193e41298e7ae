/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "failing_memory.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static atomic_bool armed;
static atomic_size_t requests;
static size_t failing;
static bool failing_for_ever;
static atomic_long live;

void memory_fail(size_t which, bool for_ever)
{
    failing = which;
    failing_for_ever = for_ever;
    atomic_store(&requests, 0);
    atomic_store(&armed, true);
}

size_t memory_heal(void)
{
    atomic_store(&armed, false);
    return atomic_load(&requests);
}

long memory_live(void)
{
    return atomic_load(&live);
}

static bool request_fails(void)
{
    if (!atomic_load(&armed)) {
        return false;
    }
    size_t number = atomic_fetch_add(&requests, 1) + 1;
    bool fails = number == failing || (failing_for_ever && number > failing);
    errno = fails ? ENOMEM : errno;
    return fails;
}

static void *given(void *memory)
{
    if (memory != NULL) {
        atomic_fetch_add(&live, 1);
    }
    return memory;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
void __real_free(void *memory);
void *__real_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset);
int __real_munmap(void *at, size_t size);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*main)(void *), void *context);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);
void __wrap_free(void *memory);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset);
int __wrap_munmap(void *at, size_t size);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*main)(void *), void *context);

void *__wrap_malloc(size_t size)
{
    return request_fails() ? NULL : given(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return request_fails() ? NULL : given(__real_calloc(count, size));
}

void *__wrap_realloc(void *memory, size_t size)
{
    if (request_fails()) {
        return NULL;
    }
    void *grown = __real_realloc(memory, size);
    return memory == NULL ? given(grown) : grown;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return request_fails() ? NULL : given(__real_aligned_alloc(alignment, size));
}

char *__wrap_strdup(const char *text)
{
    return request_fails() ? NULL : given(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t size)
{
    return request_fails() ? NULL : given(__real_strndup(text, size));
}

void __wrap_free(void *memory)
{
    if (memory != NULL) {
        atomic_fetch_sub(&live, 1);
    }
    __real_free(memory);
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset)
{
    if (request_fails()) {
        return MAP_FAILED;
    }
    void *pages = __real_mmap(at, size, protection, flags, file, offset);
    if (pages != MAP_FAILED) {
        (void)given(pages);
    }
    return pages;
}

int __wrap_munmap(void *at, size_t size)
{
    atomic_fetch_sub(&live, 1);
    return __real_munmap(at, size);
}

/* A thread that cannot be started is no lack of memory: others do its work. */
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*main)(void *), void *context)
{
    return request_fails() ? EAGAIN : __real_pthread_create(thread, attributes, main, context);
}
