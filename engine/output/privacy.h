/* SPDX-License-Identifier: MIT */
/*
 * The share of a personal value that an output may show. Everything that comes out of a file is
 * personal: also an id, a team's name (it may hold its manager's) and the name of a column (in a
 * file without a header those are somebody's data). Line numbers, counts and paths are not.
 *
 *     full        the value
 *     mask        a***@example.com, J***: the first character, and the domain of an address
 *     pseudonym   ~0123456789abcdef: XXH3 under a key; equal values have equal pseudonyms, in every
 *                 output made with the same key
 *     counts      nothing
 *
 * A pseudonym hides a value from those who do not have the key; it is no encryption. Where no key
 * is given, one is made up for this output, which nobody has.
 */
#ifndef MUSTER_OUTPUT_PRIVACY_H
#define MUSTER_OUTPUT_PRIVACY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/span.h"

struct privacy {
    enum muster_privacy level;
    span key;
    uint64_t own_key;    /* where there is no other */
    struct buffer shown; /* what the last call returned */
};

/* `key` must stay alive. Nothing to close but `shown`, by privacy_close. */
struct privacy privacy_make(enum muster_privacy level, span key);
void privacy_close(struct privacy *privacy);

/*
 * What may be shown of `value`, until the next call; absent stays absent, and a value of blanks
 * only, which tells nothing, stays as it is but under `counts`.
 */
span privacy_value(struct privacy *privacy, span value);

/* True where values may be shown as they are, and with them all words made of them. */
static inline bool privacy_is_full(const struct privacy *privacy)
{
    return privacy->level == MUSTER_PRIVACY_FULL;
}

#endif
