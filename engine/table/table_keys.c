/* SPDX-License-Identifier: MIT */
/*
 * Pass 2: when the whole file is read the keys go into their indexes, part by part (key_queue.h),
 * and what is there already becomes a finding. Equal keys are of one part, in which they stand in
 * the order of the file; the findings are put into that order at the end. Threads share the parts
 * out in ranges, and each writes to its own stretch of the index: a key whose bucket belongs to two
 * ranges, or that would run over into the next one, is late and put in when all are done.
 *
 * The index of ids knows the first row of each *class*: ids that agree but for case, blanks around
 * them and leading zeros. In sound files every class has one member. Where a class has more, the
 * others are *variants*, which have a small index of their own over their exact bytes.
 */
#include "table/ingest.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/limits.h"
#include "table/key_sieve.h"
#include "table/value.h"
#include "table/variants.h"

/* Keys between the prefetch of a bucket and its use. */
#define PREFETCH_DISTANCE 16

/* Rows whose class is known already are looked at in groups of this size. */
#define WAITING_MAX 64

/* Keys whose rows have to be compared are looked at in groups of this size. Each wants four lines
 * of the cache, and more of them at once do not come in time. */
#define DOUBT_COUNT_MAX 8

struct late_key {
    uint64_t hash;
    uint32_t row;
};

/* A key that is there already, or another one with the same tag. */
struct doubt {
    uint64_t hash;
    uint32_t row;
    uint32_t candidate; /* the first row with the tag */
    uint64_t looked_at; /* keys up to this one */
};

/* Buckets that one thread alone may touch; a whole index has no bounds and wraps around. */
struct stretch {
    size_t first;
    size_t count;
};

#define WHOLE_INDEX ((struct stretch){0, SIZE_MAX})

/* The keys that an index is about, those of one thread. */
struct keys {
    struct table *table;
    struct key_index *index;
    struct stretch own;
    struct late_key *late;
    size_t late_count;
    size_t late_capacity;
    uint64_t key_count;             /* of all parts */
    uint64_t passed;                /* keys that keys_insert is done with */
    uint64_t looked_at;             /* keys up to the one at hand */
    pthread_mutex_t *variants_lock; /* for what the table has of repeats and variants */
    unsigned column;
    /* From a queued hash to one for the index: moved to the left by `shift`, and `upper`. */
    unsigned shift;
    uint64_t upper;
    struct buffer row_value; /* decoded values of the rows that are compared */
    struct buffer other_value;
    uint32_t class_row; /* the one whose id was asked for last, or KEY_INDEX_NONE */
    span class_id;
    span class_core;
    struct buffer class_value;
    struct doubt doubts[DOUBT_COUNT_MAX];
    size_t doubt_count;
    struct waiting waiting[WAITING_MAX]; /* of ids, in the order of the rows */
    size_t waiting_count;
    struct key_index variants_seen; /* where those of the table were lately, to be prefetched */
    struct finding_list repeats;    /* of e-mails */
};

static void keys_close(struct keys *keys)
{
    free(keys->late);
    findings_close(&keys->repeats);
    buffer_close(&keys->row_value);
    buffer_close(&keys->other_value);
    buffer_close(&keys->class_value);
}

/* Some value could not be decoded, so the rows were not compared as they are. */
static bool keys_exhausted(const struct keys *keys)
{
    return keys->row_value.exhausted || keys->other_value.exhausted || keys->class_value.exhausted;
}

static bool waiting_take(struct keys *keys)
{
    struct table *table = keys->table;
    pthread_mutex_lock(keys->variants_lock);
    bool done = table_variants_take(table, keys->waiting, keys->waiting_count, keys->looked_at);
    keys->variants_seen = table->variant_ids;
    pthread_mutex_unlock(keys->variants_lock);
    keys->waiting_count = 0;
    return done;
}

