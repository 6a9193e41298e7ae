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
#include "table/value.h"

/* Keys between the prefetch of a bucket and its use. */
#define PREFETCH_DISTANCE 16

/* Rows whose class is known already are looked at in groups of this size. */
#define WAITING_MAX 64

/* A row whose id is in the class of an earlier row; its place among the variants is fetched. */
struct waiting {
    uint32_t row;
    uint32_t class_row;
    uint32_t shape;
    uint64_t exact_hash; /* of the id as it is; 0: it is that of `class_row` */
    span id;             /* where it lies in the input; else it is read again */
};

struct late_key {
    uint64_t hash;
    uint32_t row;
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
    uint64_t key_count;             /* of all stretches */
    uint64_t passed;                /* keys of the stretches that are done */
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

/* Rows that waited, while they are taken. */
struct taking {
    struct table *table;
    uint64_t looked_at;      /* as in keys */
    struct buffer row_value; /* decoded ids of the rows that are compared */
    struct buffer other_value;
};

/* Room for so many variants, with the same rows. */
static bool variants_grow(struct taking *taking, uint64_t count)
{
    struct key_index *variants = &taking->table->variant_ids;
    struct key_index grown;
    if (!key_index_open(&grown, count)) {
        return false;
    }
    for (size_t bucket = 0; bucket < variants->bucket_count; bucket++) {
        for (unsigned slot = 0; slot < KEY_INDEX_SLOTS; slot++) {
            if (variants->buckets[bucket].tags[slot] == 0) {
                continue;
            }
            uint32_t row = variants->buckets[bucket].rows[slot];
            span id = table_value(taking->table, row, 0, &taking->row_value);
            struct key_probe probe;
            key_probe_start(&probe, &grown, value_exact_hash(id, taking->table->options.seed));
            while (key_probe_next(&probe, &grown) != KEY_INDEX_NONE) {
            }
            key_probe_insert(&probe, &grown, row);
        }
    }
    key_index_close(variants);
    *variants = grown;
    return true;
}

static bool variants_reserve(struct table *table, uint64_t count)
{
    struct table_variant *grown =
        memory_grow(table->variants, &table->variant_capacity, (size_t)count, sizeof *grown);
    table->variants = grown != NULL ? grown : table->variants;
    return grown != NULL;
}

static bool taking_reserve(struct taking *taking, uint64_t more)
{
    struct table *table = taking->table;
    uint64_t needed = table->variant_ids.count + more;
    if (needed <= table->variant_ids.count_max) {
        return true;
    }
    /* To move a row its value has to be read again, so it is done seldom: at once for as many as
     * there will be if the share of them stays what it was so far. */
    uint64_t most = table->ids.count_max;
    uint64_t looked_at = taking->looked_at > needed ? taking->looked_at : needed;
    uint64_t wanted = (uint64_t)((double)needed / (double)looked_at * (double)most);
    wanted = wanted > needed * 2 ? wanted : needed * 2;
    return variants_reserve(table, wanted) && variants_grow(taking, wanted);
}

static bool variant_add(struct table *table, const struct waiting *waiting)
{
    if (!variants_reserve(table, table->variant_count + 1)) {
        return false;
    }
    table->variants[table->variant_count++] =
        (struct table_variant){waiting->row, waiting->class_row, waiting->shape};
    return true;
}

static void repeat_report(struct table *table, uint32_t row, uint32_t first)
{
    if (!table->schema->keys_unique) {
        return;
    }
    enum muster_code code =
        table->schema->file == MUSTER_TEAMS ? MUSTER_DUPLICATE_TEAM_ID : MUSTER_DUPLICATE_USER_ID;
    findings_add(&table->repeated_ids, (struct finding){finding_key(row, code, 0, 2), first, 0});
}

/* An id with other bytes than the first of its class. True where memory sufficed. */
static bool variant_take(struct taking *taking, const struct waiting *waiting)
{
    struct table *table = taking->table;
    struct key_index *variants = &table->variant_ids;
    span id = table_value_lasts(table, waiting->id)
                  ? waiting->id
                  : table_value(table, waiting->row, 0, &taking->row_value);
    struct key_probe probe;
    uint32_t candidate;
    key_probe_start(&probe, variants, waiting->exact_hash);
    while ((candidate = key_probe_next(&probe, variants)) != KEY_INDEX_NONE) {
        if (span_equal(id, table_value(table, candidate, 0, &taking->other_value))) {
            repeat_report(table, waiting->row, candidate);
            return table->schema->keys_unique || variant_add(table, waiting);
        }
    }
    key_probe_insert(&probe, variants, waiting->row);
    return variant_add(table, waiting);
}

/* Those that wait, in their order. True where memory sufficed. */
static bool waiting_take_locked(struct keys *keys)
{
    struct table *table = keys->table;
    struct key_index *variants = &table->variant_ids;
    struct taking taking = {.table = table, .looked_at = keys->looked_at};
    bool done = (variants->buckets != NULL || key_index_open(variants, WAITING_MAX)) &&
                taking_reserve(&taking, keys->waiting_count);
    for (size_t index = 0; index < keys->waiting_count && done; index++) {
        const struct waiting *waiting = &keys->waiting[index];
        if (waiting->exact_hash != 0) {
            done = variant_take(&taking, waiting);
        } else {
            repeat_report(table, waiting->row, waiting->class_row);
            done = table->schema->keys_unique || variant_add(table, waiting);
        }
    }
    keys->waiting_count = 0;
    keys->variants_seen = *variants;
    done = done && !taking.row_value.exhausted && !taking.other_value.exhausted;
    buffer_close(&taking.row_value);
    buffer_close(&taking.other_value);
    return done;
}

static bool waiting_take(struct keys *keys)
{
    pthread_mutex_lock(keys->variants_lock);
    bool done = waiting_take_locked(keys);
    pthread_mutex_unlock(keys->variants_lock);
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
        double share = (double)(repeats->count + 1) / (double)(keys->looked_at + 1);
        double more = share * (double)(keys->key_count - keys->looked_at);
        (void)findings_reserve(repeats, (size_t)more + WAITING_MAX);
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
        size_t bucket = key_index_bucket(index, hash);
        if (bucket_is_own(keys, bucket)) {
            struct key_probe probe;
            key_probe_start(&probe, index, hash);
            if (probe.matches == 0 && probe.empty != 0) {
                /* Nearly always: nobody with this tag, and room in the first bucket. */
                key_probe_insert(&probe, index, queued[at].row);
                continue;
            }
        }
        keys->looked_at = keys->passed + at;
        bool done = walk_is_own(keys, bucket) ? insert(keys, queued[at].row, hash)
                                              : late_add(keys, queued[at].row, hash);
        if (!done) {
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
           keys_insert(keys, rest->keys, rest->count, insert);
}

/* What each thread takes in turn: more than one, so that all end at the same time. */
#define SHARES_PER_JOB 4

/* Some parts, neighbours. */
struct share {
    struct keys keys;
    struct key_index index; /* of ids: the table's, with a count of its own */
    const struct key_queue *queue;
    unsigned first_part;
    unsigned end_part;
    bool done;
};

static struct share *shares_open(struct table *table, const struct key_queue *queue,
                                 unsigned *count)
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

bool table_index_ids(struct table *table, const struct key_queue *queue)
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
    for (unsigned index = 0; index < count; index++) {
        ids_finish(table, &shares[index]);
    }
    pthread_mutex_destroy(&lock);
    findings_sort(&table->repeated_ids);
    return shares_close(shares, count) && !table->repeated_ids.exhausted;
}

/* Nobody looks an e-mail up later, so one small index serves all parts, one after the other. */
static void emails_task(void *context, unsigned task)
{
    struct share *share = (struct share *)context + task;
    struct keys *keys = &share->keys;
    bool done = key_index_open(&share->index, key_queue_part_max(share->queue));
    for (unsigned part = share->first_part; part < share->end_part && done; part++) {
        key_index_clear(&share->index, key_queue_part_size(share->queue, part));
        done = part_insert(keys, share->queue, part, email_insert);
    }
    key_index_close(&share->index);
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

bool table_index_emails(struct table *table, const struct key_queue *queue)
{
    unsigned count;
    struct share *shares = shares_open(table, queue, &count);
    if (shares == NULL) {
        return false;
    }
    for (unsigned index = 0; index < count; index++) {
        shares[index].keys.column = table->schema->email_column;
        shares[index].keys.shift = 64 - 32;
    }
    parallel_run(table->options.parallel, count, emails_task, shares);
    repeats_join(&table->repeated_emails, shares, count);
    findings_sort(&table->repeated_emails);
    return shares_close(shares, count) && !table->repeated_emails.exhausted;
}
