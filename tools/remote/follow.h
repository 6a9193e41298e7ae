/* SPDX-License-Identifier: MIT */
/* Following a job to its end. */
#ifndef MUSTER_TOOLS_REMOTE_FOLLOW_H
#define MUSTER_TOOLS_REMOTE_FOLLOW_H

#include <stdbool.h>

#include "remote/http.h"
#include "remote/receipt.h"
#include "remote/verdict.h"

/*
 * Ask at `url` until the job ends or the session's time is over; with `once` just once. What is
 * learnt is noted in `receipt`, which may be NULL. `verdict` gets the last answer and is closed by
 * the caller in any case. EXIT_DONE with VERDICT_COMPLETED, _COMPLETED_WITH_ERRORS or (`once`)
 * _PROCESSING; EXIT_REFUSED with VERDICT_INVALID, of which nothing is said; otherwise an exit code
 * after saying why, and then never with VERDICT_INVALID.
 */
int follow_job(struct http_session *session, const char *url, bool once, struct receipt *receipt,
               struct verdict *verdict);

/* The command that follows the job: by the receipt (or NULL) where that is in a file, otherwise by
 * its address, with the base where it would not be the usual one. Appends. */
void follow_way(struct text *text, const char *url, const struct receipt *receipt);

#endif
