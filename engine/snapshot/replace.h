/* SPDX-License-Identifier: MIT */
/*
 * Writing a file whole or not at all.
 *
 *     replace_open     a new file <name>.tmp-<16 hex digits> in the folder of the target, mode 0600
 *     replace_write_at to that file
 *     replace_commit   fsync, close, rename over the target, fsync of the folder
 *     replace_abort    removes that file
 *
 * So whoever opens the target sees the old file or the new one, never a part, and a run that is
 * killed leaves the old one behind, and its temporary file.
 *
 * Leftovers of killed runs are removed when the same target is written again. What is a leftover is
 * not guessed from its age: every run holds a lock (flock) on its temporary file until it has been
 * renamed or removed, and the system drops the lock of a process that died. Only a file whose
 * lock is free, that has such a name and that belongs to the same user is removed. Where the file
 * system knows no locks, nothing is.
 *
 * The target itself is never opened. A symbolic link under its name is replaced, not followed, so
 * nobody can aim it at another file. Two kinds of target cannot be replaced and are written as
 * they stand: what is no regular file (a device), and the standard streams under their names below
 * /dev. A pipe knows no offsets, and is refused before it is opened.
 */
#ifndef MUSTER_SNAPSHOT_REPLACE_H
#define MUSTER_SNAPSHOT_REPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "muster.h"

struct replace;

/*
 * Begin a new content for `path`, which must live until the end, and not change. A folder that
 * cannot be written is found here. Returns MUSTER_OK, MUSTER_NO_MEMORY or MUSTER_UNWRITABLE.
 */
MUSTER_CHECKED enum muster_status replace_open(struct replace **replace, const char *path,
                                               struct muster_error *error);

/*
 * Put bytes at an offset, without a buffer, as pwrite does. After the first failure this and all
 * further writes return false and do nothing; replace_commit says what it was. Callers that write
 * little may ignore the result.
 */
bool replace_write_at(struct replace *replace, uint64_t offset, const void *bytes, size_t size);

/* Whether a write has failed, so that there is no point in going on. */
bool replace_failed(const struct replace *replace);

/*
 * Put the new content in place. Frees `replace` in every case. Returns MUSTER_OK or, with the
 * error of the first call that failed, MUSTER_UNWRITABLE; the temporary file is then gone, and the
 * old one untouched. One case is different: where the last step failed, the fsync of the folder,
 * the new content is in place, but may not survive a power cut.
 */
MUSTER_CHECKED enum muster_status replace_commit(struct replace *replace,
                                                 struct muster_error *error);

/* Forget the new content. NULL is allowed. */
void replace_abort(struct replace *replace);

#endif
