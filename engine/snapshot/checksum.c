/* SPDX-License-Identifier: MIT */
#include "snapshot/checksum.h"

void checksum_add_any(struct checksum_state *state, const void *bytes, size_t size)
{
    (void)XXH3_128bits_update(&state->state, bytes, size);
}

void checksum_add(struct checksum_state *state, const void *bytes, size_t size)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        checksum_add_avx2(state, bytes, size);
        return;
    }
#endif
    checksum_add_any(state, bytes, size);
}
