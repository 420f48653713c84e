/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/cgroup_processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

#define DEPTH_MAX 16

static int add_pid(struct cgroup_processes *processes, uint32_t pid)
{
	uint32_t *larger;

	if (processes->count == CGROUP_PROCESSES_MAX) {
		processes->cut = true;
		return 0;
	}
	if ((processes->count & (processes->count - 1)) == 0) {
		larger = reallocarray(processes->pids, processes->count ? 2 * processes->count : 1, sizeof(*larger));
		if (!larger)
			return -ENOMEM;
		processes->pids = larger;
	}
	processes->pids[processes->count++] = pid;
	return 0;
}

/* A threaded cgroup has no processes of its own to tell of: those above it name them. */
static int read_pids(struct cgroup_processes *processes, int cgroup_fd)
{
	int fd = openat(cgroup_fd, "cgroup.procs", O_RDONLY | O_NOFOLLOW | O_CLOEXEC), error = 0;
	AUTO_FCLOSE FILE *file = NULL;
	AUTO_FREE char *line = NULL;
	size_t room = 0;

	if (fd < 0)
		return errno == ENOMEM ? -ENOMEM : 0;
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	while (!error && getline(&line, &room, file) > 0) {
		unsigned long pid = strtoul(line, NULL, 10);

		if (pid && pid <= INT32_MAX) /* 0: of another pid namespace */
			error = add_pid(processes, pid);
	}
	return error;
}

/* @cgroup_fd: closed. */
static int walk(struct cgroup_processes *processes, int cgroup_fd, int depth)
{
	int error = read_pids(processes, cgroup_fd);
	AUTO_CLOSEDIR DIR *directory = fdopendir(cgroup_fd);
	struct dirent *entry;

	if (!directory) {
		close(cgroup_fd);
		return -ENOMEM;
	}
	while (!error && (entry = readdir(directory))) {
		int child;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if (depth == DEPTH_MAX) {
			processes->cut = true;
			break;
		}
		child = openat(dirfd(directory), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (child >= 0)
			error = walk(processes, child, depth + 1);
	}
	return error;
}

int cgroup_processes_read(const struct cgroup_place *place, struct cgroup_processes *ret_processes)
{
	struct cgroup_processes processes = { 0 };
	AUTO_CLOSE int place_fd = cgroup_open(place);
	int fd, error;

	if (place_fd < 0)
		return place_fd;
	fd = openat(place_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENODEV ? -ENOENT : -errno;
	error = walk(&processes, fd, 0);
	if (error) {
		cgroup_processes_free(&processes);
		return error;
	}
	*ret_processes = processes;
	return 0;
}

void cgroup_processes_free(struct cgroup_processes *processes)
{
	free(processes->pids);
	memset(processes, 0, sizeof(*processes));
}
