// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The same for kernels whose structures can be read without a helper's call. */
#define KERNEL_CAST
#include "file_tracepoint.bpf.c"
