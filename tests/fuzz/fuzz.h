/* SPDX-License-Identifier: MIT */
/*
 * What the fuzz targets share. A target is one function with the name that libFuzzer gave it, which
 * AFL++ and honggfuzz know too; replay.c calls it for every file of a folder.
 *
 * The last byte of an input holds choices and the bytes before it are files, so that a CSV file as
 * it stands is an input as well. Several files are parted by FUZZ_SEPARATOR.
 */
#ifndef MUSTER_FUZZ_H
#define MUSTER_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/span.h"
#include "muster.h"

#define FUZZ_SEPARATOR 0x1E

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* End the run where `true_now` is false; libFuzzer then keeps the input. */
void fuzz_require(bool true_now, const char *what);

/* The choices of an input, which becomes shorter by them; 0 where it is empty. */
unsigned fuzz_choices(span *input);

/* The part of `input` before the next separator; `input` goes on behind it. */
span fuzz_part(span *input);

/* An export out of parts of an input: users, teams and a deprovision file, those that are there. */
struct fuzz_export {
    struct muster_input items[MUSTER_FILE_COUNT];
    size_t count;
};
struct fuzz_export fuzz_export_take(span *input, unsigned file_count_max);

/* Open an export; out of memory ends the run. */
struct muster_roster *fuzz_open(const struct fuzz_export *files,
                                const struct muster_options *options);

/* End the run where the two differ in anything that muster.h tells of users and teams. */
void fuzz_require_same(struct muster_roster *a, struct muster_roster *b);

/*
 * The code point at the start of `text`, which is not empty, and its size; 0 where there is none.
 * Not that of the engine, which is what is tested.
 */
size_t fuzz_utf8(span text, uint32_t *code_point);

/*
 * End the run where text could do something to a terminal: controls, C1 in either form, what
 * reorders text, bytes that are not UTF-8. Line feeds are fine where they are allowed.
 */
void fuzz_require_harmless(span text, bool lines_allowed);

/* A muster_write into the struct buffer `context`. */
bool fuzz_write(void *context, const char *bytes, size_t size);

#endif