static bool waiting_add(struct keys *keys, struct waiting waiting)
{
    /* Others may have made more room meanwhile, and nothing is prefetched then. */
    if (keys->variants_seen.buckets != NULL) {
        key_index_prefetch(&keys->variants_seen, waiting.exact_hash);
    }
    keys->waiting[keys->waiting_count++] = waiting;
    return keys->waiting_count < WAITING_MAX || waiting_take(keys);
}

/* Read the id of a row that others may be compared with as well: many can be alike. */
static void class_read(struct keys *keys, uint32_t row)
{
    if (keys->class_row != row) {
        keys->class_id = table_value(keys->table, row, keys->column, &keys->class_value);
        keys->class_core = value_id_core(keys->class_id);
        keys->class_row = row;
    }
}

static bool id_insert(struct keys *keys, uint32_t row, uint64_t hash)
{
    uint64_t seed = keys->table->options.seed;
    struct key_probe probe;
    key_probe_start(&probe, keys->index, hash);
    for (;;) {
        uint32_t candidate = key_probe_next(&probe, keys->index);
        if (candidate == KEY_INDEX_NONE) {
            key_probe_insert(&probe, keys->index, row);
            return true;
        }
        span id = table_value(keys->table, row, 0, &keys->row_value);
        span core = value_id_core(id);
        class_read(keys, candidate);
        if (!span_equal_folded(core, keys->class_core)) {
            continue;
        }
        uint64_t exact_hash = span_equal(id, keys->class_id) ? 0 : value_exact_hash(id, seed);
        return waiting_add(keys, (struct waiting){.row = row,
                                                  .class_row = candidate,
                                                  .shape = value_id_shape(id, core, seed),
                                                  .exact_hash = exact_hash,
                                                  .id = id});
    }
}

/* Room for as many as there will be if their share stays what it was so far. */
static void repeats_reserve(struct keys *keys)
{
    struct finding_list *repeats = &keys->repeats;
    if (repeats->count == repeats->capacity && repeats->count >= WAITING_MAX) {
        uint64_t expected = count_expect(repeats->count, keys->looked_at, keys->key_count);
        (void)findings_reserve(repeats, (size_t)(expected - repeats->count) + WAITING_MAX);
    }
}

static bool email_insert(struct keys *keys, uint32_t row, uint64_t hash)
{
    struct table *table = keys->table;
    unsigned column = keys->column;
    struct key_probe probe;
    key_probe_start(&probe, keys->index, hash);
    for (;;) {
        uint32_t candidate = key_probe_next(&probe, keys->index);
        if (candidate == KEY_INDEX_NONE) {
            key_probe_insert(&probe, keys->index, row);
            return true;
        }
        span email = table_value(table, row, column, &keys->row_value);
        class_read(keys, candidate);
        if (span_equal_folded(email, keys->class_id)) {
            uint64_t key = finding_key(row, MUSTER_DUPLICATE_EMAIL, column, 2);
            repeats_reserve(keys);
            findings_add(&keys->repeats, (struct finding){key, candidate, 0});
            return true;
        }
    }
}

/* What happens with a key whose tag is known already, or whose bucket is full. */
typedef bool insert_key(struct keys *keys, uint32_t row, uint64_t hash);

static inline uint64_t queued_hash(const struct keys *keys, const struct queued_key *queued)
{
    return keys->upper | (uint64_t)queued->hash << keys->shift;
}

