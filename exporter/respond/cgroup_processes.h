/* SPDX-License-Identifier: GPL-2.0-only */
/* Which processes a cgroup, with all below it, has at this moment. */
#ifndef CGROUP_PROCESSES_H
#define CGROUP_PROCESSES_H

#include <stddef.h>

#include "respond/cgroup_freeze.h"

#define CGROUP_PROCESSES_MAX 16384

struct cgroup_processes {
	uint32_t
		*pids; /* as this process's pid namespace has them; a process that moved meanwhile may be there twice */
	size_t count;
	bool cut; /* there are more than CGROUP_PROCESSES_MAX, or cgroups lie too deep */
};

/**
 * cgroup_processes_read() - @ret_processes: free with cgroup_processes_free().
 * Return: 0; -ENOENT when the cgroup is gone; -ENOMEM; as cgroup_open().
 */
int cgroup_processes_read(const struct cgroup_place *place, struct cgroup_processes *ret_processes);
void cgroup_processes_free(struct cgroup_processes *processes);

#endif
