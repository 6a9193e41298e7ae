/* SPDX-License-Identifier: MIT */
#include "table/id_map.h"

#include "base/memory.h"

bool id_map_open(struct id_map *map, size_t count, uint64_t seed)
{
    /* A quarter of the slots is used: one bucket in three hundred runs over. With half of them it
     * would be one in twenty, and what no processor foresees costs more than the memory. */
    size_t bucket_count = count + 1;
    *map = (struct id_map){.bucket_count = bucket_count, .seed = seed};
    if (count > SIZE_MAX / 2 / (ID_BUCKET_SLOTS * sizeof(struct id_slot))) {
        return false;
    }
    map->size = bucket_count * ID_BUCKET_SLOTS * sizeof(struct id_slot);
    map->slots = memory_pages_open(map->size);
    return map->slots != NULL;
}

void id_map_close(struct id_map *map)
{
    memory_pages_close(map->slots, map->size);
    *map = (struct id_map){0};
}

void id_map_add(struct id_map *map, struct id_key key, uint32_t number)
{
    size_t slot_count = map->bucket_count * ID_BUCKET_SLOTS;
    size_t slot = id_map_place(map, key) * ID_BUCKET_SLOTS;
    while (map->slots[slot].low != 0 || map->slots[slot].high != 0) {
        slot = slot + 1 < slot_count ? slot + 1 : 0;
    }
    map->slots[slot] = (struct id_slot){key.low, key.high, number};
}
