/* SPDX-License-Identifier: MIT */
/* What may be noteworthy about a value, whoever asks: the reader marks rows, the checks report. */
#ifndef MUSTER_TABLE_VALUE_H
#define MUSTER_TABLE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/span.h"
#include "table/schema.h"

enum value_trouble {
    VALUE_INVALID_EMAIL = 1,
    VALUE_SURROUNDING_SPACE = 2,
    VALUE_CONTROL_CHARACTER = 4,
    VALUE_SPECIAL_CHARACTER = 8,
    VALUE_TROUBLES = 15, /* all of them */
};

/* Keeps the hashes of ids and of e-mails apart. */
#define VALUE_EMAIL_SALT UINT64_C(0x9E3779B97F4A7C15)

/* Bits of enum value_trouble. A value of blanks only is no value and has no trouble. */
unsigned value_troubles(span value, enum column_type type);

/* The rule of invalid-email: one @ with something on both sides, no blank, an inner dot behind. */
bool value_is_email(span value);

/*
 * The part of an id that people mean: without blanks around it and without leading zeros. Ids that
 * agree in it but for ASCII case share one class of the key index, so that one probe finds a
 * duplicate, a case collision and the id that may have been meant.
 */
span value_id_core(span id);

/*
 * What an id has besides its core: ids with the same core but for case and the same shape differ in
 * case alone. Without blanks that is the length; with them it is a hash with this bit, which says
 * that the same shape has to be confirmed.
 */
#define VALUE_SHAPE_HASHED 0x80000000U
uint32_t value_id_shape(span id, span core, uint64_t seed);

/* Hash of the case-folded core of an id; never 0. The secret is made from the seed, once for many,
 * by hash_secret_make. */
uint64_t value_id_hash(span id, const struct hash_secret *secret, uint64_t seed);
/* Hash of the case-folded bytes; never 0. The secret is that of the seed with the salt. */
uint64_t value_email_hash(span email, const struct hash_secret *secret, uint64_t seed);
/* Hash of the bytes as they are; never 0. */
uint64_t value_exact_hash(span value, uint64_t seed);

#endif
