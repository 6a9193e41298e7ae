/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "plan/slot_map.h"

/* Values are their own keys, and many share a hash. */
static uint64_t hash_of(uint32_t value)
{
    return value % 97;
}

static bool find(const struct slot_map *map, uint32_t value, struct slot_probe *probe)
{
    slot_probe_start(probe, map, hash_of(value));
    uint32_t found = slot_probe_next(probe, map);
    while (found != SLOT_NONE && found != value) {
        found = slot_probe_next(probe, map);
    }
    return found == value;
}

Test(plan_slot_map, finds_what_was_added_and_not_removed)
{
    enum { COUNT = 2000 };
    struct slot_map map;
    bool there[COUNT] = {false};
    cr_assert(slot_map_open(&map, 0));
    uint32_t random = 1;
    for (int round = 0; round < 20000; round++) {
        random = random * 1664525U + 1013904223U;
        uint32_t value = (random >> 8) % COUNT;
        struct slot_probe probe;
        cr_assert(eq(int, find(&map, value, &probe), there[value]));
        if (there[value]) {
            slot_map_remove(&map, &probe);
        } else {
            cr_assert(slot_map_add(&map, &probe, value));
        }
        there[value] = !there[value];
    }
    size_t count = 0;
    for (uint32_t value = 0; value < COUNT; value++) {
        struct slot_probe probe;
        cr_expect(eq(int, find(&map, value, &probe), there[value]));
        count += there[value];
    }
    cr_expect(eq(sz, map.count, count));
    slot_map_close(&map);
}

Test(plan_slot_map, finds_hashes_at_both_ends_of_the_table)
{
    struct slot_map map;
    cr_assert(slot_map_open(&map, 4));
    const uint64_t hashes[] = {0, map.mask, map.mask, 0, UINT32_MAX};
    for (uint32_t value = 0; value < 5; value++) {
        struct slot_probe probe;
        slot_probe_start(&probe, &map, hashes[value]);
        while (slot_probe_next(&probe, &map) != SLOT_NONE) {
        }
        cr_assert(slot_map_add(&map, &probe, value));
    }
    for (uint32_t value = 0; value < 5; value++) {
        struct slot_probe probe;
        slot_probe_start(&probe, &map, hashes[value]);
        uint32_t found = slot_probe_next(&probe, &map);
        while (found != value && found != SLOT_NONE) {
            found = slot_probe_next(&probe, &map);
        }
        cr_assert(eq(u32, found, value));
        slot_map_remove(&map, &probe);
    }
    cr_expect(eq(sz, map.count, 0));
    slot_map_close(&map);
}
