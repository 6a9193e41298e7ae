/* SPDX-License-Identifier: MIT */
#include "table/digest.h"

digest_kernel *digest_kernel_for(enum muster_simd simd)
{
    switch (simd_narrowed(simd)) {
#if defined(__x86_64__)
    case MUSTER_SIMD_SSE2:
        return digest_kernel_sse2;
    case MUSTER_SIMD_AVX2:
        return digest_kernel_avx2;
    case MUSTER_SIMD_AVX512:
        return digest_kernel_avx512;
#endif
    default:
        return digest_kernel_none;
    }
}
