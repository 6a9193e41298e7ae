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

bool id_map_add_before(struct id_map *map, size_t end, size_t place, struct id_key key,
                       uint32_t number)
{
    struct id_slot *slot = &map->slots[place * ID_BUCKET_SLOTS];
    const struct id_slot *behind = &map->slots[end * ID_BUCKET_SLOTS];
    while (slot < behind && (slot->low != 0 || slot->high != 0)) {
        slot++;
    }
    if (slot == behind) {
        return false;
    }
    *slot = (struct id_slot){key.low, key.high, number};
    return true;
}

void id_map_add(struct id_map *map, struct id_key key, uint32_t number)
{
    size_t end = map->bucket_count;
    if (!id_map_add_before(map, end, id_map_place(map, key), key, number)) {
        (void)id_map_add_before(map, end, 0, key, number); /* three slots in four are empty */
    }
}
