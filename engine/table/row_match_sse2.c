/* SPDX-License-Identifier: MIT */
/* Rows held against values for the processors of scanner_sse2.c; compiled with the same flags. */
#include "table/row_match.h"

#if defined(__x86_64__)
#define KERNEL row_match_sse2
#include "table/row_match_kernel.h"
#else
typedef int row_match_sse2_is_not_for_this_processor;
#endif
