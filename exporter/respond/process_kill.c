/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/process_kill.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"

#define NS_PER_SECOND 1000000000ULL
#define PF_KTHREAD 0x00200000
#define STAT_FLAGS 9	   /* fields of /proc/<pid>/stat, counted from 1 */
#define STAT_START_TIME 22

struct process_stat {
	uint64_t start_ticks;
	unsigned long flags;
};

/* The name may hold anything, also ")": the last one ends it. */
static int parse_stat(char *text, struct process_stat *ret_stat)
{
	char *field = strrchr(text, ')'), *save;
	int number = 3;

	if (!field)
		return -EBADMSG;
	for (field = strtok_r(field + 1, " ", &save); field; field = strtok_r(NULL, " ", &save), number++) {
		if (number == STAT_FLAGS)
			ret_stat->flags = strtoul(field, NULL, 10);
		if (number == STAT_START_TIME) {
			ret_stat->start_ticks = strtoull(field, NULL, 10);
			return 0;
		}
	}
	return -EBADMSG;
}

static int read_stat(const char *procfs_path, uint32_t pid, struct process_stat *ret_stat)
{
	AUTO_FCLOSE FILE *file = NULL;
	char path[PATH_MAX], text[4096];
	size_t size;

	snprintf(path, sizeof(path), "%s/%u/stat", procfs_path, pid);
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? -ESRCH : -errno;
	size = fread(text, 1, sizeof(text) - 1, file);
	if (!size)
		return -ESRCH; /* it ended between open and read */
	text[size] = '\0';
	return parse_stat(text, ret_stat);
}

static bool is_below(const char *path, const char *parent)
{
	size_t size = strlen(parent);

	return strncmp(path, parent, size) == 0 && (path[size] == '\0' || path[size] == '/');
}

static int check_cgroup(const char *procfs_path, uint32_t pid, const char *cgroup_path)
{
	AUTO_FCLOSE FILE *file = NULL;
	AUTO_FREE char *line = NULL;
	char path[PATH_MAX];
	size_t size = 0;

	snprintf(path, sizeof(path), "%s/%u/cgroup", procfs_path, pid);
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? -ESRCH : -errno;
	while (getline(&line, &size, file) > 0) {
		if (strncmp(line, "0::", 3) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		return is_below(line + 3, cgroup_path) ? 0 : -ESRCH;
	}
	return -ESRCH;
}

int process_kill(const char *procfs_path, uint32_t pid, uint64_t start_time_ns, const char *cgroup_path)
{
	uint64_t ticks = sysconf(_SC_CLK_TCK);
	AUTO_CLOSE int pidfd = -1;
	struct process_stat stat;
	int error;

	if (pid <= 1 || pid == (uint32_t)getpid())
		return -EPERM;
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		return -errno;
	/* from here on the pidfd holds one process; what procfs says is about it, or it is gone */
	error = read_stat(procfs_path, pid, &stat);
	if (error)
		return error;
	if (stat.start_ticks != start_time_ns / (NS_PER_SECOND / ticks))
		return -ESRCH;
	if (stat.flags & PF_KTHREAD)
		return -EPERM;
	if (cgroup_path) {
		error = check_cgroup(procfs_path, pid, cgroup_path);
		if (error)
			return error;
	}
	return syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) ? -errno : 0;
}
