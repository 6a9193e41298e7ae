/* SPDX-License-Identifier: MIT */
#include "remote/sha256.h"

#include <string.h>

#include "remote/text.h"

static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t word, unsigned bits)
{
    return word >> bits | word << (32 - bits);
}

static void schedule(uint32_t words[64], const unsigned char *block)
{
    for (size_t index = 0; index < 16; index++) {
        const unsigned char *at = block + index * 4;
        words[index] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
    for (size_t index = 16; index < 64; index++) {
        uint32_t near = words[index - 2];
        uint32_t far = words[index - 15];
        words[index] = words[index - 16] + words[index - 7] +
                       (rotate(far, 7) ^ rotate(far, 18) ^ far >> 3) +
                       (rotate(near, 17) ^ rotate(near, 19) ^ near >> 10);
    }
}

/* Round number `turn` of eight: instead of moving all words by one place, the places move. With a
 * constant turn the compiler keeps them in registers. */
static inline void round_turn(uint32_t s[8], unsigned turn, uint32_t added)
{
    uint32_t a = s[(0U - turn) & 7];
    uint32_t b = s[(1U - turn) & 7];
    uint32_t c = s[(2U - turn) & 7];
    uint32_t e = s[(4U - turn) & 7];
    uint32_t f = s[(5U - turn) & 7];
    uint32_t g = s[(6U - turn) & 7];
    uint32_t first = s[(7U - turn) & 7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                     ((e & f) ^ (~e & g)) + added;
    uint32_t second =
        (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));

    s[(3U - turn) & 7] += first;
    s[(7U - turn) & 7] = first + second;
}

static void sha256_block(struct sha256 *hash, const unsigned char *block)
{
    uint32_t s[8];

    schedule(hash->words, block);
    memcpy(s, hash->state, sizeof(s));
    for (size_t index = 0; index < 64; index += 8) {
        const uint32_t *words = hash->words + index;
        const uint32_t *constants = round_constants + index;
        round_turn(s, 0, constants[0] + words[0]);
        round_turn(s, 1, constants[1] + words[1]);
        round_turn(s, 2, constants[2] + words[2]);
        round_turn(s, 3, constants[3] + words[3]);
        round_turn(s, 4, constants[4] + words[4]);
        round_turn(s, 5, constants[5] + words[5]);
        round_turn(s, 6, constants[6] + words[6]);
        round_turn(s, 7, constants[7] + words[7]);
    }
    for (size_t index = 0; index < 8; index++) {
        hash->state[index] += s[index];
    }
}

void sha256_begin(struct sha256 *hash)
{
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

    *hash = (struct sha256){0};
    memcpy(hash->state, start, sizeof(start));
}

void sha256_add(struct sha256 *hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    size_t held = (size_t)(hash->size % 64);

    hash->size += size;
    if (held > 0) {
        size_t part = size < 64 - held ? size : 64 - held;
        memcpy(hash->block + held, at, part);
        at += part;
        size -= part;
        if (held + part < 64) {
            return;
        }
        sha256_block(hash, hash->block);
    }
    for (; size >= 64; at += 64, size -= 64) {
        sha256_block(hash, at);
    }
    if (size > 0) {
        memcpy(hash->block, at, size);
    }
}

void sha256_end(struct sha256 *hash, unsigned char digest[SHA256_SIZE])
{
    static const unsigned char padding[64] = {0x80};
    uint64_t bits = hash->size * 8;
    unsigned char tail[8];
    size_t held = (size_t)(hash->size % 64);

    for (size_t index = 0; index < 8; index++) {
        tail[index] = (unsigned char)(bits >> (56 - 8 * index));
    }
    sha256_add(hash, padding, held < 56 ? 56 - held : 120 - held);
    sha256_add(hash, tail, sizeof(tail));
    for (size_t index = 0; index < SHA256_SIZE; index++) {
        digest[index] = (unsigned char)(hash->state[index / 4] >> (24 - 8 * (index % 4)));
    }
    memory_wipe(hash, sizeof(*hash));
}

void sha256_of(const void *bytes, size_t size, unsigned char digest[SHA256_SIZE])
{
    struct sha256 hash;

    sha256_begin(&hash);
    if (size > 0) {
        sha256_add(&hash, bytes, size);
    }
    sha256_end(&hash, digest);
}

void sha256_hex(const unsigned char digest[SHA256_SIZE], char hex[SHA256_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t index = 0; index < SHA256_SIZE; index++) {
        hex[index * 2] = digits[digest[index] >> 4];
        hex[index * 2 + 1] = digits[digest[index] & 15];
    }
    hex[SHA256_HEX_SIZE - 1] = '\0';
}

bool sha256_equal(const unsigned char a[SHA256_SIZE], const unsigned char b[SHA256_SIZE])
{
    unsigned char different = 0;

    for (size_t index = 0; index < SHA256_SIZE; index++) {
        different = (unsigned char)(different | (a[index] ^ b[index]));
    }
    return different == 0;
}
