/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/pins.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cleanup.h"

static const char *const kinds[] = { "links", "programs", "maps" };
#define KINDS_OF_PROGRAMS 2 /* the first */

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool on_bpf_fs(const char *directory)
{
	struct statfs fs;

	return !statfs(directory, &fs) && fs.f_type == BPF_FS_MAGIC;
}

static size_t count_entries(const char *directory, const char *kind)
{
	char path[PATH_MAX];
	AUTO_CLOSEDIR DIR *entries = NULL;
	const struct dirent *entry;
	size_t count = 0;

	snprintf(path, sizeof(path), "%s/%s", directory, kind);
	entries = opendir(path);
	while (entries && (entry = readdir(entries)))
		count += not_hidden(entry);
	return count;
}

static size_t count_programs(const char *directory)
{
	size_t count = 0;

	for (size_t i = 0; i < KINDS_OF_PROGRAMS; i++)
		count += count_entries(directory, kinds[i]);
	return count;
}

static int open_meta(const char *directory)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/meta", directory);
	return bpf_obj_get(path);
}

enum pins_state pins_find(const char *directory, const struct pins_meta *own, struct pins_meta *ret_meta)
{
	struct pins_meta found;
	AUTO_CLOSE int fd = open_meta(directory);
	uint32_t zero = 0;

	if (fd < 0 && !count_entries(directory, ""))
		return PINS_NONE;
	if (fd < 0 || bpf_map_lookup_elem(fd, &zero, &found))
		return PINS_OTHER;
	if (found.layout != own->layout)
		return PINS_OTHER;
	*ret_meta = found;
	return found.build == own->build && found.sensor_count == own->sensor_count &&
			       found.pinned == count_programs(directory)
		       ? PINS_SAME
		       : PINS_LAYOUT;
}

int pins_make_directory(const char *path)
{
	char part[PATH_MAX];

	for (const char *end = strchr(path + 1, '/');; end = strchr(end + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", end ? (int)(end - path) : (int)strlen(path), path);
		if (mkdir(part, 0700) && (errno != EEXIST || !end))
			return -errno;
		if (!end)
			return 0;
	}
}

int pins_lock(const char *directory)
{
	int error = pins_make_directory(directory), fd;

	if (error && error != -EEXIST)
		return error;
	if (!on_bpf_fs(directory)) {
		if (!error)
			rmdir(directory);
		return -ENOTSUP;
	}
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	error = errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (fd >= 0)
		close(fd);
	return error;
}

static int set_meta(const char *directory, const struct pins_meta *meta)
{
	AUTO_CLOSE int fd = open_meta(directory);
	char path[PATH_MAX];
	uint32_t zero = 0;

	if (fd >= 0)
		return bpf_map_update_elem(fd, &zero, meta, BPF_ANY) ? -errno : 0;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "picket_meta", sizeof(uint32_t), sizeof(*meta), 1, NULL);
	if (fd < 0)
		return fd;
	snprintf(path, sizeof(path), "%s/meta", directory);
	return bpf_map_update_elem(fd, &zero, meta, BPF_ANY) || bpf_obj_pin(fd, path) ? -errno : 0;
}

int pins_begin(const char *directory, const struct pins_meta *meta)
{
	struct pins_meta unfinished = *meta;
	char path[PATH_MAX];
	int error;

	if (!on_bpf_fs(directory))
		return -ENOTSUP;
	unfinished.build = 0;
	error = set_meta(directory, &unfinished);
	for (size_t i = 0; i < ARRAY_SIZE(kinds) && !error; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, kinds[i]);
		if (i < KINDS_OF_PROGRAMS)
			error = pins_remove_directory(path);
		error = error < 0 && error != -ENOENT ? error : 0;
		if (!error && mkdir(path, 0700) && errno != EEXIST)
			error = -errno;
	}
	return error;
}

int pins_finish(const char *directory, const struct pins_meta *meta)
{
	return set_meta(directory, meta);
}

int pins_add(const char *directory, const char *kind, const char *name, int fd)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s/%s", directory, kind, name);
	for (char *c = strrchr(path, '/'); *c; c++)
		if (*c == '.')
			*c = '_'; /* bpf file systems refuse dots */
	if (!bpf_obj_pin(fd, path))
		return 0;
	if (errno != EEXIST || unlink(path))
		return -errno;
	return bpf_obj_pin(fd, path) ? -errno : 0;
}

int pins_each(const char *directory, const char *kind, int (*each)(void *context, const char *name, int fd),
	      void *context)
{
	struct dirent **entries;
	char path[PATH_MAX];
	int count, error = 0;

	snprintf(path, sizeof(path), "%s/%s", directory, kind);
	count = scandir(path, &entries, not_hidden, alphasort);
	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++) {
		int fd = -1;

		snprintf(path, sizeof(path), "%s/%s/%s", directory, kind, entries[i]->d_name);
		if (!error)
			fd = bpf_obj_get(path);
		if (!error && fd < 0)
			error = -errno;
		else if (!error)
			error = each(context, entries[i]->d_name, fd);
		free(entries[i]);
	}
	free(entries);
	return error;
}

int pins_remove_directory(const char *path)
{
	AUTO_CLOSEDIR DIR *directory = opendir(path);
	struct dirent *entry;
	int count = 0;

	if (!directory)
		return -errno;
	while ((entry = readdir(directory))) {
		if (!not_hidden(entry))
			continue;
		if (unlinkat(dirfd(directory), entry->d_name, 0))
			return -errno;
		count++;
	}
	return rmdir(path) ? -errno : count;
}

/* Links first: what no link holds sees nothing more. */
int pins_clear(const char *directory)
{
	char path[PATH_MAX];
	int count = 0, removed;

	if (access(directory, F_OK))
		return -ENOENT;
	if (!on_bpf_fs(directory)) /* nothing of ours, and files that somebody may need */
		return -ENOTSUP;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, kinds[i]);
		removed = pins_remove_directory(path);
		if (removed < 0 && removed != -ENOENT)
			return removed;
		count += removed > 0 ? removed : 0;
	}
	snprintf(path, sizeof(path), "%s/meta", directory);
	if (!unlink(path))
		return count + 1;
	return errno == ENOENT ? count : -errno;
}

int pins_remove(const char *directory)
{
	int count = pins_clear(directory);

	if (count < 0)
		return count;
	return rmdir(directory) ? -errno : count;
}
