/* SPDX-License-Identifier: MIT */
/*
 * Jobs: an export or a deprovision file that is carried out on an account's roster. A writer runs
 * them, one at a time an account, in the order in which they were found sound: a large export may
 * be overtaken by a small one that came while it was looked at.
 */
#ifndef MUSTER_TOOLS_SANDBOX_JOBS_H
#define MUSTER_TOOLS_SANDBOX_JOBS_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>

#include "sandbox/call.h"

struct job {
    struct sandbox *sandbox;
    struct account *account;
    char id[JOB_ID_SIZE];
    json_t *about; /* kind, sequence and parameters, as in job.json */
    struct export_files files;
    struct muster_span *roots; /* rootTeamIds; point into `about` */
    size_t root_count;
    struct muster_roster *roster; /* of the files */
    /* Whoever waits for the end; the last of the two who lets go frees the job. */
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool has_ended;
    bool is_put_off; /* to the next start of the sandbox */
    unsigned holders;
    unsigned http;  /* of a deprovision job: the status of its answer */
    json_t *answer; /* of a deprovision job */
};

/* A job with a folder of its own; takes over `parameters`. NULL after a failure. */
struct job *job_open(struct sandbox *sandbox, struct account *account, const char *kind,
                     json_t *parameters);
/* A job that a restart found. */
struct job *job_reopen(struct sandbox *sandbox, struct account *account, const char *id);

/* Move a file into the job's folder. 0 or an errno. */
int job_take(struct job *job, const char *path, enum muster_file kind);

/* Write job.json: from now on the job survives a restart. 0 or an errno. */
int job_commit(struct job *job);

/* Map and check the files. False where that failed; the roster is there otherwise. */
bool job_check(struct job *job);

/* A parameter that is true or false. */
bool job_is(const struct job *job, const char *parameter);

/* Hand it to the writers; the caller's hold stays. False where memory ran out. */
bool job_submit(struct job *job);

/* Wait for the end; false where it has not come in time. */
bool job_wait(struct job *job, unsigned milliseconds);

/* Remove the job and its folder, or what is left of them. */
void job_discard(struct job *job);
void job_release(struct job *job);

/*
 * End the job: `result` goes into result.json, and what is not NULL of `roster` and `people`
 * becomes the live one. False where it failed; nothing has changed then. Where one of them
 * changes, the caller holds the account's lock: the result is there a moment before they are.
 */
bool job_finish(struct job *job, const struct text *result, const struct muster_roster *roster,
                const json_t *people);

/* Put a file that a job has written, if it is still there, in the place of the live one. */
void job_next_take(const struct account *account, const char *id, const char *next,
                   const char *live);

/* The engine's report in the remote's own words. False where memory ran out. */
bool job_report(struct job *job, struct muster_plan *plan, struct text *result);

/* In what the jobs of the two endpoints differ. */
struct job_kind {
    /* Where there are no roots, the files are what comes out of the job, and not the plan alone. */
    bool is_export;
    /* Put the report into the words of the endpoint; NULL: they are those of the engine. False
     * where memory ran out. */
    bool (*settle)(struct job *job, struct text *result, bool stopped);
    /* Note who has come or gone in the roster behind the plan; *changed says whether there is
     * anybody. False where memory ran out. */
    bool (*note)(json_t *people, struct muster_plan *plan, struct muster_roster *after,
                 bool *changed);
};

/* Check, plan, report into `result`, and, where that was asked for, change what is live. False
 * where it failed; nothing has changed then. */
bool job_carry_out(struct job *job, const struct job_kind *kind, struct text *result);

/* Run by a writer: what the job is there for. */
void sync_job_run(struct job *job);
void deprovision_job_run(struct job *job);

#endif
