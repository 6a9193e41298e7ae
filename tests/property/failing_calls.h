/* SPDX-License-Identifier: MIT */
/*
 * System calls on files that fail when they are told to. They are wrapped at link time (see
 * CMakeLists.txt), in the engine and in the test alike, but not within the C library.
 */
#ifndef MUSTER_TESTS_PROPERTY_FAILING_CALLS_H
#define MUSTER_TESTS_PROPERTY_FAILING_CALLS_H

#include <stdbool.h>
#include <stddef.h>

enum call {
    CALL_OPEN,
    CALL_OPENAT,
    CALL_READ,
    CALL_WRITE,
    CALL_PWRITE,
    CALL_FSYNC,
    CALL_CLOSE,
    CALL_FSTAT,
    CALL_STAT,
    CALL_FLOCK,
    CALL_FCNTL,
    CALL_FDOPENDIR,
    CALL_RENAMEAT,
    CALL_UNLINKAT,
    CALL_SIGACTION,
    CALL_MMAP,
    CALL_COUNT
};

/*
 * From now on the `which`-th call of a kind fails with `os_error`, counted from 1, and all behind
 * it if `for_ever`. With 0 as the error it gives 0, as at the end of a file.
 */
void calls_fail(enum call call, int os_error, size_t which, bool for_ever);
/* No call fails any more. Gives how many of the kind there were. */
size_t calls_heal(void);
/* Reads and writes handle so many bytes at most; 0: as many as they like. */
void calls_shorten(size_t size_max);

#endif
