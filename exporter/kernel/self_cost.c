/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/self_cost.h"

#include <bpf/bpf.h>
#include <inttypes.h>
#include <stdio.h>

#include "cleanup.h"

int self_cost_measure(void)
{
	return bpf_enable_stats(BPF_STATS_RUN_TIME);
}

/* "memlock:	4096" of a map's descriptor. Return: whether the kernel tells. */
static bool read_memory(int fd, uint64_t *ret_bytes)
{
	AUTO_FCLOSE FILE *file = NULL;
	char path[64], line[128];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "memlock: %" SCNu64, ret_bytes) == 1)
			return true;
	return false;
}

void self_cost_each_map(const struct object_maps *maps, void (*each)(void *context, const char *name, uint64_t bytes),
			void *context)
{
	for (size_t i = 0; i < maps->count; i++) {
		uint64_t bytes;

		if (read_memory(maps->items[i].fd, &bytes))
			each(context, maps->items[i].name, bytes);
	}
}
