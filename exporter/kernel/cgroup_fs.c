/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/cgroup_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"

/* "36 25 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw": root and mount point are fields 4 and 5. */
static int parse_mountinfo_line(char *line, char **ret_root, char **ret_point)
{
	char *separator = strstr(line, " - "), *save, *field = NULL;
	int i;

	if (!separator || strncmp(separator + 3, "cgroup2 ", 8) != 0)
		return -ENOENT;
	for (i = 0; i < 5; i++) {
		field = strtok_r(i ? NULL : line, " ", &save);
		if (!field)
			return -EBADMSG;
		if (i == 3)
			*ret_root = field;
	}
	*ret_point = field;
	return 0;
}

int cgroup_fs_find_mount(const char *procfs_path, char **ret_path)
{
	char name[PATH_MAX], *root, *point, *found = NULL;
	AUTO_FCLOSE FILE *file = NULL;
	AUTO_FREE char *line = NULL;
	size_t size = 0;
	bool found_whole = false;

	snprintf(name, sizeof(name), "%s/self/mountinfo", procfs_path);
	file = fopen(name, "re");
	if (!file)
		return -errno;
	while (getline(&line, &size, file) > 0) {
		bool whole, outside;

		if (parse_mountinfo_line(line, &root, &point))
			continue;
		/* in a cgroup namespace "/" is the namespace's own root, and the host's is above it: "/../.." */
		outside = strncmp(root, "/..", 3) == 0;
		whole = outside || strcmp(root, "/") == 0;
		if (found && (!whole || (found_whole && !outside)))
			continue;
		free(found);
		found = strdup(point);
		if (!found)
			return -ENOMEM;
		found_whole = whole;
		if (outside)
			break;
	}
	if (!found)
		return -ENOENT;
	*ret_path = found;
	return 0;
}

struct walk {
	cgroup_fs_visit *visit;
	void *context;
	char path[PATH_MAX];
};

static int walk_children(struct walk *walk, int directory_fd, uint64_t id);

/* A directory's links are its name, its own "." and the ".." of each cgroup in it. */
static bool has_children(const struct stat *status)
{
	return status->st_nlink != 2;
}

static int walk_one(struct walk *walk, int parent_fd, uint64_t parent_id, const char *name)
{
	size_t size = strlen(walk->path);
	struct stat status;
	int fd, result;

	if (size + strlen(name) + 2 > sizeof(walk->path))
		return 0;
	fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return 0; /* removed meanwhile */
	if (fstat(fd, &status)) {
		close(fd);
		return 0;
	}
	snprintf(walk->path + size, sizeof(walk->path) - size, "%s%s", size > 1 ? "/" : "", name);
	result = walk->visit(walk->context, status.st_ino, parent_id, walk->path);
	if (result >= 0 && has_children(&status))
		result = walk_children(walk, fd, status.st_ino);
	else
		close(fd);
	walk->path[size] = '\0';
	return result;
}

/* Takes @directory_fd. */
static int walk_children(struct walk *walk, int directory_fd, uint64_t id)
{
	AUTO_CLOSEDIR DIR *directory = fdopendir(directory_fd);
	struct dirent *entry;
	int result = 0;

	if (!directory) {
		close(directory_fd);
		return -ENOMEM;
	}
	while (result >= 0 && (entry = readdir(directory))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		result = walk_one(walk, dirfd(directory), id, entry->d_name);
	}
	return result;
}

int cgroup_fs_walk(const char *mount_path, cgroup_fs_visit *visit, void *context)
{
	struct walk walk = { .visit = visit, .context = context, .path = "/" };
	struct stat status;
	int fd = open(mount_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status)) {
		result = -errno;
		close(fd);
		return result;
	}
	result = visit(context, status.st_ino, 0, "/");
	if (result < 0 || !has_children(&status)) {
		close(fd);
		return result < 0 ? result : 0;
	}
	result = walk_children(&walk, fd, status.st_ino);
	return result < 0 ? result : 0;
}

int cgroup_fs_id(const char *mount_path, const char *path, uint64_t *ret_id)
{
	char name[PATH_MAX];
	struct stat status;

	if (snprintf(name, sizeof(name), "%s%s", mount_path, path) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	if (stat(name, &status))
		return -errno;
	*ret_id = status.st_ino;
	return 0;
}

static bool holds_process(const char *mount_path, const char *path, pid_t process)
{
	AUTO_FCLOSE FILE *file = NULL;
	char name[PATH_MAX];
	int member;

	if (snprintf(name, sizeof(name), "%s%s/cgroup.procs", mount_path, path) >= (int)sizeof(name))
		return false;
	file = fopen(name, "re");
	while (file && fscanf(file, "%d", &member) == 1)
		if (member == process)
			return true;
	return false;
}

struct own_search {
	const char *mount_path;
	uint64_t id; /* 0: not found yet */
};

static int search_own(void *context, uint64_t id, uint64_t parent_id, const char *path)
{
	struct own_search *search = context;

	(void)parent_id;
	if (!holds_process(search->mount_path, path, getpid()))
		return 0;
	search->id = id;
	return -ECANCELED;
}

/* What this process reads of its own cgroup is seen from its cgroup namespace, the mount is the host's: look for it. */
static int search_own_id(const char *mount_path, uint64_t *ret_id)
{
	struct own_search search = { .mount_path = mount_path };
	int error = cgroup_fs_walk(mount_path, search_own, &search);

	if (!search.id)
		return error ? error : -ENOENT;
	*ret_id = search.id;
	return 0;
}

int cgroup_fs_own_id(const char *procfs_path, const char *mount_path, uint64_t *ret_id)
{
	AUTO_FCLOSE FILE *file = NULL;
	AUTO_FREE char *line = NULL;
	char name[PATH_MAX];
	size_t size = 0;

	snprintf(name, sizeof(name), "%s/self/cgroup", procfs_path);
	file = fopen(name, "re");
	if (!file)
		return -errno;
	while (getline(&line, &size, file) > 0) {
		if (strncmp(line, "0::", 3) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		if (!holds_process(mount_path, line + 3, getpid()) && !search_own_id(mount_path, ret_id))
			return 0;
		return cgroup_fs_id(mount_path, line + 3, ret_id);
	}
	return -ENOENT;
}
