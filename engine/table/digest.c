/* SPDX-License-Identifier: MIT */
#include "table/digest.h"

digest_kernel *digest_kernel_for(enum muster_simd simd)
{
    static digest_kernel *const kernels[] = SIMD_KERNELS(digest_kernel);
    return kernels[simd_narrowed(simd)];
}
