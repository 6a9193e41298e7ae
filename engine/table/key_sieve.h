/* SPDX-License-Identifier: MIT */
/*
 * Which keys of a part may stand there twice. An index that nobody asks later need not know the
 * others: hardly one in twenty is left, and to leave it costs less than to put it in.
 *
 *     slot:  two bits, chosen by the upper bits of the hash: a key was here, another one too
 *
 * Two passes over the keys: the first fills the slots, and the second keeps whoever is not alone in
 * his. Equal keys have equal hashes, so all of them are kept, the first one too.
 */
#ifndef MUSTER_TABLE_KEY_SIEVE_H
#define MUSTER_TABLE_KEY_SIEVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "table/key_queue.h"

struct key_sieve {
    uint64_t *words;
    size_t size;    /* of their memory, in bytes */
    unsigned shift; /* from a queued hash to its slot */
};

/* Room for parts of up to `most` keys. False where memory ran out. */
bool key_sieve_open(struct key_sieve *sieve, uint64_t most);
void key_sieve_close(struct key_sieve *sieve);

/* Leave in one part of a queue those keys that may stand there twice, in their order. */
void key_sieve_part(struct key_sieve *sieve, struct key_queue *queue, unsigned part);

#endif
