/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/proc_read.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"

#define STAT_STATE 3 /* fields of /proc/<pid>/stat, counted from 1 */
#define STAT_PARENT 4
#define STAT_FLAGS 9
#define STAT_THREADS 20
#define STAT_START_TIME 22

int proc_open(const char *procfs_path, const char *name)
{
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", procfs_path, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	return fd;
}

/* Return: the file for fclose(3), or NULL with errno; ESRCH when the process has ended. */
static FILE *open_file(int process_fd, const char *name)
{
	int fd = openat(process_fd, name, O_RDONLY | O_CLOEXEC);
	FILE *file;

	if (fd < 0) {
		if (errno == ENOENT)
			errno = ESRCH;
		return NULL;
	}
	file = fdopen(fd, "r");
	if (!file)
		close(fd);
	return file;
}

/* The name may hold anything, also ")": the last one ends it. */
static int parse_stat(char *text, struct proc_stat *ret_stat)
{
	char *field = strrchr(text, ')'), *save;
	struct proc_stat stat = { 0 };

	if (!field)
		return -EBADMSG;
	field = strtok_r(field + 1, " ", &save);
	for (int number = STAT_STATE; field; field = strtok_r(NULL, " ", &save), number++) {
		if (number == STAT_STATE)
			stat.state = *field;
		else if (number == STAT_PARENT)
			stat.parent_pid = strtoul(field, NULL, 10);
		else if (number == STAT_FLAGS)
			stat.flags = strtoull(field, NULL, 10);
		else if (number == STAT_THREADS)
			stat.threads = strtoull(field, NULL, 10);
		else if (number == STAT_START_TIME) {
			stat.start_ticks = strtoull(field, NULL, 10);
			*ret_stat = stat;
			return 0;
		}
	}
	return -EBADMSG;
}

int proc_read_stat(int process_fd, struct proc_stat *ret_stat)
{
	AUTO_FCLOSE FILE *file = open_file(process_fd, "stat");
	char text[4096];
	size_t size;

	if (!file)
		return -errno;
	size = fread(text, 1, sizeof(text) - 1, file);
	if (!size)
		return -ESRCH; /* it ended between open and read */
	text[size] = '\0';
	return parse_stat(text, ret_stat);
}

int proc_read_cgroup(int process_fd, char **ret_path)
{
	AUTO_FCLOSE FILE *file = open_file(process_fd, "cgroup");
	AUTO_FREE char *line = NULL;
	size_t capacity = 0;
	bool any = false;

	if (!file)
		return -errno;
	while (getline(&line, &capacity, file) > 0) {
		any = true;
		if (strncmp(line, "0::/", 4) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		*ret_path = strdup(line + 3);
		return *ret_path ? 0 : -ENOMEM;
	}
	return any ? -ENOENT : -ESRCH;
}

bool cgroup_path_is_within(const char *path, const char *cgroup)
{
	size_t size = strlen(cgroup);

	return strncmp(path, cgroup, size) == 0 && (path[size] == '\0' || path[size] == '/');
}
