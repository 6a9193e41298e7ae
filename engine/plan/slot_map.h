/* SPDX-License-Identifier: MIT */
/*
 * Hash to value, with removal: what a replay needs to know who is called what just now.
 *
 *     slot:  hash value | hash value | empty | hash value | ...      8 bytes each
 *
 * Open addressing with linear probing, at most half full. The map does not know the keys: a probe
 * gives every value under a hash, and the caller, who can find the key of a value, compares bytes.
 * Removing shifts what lies behind, so no grave is left that later probes would stumble over.
 */
#ifndef MUSTER_PLAN_SLOT_MAP_H
#define MUSTER_PLAN_SLOT_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLOT_NONE UINT32_MAX

struct slot {
    uint32_t hash;
    uint32_t value; /* SLOT_NONE: empty */
};

struct slot_map {
    struct slot *slots;
    size_t mask; /* one less than the number of slots */
    size_t count;
};

/* Room for `count` values to begin with. False where memory ran out. A zeroed map can be closed. */
bool slot_map_open(struct slot_map *map, size_t count);
void slot_map_close(struct slot_map *map);

/* A walk over the values under one hash. */
struct slot_probe {
    uint32_t hash;
    size_t at;
};

void slot_probe_start(struct slot_probe *probe, const struct slot_map *map, uint64_t hash);
/* The next value, or SLOT_NONE when there is none. */
uint32_t slot_probe_next(struct slot_probe *probe, const struct slot_map *map);

/*
 * After slot_probe_next gave SLOT_NONE: put a value there. False where memory ran out. The map may
 * have grown, so the probe is over.
 */
bool slot_map_add(struct slot_map *map, const struct slot_probe *probe, uint32_t value);
/* Remove the value that slot_probe_next gave last. The probe is over. */
void slot_map_remove(struct slot_map *map, const struct slot_probe *probe);

#endif
