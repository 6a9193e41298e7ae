/* SPDX-License-Identifier: MIT */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "terminal.h"

#define WAIT_MILLISECONDS 1000

/* Wait until there is something to read, or nobody is left who could write: above zero. */
static int wait_readable(int descriptor, int milliseconds)
{
    struct pollfd ready = {.fd = descriptor, .events = POLLIN};
    int answer;
    do {
        answer = poll(&ready, 1, milliseconds);
    } while (answer < 0 && errno == EINTR);
    return answer;
}

/* Reading gives the end where nobody has the pipe open for writing; else there is nothing yet, or a
 * byte that has come since. */
static int writer_wait(struct stream *stream)
{
    if (wait_readable(stream->descriptor, WAIT_MILLISECONDS) != 0) {
        return 0;
    }
    ssize_t size = read(stream->descriptor, &stream->first, 1);
    stream->first_taken = size > 0;
    return size == 0 ? ENXIO : 0;
}

int stream_open(struct stream *stream, const char *path)
{
    struct stat about;
    bool standard = strcmp(path, "-") == 0;
    *stream = (struct stream){.descriptor = STDIN_FILENO};
    if (standard) {
        return 0;
    }
    stream->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (stream->descriptor < 0 || fstat(stream->descriptor, &about) != 0) {
        return errno;
    }
    if (S_ISDIR(about.st_mode)) {
        return EISDIR;
    }
    return S_ISFIFO(about.st_mode) ? writer_wait(stream) : 0;
}

ssize_t stream_read(struct stream *stream, void *bytes, size_t size)
{
    if (stream->first_taken && size > 0) {
        *(char *)bytes = stream->first;
        stream->first_taken = false;
        return 1;
    }
    for (;;) {
        ssize_t count = read(stream->descriptor, bytes, size);
        if (count >= 0 || (errno != EINTR && errno != EAGAIN)) {
            return count;
        }
        if (errno == EAGAIN) {
            (void)wait_readable(stream->descriptor, -1);
        }
    }
}

void stream_close(struct stream *stream)
{
    if (stream->descriptor > STDIN_FILENO) {
        (void)close(stream->descriptor);
    }
    *stream = (struct stream){.descriptor = -1};
}

void stream_advise(int error)
{
    if (error == ENXIO) {
        advise("somebody has to be writing to a named pipe, and a socket cannot be read");
    } else if (error == ENODEV) {
        advise("devices are not read, not even /dev/null: name a file, or - for standard input");
    }
}
