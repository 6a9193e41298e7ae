/* SPDX-License-Identifier: MIT */
#include "table/id_map.h"

#include "base/memory.h"

bool id_map_open(struct id_map *map, size_t count, uint64_t seed)
{
    size_t capacity = 16;
    while (capacity < count * 2) {
        capacity *= 2;
    }
    *map = (struct id_map){.mask = capacity - 1, .size = capacity * sizeof(struct id_slot)};
    map->seed = seed;
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
    while (!id_key_is_empty(map->slots[place].key)) {
        place = (place + 1) & map->mask;
    }
    map->slots[place].key = key;
    map->slots[place].number = number;
}
