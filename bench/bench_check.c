/* SPDX-License-Identifier: MIT */

/*
 * What checking costs, stage by stage: the digests of a row, the insertion of its keys, the
 * look-up of its team, and the whole of muster_roster_open with one thread and with two.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#include "csv/scanner.h"
#include "muster.h"
#include "table/digest.h"
#include "table/id_map.h"
#include "table/key_index.h"
#include "table/schema.h"

#define BATCH_ROW_MAX     (WINDOW_SIZE + 64)
#define PREFETCH_DISTANCE 32
#define USERS_PER_TEAM    12
#define SEED              UINT64_C(20240229)

struct digest_context {
    span input;
    enum muster_simd simd;
    uint64_t *hashes; /* of ids, then of e-mails */
    struct id_key *references;
    unsigned char *states;
};

struct key_context {
    struct key_index index;
    uint64_t *hashes;
    size_t count;
};

struct id_context {
    struct id_map map;
    struct id_key *keys; /* of the teams */
    uint32_t *wanted;    /* one for each user */
    size_t team_count;
    size_t user_count;
};

struct roster_context {
    const char *folder; /* NULL: from memory */
    span users;
    span teams;
    unsigned jobs;
    struct muster_roster *roster;
};

/* Scan and digest, batch by batch, as the engine does; gives the rows that are plain. */
static uint64_t digest_work(void *context)
{
    const struct digest_context *digest = context;
    struct scanner scanner;
    uint64_t plain = 0;

    if (!scanner_open(&scanner, digest->input, digest->simd, 0)) {
        bench_fail("out of memory");
    }
    digest_kernel *kernel = digest_kernel_for(digest->simd);
    const struct scan_batch *batch;
    while ((batch = scanner_next(&scanner)) != NULL) {
        const unsigned char *bytes = (const unsigned char *)digest->input.ptr;
        struct digest_job job = {.base = bytes + batch->base,
                                 .readable_end = bytes + digest->input.len,
                                 .records = batch->records,
                                 .field_ends = batch->field_ends,
                                 .count = batch->record_count,
                                 .field_count = 5,
                                 .id_field = USERS_ID,
                                 .email_field = USERS_EMAIL,
                                 .reference_field = USERS_TEAM_ID,
                                 .filled_field = SCHEMA_NO_COLUMN,
                                 .seed = SEED,
                                 .id_hashes = digest->hashes,
                                 .email_hashes = digest->hashes + BATCH_ROW_MAX,
                                 .references = digest->references,
                                 .states = digest->states};
        hash_secret_make(&job.id_secret, SEED);
        hash_secret_make(&job.email_secret, SEED + 1);
        kernel(&job);
        for (size_t row = 0; row < batch->record_count; row++) {
            plain += digest->states[row] == DIGEST_PLAIN;
        }
    }
    scanner_close(&scanner);
    return plain;
}

static void digests_run(const struct bench *bench, span input, uint64_t rows)
{
    static const char *const names[] = {[MUSTER_SIMD_NONE] = "scan + digest none",
                                        [MUSTER_SIMD_SSE2] = "scan + digest sse2",
                                        [MUSTER_SIMD_AVX2] = "scan + digest avx2",
                                        [MUSTER_SIMD_AVX512] = "scan + digest avx512"};
    struct digest_context digest = {.input = input};

    digest.hashes = malloc(2 * BATCH_ROW_MAX * sizeof(*digest.hashes));
    digest.references = malloc(BATCH_ROW_MAX * sizeof(*digest.references));
    digest.states = malloc(BATCH_ROW_MAX);
    if (digest.hashes == NULL || digest.references == NULL || digest.states == NULL) {
        bench_fail("out of memory");
    }
    for (enum muster_simd simd = MUSTER_SIMD_NONE; simd <= MUSTER_SIMD_AVX512; simd++) {
        digest.simd = simd;
        if (simd_narrowed(simd) == simd) {
            bench_run(bench, &(struct bench_case){.name = names[simd],
                                                  .bytes = input.len,
                                                  .items = rows,
                                                  .work = digest_work,
                                                  .context = &digest});
        }
    }
    free(digest.hashes);
    free(digest.references);
    free(digest.states);
}

static void key_prepare(void *context)
{
    struct key_context *keys = context;
    if (!key_index_open(&keys->index, keys->count)) {
        bench_fail("out of memory");
    }
}

static void key_finish(void *context)
{
    struct key_context *keys = context;
    key_index_close(&keys->index);
}

static uint64_t key_work(void *context)
{
    struct key_context *keys = context;
    uint64_t repeated = 0;

    for (size_t key = 0; key < keys->count; key++) {
        struct key_probe probe;
        if (key + PREFETCH_DISTANCE < keys->count) {
            key_index_prefetch(&keys->index, keys->hashes[key + PREFETCH_DISTANCE]);
        }
        key_probe_start(&probe, &keys->index, keys->hashes[key]);
        if (key_probe_next(&probe, &keys->index) == KEY_INDEX_NONE) {
            key_probe_insert(&probe, &keys->index, (uint32_t)key);
        } else {
            repeated++;
        }
    }
    return repeated;
}

