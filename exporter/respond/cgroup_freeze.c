/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/cgroup_freeze.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"

/* Return: a descriptor of @file in the cgroup, or -errno. */
static int open_file(const char *cgroup2_path, const char *path, const char *file, int flags)
{
	char name[PATH_MAX];
	int fd;

	if (strstr(path, "/../") || (strlen(path) >= 3 && strcmp(path + strlen(path) - 3, "/..") == 0))
		return -EINVAL;
	if (path[0] != '/' || path[1] == '\0')
		return -EPERM; /* the root holds the host */
	if (snprintf(name, sizeof(name), "%s%s/%s", cgroup2_path, path, file) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	fd = open(name, flags | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int cgroup_freeze(const char *cgroup2_path, const char *path, bool frozen)
{
	AUTO_CLOSE int fd = open_file(cgroup2_path, path, "cgroup.freeze", O_WRONLY);

	if (fd < 0)
		return fd;
	return write(fd, frozen ? "1" : "0", 1) == 1 ? 0 : -errno;
}

int cgroup_is_frozen(const char *cgroup2_path, const char *path)
{
	AUTO_CLOSE int fd = open_file(cgroup2_path, path, "cgroup.events", O_RDONLY);
	char text[256];
	ssize_t size;

	if (fd < 0)
		return fd;
	size = read(fd, text, sizeof(text) - 1);
	if (size < 0)
		return -errno;
	text[size] = '\0';
	return strstr(text, "frozen 1") != NULL;
}
