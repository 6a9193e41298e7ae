/* SPDX-License-Identifier: MIT */
#include "table/key_queue.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/memory.h"

/* The keys of one line of the cache. */
#define KEYS_AHEAD 8

/* Hashes spread like drops of rain: a part gets about the mean, and hardly ever more than the mean
 * and six times its root. */
static uint64_t share_of(uint64_t count)
{
    uint64_t mean = count / KEY_PART_COUNT + 1;
    uint64_t root = 1;
    while (root * root < mean) {
        root++;
    }
    return mean + 6 * root;
}

bool key_queue_open(struct key_queue *queue, uint64_t count)
{
    *queue = (struct key_queue){0};
    uint64_t share = share_of(count < ROW_COUNT_MAX ? count : ROW_COUNT_MAX);
    if (share > SIZE_MAX / sizeof *queue->room / KEY_PART_COUNT) {
        return false;
    }
    queue->share = (uint32_t)share;
    queue->size = (size_t)share * KEY_PART_COUNT * sizeof *queue->room;
    /* What is not written to costs nothing, and an index may follow (key_queue_become). */
    size_t index_size = key_index_size(share * KEY_PART_COUNT);
    queue->size = queue->size < index_size ? index_size : queue->size;
    queue->room = memory_pages_open(queue->size);
    return queue->room != NULL;
}

void key_queue_close(struct key_queue *queue)
{
    for (unsigned part = 0; part < KEY_PART_COUNT; part++) {
        free(queue->rests[part].keys);
    }
    memory_pages_close(queue->room, queue->size);
    *queue = (struct key_queue){0};
}

bool key_queue_become(struct key_queue *queue, struct key_index *index, uint64_t count)
{
    void *pages = queue->room;
    size_t size = queue->size;
    queue->room = NULL;
    key_queue_close(queue);
    return key_index_take(index, count, pages, size);
}

static bool rest_add(struct queue_rest *rest, struct queued_key key)
{
    struct queued_key *grown =
        memory_grow(rest->keys, &rest->capacity, rest->count + 1, sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    rest->keys = grown;
    grown[rest->count++] = key;
    return true;
}

bool key_queue_add(struct key_queue *queue, const uint64_t *hashes, size_t count, uint32_t row_base)
{
    struct queued_key *room = queue->room;
    size_t share = queue->share;
    size_t none = 0;
    for (size_t index = 0; index < count; index++) {
        uint64_t hash = hashes[index];
        if (hash == 0) {
            none++;
            continue;
        }
        unsigned part = (unsigned)(hash >> (64 - KEY_PART_BITS));
        struct queued_key key = {(uint32_t)(hash >> KEY_INDEX_SHIFT), row_base + (uint32_t)index};
        uint32_t place = queue->counts[part];
        if (place < share) {
            struct queued_key *slot = &room[part * share + place];
            /* The next line of the part: nothing else foresees which will be written. */
            __builtin_prefetch(slot + KEYS_AHEAD, 1);
            *slot = key;
            queue->counts[part] = place + 1;
        } else if (!rest_add(&queue->rests[part], key)) {
            return false;
        }
    }
    queue->count += count - none;
    return true;
}

uint64_t key_queue_part_max(const struct key_queue *queue)
{
    uint64_t most = 0;
    for (unsigned part = 0; part < KEY_PART_COUNT; part++) {
        uint64_t count = key_queue_part_size(queue, part);
        most = count > most ? count : most;
    }
    return most;
}
