/* SPDX-License-Identifier: GPL-2.0-only */
/* What picket's BPF programs and maps cost this machine. */
#ifndef SELF_COST_H
#define SELF_COST_H

#include <stdint.h>

#include "kernel/objects.h"

/** self_cost_measure() - have the kernel measure BPF programs' run time until the descriptor is closed. Return: it, -errno. */
int self_cost_measure(void);

/** self_cost_each_map() - the kernel memory of each map, as the kernel accounts it; maps it does not tell of are left out. */
void self_cost_each_map(const struct object_maps *maps, void (*each)(void *context, const char *name, uint64_t bytes),
			void *context);

#endif
