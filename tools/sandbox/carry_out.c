/* SPDX-License-Identifier: MIT */
/* What every job does with its files, whichever endpoint they were sent to. */
#include "sandbox/jobs.h"
#include "sandbox/people.h"

static bool piece_write(void *context, const char *bytes, size_t size)
{
    struct text *text = context;

    text_append(text, bytes, size);
    return !text->exhausted;
}

bool job_report(struct job *job, struct muster_plan *plan, struct text *result)
{
    struct muster_report_options options = {
        .format = MUSTER_SYNC,
        .command = "serve",
        .strict = job_is(job, "exitOnError"),
        .live = !job_is(job, "dryRun"),
    };
    enum muster_status status =
        plan != NULL ? muster_report_plan(plan, &options, piece_write, result)
                     : muster_report_check(job->roster, &options, piece_write, result);

    return status == MUSTER_OK && !result->exhausted;
}

/* Parameters that an endpoint does not have are about files that it does not take. */
static struct muster_plan *job_plan(struct job *job, struct muster_roster *old_roster)
{
    struct muster_plan_options options = {
        .roots = job->roots,
        .root_count = job->root_count,
        .keep_users = !job_is(job, "removeUsers"),
        .retain_privileges = job_is(job, "retainPrivileges"),
    };
    struct muster_plan *plan = NULL;

    if (muster_plan_open(&plan, old_roster, job->roster, &options) != MUSTER_OK) {
        return NULL;
    }
    return plan;
}

/* Make what comes out of the plan the live roster. The replay proves the plan, also where the
 * outcome is the export itself. */
static bool job_apply(struct job *job, const struct job_kind *kind, struct muster_plan *plan,
                      const struct text *result)
{
    struct muster_roster *replayed = NULL;
    size_t step = 0;

    if (muster_plan_replay(&replayed, plan, &step) != MUSTER_OK) {
        return false;
    }
    struct muster_roster *after = kind->is_export && job->root_count == 0 ? job->roster : replayed;
    bool changed = false;
    /* Whoever is told that the job has ended is to see what it has done. */
    pthread_mutex_lock(&job->account->lock);
    json_t *people = people_load(job->account);
    bool fine = people != NULL && kind->note(people, plan, after, &changed) &&
                job_finish(job, result, after, changed ? people : NULL);
    pthread_mutex_unlock(&job->account->lock);
    json_decref(people);
    muster_roster_close(replayed);
    return fine;
}

bool job_carry_out(struct job *job, const struct job_kind *kind, struct text *result)
{
    struct muster_roster *old_roster = NULL;
    struct muster_plan *plan = NULL;
    bool stopped = false; /* nothing may follow from the files */

    bool fine = job->roster != NULL || job_check(job);
    if (fine) {
        const uint64_t *severities = muster_roster_summary(job->roster)->severities;
        bool fatal = severities[MUSTER_FATAL] > 0;
        stopped = fatal || (job_is(job, "exitOnError") && severities[MUSTER_ERROR] > 0);
        if (!fatal) {
            fine = account_roster(job->account, &old_roster) == MUSTER_OK;
            plan = fine ? job_plan(job, old_roster) : NULL;
            fine = plan != NULL;
        }
    }
    fine = fine && job_report(job, plan, result) &&
           (kind->settle == NULL || kind->settle(job, result, stopped));
    if (fine) {
        fine = stopped || job_is(job, "dryRun") ? job_finish(job, result, NULL, NULL)
                                                : job_apply(job, kind, plan, result);
    }
    muster_plan_close(plan);
    muster_roster_close(old_roster);
    return fine;
}
