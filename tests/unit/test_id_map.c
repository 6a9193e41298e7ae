/* SPDX-License-Identifier: MIT */
#include "table/id_map.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "support.h"

#define SEED 42

static uint32_t find(const struct id_map *map, span id)
{
    struct id_key key = id_key_make(id, SEED);
    return id_map_find(map, &key, id_map_place(map, key));
}

Test(id_map, ids_of_any_length_are_found_by_all_of_their_bytes)
{
    struct id_map map;
    static const char text[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    cr_assert(id_map_open(&map, 36, SEED));
    for (uint32_t size = 1; size <= 36; size++) {
        id_map_add(&map, id_key_make(span_make(text, size), SEED), size);
    }
    for (uint32_t size = 1; size <= 36; size++) {
        char copy[36];
        struct guarded guarded;
        guarded_open(&guarded, text, size);
        cr_expect(eq(u32, find(&map, guarded_span(&guarded)), size));
        guarded_close(&guarded);
        for (uint32_t at = 0; at < size; at++) {
            memcpy(copy, text, size);
            copy[at] = '~';
            cr_expect(eq(u32, find(&map, span_make(copy, size)), ID_MAP_NONE), "byte %u of %u", at,
                      size);
        }
    }
    id_map_close(&map);
}

Test(id_map, a_key_says_whether_it_is_empty_or_only_a_hash)
{
    cr_expect(id_key_is_empty(id_key_make(SPAN(""), SEED)));
    cr_expect(id_key_is_empty(id_key_make(SPAN_NONE, SEED)));
    for (size_t size = 1; size <= 40; size++) {
        char text[40];
        memset(text, 'x', sizeof text);
        struct id_key key = id_key_make(span_make(text, size), SEED);
        cr_expect(not(id_key_is_empty(key)), "%zu bytes", size);
        cr_expect(eq(int, id_key_is_long(key), size > ID_KEY_SIZE), "%zu bytes", size);
    }
    cr_expect(not(id_key_is_long(
        id_key_make(SPAN("\xF4\x8F\xBF\xBF\xF4\x8F\xBF\xBF\xF4\x8F\xBF\xBF"), SEED))));
}

static span id_of(const char *prefix, uint32_t number)
{
    static struct buffer id;
    buffer_clear(&id);
    buffer_text(&id, prefix);
    buffer_number(&id, number);
    return buffer_view(&id);
}

Test(id_map, many_ids_find_their_numbers)
{
    struct id_map map;
    enum { COUNT = 50000 };
    cr_assert(id_map_open(&map, COUNT, SEED));
    for (uint32_t number = 0; number < COUNT; number++) {
        span id = id_of(number % 3 == 0 ? "SUPPORT-TEAM-" : "T", number);
        id_map_add(&map, id_key_make(id, SEED), number);
    }
    for (uint32_t number = 0; number < COUNT; number++) {
        span id = id_of(number % 3 == 0 ? "SUPPORT-TEAM-" : "T", number);
        cr_assert(eq(u32, find(&map, id), number));
        cr_assert(eq(u32, find(&map, id_of("U", number)), ID_MAP_NONE));
    }
    id_map_close(&map);
}

Test(id_map, of_equal_keys_the_first_is_found)
{
    struct id_map map;
    cr_assert(id_map_open(&map, 3, SEED));
    id_map_add(&map, id_key_make(SPAN("A"), SEED), 7);
    id_map_add(&map, id_key_make(SPAN("A"), SEED), 8);
    cr_expect(eq(u32, find(&map, SPAN("A")), 7));
    id_map_close(&map);
}

Test(id_map, what_finds_no_room_before_a_bucket_waits)
{
    struct id_map map;
    struct id_key keys[6];
    cr_assert(id_map_open(&map, 2, SEED)); /* three buckets of four */
    for (uint32_t number = 0; number < 6; number++) {
        keys[number] = id_key_make(id_of("T", number), SEED);
    }
    for (uint32_t number = 0; number < 4; number++) {
        cr_expect(id_map_add_before(&map, 1, 0, keys[number], number));
    }
    cr_expect(not(id_map_add_before(&map, 1, 0, keys[4], 4)));
    cr_expect(eq(u32, id_map_find(&map, &keys[4], 0), ID_MAP_NONE));
    cr_expect(id_map_add_before(&map, 2, 0, keys[4], 4));
    cr_expect(id_map_add_before(&map, 2, 0, keys[5], 5));
    for (uint32_t number = 0; number < 6; number++) {
        cr_expect(eq(u32, id_map_find(&map, &keys[number], 0), number));
    }
    cr_expect(eq(u64, map.slots[2 * ID_BUCKET_SLOTS].low, 0)); /* nobody came that far */
    id_map_close(&map);
}

/* An id that begins with "T" and has its place in a bucket, another one each time. */
static span id_in_bucket(const struct id_map *map, size_t bucket)
{
    static uint32_t number = 0;
    span id = id_of("T", number++);
    while (id_map_place(map, id_key_make(id, SEED)) != bucket) {
        id = id_of("T", number++);
    }
    return id;
}

Test(id_map, behind_the_last_bucket_comes_the_first)
{
    struct id_map map;
    struct id_key keys[5];
    cr_assert(id_map_open(&map, 5, SEED));
    for (uint32_t number = 0; number < 5; number++) {
        keys[number] = id_key_make(id_in_bucket(&map, 5), SEED);
        id_map_add(&map, keys[number], number);
    }
    cr_expect(eq(u64, map.slots[0].low, keys[4].low));
    for (uint32_t number = 0; number < 5; number++) {
        cr_expect(eq(u32, id_map_find(&map, &keys[number], 5), number));
    }
    id_map_close(&map);
}

Test(id_map, an_empty_map_knows_nothing)
{
    struct id_map map;
    cr_assert(id_map_open(&map, 0, SEED));
    cr_expect(eq(u32, find(&map, SPAN("A")), ID_MAP_NONE));
    id_map_close(&map);
}

Test(id_map, more_ids_than_memory_can_hold_are_refused)
{
    /* As many as make the size of the slots a little more than nothing, where it wraps around. */
    static const size_t counts[] = {SIZE_MAX / sizeof(struct id_slot) / ID_BUCKET_SLOTS, SIZE_MAX};
    for (size_t index = 0; index < sizeof counts / sizeof *counts; index++) {
        struct id_map map;
        cr_expect(not(id_map_open(&map, counts[index], SEED)), "%zu ids", counts[index]);
        id_map_close(&map);
    }
}
