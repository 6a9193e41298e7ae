/* SPDX-License-Identifier: MIT */
#include "snapshot/checksum.h"

void checksum_add_any(struct checksum_state *state, const void *bytes, size_t size)
{
    (void)XXH3_128bits_update(&state->state, bytes, size);
}

#if defined(__x86_64__)

checksum_add_kernel *checksum_add_fitting(bool has_avx2)
{
    return has_avx2 ? checksum_add_avx2 : checksum_add_any;
}

void checksum_add(struct checksum_state *state, const void *bytes, size_t size)
{
    checksum_add_fitting(__builtin_cpu_supports("avx2") != 0)(state, bytes, size);
}

#else

checksum_add_kernel *checksum_add_fitting(bool has_avx2)
{
    (void)has_avx2;
    return checksum_add_any;
}

void checksum_add(struct checksum_state *state, const void *bytes, size_t size)
{
    checksum_add_any(state, bytes, size);
}

#endif
