/* SPDX-License-Identifier: MIT */
/*
 * The keys of plain rows: hashes of id and e-mail, and the reference to a team; and what is
 * noteworthy about the values of rows that the scanner marked.
 *
 * Called for a batch at a time, as wide as the processor allows (digest_kernel.h). A row that is
 * not plain is left to the exact way, which gives the same hashes by value.h.
 */
#ifndef MUSTER_TABLE_DIGEST_H
#define MUSTER_TABLE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "csv/scanner.h"
#include "table/id_map.h"
#include "table/schema.h"

enum digest_state {
    DIGEST_PLAIN,     /* hashes are there, and no rule but those about keys can speak */
    DIGEST_BAD_EMAIL, /* the same, but the e-mail breaks invalid-email */
    DIGEST_EXACT,     /* nothing is there: the row has to be read exactly */
};

struct digest_job {
    const unsigned char *base;
    const unsigned char *readable_end; /* loads may go up to here */
    const struct scan_record *records;
    const uint32_t *field_ends;
    size_t count;
    uint32_t field_count;     /* of a row that is sound */
    uint32_t id_field;        /* positions in the file */
    uint32_t email_field;     /* SCHEMA_NO_COLUMN: none */
    uint32_t reference_field; /* SCHEMA_NO_COLUMN: none */
    uint32_t filled_field;    /* must have a value, besides id and e-mail; or none */
    uint64_t seed;            /* of the references */
    struct hash_secret id_secret;
    struct hash_secret email_secret;
    const struct schema *schema;
    const uint32_t *positions; /* of its columns in the file */
    uint64_t *words;           /* row words, to which troubles are added */
    uint64_t *id_hashes;
    uint64_t *email_hashes;
    struct id_key *references;
    unsigned char *states;
};

typedef void digest_kernel(const struct digest_job *job);

digest_kernel digest_kernel_none;
#if defined(__x86_64__)
digest_kernel digest_kernel_sse2;
digest_kernel digest_kernel_avx2;
digest_kernel digest_kernel_avx512;
#endif

digest_kernel *digest_kernel_for(enum muster_simd simd);

#endif
