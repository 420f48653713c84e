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

/* What must never get a signal, and what would not notice. */
static int check_kind(const struct proc_stat *stat)
{
	if (stat->flags & PF_KTHREAD)
		return -EPERM;
	return (stat->state == 'Z' && stat->threads <= 1) || stat->state == 'X' ? -ESRCH : 0;
}

static int check_cgroup(int process_fd, const char *cgroup_path)
{
	AUTO_FREE char *path = NULL;
	int error = proc_read_cgroup(process_fd, &path);

	if (error)
		return error == -ENOENT ? -EXDEV : error;
	return cgroup_path_is_within(path, cgroup_path) ? 0 : -EXDEV;
}

static bool is_forbidden(const char *procfs_path, uint32_t pid, const char *cgroup_path)
{
	return pid <= 1 || is_self(procfs_path, pid) || cgroup_path[0] != '/' || !cgroup_path[1];
}

static int check_start(const struct proc_stat *stat, uint64_t start_time_ns)
{
	return stat->start_ticks == start_time_ns / (NS_PER_SECOND / sysconf(_SC_CLK_TCK)) ? 0 : -ESRCH;
}

int process_hold(const char *procfs_path, uint32_t pid, uint64_t start_time_ns, const char *cgroup_path)
{
	int process_fd, error;
	struct proc_stat stat;
	char name[16];

	if (is_forbidden(procfs_path, pid, cgroup_path))
		return -EPERM;
	snprintf(name, sizeof(name), "%u", pid);
	process_fd = proc_open(procfs_path, name);
	if (process_fd < 0)
		return process_fd == -EPERM ? -EACCES : process_fd;
	error = proc_read_stat(process_fd, &stat);
	if (!error)
		error = check_kind(&stat);
	if (!error)
		error = check_start(&stat, start_time_ns);
	if (!error)
		error = check_cgroup(process_fd, cgroup_path);
	if (error) {
		close(process_fd);
		return error;
	}
	return process_fd;
}

/* A descriptor of /proc/<pid> is a pidfd of just that process, in any pid namespace. */
static int send_signal(int process_fd, int signal)
{
	if (syscall(SYS_pidfd_send_signal, process_fd, signal, NULL, 0))
		return errno == EPERM ? -EACCES : -errno;
	return 0;
}

int process_signal_held(const char *procfs_path, int process_fd, uint32_t pid, const char *cgroup_path, int signal)
{
	struct proc_stat stat;
	int error;

	if (is_forbidden(procfs_path, pid, cgroup_path))
		return -EPERM;
	error = proc_read_stat(process_fd, &stat);
	if (!error)
		error = check_kind(&stat);
	if (!error)
		error = check_cgroup(process_fd, cgroup_path);
	return error ? error : send_signal(process_fd, signal);
}

int process_signal(const char *procfs_path, uint32_t pid, uint64_t start_time_ns, const char *cgroup_path, int signal)
{
	AUTO_CLOSE int process_fd = process_hold(procfs_path, pid, start_time_ns, cgroup_path);

	return process_fd < 0 ? process_fd : send_signal(process_fd, signal);
}

int process_kill(const char *procfs_path, uint32_t pid, uint64_t start_time_ns, const char *cgroup_path)
{
	return process_signal(procfs_path, pid, start_time_ns, cgroup_path, SIGKILL);
}
