/* SPDX-License-Identifier: MIT */
/* Files and maps of them, for the tests of csv/source.c. */
#ifndef MUSTER_TESTS_SOURCE_TOOLS_H
#define MUSTER_TESTS_SOURCE_TOOLS_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "csv/source.h"
#include "support.h"

/* Large enough to be mapped. */
#define MAPPED_SIZE (3U << 20)

static const struct source_options mapped = {.map_allowed = true};

static inline struct source *open_good(const char *path, const struct source_options *options)
{
    struct source *source = NULL;
    struct muster_error error = {0};
    cr_assert(eq(int, source_open(&source, path, options, &error), MUSTER_OK), "%s: errno %d", path,
              error.os_error);
    cr_assert(ne(ptr, source, NULL));
    return source;
}

static inline span bytes_of(const struct source *source)
{
    return span_make(source_bytes(source), source_size(source));
}

/* `size` bytes that do not repeat soon; never freed. */
static inline span pattern(size_t size)
{
    unsigned char *bytes = malloc(size);
    cr_assert(ne(ptr, bytes, NULL));
    for (size_t index = 0; index < size; index++) {
        bytes[index] = (unsigned char)(index * 7 + index / 251 + 1);
    }
    return span_make(bytes, size);
}

#endif
