/* SPDX-License-Identifier: MIT */
/* Numbers as they stand in a file. */
#ifndef MUSTER_BASE_LITTLE_ENDIAN_H
#define MUSTER_BASE_LITTLE_ENDIAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define HOST_IS_LITTLE_ENDIAN true
#else
#define HOST_IS_LITTLE_ENDIAN false
#endif

/* One plain load or store where the host is little-endian; the address need not be aligned. */
static inline uint32_t load_u32(const unsigned char *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return HOST_IS_LITTLE_ENDIAN ? value : __builtin_bswap32(value);
}

static inline uint64_t load_u64(const unsigned char *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return HOST_IS_LITTLE_ENDIAN ? value : __builtin_bswap64(value);
}

static inline void store_u32(unsigned char *bytes, uint32_t value)
{
    uint32_t stored = HOST_IS_LITTLE_ENDIAN ? value : __builtin_bswap32(value);
    memcpy(bytes, &stored, sizeof stored);
}

static inline void store_u64(unsigned char *bytes, uint64_t value)
{
    uint64_t stored = HOST_IS_LITTLE_ENDIAN ? value : __builtin_bswap64(value);
    memcpy(bytes, &stored, sizeof stored);
}

#endif
