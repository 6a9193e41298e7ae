/* SPDX-License-Identifier: MIT */
/* The hashes of table/value.h for one value each, with a secret made for it. */
#ifndef MUSTER_TESTS_UNIT_VALUE_HASHES_H
#define MUSTER_TESTS_UNIT_VALUE_HASHES_H

#include "table/value.h"

static inline uint64_t id_hash(span id, uint64_t seed)
{
    struct hash_secret secret;
    hash_secret_make(&secret, seed);
    return value_id_hash(id, &secret, seed);
}

static inline uint64_t email_hash(span email, uint64_t seed)
{
    struct hash_secret secret;
    hash_secret_make(&secret, seed ^ VALUE_EMAIL_SALT);
    return value_email_hash(email, &secret, seed);
}

#endif
