/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/host_namespaces.h"

#include <bpf/bpf.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"

static bool read_line(const char *procfs_path, const char *process, char *line, size_t size)
{
	AUTO_FCLOSE FILE *file = NULL;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s/mountinfo", procfs_path, process);
	file = fopen(path, "re");
	return file && fgets(line, size, file);
}

/* Mounts have numbers of their own: two processes that see the same one share their mount namespace. */
static bool runs_on_host(const char *procfs_path)
{
	char own[1024], hosts[1024];

	return read_line(procfs_path, "self", own, sizeof(own)) && read_line(procfs_path, "1", hosts, sizeof(hosts)) &&
	       strcmp(own, hosts) == 0;
}

int host_namespaces_fill(const struct object_maps *maps, const char *procfs_path)
{
	/* in the order of PICKET_NAMESPACE_* */
	static const char *const names[] = { "mnt", "pid", "user", "net", "ipc", "uts", "cgroup", "time" };
	/* pid 1 may hold capabilities that this process lacks, and then does not let it look */
	const char *processes[] = { "1", runs_on_host(procfs_path) ? "self" : "1" };
	int fd = object_maps_fd(maps, "host_namespaces"), known = 0;
	char path[PATH_MAX];
	struct stat status;

	for (uint32_t i = 0; i < ARRAY_SIZE(names); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(processes); j++) {
			uint32_t number;

			snprintf(path, sizeof(path), "%s/%s/ns/%s", procfs_path, processes[j], names[i]);
			if (stat(path, &status))
				continue;
			number = status.st_ino;
			known += !bpf_map_update_elem(fd, &i, &number, BPF_ANY);
			break;
		}
	}
	return known;
}
