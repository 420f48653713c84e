/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/host_namespaces.h"

#include <bpf/bpf.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "state/host_process.h"

int host_namespaces_fill(const struct object_maps *maps, const char *procfs_path)
{
	/* in the order of PICKET_NAMESPACE_* */
	static const char *const names[] = { "mnt", "pid", "user", "net", "ipc", "uts", "cgroup", "time" };
	const char *process = host_process_find(procfs_path);
	int fd = object_maps_fd(maps, "host_namespaces"), known = 0;
	char path[PATH_MAX];
	struct stat status;

	for (uint32_t i = 0; process && i < ARRAY_SIZE(names); i++) {
		uint32_t number;

		snprintf(path, sizeof(path), "%s/%s/ns/%s", procfs_path, process, names[i]);
		if (stat(path, &status))
			continue;
		number = status.st_ino;
		known += !bpf_map_update_elem(fd, &i, &number, BPF_ANY);
	}
	return known;
}
