/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/limits.h"

struct arena_block {
    struct arena_block *older;
};

#define ARENA_ALIGN 16

void arena_close(struct arena *arena)
{
    struct arena_block *block = arena->newest;
    while (block != NULL) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
    *arena = (struct arena){0};
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2) {
        arena->exhausted = true;
        return NULL;
    }
    size_t rounded = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (arena->next == NULL || (size_t)(arena->end - arena->next) < rounded) {
        size_t room = rounded > ARENA_BLOCK_SIZE ? rounded : ARENA_BLOCK_SIZE;
        struct arena_block *block = malloc(ARENA_ALIGN + room);
        if (block == NULL) {
            arena->exhausted = true;
            return NULL;
        }
        block->older = arena->newest;
        arena->newest = block;
        arena->next = (char *)block + ARENA_ALIGN;
        arena->end = arena->next + room;
    }
    void *result = arena->next;
    arena->next += rounded;
    return result;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / 2 / size) {
        arena->exhausted = true;
        return NULL;
    }
    void *result = arena_alloc(arena, count * size);
    if (result != NULL) {
        memset(result, 0, count * size);
    }
    return result;
}

span arena_copy(struct arena *arena, span text)
{
    if (text.ptr == NULL) {
        return text;
    }
    char *copy = arena_alloc(arena, text.len);
    if (copy == NULL) {
        return SPAN_NONE;
    }
    memcpy(copy, text.ptr, text.len);
    return span_make(copy, text.len);
}

/* For arrays that are looked at here and there: what costs is the walk of the page table. */
static void huge_pages_ask(void *items, size_t size)
{
#ifdef MADV_HUGEPAGE
    uintptr_t page = (uintptr_t)1 << 12;
    uintptr_t start = ((uintptr_t)items + page - 1) & ~(page - 1);
    uintptr_t end = ((uintptr_t)items + size) & ~(page - 1);
    if (size >= HUGE_PAGE_WORTH_SIZE && end > start) {
        (void)madvise((char *)items + (start - (uintptr_t)items), end - start, MADV_HUGEPAGE);
    }
#else
    (void)items;
    (void)size;
#endif
}

/* To be freed with free(). Where huge pages are asked for, they begin at once. */
static void *array_open(size_t size)
{
    if (size < HUGE_PAGE_WORTH_SIZE) {
        return malloc(size > 0 ? size : 1);
    }
    size_t rounded = (size + HUGE_PAGE_SIZE - 1) & ~(size_t)(HUGE_PAGE_SIZE - 1);
    return aligned_alloc(HUGE_PAGE_SIZE, rounded);
}

void *memory_grow(void *items, size_t *capacity, size_t needed, size_t size)
{
    if (needed <= *capacity && items != NULL) {
        return items;
    }
    size_t wanted = *capacity < 16 ? 16 : *capacity;
    while (wanted < needed) {
        if (wanted > SIZE_MAX / 4) {
            return NULL;
        }
        wanted += wanted / 2;
    }
    if (wanted > SIZE_MAX / 2 / size) {
        return NULL;
    }
    void *grown = items == NULL ? array_open(wanted * size) : realloc(items, wanted * size);
    if (grown != NULL) {
        *capacity = wanted;
        huge_pages_ask(grown, wanted * size);
    }
    return grown;
}

void *memory_array(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / 2 / size) {
        return NULL;
    }
    void *items = array_open(count * size);
    if (items != NULL) {
        huge_pages_ask(items, count * size);
    }
    return items;
}

/* Cache-line buckets want cache-line memory. */
static void *aligned_zeroed(size_t size)
{
    size_t rounded = (size / 64 + 1) * 64;
    void *result = aligned_alloc(64, rounded);
    if (result != NULL) {
        memset(result, 0, rounded);
    }
    return result;
}

static size_t pages_size(size_t size)
{
    return (size + HUGE_PAGE_SIZE - 1) & ~(size_t)(HUGE_PAGE_SIZE - 1);
}

void *memory_pages_open(size_t size)
{
    if (size < HUGE_PAGE_WORTH_SIZE) {
        return aligned_zeroed(size);
    }
    /* Linux puts what is a multiple of a huge page where huge pages can begin. */
    void *pages =
        mmap(NULL, pages_size(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    (void)madvise(pages, pages_size(size), MADV_HUGEPAGE);
#endif
    return pages;
}

void memory_pages_close(void *pages, size_t size)
{
    if (pages == NULL) {
        return;
    }
    if (size < HUGE_PAGE_WORTH_SIZE) {
        free(pages);
    } else {
        (void)munmap(pages, pages_size(size));
    }
}
