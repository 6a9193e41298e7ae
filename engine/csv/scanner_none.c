/* SPDX-License-Identifier: MIT */
/* The kernel for any processor: eight bytes at a time in plain words. */
#include "csv/scanner_kernels.h"

#define BLOCK_PLAIN
#define KERNEL scan_kernel_none
#include "csv/scanner_kernel.h"
