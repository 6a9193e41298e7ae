/* SPDX-License-Identifier: MIT */
/*
 * Keys that wait for their index, in as many parts as the index has when it is cut by the upper
 * bits of the hash. Put into the index part by part, they touch a stretch of it at a time that fits
 * into the cache; put in as they come, each would be a wait for memory. Within a part they stay in
 * the order in which they came.
 *
 *     hash:   63      56 55                 24 23        0
 *             part       kept               not needed
 */
#ifndef MUSTER_TABLE_KEY_QUEUE_H
#define MUSTER_TABLE_KEY_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "table/key_index.h"

/* What an index looks at: the number of the part, and 32 bits more. */
#define KEY_PART_BITS  (32 - KEY_INDEX_SHIFT)
#define KEY_PART_COUNT (1U << KEY_PART_BITS)

struct queued_key {
    uint32_t hash; /* the kept bits */
    uint32_t row;
};

/* What a part holds beyond its share of the room. */
struct queue_rest {
    struct queued_key *keys;
    size_t count;
    size_t capacity;
};

struct key_queue {
    struct queued_key *room;
    size_t size;                     /* of the room, in bytes */
    uint32_t share;                  /* of each part, in keys */
    uint64_t count;                  /* of all keys */
    uint32_t counts[KEY_PART_COUNT]; /* of keys in the room */
    struct queue_rest rests[KEY_PART_COUNT];
};

/* Room for about `count` keys; there may be more. False where memory ran out. */
bool key_queue_open(struct key_queue *queue, uint64_t count);
void key_queue_close(struct key_queue *queue);

/* Open an index of `count` keys where a queue that is done with has had its room: memory that was
 * written to once costs half of what new memory does. Closes the queue. False: no memory. */
bool key_queue_become(struct key_queue *queue, struct key_index *index, uint64_t count);

/*
 * Add the rows from `row_base` on whose hashes these are; a hash of 0 is none. False where memory
 * ran out.
 */
bool key_queue_add(struct key_queue *queue, const uint64_t *hashes, size_t count,
                   uint32_t row_base);

static inline uint64_t key_queue_part_size(const struct key_queue *queue, unsigned part)
{
    return queue->counts[part] + (uint64_t)queue->rests[part].count;
}

/* The number of keys in the largest part. */
uint64_t key_queue_part_max(const struct key_queue *queue);

#endif
