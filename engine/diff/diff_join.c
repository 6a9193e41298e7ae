/* SPDX-License-Identifier: MIT */
/*
 * The hash join of the users whom the lockstep left over: an index over the old ones, then each of
 * the new ones looked up in it. What a key is worth is decided by its bytes, never by its hash.
 *
 * Work is done in batches: the buckets of a whole batch are asked for before the first of them is
 * looked at, then the users whom they name, so that the waits for memory overlap.
 */
#include <stdlib.h>

#include "base/buffer.h"
#include "base/span.h"
#include "diff/diff_state.h"
#include "table/key_index.h"

#define BATCH_COUNT 64U

struct join_user {
    uint32_t place;
    bool read;     /* `user` is set */
    uint64_t hash; /* 0: has no key */
    struct key_probe probe;
    uint32_t candidate; /* what the probe stands at: an old place, or KEY_INDEX_NONE */
    struct org_user user;
    struct buffer scratch;
};

struct join {
    struct diff *diff;
    enum diff_key key;
    struct key_index index;
    uint64_t *taken;       /* a bit for each old place that has found a partner */
    bool hashed;           /* users are read only where somebody may be the one */
    const struct org *org; /* of whom the batch is made */
    struct join_user batch[BATCH_COUNT];
    unsigned batch_count;
    struct org_user candidate; /* an old user that may be the one */
    struct buffer candidate_scratch;
    struct buffer folded;
};

/* Set the user, unless that has been done. */
static void entry_read(const struct join *join, struct join_user *entry)
{
    if (!entry->read) {
        org_user_read(join->org, entry->place, &entry->scratch, &entry->user);
        entry->read = true;
    }
}

static void batch_prefetch(const struct join *join)
{
    for (int found = 0; found < 2; found++) {
        for (unsigned n = 0; n < join->batch_count; n++) {
            org_user_prefetch(join->org, join->batch[n].place, found != 0);
        }
    }
}

/* Take the next users of a list and ask for their buckets. */
static void join_fill(struct join *join, const struct org *org, const struct left_users *left,
                      size_t from)
{
    size_t count = left->count - from;
    join->org = org;
    join->batch_count = count < BATCH_COUNT ? (unsigned)count : BATCH_COUNT;
    for (unsigned n = 0; n < join->batch_count; n++) {
        join->batch[n].place = left->places[from + n];
        join->batch[n].read = false;
    }
    if (!join->hashed) {
        batch_prefetch(join);
    }
    for (unsigned n = 0; n < join->batch_count; n++) {
        struct join_user *entry = &join->batch[n];
        if (join->hashed) {
            entry->hash = left->hashes[from + n].of[join->key];
        } else {
            entry_read(join, entry);
            entry->hash = user_key_hash(join->key, &entry->user, join->diff->seed, &join->folded);
        }
        key_index_prefetch(&join->index, entry->hash);
    }
}

/* Look the key of a user up in the index: the first who may be the one. */
static void join_look(const struct join *join, struct join_user *entry)
{
    entry->candidate = KEY_INDEX_NONE;
    if (entry->hash != 0) {
        key_probe_start(&entry->probe, &join->index, entry->hash);
        entry->candidate = key_probe_next(&entry->probe, &join->index);
    }
}

/* From there the old place with the same key as the user, read into `candidate`, or ORG_NONE. */
static uint32_t join_find(struct join *join, struct join_user *entry)
{
    for (; entry->candidate != KEY_INDEX_NONE;
         entry->candidate = key_probe_next(&entry->probe, &join->index)) {
        entry_read(join, entry);
        org_user_read(join->diff->old_org, entry->candidate, &join->candidate_scratch,
                      &join->candidate);
        if (user_keys_equal(join->key, &entry->user, &join->candidate)) {
            return entry->candidate;
        }
    }
    return ORG_NONE;
}

/* A key that is there twice, which no checked roster has, stands for its first. */
static void join_index(struct join *join, struct join_user *entry)
{
    join_look(join, entry);
    if (entry->hash != 0 && join_find(join, entry) == ORG_NONE) {
        key_probe_insert(&entry->probe, &join->index, entry->place);
    }
}

