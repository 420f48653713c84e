/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Devices that only the running kernel can name. */
#ifndef DEVICE_H
#define DEVICE_H

#include "subject.h"

#define S_IFMT 0170000
#define S_IFCHR 0020000

/* Device number -> enum picket_device + 1. Filled in by the daemon. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u32);
} devices SEC(".maps");

#endif
