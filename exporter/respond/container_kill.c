/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/container_kill.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cleanup.h"
#include "respond/cgroup_processes.h"
#include "respond/proc_read.h"
#include "respond/process_kill.h"

#define PASSES_MAX 20
#define PASS_US 1000

/* Return: 0; -EOPNOTSUPP where the kernel has no such file; -errno. */
static int kill_at_once(const struct cgroup_place *place)
{
	AUTO_CLOSE int cgroup_fd = cgroup_open(place);
	AUTO_CLOSE int fd = -1;

	if (cgroup_fd < 0)
		return cgroup_fd;
	fd = openat(cgroup_fd, "cgroup.kill", O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -EOPNOTSUPP : errno == ENODEV ? -ENOENT : -errno;
	if (write(fd, "1", 1) == 1)
		return 0;
	return errno == ENODEV ? -ENOENT : -errno;
}

/* Return: whether it was there to get the signal. */
static bool kill_one(const char *procfs_path, const struct cgroup_place *place, uint32_t pid)
{
	AUTO_CLOSE int fd = -1;
	char name[16];

	snprintf(name, sizeof(name), "%u", pid);
	fd = proc_open(procfs_path, name);
	return fd >= 0 && !process_signal_held(procfs_path, fd, pid, place->path, SIGKILL);
}

/* Return: how many processes got the signal; -errno. */
static int kill_each(const char *procfs_path, const struct cgroup_place *place)
{
	struct cgroup_processes processes;
	int error = cgroup_processes_read(place, &processes), count = 0;

	if (error)
		return error;
	for (size_t i = 0; i < processes.count; i++)
		count += kill_one(procfs_path, place, processes.pids[i]);
	cgroup_processes_free(&processes);
	return count;
}

static int kill_frozen(const char *procfs_path, const struct cgroup_place *place)
{
	bool was_frozen = cgroup_freeze_asked(place) == 1;
	int error = cgroup_freeze(place, true), left = 1;

	if (error)
		return error;
	for (int i = 0; i < PASSES_MAX && left > 0; i++) {
		left = kill_each(procfs_path, place);
		if (left > 0)
			usleep(PASS_US);
	}
	if (!was_frozen)
		cgroup_freeze(place, false);
	return left > 0 ? -EBUSY : left == -ENOENT ? 0 : left;
}

int container_kill(const char *procfs_path, const struct cgroup_place *place, const char **ret_how)
{
	int error = kill_at_once(place);

	*ret_how = "all processes, by cgroup.kill";
	if (error != -EOPNOTSUPP)
		return error;
	*ret_how = "all processes, one by one in a frozen cgroup";
	return kill_frozen(procfs_path, place);
}
