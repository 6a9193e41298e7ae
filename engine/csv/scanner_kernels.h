/* SPDX-License-Identifier: MIT */
/* The kernels by name; which of them exist depends on the processor that is built for. */
#ifndef MUSTER_CSV_SCANNER_KERNELS_H
#define MUSTER_CSV_SCANNER_KERNELS_H

#include "csv/scanner.h"

scan_kernel scan_kernel_none;
#if defined(__x86_64__)
scan_kernel scan_kernel_sse2;
scan_kernel scan_kernel_avx2;
scan_kernel scan_kernel_avx512;
#endif

#endif
