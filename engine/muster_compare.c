/* SPDX-License-Identifier: MIT */
/* Snapshots, differences and plans: the calls of muster.h that are about two rosters. */
#include "muster.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/parallel.h"
#include "diff/diff.h"
#include "plan/plan.h"
#include "roster.h"
#include "snapshot/snapshot.h"

struct muster_diff {
    struct diff *diff;
    struct muster_roster *old_roster;
    struct muster_roster *new_roster;
};

struct muster_plan {
    struct plan *plan;
    struct muster_roster *old_roster;
    struct muster_roster *new_roster;
};

/* ---- Snapshots ---- */

enum muster_status muster_snapshot_open(struct muster_roster **result, const char *path,
                                        const struct muster_options *options,
                                        struct muster_error *error)
{
    *result = NULL;
    struct muster_roster *roster = calloc(1, sizeof *roster);
    if (roster == NULL) {
        return roster_fail(error, MUSTER_NO_MEMORY);
    }
    struct source_options source_options = {.map_allowed = options != NULL && options->map_allowed};
    roster->jobs = options != NULL ? options->jobs : 0;
    roster->org = &roster->built.org;
    enum muster_status status = source_open(&roster->snapshot_source, path, &source_options, error);
    if (status == MUSTER_OK) {
        status = snapshot_open_bytes(&roster->snapshot, source_bytes(roster->snapshot_source),
                                     source_size(roster->snapshot_source), error);
        if (!source_unchanged(roster->snapshot_source)) {
            status = MUSTER_CHANGED;
        }
        if (status != MUSTER_OK && error != NULL) {
            *error = (struct muster_error){.status = status, .subject = span_from(path)};
        }
    }
    if (status != MUSTER_OK) {
        muster_roster_close(roster);
        return status;
    }
    roster->org = snapshot_org(roster->snapshot);
    roster->summary.kept[MUSTER_USERS] = roster->org->kept_user_count;
    roster->summary.kept[MUSTER_TEAMS] = roster->org->team_count;
    roster->summary.records[MUSTER_USERS] = roster->org->kept_user_count;
    roster->summary.records[MUSTER_TEAMS] = roster->org->team_count;
    roster->summary.paths[MUSTER_USERS] = arena_copy(&roster->arena, span_from(path));
    if (roster->arena.exhausted) {
        muster_roster_close(roster);
        return roster_fail(error, MUSTER_NO_MEMORY);
    }
    *result = roster;
    return MUSTER_OK;
}

static bool inputs_unchanged(const void *context)
{
    return muster_roster_unchanged(context, NULL) == MUSTER_OK;
}

enum muster_status muster_snapshot_write(const struct muster_roster *roster, const char *path,
                                         struct muster_error *error)
{
    struct snapshot_digest digests[MUSTER_FILE_COUNT] = {{0}};
    enum muster_status status = roster_complete(roster);
    if (status != MUSTER_OK) {
        return roster_fail(error, status);
    }
    for (unsigned kind = 0; kind < MUSTER_FILE_COUNT; kind++) {
        const struct source *source = roster->files[kind].source;
        if (source != NULL) {
            digests[kind].present = true;
            digests[kind].size = source_size(source);
            digests[kind].digest = hash_bytes(source_bytes(source), source_size(source), 0);
        } else if (roster->snapshot != NULL) {
            digests[kind] = snapshot_digests(roster->snapshot)[kind];
        }
    }
    const struct snapshot_confirm confirm = {inputs_unchanged, roster};
    status = muster_roster_unchanged(roster, error);
    if (status == MUSTER_OK) {
        status = snapshot_write(roster->org, digests, path, &confirm, error);
    }
    if (status == MUSTER_CHANGED && muster_roster_unchanged(roster, error) == MUSTER_OK) {
        /* It has changed back since; what was read of it is no better for that. */
        (void)roster_fail(error, status);
    }
    return status;
}

/* ---- Two rosters ---- */

struct opening {
    struct muster_roster **rosters;
    const struct muster_origin *origins;
    struct muster_options options[2];
    struct muster_error *errors;
    bool in_turn;      /* so that the second is not read where the first has failed */
    unsigned snapshot; /* the place of one that is opened beside an export */
    bool snapshot_done;
};

static void origin_open(void *context, unsigned place)
{
    struct opening *opening = context;
    const struct muster_origin *origin = &opening->origins[place];
    struct muster_roster **roster = &opening->rosters[place];
    const struct muster_options *options = &opening->options[place];
    struct muster_error *error = &opening->errors[place];
    if (opening->in_turn && opening->errors[0].status != MUSTER_OK) {
        return;
    }
    error->status =
        origin->snapshot != NULL
            ? muster_snapshot_open(roster, origin->snapshot, options, error)
            : muster_roster_open(roster, origin->inputs, origin->input_count, options, error);
}

