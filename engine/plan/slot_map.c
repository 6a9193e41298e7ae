/* SPDX-License-Identifier: MIT */
#include "plan/slot_map.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define SLOT_COUNT_MIN 16

static bool slots_open(struct slot_map *map, size_t slot_count)
{
    struct slot *slots = memory_array(slot_count, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    memset(slots, 0xFF, slot_count * sizeof *slots);
    map->slots = slots;
    map->mask = slot_count - 1;
    return true;
}

bool slot_map_open(struct slot_map *map, size_t count)
{
    *map = (struct slot_map){0};
    size_t slot_count = SLOT_COUNT_MIN;
    while (slot_count / 2 < count) {
        if (slot_count > SIZE_MAX / 4) {
            return false;
        }
        slot_count *= 2;
    }
    return slots_open(map, slot_count);
}

void slot_map_close(struct slot_map *map)
{
    free(map->slots);
    *map = (struct slot_map){0};
}

void slot_probe_start(struct slot_probe *probe, const struct slot_map *map, uint64_t hash)
{
    probe->hash = (uint32_t)(hash >> 32 ^ hash);
    probe->at = ((size_t)probe->hash - 1) & map->mask;
}

uint32_t slot_probe_next(struct slot_probe *probe, const struct slot_map *map)
{
    for (;;) {
        probe->at = (probe->at + 1) & map->mask;
        const struct slot *slot = &map->slots[probe->at];
        if (slot->value == SLOT_NONE || slot->hash == probe->hash) {
            return slot->value;
        }
    }
}

static void slot_place(struct slot_map *map, struct slot slot)
{
    size_t at = slot.hash & map->mask;
    while (map->slots[at].value != SLOT_NONE) {
        at = (at + 1) & map->mask;
    }
    map->slots[at] = slot;
}

static bool slot_map_double(struct slot_map *map)
{
    struct slot_map larger = {.count = map->count};
    if (map->mask > SIZE_MAX / 4 || !slots_open(&larger, (map->mask + 1) * 2)) {
        return false;
    }
    for (size_t at = 0; at <= map->mask; at++) {
        if (map->slots[at].value != SLOT_NONE) {
            slot_place(&larger, map->slots[at]);
        }
    }
    free(map->slots);
    *map = larger;
    return true;
}

bool slot_map_add(struct slot_map *map, const struct slot_probe *probe, uint32_t value)
{
    struct slot slot = {probe->hash, value};
    if (map->count <= map->mask / 2) {
        map->slots[probe->at] = slot;
    } else if (slot_map_double(map)) {
        slot_place(map, slot);
    } else {
        return false;
    }
    map->count++;
    return true;
}

void slot_map_remove(struct slot_map *map, const struct slot_probe *probe)
{
    size_t hole = probe->at;
    size_t at = hole;
    for (;;) {
        at = (at + 1) & map->mask;
        struct slot slot = map->slots[at];
        if (slot.value == SLOT_NONE) {
            break;
        }
        /* It may fill the hole unless its own place lies behind the hole. */
        size_t home = slot.hash & map->mask;
        if (((at - home) & map->mask) >= ((at - hole) & map->mask)) {
            map->slots[hole] = slot;
            hole = at;
        }
    }
    map->slots[hole].value = SLOT_NONE;
    map->count--;
}
