/* SPDX-License-Identifier: MIT */
/* The kernel for AVX2, BMI and carry-less multiplication; compiled with their flags. */
#include "csv/scanner_kernels.h"

#if defined(__x86_64__)
#define KERNEL scan_kernel_avx2
#include "csv/scanner_kernel.h"
#else
typedef int scanner_avx2_is_not_for_this_processor;
#endif
