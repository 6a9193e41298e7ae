/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4): digests of what was sent, of tokens, and identifiers that stay the same. */
#ifndef MUSTER_TOOLS_REMOTE_SHA256_H
#define MUSTER_TOOLS_REMOTE_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_SIZE = 32, SHA256_HEX_SIZE = 65 };

struct sha256 {
    uint32_t state[8];
    uint64_t size;
    unsigned char block[64];
    uint32_t words[64]; /* kept here so that they are wiped with the rest */
};

void sha256_begin(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *bytes, size_t size);
/* Gives the digest and wipes the state. */
void sha256_end(struct sha256 *hash, unsigned char digest[SHA256_SIZE]);

void sha256_of(const void *bytes, size_t size, unsigned char digest[SHA256_SIZE]);

/* Lower-case hexadecimal, terminated. */
void sha256_hex(const unsigned char digest[SHA256_SIZE], char hex[SHA256_HEX_SIZE]);

/* Takes the same time wherever the digests differ. */
bool sha256_equal(const unsigned char a[SHA256_SIZE], const unsigned char b[SHA256_SIZE]);

#endif