static void snapshot_origin_open(void *context)
{
    struct opening *opening = context;
    origin_open(opening, opening->snapshot);
    opening->snapshot_done = true;
}

/* A snapshot is done long before an export. So one of the threads of the export begins with the
 * snapshot: with one more than there are processors two would share one of them, and go on so. */
static void export_open_beside(struct opening *opening)
{
    unsigned place = 1 - opening->snapshot;
    const struct errand errand = {snapshot_origin_open, opening};
    struct muster_origin origin = opening->origins[place];
    origin.options = &opening->options[place];
    opening->errors[place].status =
        roster_open_beside(&opening->rosters[place], &origin, &opening->errors[place], &errand);
    if (!opening->snapshot_done) {
        snapshot_origin_open(opening);
    }
}

/* Two of a kind share the threads. */
static void pair_open(struct opening *opening, unsigned jobs)
{
    struct parallel *parallel = jobs > 1 ? parallel_open(2) : NULL;
    if (parallel != NULL && opening->origins[0].snapshot == NULL) {
        opening->options[0].jobs = jobs / 2;
        opening->options[1].jobs = jobs - jobs / 2;
    }
    opening->in_turn = parallel_jobs(parallel) == 1;
    parallel_run(parallel, 2, origin_open, opening);
    parallel_close(parallel);
}

/* Threads for the two together. */
static unsigned opening_jobs(const struct opening *opening)
{
    unsigned jobs = opening->options[1].jobs;
    return jobs != 0 ? jobs : parallel_processors();
}

enum muster_status muster_rosters_open(struct muster_roster *rosters[2],
                                       const struct muster_origin origins[2],
                                       struct muster_error errors[2])
{
    struct opening opening = {.rosters = rosters, .origins = origins, .errors = errors};
    unsigned asked[2];
    for (int place = 0; place < 2; place++) {
        rosters[place] = NULL;
        errors[place] = (struct muster_error){0};
        if (origins[place].options != NULL) {
            opening.options[place] = *origins[place].options;
        }
        asked[place] = opening.options[place].jobs;
    }
    unsigned jobs = opening_jobs(&opening);
    bool mixed = (origins[0].snapshot == NULL) != (origins[1].snapshot == NULL);
    opening.snapshot = origins[0].snapshot != NULL ? 0 : 1;
    if (mixed && jobs > 1) {
        export_open_beside(&opening);
    } else {
        pair_open(&opening, jobs);
    }
    enum muster_status status = errors[errors[0].status != MUSTER_OK ? 0 : 1].status;
    for (int place = 0; place < 2; place++) {
        if (status != MUSTER_OK) {
            muster_roster_close(rosters[place]);
            rosters[place] = NULL;
        } else {
            rosters[place]->jobs = asked[place];
        }
    }
    return status;
}

/* ---- Differences ---- */

static enum muster_status both_complete(const struct muster_roster *old_roster,
                                        const struct muster_roster *new_roster)
{
    enum muster_status status = roster_complete(old_roster);
    return status == MUSTER_OK ? roster_complete(new_roster) : status;
}

static unsigned roster_jobs(const struct muster_roster *roster)
{
    return roster->jobs != 0 ? roster->jobs : parallel_processors();
}

static enum muster_status diff_make(struct muster_diff **result, struct muster_roster *old_roster,
                                    struct muster_roster *new_roster)
{
    struct muster_diff *diff = calloc(1, sizeof *diff);
    if (diff == NULL) {
        return MUSTER_NO_MEMORY;
    }
    diff->old_roster = old_roster;
    diff->new_roster = new_roster;
    enum muster_status status =
        diff_open(&diff->diff, old_roster->org, new_roster->org, roster_jobs(new_roster));
    if (status != MUSTER_OK) {
        free(diff);
        return status;
    }
    *result = diff;
    return MUSTER_OK;
}

enum muster_status muster_diff_open(struct muster_diff **result, struct muster_roster *old_roster,
                                    struct muster_roster *new_roster)
{
    *result = NULL;
    enum muster_status status = both_complete(old_roster, new_roster);
    return status == MUSTER_OK ? diff_make(result, old_roster, new_roster) : status;
}

enum muster_status muster_leavers_open(struct muster_diff **result,
                                       struct muster_roster *old_roster,
                                       struct muster_roster *new_roster)
{
    *result = NULL;
    if (!roster_has(old_roster, MUSTER_USERS) || !roster_has(new_roster, MUSTER_USERS)) {
        const struct roster_file *old_users = &old_roster->files[MUSTER_USERS];
        const struct roster_file *new_users = &new_roster->files[MUSTER_USERS];
        bool fatal =
            (old_users->present && !old_users->sound) || (new_users->present && !new_users->sound);
        return fatal ? MUSTER_FATAL_FINDING : MUSTER_INCOMPLETE;
    }
    return diff_make(result, old_roster, new_roster);
}

