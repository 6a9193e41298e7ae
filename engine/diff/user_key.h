/* SPDX-License-Identifier: MIT */
/* What tells who is who among users: the id, or for want of it the e-mail in lower case. */
#ifndef MUSTER_DIFF_USER_KEY_H
#define MUSTER_DIFF_USER_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "base/span.h"
#include "org/org.h"

enum diff_key { DIFF_BY_ID, DIFF_BY_EMAIL };

/* The hash of a key, which `folded` is room for. Nobody is recognised by having no address: 0,
 * which no other key has; so it is where memory ran out. */
static inline uint64_t user_key_hash(enum diff_key key, const struct org_user *user, uint64_t seed,
                                     struct buffer *folded)
{
    span text = user->id;
    if (key == DIFF_BY_EMAIL) {
        text = user->email;
        buffer_clear(folded);
        char *bytes = text.len > 0 ? buffer_reserve(folded, text.len) : NULL;
        if (bytes == NULL) {
            return 0;
        }
        span_fold(bytes, text);
        text.ptr = bytes;
    }
    return hash_bytes(text.ptr, text.len, seed) | 1; /* a bit that no index needs */
}

static inline bool user_keys_equal(enum diff_key key, const struct org_user *a,
                                   const struct org_user *b)
{
    return key == DIFF_BY_ID ? span_equal(a->id, b->id) : span_equal_folded(a->email, b->email);
}

#endif
