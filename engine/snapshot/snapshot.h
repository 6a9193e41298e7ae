/* SPDX-License-Identifier: MIT */
/*
 * A roster <-> one file.
 *
 * All numbers are little-endian and unsigned. Nothing lies between the parts: every byte of the
 * file is covered by exactly one checksum (XXH3, 128 bits, seed 0, low half first).
 *
 *        0   8  magic: 89 'm' 'u' 's' 't' 'e' 'r' 0a
 *        8   4  version, 1
 *       12   4  size of the header, 352
 *       16   8  size of the file
 *       24   4  users
 *       28   4  teams
 *       32   4  managers, over all teams
 *       36   4  zero
 *       40  72  the inputs it was made from: users, teams, deprovision, each
 *                  8 size | 8 XXH3 (64 bits, seed 0) | 4 present: 1 or 0 | 4 zero
 *               an absent one is all zero
 *      112 224  the sections, in the order below, each
 *                  8 offset | 8 size | 16 checksum
 *      336  16  checksum of the bytes before it
 *      352      the sections, back to back:
 *
 *      groups        8 a group of 4096 users and one more: where the records of the group begin,
 *                    counted from the beginning of the section of records; the last is its size
 *      starts        4 a user: where the record begins, counted from the beginning of its group
 *      memberships   4 a user: the team's index, ffffffff without a team
 *      teams        24 a team: 4 parent's index or ffffffff | 4 managers | 4 size of the id
 *                    | 4 size of the name | 4 size of the final name | 4 flags
 *                    flag 1: the final name is another than the name, and follows it in the text;
 *                    without it the size of the final name is 0
 *                    flag 2: the final name collides with another team's
 *      managers      4 a manager: the user's index, team by team
 *      team text     id, name and final name of each team, back to back
 *      records       the text of each user, back to back:
 *
 *                    +----+----+----+----+--------------+----+-------+------------+-----------+
 *                    | id |mail|1st |last| long lengths | id | email | first_name | last_name |
 *                    +----+----+----+----+--------------+----+-------+------------+-----------+
 *                    lengths, a byte each; 255 stands for a length of 255 or more, which follows
 *                    in 4 bytes as a long length, those of one record in the order of the fields
 *
 * There is one way only to write a roster: the same roster always gives the same bytes, and two
 * users have the same values exactly where their records have the same bytes. Version, size of
 * the header and magic keep their places in every later version.
 *
 * The reader trusts none of this, checksums or not: sizes must be those that the counts imply,
 * every index is below its count, records fill their section exactly, parents form no circle.
 * What it does not judge is the text: a file made by hand can hold ids that repeat, empty values
 * and bytes that are not UTF-8.
 */
#ifndef MUSTER_SNAPSHOT_SNAPSHOT_H
#define MUSTER_SNAPSHOT_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "muster.h"
#include "org/org.h"

/* What is known of an input that the roster was made from. */
struct snapshot_digest {
    bool present;
    uint64_t size;
    uint64_t digest; /* XXH3, 64 bits, seed 0 */
};

/*
 * Write the kept users, the teams and the managers of `org` to `path`, whole or not at all
 * (snapshot/replace.h). Users are renumbered: the n-th kept user gets the index n. `digests` has
 * a place for each enum muster_file; NULL where nothing is known.
 *
 * `confirm`, where it is not NULL, is asked before the file is put in place: where it says no the
 * old one stays. For an org over files that somebody may be writing to.
 *
 * Returns MUSTER_OK, MUSTER_NO_MEMORY, MUSTER_UNWRITABLE, MUSTER_CHANGED where it was not confirmed
 * or, for values of gigabytes, MUSTER_TOO_LARGE.
 */
struct snapshot_confirm {
    bool (*confirm)(const void *context);
    const void *context;
};
MUSTER_CHECKED enum muster_status
snapshot_write(const struct org *org, const struct snapshot_digest *digests, const char *path,
               const struct snapshot_confirm *confirm, struct muster_error *error);

struct snapshot;

/*
 * Open the snapshot that these bytes are, at any address. The caller keeps them alive. Bytes that
 * are changed meanwhile, as those of a mapped file, give wrong values, though never an address
 * outside of them.
 *
 * Returns MUSTER_OK, MUSTER_NO_MEMORY, MUSTER_NOT_SNAPSHOT, MUSTER_NEWER or MUSTER_DAMAGED.
 */
MUSTER_CHECKED enum muster_status snapshot_open_bytes(struct snapshot **snapshot, const void *bytes,
                                                      size_t size, struct muster_error *error);

void snapshot_close(struct snapshot *snapshot);

/* True for what begins as a snapshot of any version does. */
bool snapshot_recognise(const void *bytes, size_t size);

/* The roster; it and all its spans live until the snapshot is closed. No place is empty. */
const struct org *snapshot_org(const struct snapshot *snapshot);

/* A place for each enum muster_file. */
const struct snapshot_digest *snapshot_digests(const struct snapshot *snapshot);

/*
 * The raw bytes of the records of `count` users from `first` on, which must exist. Where the bytes
 * of two runs are equal, so are all values of all their users but the teams, and the number of
 * the users too.
 */
span snapshot_user_record(const struct snapshot *snapshot, uint32_t first, uint32_t count);

#endif
