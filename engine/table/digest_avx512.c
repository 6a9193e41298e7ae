/* SPDX-License-Identifier: MIT */
/* The digests of rows for the processors of scanner_avx512.c; compiled with the same flags. */
#include "table/digest.h"

#if defined(__x86_64__)
#define KERNEL digest_kernel_avx512
#include "table/digest_kernel.h"
#else
typedef int digest_avx512_is_not_for_this_processor;
#endif
