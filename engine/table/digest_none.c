/* SPDX-License-Identifier: MIT */
/* The digests of rows on any processor. */
#include "table/digest.h"

#define BLOCK_PLAIN
#define KERNEL digest_kernel_none
#include "table/digest_kernel.h"
