/* SPDX-License-Identifier: MIT */
/* Trouble on demand, so that clients can be tried: what `--fault` asks for. */
#ifndef MUSTER_TOOLS_SANDBOX_FAULT_H
#define MUSTER_TOOLS_SANDBOX_FAULT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "muster.h"

enum fault_kind { FAULT_BUSY, FAULT_BROKEN_SERVER, FAULT_CUT, FAULT_COUNTED };

/* Zeroed: no trouble. */
struct fault {
    uint64_t delay;     /* milliseconds before every reply */
    uint64_t job_delay; /* milliseconds that every job lasts longer */
    /* How often it still happens; UINT64_MAX: always. */
    uint64_t left[FAULT_COUNTED];
    bool elsewhere;   /* statusUrl leads to another origin */
    bool short_pages; /* pages hold fewer entries than were asked for */
    bool broken_json; /* replies end in the middle of their JSON */
    bool stopping;    /* nothing is waited for any more */
    pthread_mutex_t lock;
};

void fault_open(struct fault *fault);
void fault_close(struct fault *fault);

/* Take in one word of --fault: delay=MS, job-delay=MS, 429[=N], 5xx[=N], cut[=N], elsewhere,
 * short-pages, broken-json. False where it is none of them. */
bool fault_add(struct fault *fault, struct muster_span word);

/* Wait; false where the program is about to end. */
bool fault_wait(struct fault *fault, uint64_t milliseconds);
void fault_stop(struct fault *fault);

/* Whether a fault that is counted happens now; counts it. */
bool fault_happens(struct fault *fault, enum fault_kind kind);

#endif
