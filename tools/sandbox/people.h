/* SPDX-License-Identifier: MIT */
/*
 * What an account keeps beside its roster:
 *
 *     {"unlicensed":{"<user id>":true},
 *      "departed":[{"id","email","firstName","lastName","removedOn"}],
 *      "sparkwise":{"<remoteId>":{"firstName","lastName","email","active"}}}
 *
 * Read and written whole, under the account's lock.
 */
#ifndef MUSTER_TOOLS_SANDBOX_PEOPLE_H
#define MUSTER_TOOLS_SANDBOX_PEOPLE_H

#include <jansson.h>
#include <stdbool.h>

#include "muster.h"
#include "sandbox/store.h"

/* The document with all three members, or NULL where memory ran out or the file is damaged. */
json_t *people_load(const struct account *account);

bool people_is_licensed(const json_t *people, struct muster_span id);

/* Note that a user has left the plan, or only has no licence any more. False where memory ran out.
 */
bool people_depart(json_t *people, const struct muster_user *user);
bool people_unlicense(json_t *people, struct muster_span id);

/* Who is in this roster has come back, where they had left: they are on the plan like others.
 * *changed says whether there is anybody. False where memory ran out. */
bool people_return(json_t *people, struct muster_roster *roster, bool *changed);

#endif
