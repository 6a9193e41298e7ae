/* SPDX-License-Identifier: MIT */
/* The kernel for AVX-512 (see SIMD_FOR_AVX512); compiled with its flags. */
#include "csv/scanner_kernels.h"

#if defined(__x86_64__)
#define KERNEL scan_kernel_avx512
#include "csv/scanner_kernel.h"
#else
typedef int scanner_avx512_is_not_for_this_processor;
#endif
