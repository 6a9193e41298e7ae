/* SPDX-License-Identifier: MIT */
/*
 * Bytes from a file, from standard input or from memory. The only file that opens anything.
 *
 * A file is either read into memory of our own or, where the caller allows it, mapped. A map costs
 * a third of a read here, but a file that is cut while it is mapped kills the process with SIGBUS.
 * So the maps are guarded: a handler puts zeroed pages where the file has gone, and the source is
 * from then on *changed*. A thread that blocks the signal would be ended all the same; it gets no
 * map, and must not look at one. Nobody may trust a length or a structure that was seen in a map
 * earlier: the bytes can be others by now. source_unchanged tells before anything is acted on.
 */
#ifndef MUSTER_CSV_SOURCE_H
#define MUSTER_CSV_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct source;

struct source_options {
    bool map_allowed;
    uint64_t stream_size_max; /* 0: the limit of the engine */
};

/*
 * Open `path`, or standard input where it is "-". Regular files, pipes and FIFOs with a writer are
 * taken; folders, devices and NULL are not. Returns MUSTER_OK, MUSTER_NO_MEMORY, MUSTER_UNREADABLE,
 * MUSTER_CHANGED or MUSTER_TOO_LARGE.
 */
enum muster_status source_open(struct source **source, const char *path,
                               const struct source_options *options, struct muster_error *error);

/* A source over bytes that the caller keeps. MUSTER_OK or MUSTER_NO_MEMORY. */
enum muster_status source_open_bytes(struct source **source, span bytes);

void source_close(struct source *source);

/*
 * Give the pages of a large map back to the system, by `jobs` threads (0: all processors), as the
 * last thing before the source is closed: the system takes a while, a lone thread twice as long.
 */
void source_forget(const struct source *source, unsigned jobs);

/* Valid until the source is closed; never NULL. */
const unsigned char *source_bytes(const struct source *source);
size_t source_size(const struct source *source);

/* False once the file was cut, written or replaced in place since it was opened. */
bool source_unchanged(const struct source *source);

#endif
