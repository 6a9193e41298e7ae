/* SPDX-License-Identifier: MIT */
/* What Sparkwise says has become of the users of a batch. */
#ifndef MUSTER_TOOLS_REMOTE_SPARKWISE_OUTCOME_H
#define MUSTER_TOOLS_REMOTE_SPARKWISE_OUTCOME_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct sparkwise_batch {
    const char *kind;      /* what was asked for; each note says it */
    const json_t *sent;    /* the bodies of the users, at most SPARKWISE_BATCH_MAX */
    const json_t *success; /* the lists of the answer; NULL: it has none */
    const json_t *failed;
};

/*
 * Add to *done how many users the answer says were processed, each once however often it names
 * them, and to `notes` an object {type, kind, user, error} for each that was not. Who is not named
 * was not processed; an answer that names none of those who were sent says only how many there
 * are. False where memory ran out.
 */
bool sparkwise_outcome_read(const struct sparkwise_batch *batch, json_t *notes, size_t *done);

#endif