static void keys_run(const struct bench *bench, size_t count)
{
    struct key_context keys = {.count = count, .hashes = malloc(count * sizeof(uint64_t))};
    uint64_t state = SEED;

    if (keys.hashes == NULL) {
        bench_fail("out of memory");
    }
    for (size_t key = 0; key < count; key++) {
        keys.hashes[key] = bench_random(&state);
    }
    bench_run(bench, &(struct bench_case){.name = "key_index insert",
                                          .items = count,
                                          .prepare = key_prepare,
                                          .work = key_work,
                                          .finish = key_finish,
                                          .context = &keys});
    free(keys.hashes);
}

static uint64_t id_work(void *context)
{
    const struct id_context *ids = context;
    size_t places[PREFETCH_DISTANCE] = {0};
    uint64_t sum = 0;

    for (size_t user = 0; user < ids->user_count + PREFETCH_DISTANCE; user++) {
        size_t place = places[user % PREFETCH_DISTANCE];
        if (user < ids->user_count) {
            size_t next = id_map_place(&ids->map, ids->keys[ids->wanted[user]]);
            places[user % PREFETCH_DISTANCE] = next;
            id_map_prefetch(&ids->map, next);
        }
        if (user >= PREFETCH_DISTANCE) {
            uint32_t wanted = ids->wanted[user - PREFETCH_DISTANCE];
            sum += id_map_find(&ids->map, &ids->keys[wanted], place) != wanted;
        }
    }
    return sum;
}

static void ids_run(const struct bench *bench, size_t user_count)
{
    struct id_context ids = {.team_count = user_count / USERS_PER_TEAM + 1,
                             .user_count = user_count};
    uint64_t state = SEED;

    ids.keys = malloc(ids.team_count * sizeof(*ids.keys));
    ids.wanted = malloc(ids.user_count * sizeof(*ids.wanted) + 1);
    if (ids.keys == NULL || ids.wanted == NULL || !id_map_open(&ids.map, ids.team_count, SEED)) {
        bench_fail("out of memory");
    }
    for (size_t team = 0; team < ids.team_count; team++) {
        char id[256]; /* the compiler sees no end of it in the hash */
        int size = snprintf(id, sizeof(id), "SUP%zu", 100000 + team);
        ids.keys[team] = id_key_make(span_make(id, (size_t)size), SEED);
        id_map_add(&ids.map, ids.keys[team], (uint32_t)team);
    }
    for (size_t user = 0; user < user_count; user++) {
        ids.wanted[user] = (uint32_t)(bench_random(&state) % ids.team_count);
    }
    bench_run(bench,
              &(struct bench_case){
                  .name = "id_map find", .items = user_count, .work = id_work, .context = &ids});
    id_map_close(&ids.map);
    free(ids.keys);
    free(ids.wanted);
}

static uint64_t roster_work(void *context)
{
    struct roster_context *wanted = context;
    char paths[2][4096];
    struct muster_options options = {.jobs = wanted->jobs, .map_allowed = true};

    if (wanted->folder != NULL) {
        (void)snprintf(paths[0], sizeof(paths[0]), "%s/users.csv", wanted->folder);
        (void)snprintf(paths[1], sizeof(paths[1]), "%s/teams.csv", wanted->folder);
    }
    const struct muster_input inputs[] = {
        {.file = MUSTER_USERS,
         .path = wanted->folder != NULL ? paths[0] : NULL,
         .data = wanted->folder != NULL ? SPAN_NONE : wanted->users},
        {.file = MUSTER_TEAMS,
         .path = wanted->folder != NULL ? paths[1] : NULL,
         .data = wanted->folder != NULL ? SPAN_NONE : wanted->teams},
    };
    if (muster_roster_open(&wanted->roster, inputs, 2, &options, NULL) != MUSTER_OK) {
        bench_fail("the roster cannot be opened");
    }
    return muster_roster_summary(wanted->roster)->kept[MUSTER_USERS];
}

static void roster_finish(void *context)
{
    struct roster_context *wanted = context;
    muster_roster_close(wanted->roster);
}

static void rosters_run(const struct bench *bench, struct roster_context *wanted, uint64_t rows)
{
    static const char *const names[2][2] = {
        {"roster from memory, 1 thread", "roster from memory, 2 threads"},
        {"roster from files, 1 thread", "roster from files, 2 threads"}};

    for (unsigned from_files = 0; from_files < 2; from_files++) {
        wanted->folder = from_files != 0 ? bench->folder : NULL;
        for (unsigned jobs = 1; jobs <= 2; jobs++) {
            wanted->jobs = jobs;
            bench_run(bench, &(struct bench_case){.name = names[from_files][jobs - 1],
                                                  .bytes = wanted->users.len + wanted->teams.len,
                                                  .items = rows,
                                                  .work = roster_work,
                                                  .finish = roster_finish,
                                                  .context = wanted});
        }
    }
}

int main(int count, char **arguments)
{
    struct bench bench;

    bench_open(&bench, count, arguments);
    struct roster_context wanted = {.users = bench_load(bench.folder, "users.csv"),
                                    .teams = bench_load(bench.folder, "teams.csv"),
                                    .jobs = 1};
    uint64_t rows = roster_work(&wanted);
    roster_finish(&wanted);
    bench_yardstick(&bench, wanted.users);
    digests_run(&bench, wanted.users, rows);
    keys_run(&bench, (size_t)rows);
    ids_run(&bench, (size_t)rows);
    rosters_run(&bench, &wanted, rows);
    free((void *)(uintptr_t)wanted.users.ptr);
    free((void *)(uintptr_t)wanted.teams.ptr);
    bench_close(&bench);
    return 0;
}
