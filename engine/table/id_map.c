/* SPDX-License-Identifier: MIT */
#include "table/id_map.h"

#include "base/memory.h"

bool id_map_open(struct id_map *map, size_t count, uint64_t seed)
{
    /* Two slots in three are used: small enough for the cache, and chains stay short. */
    size_t slot_count = count + count / 2 + 16;
    *map = (struct id_map){.slot_count = slot_count, .seed = seed};
    map->size = slot_count * sizeof(struct id_slot);
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
    size_t place = id_map_place(map, key);
    while (map->slots[place].low != 0 || map->slots[place].high != 0) {
        place = place + 1 < map->slot_count ? place + 1 : 0;
    }
    map->slots[place] = (struct id_slot){key.low, key.high, number};
}
