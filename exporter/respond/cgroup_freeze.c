/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/cgroup_freeze.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "cleanup.h"

static bool has_dot_dot(const char *path)
{
	for (const char *at = path; (at = strstr(at, "/..")); at += 3)
		if (at[3] == '\0' || at[3] == '/')
			return true;
	return false;
}

static int gone_or(int error)
{
	return error == ENODEV ? -ENOENT : -error; /* ENODEV: removed while its files were open */
}

int cgroup_open(const struct cgroup_place *place)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	AUTO_CLOSE int mount_fd = -1;
	struct stat stat;
	int fd;

	if (place->path[0] != '/' || has_dot_dot(place->path))
		return -EINVAL;
	if (place->path[strspn(place->path, "/.")] == '\0')
		return -EPERM; /* the root holds the host */
	mount_fd = open(place->cgroup2_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (mount_fd < 0)
		return -errno;
	fd = syscall(SYS_openat2, mount_fd, place->path + 1, &how, sizeof(how));
	if (fd < 0)
		return gone_or(errno);
	if (fstat(fd, &stat) || stat.st_ino != place->id) {
		close(fd);
		return -ENOENT;
	}
	return fd;
}

static int open_file(const struct cgroup_place *place, const char *file, int flags)
{
	AUTO_CLOSE int cgroup_fd = cgroup_open(place);
	int fd;

	if (cgroup_fd < 0)
		return cgroup_fd;
	fd = openat(cgroup_fd, file, flags | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? gone_or(errno) : fd;
}

int cgroup_freeze(const struct cgroup_place *place, bool frozen)
{
	AUTO_CLOSE int fd = open_file(place, "cgroup.freeze", O_WRONLY);

	if (fd < 0)
		return fd;
	return write(fd, frozen ? "1" : "0", 1) == 1 ? 0 : gone_or(errno);
}

static int read_text(const struct cgroup_place *place, const char *file, char *buffer, size_t buffer_size)
{
	AUTO_CLOSE int fd = open_file(place, file, O_RDONLY);
	ssize_t size;

	if (fd < 0)
		return fd;
	size = read(fd, buffer, buffer_size - 1);
	if (size < 0)
		return gone_or(errno);
	buffer[size] = '\0';
	return 0;
}

int cgroup_is_frozen(const struct cgroup_place *place)
{
	static const char key[] = "frozen ";
	char text[256], *save, *line;
	int error = read_text(place, "cgroup.events", text, sizeof(text));

	if (error)
		return error;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strncmp(line, key, sizeof(key) - 1) == 0)
			return strcmp(line + sizeof(key) - 1, "1") == 0;
	return -EBADMSG;
}

int cgroup_freeze_asked(const struct cgroup_place *place)
{
	char text[16];
	int error = read_text(place, "cgroup.freeze", text, sizeof(text));

	return error ? error : text[0] == '1';
}
