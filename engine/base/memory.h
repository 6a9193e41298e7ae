/* SPDX-License-Identifier: MIT */
/*
 * Two shapes of memory: an arena for things of one lifetime, and growing arrays.
 *
 * Large tables that are probed at random come from memory_pages_open, which asks for huge pages:
 * with 4 KiB pages the walk of the page table costs more than the probe.
 */
#ifndef MUSTER_BASE_MEMORY_H
#define MUSTER_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct arena {
    struct arena_block *newest;
    char *next;
    char *end;
    bool exhausted; /* set once an allocation failed; stays set */
};

/* A zeroed arena is an empty one. */
void arena_close(struct arena *arena);

/* Uninitialised bytes aligned for any object, or NULL with `exhausted` set. */
void *arena_alloc(struct arena *arena, size_t size);

/* The same for `count` objects of `size` bytes, zeroed; the product is checked. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* A copy of `text`; its ptr is NULL only where memory ran out or `text` is absent. */
span arena_copy(struct arena *arena, span text);

/*
 * Make room in the array `items` of `*capacity` objects of `size` bytes for at least `needed`.
 * Returns the array, possibly moved, or NULL where memory ran out; the old array is then intact.
 */
void *memory_grow(void *items, size_t *capacity, size_t needed, size_t size);

/* As malloc(count * size) with the product checked; freed with free(). */
void *memory_array(size_t count, size_t size);

/* Zeroed pages, huge ones where the system has them; NULL where memory ran out. */
void *memory_pages_open(size_t size);
void memory_pages_close(void *pages, size_t size);

#endif