static void join_index_old(struct join *join)
{
    const struct left_users *left = &join->diff->left_old;
    for (size_t from = 0; from < left->count; from += BATCH_COUNT) {
        join_fill(join, join->diff->old_org, left, from);
        for (unsigned n = 0; n < join->batch_count; n++) {
            join_index(join, &join->batch[n]);
        }
    }
}

/* Find a partner for one new user; false where memory ran out. */
static bool join_match(struct join *join, struct join_user *entry)
{
    struct diff *diff = join->diff;
    uint32_t place = join_find(join, entry);
    if (place == ORG_NONE || bit_get(join->taken, place)) {
        return true;
    }
    bit_set(join->taken, place);
    partners_set(&diff->new_user_of, place, entry->place);
    partners_set(&diff->old_user_of, entry->place, place);
    diff_compare_users(diff, &join->candidate, entry->place, &entry->user);
    return join->key == DIFF_BY_ID || place_list_push(&diff->rekeyed, entry->place);
}

/* Ask for all that matching a batch will look at, in the order in which one leads to the other. */
static void join_prefetch(struct join *join)
{
    const struct diff *diff = join->diff;
    for (unsigned n = 0; n < join->batch_count; n++) {
        struct join_user *entry = &join->batch[n];
        join_look(join, entry);
        if (entry->candidate != KEY_INDEX_NONE) {
            org_user_prefetch(diff->new_org, entry->place, false);
            org_user_prefetch(diff->old_org, entry->candidate, false);
            partners_prefetch(&diff->new_user_of, entry->candidate, false);
        }
    }
    for (unsigned n = 0; n < join->batch_count; n++) {
        uint32_t candidate = join->batch[n].candidate;
        if (candidate != KEY_INDEX_NONE) {
            org_user_prefetch(diff->new_org, join->batch[n].place, true);
            org_user_prefetch(diff->old_org, candidate, true);
            partners_prefetch(&diff->new_user_of, candidate, true);
        }
    }
}

static bool join_match_new(struct join *join)
{
    const struct left_users *left = &join->diff->left_new;
    bool enough_memory = true;
    for (size_t from = 0; from < left->count; from += BATCH_COUNT) {
        join_fill(join, join->diff->new_org, left, from);
        join_prefetch(join);
        for (unsigned n = 0; n < join->batch_count; n++) {
            enough_memory &= join_match(join, &join->batch[n]);
        }
    }
    return enough_memory;
}

/* Drop from a list those who have a partner now. */
static void keep_left(struct left_users *left, const struct partners *partners)
{
    size_t kept = 0;
    for (size_t n = 0; n < left->count; n++) {
        if (partners_find(partners, left->places[n]) == ORG_NONE) {
            if (!left->unhashed) {
                left->hashes[kept] = left->hashes[n];
            }
            left->places[kept++] = left->places[n];
        }
    }
    left->count = kept;
}

static bool join_close(struct join *join)
{
    bool exhausted = join->candidate_scratch.exhausted || join->folded.exhausted;
    for (unsigned n = 0; n < BATCH_COUNT; n++) {
        exhausted |= join->batch[n].scratch.exhausted;
        buffer_close(&join->batch[n].scratch);
    }
    buffer_close(&join->candidate_scratch);
    buffer_close(&join->folded);
    key_index_close(&join->index);
    free(join->taken);
    return !exhausted;
}

enum muster_status diff_join_users(struct diff *diff, enum diff_key key)
{
    if (diff->left_old.count == 0 || diff->left_new.count == 0) {
        return MUSTER_OK;
    }
    struct join join = {
        .diff = diff, .key = key, .hashed = !diff->left_old.unhashed && !diff->left_new.unhashed};
    join.taken = bits_open(diff->old_org->user_count);
    bool enough_memory = join.taken != NULL && key_index_open(&join.index, diff->left_old.count);
    if (enough_memory) {
        join_index_old(&join);
        enough_memory = join_match_new(&join);
    }
    enough_memory = join_close(&join) && enough_memory;
    keep_left(&diff->left_old, &diff->new_user_of);
    keep_left(&diff->left_new, &diff->old_user_of);
    return enough_memory ? MUSTER_OK : MUSTER_NO_MEMORY;
}
