/* SPDX-License-Identifier: MIT */
/* The kernel for every x86-64. */
#include "csv/scanner_kernels.h"

#if defined(__x86_64__)
#define KERNEL scan_kernel_sse2
#include "csv/scanner_kernel.h"
#else
typedef int scanner_sse2_is_not_for_this_processor;
#endif
