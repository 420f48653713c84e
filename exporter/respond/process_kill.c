/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/process_kill.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "respond/proc_read.h"

#define NS_PER_SECOND 1000000000ULL
#define PF_KTHREAD 0x00200000

/* By number here, and by what procfs calls itself, which may be another pid namespace's. */
static bool is_self(const char *procfs_path, uint32_t pid)
{
	char path[PATH_MAX], self[16];
	ssize_t size;

	if (pid == (uint32_t)getpid())
		return true;
	snprintf(path, sizeof(path), "%s/self", procfs_path);
	size = readlink(path, self, sizeof(self) - 1);
	if (size <= 0)
		return false;
	self[size] = '\0';
	return strtoul(self, NULL, 10) == pid;
}

static int check_process(int process_fd, uint64_t start_time_ns)
{
	uint64_t ticks = sysconf(_SC_CLK_TCK);
	struct proc_stat stat;
	int error = proc_read_stat(process_fd, &stat);

	if (error)
		return error;
	if (stat.flags & PF_KTHREAD)
		return -EPERM;
	if (stat.start_ticks != start_time_ns / (NS_PER_SECOND / ticks))
		return -ESRCH;
	return (stat.state == 'Z' && stat.threads <= 1) || stat.state == 'X' ? -ESRCH : 0;
}

static int check_cgroup(int process_fd, const char *cgroup_path)
{
	AUTO_FREE char *path = NULL;
	int error = proc_read_cgroup(process_fd, &path);

	if (error)
		return error == -ENOENT ? -EXDEV : error;
	return cgroup_path_is_within(path, cgroup_path) ? 0 : -EXDEV;
}

int process_kill(const char *procfs_path, uint32_t pid, uint64_t start_time_ns, const char *cgroup_path)
{
	AUTO_CLOSE int process_fd = -1;
	char name[16];
	int error;

	if (pid <= 1 || is_self(procfs_path, pid) || cgroup_path[0] != '/' || !cgroup_path[1])
		return -EPERM;
	snprintf(name, sizeof(name), "%u", pid);
	process_fd = proc_open(procfs_path, name);
	if (process_fd < 0)
		return process_fd == -EPERM ? -EACCES : process_fd;
	error = check_process(process_fd, start_time_ns);
	if (!error)
		error = check_cgroup(process_fd, cgroup_path);
	if (error)
		return error;
	/* a descriptor of /proc/<pid> is a pidfd of just that process, in any pid namespace */
	if (syscall(SYS_pidfd_send_signal, process_fd, SIGKILL, NULL, 0))
		return errno == EPERM ? -EACCES : -errno;
	return 0;
}