bool muster_diff_next(struct muster_diff *diff, struct muster_difference *difference)
{
    return diff_next(diff->diff, difference);
}

enum muster_status muster_diff_status(const struct muster_diff *diff)
{
    return diff_status(diff->diff);
}

void muster_diff_rewind(struct muster_diff *diff)
{
    diff_rewind(diff->diff);
}

const uint64_t *muster_diff_counts(struct muster_diff *diff, enum muster_entity entity)
{
    return diff_counts(diff->diff, entity);
}

void muster_diff_skip(struct muster_diff *diff, const struct muster_difference *like)
{
    diff_skip(diff->diff, like->entity, like->change);
}

void muster_diff_close(struct muster_diff *diff)
{
    if (diff != NULL) {
        diff_close(diff->diff);
        free(diff);
    }
}

struct muster_roster *muster_diff_old_roster(const struct muster_diff *diff)
{
    return diff->old_roster;
}

struct muster_roster *muster_diff_new_roster(const struct muster_diff *diff)
{
    return diff->new_roster;
}

const uint32_t *muster_diff_leavers(const struct muster_diff *diff, size_t *count)
{
    return diff_leavers(diff->diff, count);
}

/* ---- Plans ---- */

enum muster_status muster_plan_open(struct muster_plan **result, struct muster_roster *old_roster,
                                    struct muster_roster *new_roster,
                                    const struct muster_plan_options *options)
{
    *result = NULL;
    const struct roster_file *files = new_roster->files;
    bool deprovision_only = files[MUSTER_DEPROVISION].sound && !files[MUSTER_USERS].present &&
                            !files[MUSTER_TEAMS].present;
    enum muster_status status =
        deprovision_only ? roster_complete(old_roster) : both_complete(old_roster, new_roster);
    if (status != MUSTER_OK) {
        return status;
    }
    struct muster_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL) {
        return MUSTER_NO_MEMORY;
    }
    plan->old_roster = old_roster;
    plan->new_roster = new_roster;
    struct muster_plan_options wanted = {0};
    if (options != NULL) {
        wanted = *options;
    }
    wanted.jobs = wanted.jobs != 0 ? wanted.jobs : roster_jobs(new_roster);
    status = plan_open(&plan->plan, old_roster->org, deprovision_only ? NULL : new_roster->org,
                       files[MUSTER_DEPROVISION].sound ? &new_roster->deprovision : NULL, &wanted);
    if (status != MUSTER_OK) {
        free(plan);
        return status;
    }
    *result = plan;
    return MUSTER_OK;
}

size_t muster_plan_count(const struct muster_plan *plan)
{
    return plan_count(plan->plan);
}

enum muster_operation_kind muster_plan_kind(const struct muster_plan *plan, size_t n)
{
    return plan_operation_kind(plan->plan, n);
}

void muster_plan_operation(struct muster_plan *plan, size_t index,
                           struct muster_operation *operation)
{
    plan_operation(plan->plan, index, operation);
}

enum muster_status muster_plan_status(const struct muster_plan *plan)
{
    return plan_status(plan->plan);
}

const struct muster_guard *muster_plan_guards(const struct muster_plan *plan, size_t *count)
{
    return plan_guards(plan->plan, count);
}

const struct muster_forecast *muster_plan_forecast(const struct muster_plan *plan)
{
    return plan_forecast(plan->plan);
}

const struct muster_team_move *muster_plan_largest_moves(const struct muster_plan *plan,
                                                         size_t *count)
{
    return plan_largest_moves(plan->plan, count);
}

struct muster_roster *muster_plan_old_roster(const struct muster_plan *plan)
{
    return plan->old_roster;
}

struct muster_roster *muster_plan_new_roster(const struct muster_plan *plan)
{
    return plan->new_roster;
}

enum muster_status muster_plan_replay(struct muster_roster **result, struct muster_plan *plan,
                                      size_t *step)
{
    *result = NULL;
    struct muster_roster *roster = calloc(1, sizeof *roster);
    if (roster == NULL) {
        return MUSTER_NO_MEMORY;
    }
    enum muster_status status = plan_replay(&roster->replayed, plan->plan, step);
    if (status != MUSTER_OK) {
        free(roster);
        return status;
    }
    roster->org = roster->replayed;
    roster->jobs = plan->new_roster->jobs;
    roster->summary.kept[MUSTER_USERS] = roster->org->kept_user_count;
    roster->summary.kept[MUSTER_TEAMS] = roster->org->team_count;
    *result = roster;
    return MUSTER_OK;
}

void muster_plan_close(struct muster_plan *plan)
{
    if (plan != NULL) {
        plan_close(plan->plan);
        free(plan);
    }
}
