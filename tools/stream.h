/* SPDX-License-Identifier: MIT */
/*
 * Reading small files that may be streams, as a key or a token in `<(command)` is.
 *
 *     struct stream stream;
 *     int error = stream_open(&stream, path);
 *     while (error == 0 && (size = stream_read(&stream, bytes, room)) > 0) ...
 *     stream_close(&stream);
 *
 * A named pipe that nobody writes to would make us wait for ever. Whoever is about to open it has a
 * second, as for exports (engine/csv/source.c).
 */
#ifndef MUSTER_TOOLS_STREAM_H
#define MUSTER_TOOLS_STREAM_H

#include <stdbool.h>
#include <sys/types.h>

struct stream {
    int descriptor;
    char first; /* of a pipe, where it had to be read to learn that somebody writes */
    bool first_taken;
};

/* "-" is standard input. 0, or an errno: EISDIR for a folder, ENXIO for a pipe that nobody writes
 * to. Close it in any case. */
int stream_open(struct stream *stream, const char *path);

/* As read(), but not disturbed by signals, and patient. */
ssize_t stream_read(struct stream *stream, void *bytes, size_t size);

void stream_close(struct stream *stream);

/* Say what to do about it, where that error needs it. */
void stream_advise(int error);

#endif
