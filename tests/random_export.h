/* SPDX-License-Identifier: MIT */
/* Files of an export with something of everything in them, the same for the same seed. */
#ifndef MUSTER_TESTS_RANDOM_EXPORT_H
#define MUSTER_TESTS_RANDOM_EXPORT_H

#include <stdint.h>

#include "base/buffer.h"
#include "muster.h"

/* Ids that a team of such a file may have, and a user may name. */
#define RANDOM_TEAM_COUNT 6
extern const char *const random_teams[RANDOM_TEAM_COUNT];

/*
 * A file of about `size` bytes with a sound header. `wild` values in a hundred, and as many records
 * in two hundred, are such as no decent export would have. Values of up to 310 bytes occur.
 */
void random_file(struct buffer *text, enum muster_file file, uint64_t wild, size_t size,
                 uint64_t *state);

#endif
