/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/host_process.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"

/* include/linux/sched.h: the kernel's own threads, in field 9 of /proc/PID/stat since Linux 2.6 */
#define PF_KTHREAD 0x00200000u

static bool read_line(const char *procfs_path, const char *file_name, char *line, int size)
{
	AUTO_FCLOSE FILE *file = NULL;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", procfs_path, file_name);
	file = fopen(path, "re");
	return file && fgets(line, size, file);
}

static bool can_be_looked_at(const char *procfs_path, const char *process)
{
	char path[PATH_MAX];
	struct stat status;

	snprintf(path, sizeof(path), "%s/%s/ns/mnt", procfs_path, process);
	return stat(path, &status) == 0;
}

/* Not in a pid namespace of our own, where pid 2 is anybody. */
static bool is_kernel_thread(const char *procfs_path)
{
	char line[1024];
	const char *end;
	unsigned int flags;

	if (!read_line(procfs_path, "2/stat", line, sizeof(line)))
		return false;
	end = strrchr(line, ')');
	return end && sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) == 1 && (flags & PF_KTHREAD);
}

/* Mounts have numbers of their own: two processes that see the same one share their mount namespace. */
static bool shares_mounts(const char *procfs_path)
{
	char own[1024], hosts[1024];

	return read_line(procfs_path, "self/mountinfo", own, sizeof(own)) &&
	       read_line(procfs_path, "1/mountinfo", hosts, sizeof(hosts)) && strcmp(own, hosts) == 0;
}

const char *host_process_find(const char *procfs_path)
{
	if (can_be_looked_at(procfs_path, "1"))
		return "1";
	if (is_kernel_thread(procfs_path) && can_be_looked_at(procfs_path, "2"))
		return "2";
	return shares_mounts(procfs_path) ? "self" : NULL;
}

uint32_t host_process_self(const char *procfs_path)
{
	char path[PATH_MAX], link[16];
	ssize_t size;

	if (!is_kernel_thread(procfs_path))
		return 0;
	snprintf(path, sizeof(path), "%s/self", procfs_path);
	size = readlink(path, link, sizeof(link) - 1);
	link[size > 0 ? size : 0] = '\0';
	return (uint32_t)strtoul(link, NULL, 10);
}
