/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "base/limits.h"
#include "support.h"

static bool all_zero(const unsigned char *bytes, size_t size)
{
    for (size_t index = 0; index < size; index++) {
        if (bytes[index] != 0) {
            return false;
        }
    }
    return true;
}

Test(memory, an_arena_gives_aligned_pieces_that_do_not_overlap)
{
    struct arena arena = {0};
    unsigned char *pieces[3000];
    for (unsigned index = 0; index < 3000; index++) {
        size_t size = index % 97;
        pieces[index] = arena_alloc(&arena, size);
        cr_assert(ne(ptr, pieces[index], NULL));
        cr_assert(eq(sz, (uintptr_t)pieces[index] % _Alignof(max_align_t), 0));
        memset(pieces[index], (int)(index % 251), size);
    }
    for (unsigned index = 0; index < 3000; index++) {
        for (size_t at = 0; at < index % 97; at++) {
            cr_assert(eq(int, pieces[index][at], (int)(index % 251)));
        }
    }
    cr_expect(not(arena.exhausted));
    arena_close(&arena);
}

Test(memory, an_arena_gives_pieces_larger_than_its_blocks)
{
    struct arena arena = {0};
    unsigned char *small = arena_alloc(&arena, 1);
    unsigned char *large = arena_alloc(&arena, 5 * ARENA_BLOCK_SIZE + 1);
    cr_assert(ne(ptr, large, NULL));
    *small = 7;
    memset(large, 1, 5 * ARENA_BLOCK_SIZE + 1);
    cr_expect(eq(int, *small, 7));
    arena_close(&arena);
}

Test(memory, a_closed_arena_is_empty_and_can_be_used_again)
{
    struct arena arena = {0};
    (void)arena_alloc(&arena, SIZE_MAX);
    arena_close(&arena);
    cr_expect(not(arena.exhausted));
    cr_expect(ne(ptr, arena_alloc(&arena, 10), NULL));
    arena_close(&arena);
}

Test(memory, an_arena_refuses_sizes_that_cannot_be)
{
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 8, SIZE_MAX - 15, SIZE_MAX / 2 + 1};
    for (size_t index = 0; index < 4; index++) {
        struct arena arena = {0};
        cr_expect(eq(ptr, arena_alloc(&arena, sizes[index]), NULL));
        cr_expect(arena.exhausted);
        arena_close(&arena);
    }
}

Test(memory, an_arena_array_is_zeroed_and_its_size_is_checked)
{
    struct arena arena = {0};
    memset(arena_alloc(&arena, 60000), 0xFF, 60000);
    arena_close(&arena);
    unsigned char *array = arena_array(&arena, 6000, 10);
    cr_assert(ne(ptr, array, NULL));
    cr_expect(all_zero(array, 60000));
    cr_expect(not(arena.exhausted));
    cr_expect(ne(ptr, arena_array(&arena, 0, 8), NULL), "an empty array is one");
    /* 2^63 * 2 would be 0 again. */
    cr_expect(eq(ptr, arena_array(&arena, SIZE_MAX / 2 + 1, 2), NULL));
    cr_expect(arena.exhausted);
    arena_close(&arena);
}

Test(memory, an_arena_copy_is_another_place_with_the_same_bytes)
{
    struct arena arena = {0};
    char bytes[] = "abc";
    span copy = arena_copy(&arena, span_from(bytes));
    bytes[0] = 'x';
    cr_expect(eq(type(span), copy, SPAN("abc")));
    cr_expect(eq(type(span), arena_copy(&arena, SPAN("")), SPAN("")), "empty is not absent");
    cr_expect(eq(type(span), arena_copy(&arena, SPAN_NONE), SPAN_NONE));
    arena_close(&arena);
}

Test(memory, a_growing_array_keeps_what_is_in_it)
{
    uint32_t *items = NULL;
    size_t capacity = 0;
    for (uint32_t count = 0; count < 100000; count++) {
        uint32_t *grown = memory_grow(items, &capacity, count + 1, sizeof *items);
        cr_assert(ne(ptr, grown, NULL));
        cr_assert(ge(sz, capacity, count + 1));
        items = grown;
        items[count] = count;
    }
    for (uint32_t index = 0; index < 100000; index++) {
        cr_assert(eq(u32, items[index], index));
    }
    free(items);
}

Test(memory, an_array_that_cannot_grow_stays_as_it_is)
{
    size_t capacity = 0;
    char *items = memory_grow(NULL, &capacity, 3, 1);
    cr_assert(ne(ptr, items, NULL));
    memcpy(items, "abc", 3);
    size_t before = capacity;
    cr_expect(eq(ptr, memory_grow(items, &capacity, SIZE_MAX, 1), NULL));
    cr_expect(eq(ptr, memory_grow(items, &capacity, SIZE_MAX / 8, 64), NULL));
    cr_expect(eq(sz, capacity, before));
    cr_expect(eq(type(span), span_make(items, 3), SPAN("abc")));
    free(items);
}

Test(memory, an_array_of_nothing_is_memory_too)
{
    void *nothing = memory_array(0, 8);
    cr_expect(ne(ptr, nothing, NULL));
    free(nothing);
    void *no_size = memory_array(8, 0);
    cr_expect(ne(ptr, no_size, NULL));
    free(no_size);
    cr_expect(eq(ptr, memory_array(SIZE_MAX / 2 + 1, 2), NULL));
    cr_expect(eq(ptr, memory_array(SIZE_MAX, SIZE_MAX), NULL));
}

Test(memory, pages_are_zeroed_and_aligned_for_buckets_at_any_size)
{
    static const size_t sizes[] = {1,
                                   63,
                                   64,
                                   65,
                                   4096,
                                   HUGE_PAGE_WORTH_SIZE - 1,
                                   HUGE_PAGE_WORTH_SIZE,
                                   HUGE_PAGE_WORTH_SIZE + 12345};
    for (size_t index = 0; index < 8; index++) {
        unsigned char *pages = memory_pages_open(sizes[index]);
        cr_assert(ne(ptr, pages, NULL));
        cr_expect(eq(sz, (uintptr_t)pages % 64, 0));
        cr_expect(all_zero(pages, sizes[index]), "%zu bytes", sizes[index]);
        memset(pages, 0xFF, sizes[index]);
        memory_pages_close(pages, sizes[index]);
    }
    memory_pages_close(NULL, 0);
}

Test(memory, pages_that_cannot_be_are_refused)
{
    cr_expect(eq(ptr, memory_pages_open(SIZE_MAX / 2), NULL));
}