static bool late_add(struct keys *keys, uint32_t row, uint64_t hash)
{
    struct late_key *grown =
        memory_grow(keys->late, &keys->late_capacity, keys->late_count + 1, sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    keys->late = grown;
    grown[keys->late_count++] = (struct late_key){hash, row};
    return true;
}

static inline bool bucket_is_own(const struct keys *keys, size_t bucket)
{
    return bucket - keys->own.first < keys->own.count;
}

/* Whether the walk from a bucket ends before it comes to somebody else's. */
static bool walk_is_own(const struct keys *keys, size_t bucket)
{
    if (keys->own.count == SIZE_MAX) {
        return true;
    }
    while (bucket_is_own(keys, bucket) && bucket_match(&keys->index->buckets[bucket], 0) == 0) {
        bucket++;
    }
    return bucket_is_own(keys, bucket);
}

/* Put a key in that is known to be doubtful, or has no room in its bucket. */
static bool key_take(struct keys *keys, const struct doubt *doubt, insert_key *insert)
{
    keys->looked_at = doubt->looked_at;
    return walk_is_own(keys, key_index_bucket(keys->index, doubt->hash))
               ? insert(keys, doubt->row, doubt->hash)
               : late_add(keys, doubt->row, doubt->hash);
}

/* A row is looked at by blocks of 64 bytes, which lie in two lines of the cache. */
static void row_prefetch(const struct table *table, uint32_t row)
{
    const char *bytes = table->input.ptr + table_offset(table, row);
    __builtin_prefetch(bytes);
    __builtin_prefetch(bytes + 63);
}

/* The rows of all are fetched before any are compared. */
static bool doubts_take(struct keys *keys, insert_key *insert)
{
    const struct table *table = keys->table;
    for (size_t index = 0; index < keys->doubt_count; index++) {
        row_prefetch(table, keys->doubts[index].row);
        row_prefetch(table, keys->doubts[index].candidate);
    }
    bool done = true;
    for (size_t index = 0; index < keys->doubt_count && done; index++) {
        done = key_take(keys, &keys->doubts[index], insert);
    }
    keys->doubt_count = 0;
    return done;
}

/* Put a key aside. Others with its hash will come to the same bucket and be put aside behind it. */
static bool doubt_add(struct keys *keys, struct doubt doubt, insert_key *insert)
{
    __builtin_prefetch(&keys->table->rows[doubt.row]);
    __builtin_prefetch(&keys->table->rows[doubt.candidate]);
    keys->doubts[keys->doubt_count++] = doubt;
    return keys->doubt_count < DOUBT_COUNT_MAX || doubts_take(keys, insert);
}

/* A key that is not alone with its tag, or finds no room. Inlined it would slow all others down. */
__attribute__((noinline)) static bool key_put_aside(struct keys *keys,
                                                    const struct queued_key *queued,
                                                    uint64_t looked_at, insert_key *insert)
{
    struct doubt doubt = {.hash = queued_hash(keys, queued),
                          .row = queued->row,
                          .candidate = KEY_INDEX_NONE,
                          .looked_at = looked_at};
    if (bucket_is_own(keys, key_index_bucket(keys->index, doubt.hash))) {
        struct key_probe probe;
        key_probe_start(&probe, keys->index, doubt.hash);
        doubt.candidate = probe.matches != 0 ? key_probe_next(&probe, keys->index) : KEY_INDEX_NONE;
    }
    return doubt.candidate != KEY_INDEX_NONE ? doubt_add(keys, doubt, insert)
                                             : key_take(keys, &doubt, insert);
}

/* Some keys of a part. */
static bool keys_insert(struct keys *keys, const struct queued_key *queued, size_t count,
                        insert_key *insert)
{
    struct key_index *index = keys->index;
    for (size_t at = 0; at < count; at++) {
        if (at + PREFETCH_DISTANCE < count) {
            key_index_prefetch(index, queued_hash(keys, &queued[at + PREFETCH_DISTANCE]));
        }
        uint64_t hash = queued_hash(keys, &queued[at]);
        if (bucket_is_own(keys, key_index_bucket(index, hash))) {
            struct key_probe probe;
            key_probe_start(&probe, index, hash);
            if (probe.matches == 0 && probe.empty != 0) {
                /* Nearly always: nobody with this tag, and room in the first bucket. */
                key_probe_insert(&probe, index, queued[at].row);
                continue;
            }
        }
        if (!key_put_aside(keys, &queued[at], keys->passed + at, insert)) {
            return false;
        }
    }
    keys->passed += count;
    return true;
}

static bool part_insert(struct keys *keys, const struct key_queue *queue, unsigned part,
                        insert_key *insert)
{
    const struct queued_key *room = queue->room + (size_t)part * queue->share;
    const struct queue_rest *rest = &queue->rests[part];
    return keys_insert(keys, room, queue->counts[part], insert) &&
           keys_insert(keys, rest->keys, rest->count, insert) && doubts_take(keys, insert);
}

/* What each thread takes in turn: more than one, so that all end at the same time. */
#define SHARES_PER_JOB 4

/* Some parts, neighbours. */
struct share {
    struct keys keys;
    struct key_index index; /* of ids: the table's, with a count of its own */
    struct key_queue *queue;
    uint64_t part_max; /* e-mails in the largest part of the queue, before any is sieved */
    unsigned first_part;
    unsigned end_part;
    bool done;
};

static struct share *shares_open(struct table *table, struct key_queue *queue, unsigned *count)
{
    unsigned jobs = parallel_jobs(table->options.parallel);
    *count = jobs > 1 && queue->count >= PARALLEL_WORTH_ROWS ? SHARES_PER_JOB * jobs : 1;
    struct share *shares = calloc(*count, sizeof *shares);
    for (unsigned index = 0; shares != NULL && index < *count; index++) {
        shares[index].keys = (struct keys){.table = table,
                                           .index = &shares[index].index,
                                           .own = WHOLE_INDEX,
                                           .class_row = KEY_INDEX_NONE};
        shares[index].queue = queue;
        shares[index].first_part = (unsigned)parallel_share(KEY_PART_COUNT, index, *count);
        shares[index].end_part = (unsigned)parallel_share(KEY_PART_COUNT, index + 1, *count);
        for (unsigned part = shares[index].first_part; part < shares[index].end_part; part++) {
            shares[index].keys.key_count += key_queue_part_size(queue, part);
        }
    }
    return shares;
}

static bool shares_close(struct share *shares, unsigned count)
{
    bool done = true;
    for (unsigned index = 0; index < count; index++) {
        done = done && shares[index].done && !keys_exhausted(&shares[index].keys);
        keys_close(&shares[index].keys);
    }
    free(shares);
    return done;
}

/* The lowest hash of a part. */
static uint64_t part_hash(unsigned part)
{
    return part * (UINT64_C(1) << (64 - KEY_PART_BITS));
}

/* The first bucket that none of the parts before `part` has: one that lies in two belongs to the
 * first of them. */
static size_t part_start(const struct key_index *index, unsigned part)
{
    if (part == 0 || part >= KEY_PART_COUNT) {
        return part == 0 ? 0 : index->bucket_count;
    }
    return key_index_bucket(index, part_hash(part)) + 1;
}

/* Clear what a share has of the index up to the start of a part, and let it use that. */
static void stretch_clean(struct share *share, unsigned end_part)
{
    struct stretch *own = &share->keys.own;
    size_t end = part_start(&share->index, end_part);
    key_index_clean(&share->index, own->first + own->count, end);
    own->count = end - own->first;
}

static void ids_task(void *context, unsigned task)
{
    struct share *share = (struct share *)context + task;
    struct keys *keys = &share->keys;
    bool done = true;
    for (unsigned part = share->first_part; part < share->end_part && done; part++) {
        if (share->index.unclean) {
            /* One part more, since keys run over. */
            stretch_clean(share, part + 2 < share->end_part ? part + 2 : share->end_part);
        }
        keys->upper = part_hash(part);
        done = part_insert(keys, share->queue, part, id_insert);
    }
    share->done = done && (keys->waiting_count == 0 || waiting_take(keys));
}

static struct stretch share_stretch(const struct share *share, const struct key_index *index)
{
    size_t first = part_start(index, share->first_part);
    size_t end = index->unclean ? first : part_start(index, share->end_part);
    return (struct stretch){first, end - first};
}

/* Whether all have put in what they could alone; if not, some buckets were never cleared. */
static bool shares_are_done(const struct share *shares, unsigned count)
{
    bool done = true;
    for (unsigned index = 0; index < count; index++) {
        done = done && shares[index].done;
    }
    return done;
}

/* Keys that no thread could put in alone, and what all have counted. */
static void ids_finish(struct table *table, struct share *share)
{
    struct keys *keys = &share->keys;
    table->ids.count += share->index.count;
    keys->index = &table->ids;
    keys->own = WHOLE_INDEX;
    for (size_t index = 0; index < keys->late_count && share->done; index++) {
        share->done = id_insert(keys, keys->late[index].row, keys->late[index].hash);
    }
    share->done = share->done && (keys->waiting_count == 0 || waiting_take(keys));
}

bool table_index_ids(struct table *table, struct key_queue *queue)
{
    unsigned count;
    struct share *shares = shares_open(table, queue, &count);
    if (shares == NULL) {
        return false;
    }
    pthread_mutex_t lock;
    pthread_mutex_init(&lock, NULL);
    bool whole = count == 1 && !table->ids.unclean;
    for (unsigned index = 0; index < count; index++) {
        struct share *share = &shares[index];
        share->index = table->ids;
        share->keys.shift = KEY_INDEX_SHIFT;
        share->keys.variants_lock = &lock;
        share->keys.own = whole ? WHOLE_INDEX : share_stretch(share, &table->ids);
    }
    parallel_run(table->options.parallel, count, ids_task, shares);
    bool done = shares_are_done(shares, count);
    for (unsigned index = 0; index < count && done; index++) {
        ids_finish(table, &shares[index]);
    }
    pthread_mutex_destroy(&lock);
    findings_sort(&table->repeated_ids);
    return shares_close(shares, count) && !table->repeated_ids.exhausted;
}

/* Nobody looks an e-mail up later, so one small index serves all parts, one after the other, and
 * holds those alone that may stand there twice. */
static void emails_task(void *context, unsigned task)
{
    struct share *share = (struct share *)context + task;
    struct key_queue *queue = share->queue;
    struct keys *keys = &share->keys;
    struct key_sieve sieve;
    bool done =
        key_sieve_open(&sieve, share->part_max) && key_index_open(&share->index, share->part_max);
    for (unsigned part = share->first_part; part < share->end_part && done; part++) {
        uint64_t all = key_queue_part_size(queue, part);
        key_sieve_part(&sieve, queue, part);
        uint64_t kept = key_queue_part_size(queue, part);
        keys->passed += all - kept;
        key_index_clear(&share->index, kept);
        done = part_insert(keys, queue, part, email_insert);
    }
    key_index_close(&share->index);
    key_sieve_close(&sieve);
    share->done = done;
}

/* What most have found is taken over, and not copied. */
static void repeats_join(struct finding_list *list, struct share *shares, unsigned count)
{
    unsigned most = 0;
    for (unsigned index = 1; index < count; index++) {
        most = shares[index].keys.repeats.count > shares[most].keys.repeats.count ? index : most;
    }
    *list = shares[most].keys.repeats;
    shares[most].keys.repeats = (struct finding_list){0};
    for (unsigned index = 0; index < count; index++) {
        findings_append(list, &shares[index].keys.repeats, 0);
    }
}

bool table_index_emails(struct table *table, struct key_queue *queue)
{
    unsigned count;
    struct share *shares = shares_open(table, queue, &count);
    if (shares == NULL) {
        return false;
    }
    uint64_t part_max = key_queue_part_max(queue);
    for (unsigned index = 0; index < count; index++) {
        shares[index].part_max = part_max;
        shares[index].keys.column = table->schema->email_column;
        shares[index].keys.shift = 64 - 32;
    }
    parallel_run(table->options.parallel, count, emails_task, shares);
    repeats_join(&table->repeated_emails, shares, count);
    findings_sort(&table->repeated_emails);
    return shares_close(shares, count) && !table->repeated_emails.exhausted;
}
