/* SPDX-License-Identifier: MIT */
/* Rows held against values on any processor. */
#include "table/row_match.h"

#define BLOCK_PLAIN
#define KERNEL row_match_none
#include "table/row_match_kernel.h"
