/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a snapshot, judged: whether what a checksum has found unharmed can also be true.
 * Functions of bytes and counts, which touch nothing outside of what they are given.
 */
#ifndef MUSTER_SNAPSHOT_JUDGE_H
#define MUSTER_SNAPSHOT_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "org/org.h"
#include "snapshot/layout.h"

/* Whether the groups begin at 0, ascend, and end at `records_size`. */
bool groups_are_sound(const unsigned char *groups, uint32_t user_count, uint64_t records_size);

/* Whether every membership is a team's index or ORG_NONE. */
bool memberships_are_sound(const unsigned char *memberships, uint32_t user_count,
                           uint32_t team_count);

/* Whether the records of a group of at least one user fill its `size` bytes from start to start. */
bool records_are_sound(const unsigned char *records, const unsigned char *starts, uint32_t count,
                       uint64_t size);

/* Whether no team lies on a circle of parents, which must exist. `starts` are the teams that do not
 * stand behind their parents; `climbs` is a zeroed number for each team. */
bool parents_are_sound(const struct org *org, const uint32_t *starts, uint32_t start_count,
                       uint32_t *climbs);

/* As record_load, for a record in the long form. */
uint64_t record_load_long(const unsigned char *bytes, uint64_t available, struct org_user *user);

/*
 * Read the four values of the record at the beginning of `bytes`, of which `available` may be
 * looked at. Returns its size, or 0 for a record that is not whole, or not written in the one way
 * there is; the values are then unspecified.
 */
static inline uint64_t record_load(const unsigned char *bytes, uint64_t available,
                                   struct org_user *user)
{
    if (available < RECORD_HEADER_SIZE) {
        return 0;
    }
    uint32_t lengths = load_u32(bytes);
    if (lengths_long_bits(lengths) != 0) {
        return record_load_long(bytes, available, user);
    }
    const unsigned char *at = bytes + RECORD_HEADER_SIZE;
    user->id = span_make(at, lengths & 255);
    at += user->id.len;
    user->email = span_make(at, lengths >> 8 & 255);
    at += user->email.len;
    user->first_name = span_make(at, lengths >> 16 & 255);
    at += user->first_name.len;
    user->last_name = span_make(at, lengths >> 24);
    at += user->last_name.len;
    uint64_t size = (uint64_t)(at - bytes);
    return size <= available ? size : 0;
}

#endif
