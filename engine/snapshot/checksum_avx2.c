/* SPDX-License-Identifier: MIT */
/* Checksums for processors with AVX2; compiled with -mavx2. */
#include "snapshot/checksum.h"

#if defined(__x86_64__)
void checksum_add_avx2(struct checksum_state *state, const void *bytes, size_t size)
{
    (void)XXH3_128bits_update(&state->state, bytes, size);
}
#endif
