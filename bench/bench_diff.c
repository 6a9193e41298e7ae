/* SPDX-License-Identifier: MIT */

/*
 * What comparing costs: opening a snapshot, the difference between two snapshots whose users stand
 * in the same order and in another one, and a plan. Needs a later state of the organisation.
 */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "muster.h"

#define SEED UINT64_C(20240229)

struct compare_context {
    char path[64]; /* a snapshot */
    struct muster_roster *opened;
    struct muster_roster *old_roster;
    struct muster_roster *new_roster;
    struct muster_diff *diff;
    struct muster_plan *plan;
};

static struct muster_roster *roster_open(span users, span teams)
{
    const struct muster_input inputs[] = {{.file = MUSTER_USERS, .data = users},
                                          {.file = MUSTER_TEAMS, .data = teams}};
    struct muster_roster *roster;

    if (muster_roster_open(&roster, inputs, 2, NULL, NULL) != MUSTER_OK) {
        bench_fail("the roster cannot be opened");
    }
    return roster;
}

static struct muster_roster *snapshot_open_at(const char *path)
{
    const struct muster_options options = {.map_allowed = true};
    struct muster_roster *roster;

    if (muster_snapshot_open(&roster, path, &options, NULL) != MUSTER_OK) {
        bench_fail("the snapshot cannot be opened");
    }
    return roster;
}

/* Write a roster as a snapshot and open that instead. */
static struct muster_roster *through_snapshot(struct muster_roster *roster, char *path)
{
    char folder[] = "/tmp/bench.XXXXXX";

    if (mkdtemp(folder) == NULL) {
        bench_fail("there is no room for a snapshot");
    }
    (void)sprintf(path, "%s/roster", folder);
    if (muster_snapshot_write(roster, path, NULL) != MUSTER_OK) {
        bench_fail("the snapshot cannot be written");
    }
    muster_roster_close(roster);
    return snapshot_open_at(path);
}

static void snapshot_remove(const char *path)
{
    char folder[64];

    (void)snprintf(folder, sizeof(folder), "%s", path);
    *strrchr(folder, '/') = '\0';
    (void)unlink(path);
    (void)rmdir(folder);
}

static uint64_t open_work(void *context)
{
    struct compare_context *compare = context;
    compare->opened = snapshot_open_at(compare->path);
    return muster_roster_user_places(compare->opened);
}

static void open_finish(void *context)
{
    struct compare_context *compare = context;
    muster_roster_close(compare->opened);
}

static uint64_t diff_work(void *context)
{
    struct compare_context *compare = context;
    struct muster_difference difference;
    uint64_t count = 0;

    if (muster_diff_open(&compare->diff, compare->old_roster, compare->new_roster) != MUSTER_OK) {
        bench_fail("the rosters cannot be compared");
    }
    while (muster_diff_next(compare->diff, &difference)) {
        count++;
    }
    return count;
}

static void diff_finish(void *context)
{
    struct compare_context *compare = context;
    muster_diff_close(compare->diff);
}

static uint64_t plan_work(void *context)
{
    struct compare_context *compare = context;

    if (muster_plan_open(&compare->plan, compare->old_roster, compare->new_roster, NULL) !=
        MUSTER_OK) {
        bench_fail("there is no plan");
    }
    return muster_plan_count(compare->plan);
}

static void plan_finish(void *context)
{
    struct compare_context *compare = context;
    muster_plan_close(compare->plan);
}

/* The same lines but the first in another order; none of them may hold a line break. */
static span lines_shuffle(span input)
{
    size_t count = 0;
    for (size_t at = 0; at < input.len; at++) {
        count += input.ptr[at] == '\n';
    }
    span *lines = malloc((count + 1) * sizeof(*lines));
    char *bytes = malloc(input.len + 1);
    if (lines == NULL || bytes == NULL || count == 0) {
        bench_fail("the file cannot be shuffled");
    }
    const char *at = input.ptr;
    for (size_t line = 0; line < count; line++) {
        const char *next = (const char *)memchr(at, '\n', input.len - (size_t)(at - input.ptr)) + 1;
        lines[line] = span_make(at, (size_t)(next - at));
        at = next;
    }
    uint64_t state = SEED;
    for (size_t line = count; line-- > 2;) {
        size_t other = 1 + (size_t)(bench_random(&state) % line);
        span held = lines[line];
        lines[line] = lines[other];
        lines[other] = held;
    }
    size_t size = 0;
    for (size_t line = 0; line < count; line++) {
        memcpy(bytes + size, lines[line].ptr, lines[line].len);
        size += lines[line].len;
    }
    free(lines);
    return span_make(bytes, size);
}

static void compare_run(const struct bench *bench, struct compare_context *compare, uint64_t rows,
                        const char *name)
{
    bench_run(bench, &(struct bench_case){.name = name,
                                          .items = rows,
                                          .work = diff_work,
                                          .finish = diff_finish,
                                          .context = compare});
}

int main(int count, char **arguments)
{
    struct bench bench;
    struct compare_context compare = {.path = ""};
    char new_path[64];

    bench_open(&bench, count, arguments);
    if (bench.later == NULL) {
        bench_fail("a later state is needed: generate --state 1");
    }
    span old_users = bench_load(bench.folder, "users.csv");
    span old_teams = bench_load(bench.folder, "teams.csv");
    span new_users = bench_load(bench.later, "users.csv");
    span new_teams = bench_load(bench.later, "teams.csv");
    bench_yardstick(&bench, old_users);
    compare.old_roster = through_snapshot(roster_open(old_users, old_teams), compare.path);
    uint64_t rows = muster_roster_user_places(compare.old_roster);
    bench_run(&bench, &(struct bench_case){.name = "snapshot open",
                                           .items = rows,
                                           .work = open_work,
                                           .finish = open_finish,
                                           .context = &compare});

    compare.new_roster = roster_open(new_users, new_teams);
    compare_run(&bench, &compare, rows, "diff snapshot, export");
    bench_run(&bench, &(struct bench_case){.name = "plan snapshot, export",
                                           .items = rows,
                                           .work = plan_work,
                                           .finish = plan_finish,
                                           .context = &compare});
    compare.new_roster = through_snapshot(compare.new_roster, new_path);
    compare_run(&bench, &compare, rows, "diff snapshots, in order");
    muster_roster_close(compare.new_roster);
    snapshot_remove(new_path);

    span shuffled = lines_shuffle(new_users);
    compare.new_roster = through_snapshot(roster_open(shuffled, new_teams), new_path);
    compare_run(&bench, &compare, rows, "diff snapshots, shuffled");
    muster_roster_close(compare.new_roster);
    snapshot_remove(new_path);
    muster_roster_close(compare.old_roster);
    snapshot_remove(compare.path);
    const span all[] = {old_users, old_teams, new_users, new_teams, shuffled};
    for (size_t index = 0; index < sizeof(all) / sizeof(all[0]); index++) {
        free((void *)(uintptr_t)all[index].ptr);
    }
    bench_close(&bench);
    return 0;
}
