/* SPDX-License-Identifier: MIT */
/*
 * The checks of a request that libmicrohttpd leaves out. They look at the bytes as they came in,
 * before the library has read them: afterwards a NUL, a folded line or a second length can no
 * longer be seen, and two readers that disagree about where a request ends serve the wrong one.
 */
#ifndef MUSTER_TOOLS_SANDBOX_REQUESTS_H
#define MUSTER_TOOLS_SANDBOX_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>

#include "muster.h"
#include "remote/sha256.h"

/* A request line longer than this, and a head longer than that, are refused. */
enum { REQUEST_LINE_MAX = 8192, REQUEST_HEAD_MAX = 16384, REQUEST_FIELD_COUNT_MAX = 100 };

enum {
    REQUEST_FINE = 0,
    REQUEST_INCOMPLETE = -1, /* more bytes are needed to tell */
};

/* REQUEST_FINE, REQUEST_INCOMPLETE, or the HTTP status that refuses the request. */
int request_judge(const char *bytes, size_t size);

/* Where the head in these bytes ends (behind its empty line), or 0 where it does not. */
size_t request_head_size(const char *bytes, size_t size);

/* "text/csv" with or without parameters, in any case. */
bool request_type_is(const char *content_type, const char *wanted);

/* Whether this is `attachment; filename="<name>.csv"`, or the same without ".csv", for one of the
 * kinds; nothing else is taken for a file name, and none is used as one. */
bool request_file_kind(const char *disposition, enum muster_file *kind);

/*
 * The digest of the key in an Authorization header: "Bearer key", or "Basic" whose password is the
 * key. False where there is none.
 */
bool request_key_digest(const char *authorization, unsigned char digest[SHA256_SIZE]);

/* Whether this can be named in an address as it stands: a host, and perhaps a port. */
bool request_host_is_plain(const char *host);

#endif
