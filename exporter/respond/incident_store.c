/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/incident_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cleanup.h"

#define SUFFIX ".json"
#define TEMPORARY_PREFIX ".new-"

static int make_directories(const char *path)
{
	char part[PATH_MAX];

	if (snprintf(part, sizeof(part), "%s", path) >= (int)sizeof(part))
		return -ENAMETOOLONG;
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0700) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(part, 0700) && errno != EEXIST ? -errno : 0;
}

/* A directory that others may write to could make picket write elsewhere. Return: descriptor, -errno. */
static int open_directory(const char *path, bool make)
{
	int error = make ? make_directories(path) : 0, fd;
	struct stat status;

	if (error)
		return error;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) || status.st_uid != geteuid() || status.st_mode & 0022) {
		close(fd);
		return -EPERM;
	}
	return fd;
}

static int is_incident(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return entry->d_name[0] != '.' && size > sizeof(SUFFIX) - 1 && size < INCIDENT_NAME_SIZE &&
	       strcmp(entry->d_name + size - (sizeof(SUFFIX) - 1), SUFFIX) == 0;
}

static void free_entries(struct dirent **entries, int count)
{
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
}

static uint64_t size_of(int fd, const char *name)
{
	struct stat status;

	return fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) ? 0 : (uint64_t)status.st_size;
}

/* Oldest first, but never the one just written. */
static void rotate(int fd, unsigned int max_count, uint64_t max_bytes, struct incident_stored *stored)
{
	struct dirent **entries;
	int count = scandirat(fd, ".", &entries, is_incident, alphasort);

	if (count < 0)
		return;
	for (int i = 0; i < count; i++)
		stored->bytes += size_of(fd, entries[i]->d_name);
	stored->count = count;
	for (int i = 0; i < count && (stored->count > max_count || stored->bytes > max_bytes); i++) {
		uint64_t size = size_of(fd, entries[i]->d_name);

		if (strcmp(entries[i]->d_name, stored->name) == 0 || unlinkat(fd, entries[i]->d_name, 0))
			continue;
		stored->rotated++;
		stored->count--;
		stored->bytes -= size;
	}
	free_entries(entries, count);
}

static int write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t written = write(fd, text, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written ? -errno : -EIO;
		text += written;
		size -= written;
	}
	return fsync(fd) ? -errno : 0;
}

static int write_file(int directory_fd, const char *name, const char *text, size_t size)
{
	char temporary[INCIDENT_NAME_SIZE + sizeof(TEMPORARY_PREFIX)];
	AUTO_CLOSE int fd = -1;
	int error;

	snprintf(temporary, sizeof(temporary), TEMPORARY_PREFIX "%s", name);
	fd = openat(directory_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	error = write_all(fd, text, size);
	if (!error && renameat(directory_fd, temporary, directory_fd, name))
		error = -errno;
	if (error)
		unlinkat(directory_fd, temporary, 0);
	else
		fsync(directory_fd);
	return error;
}

/* What a child that was killed has left: nobody writes for longer than a minute. */
static void remove_leftovers(int directory_fd)
{
	int fd = openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSEDIR DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct stat status;

	if (fd >= 0 && !directory)
		close(fd);
	while (directory && (entry = readdir(directory)))
		if (strncmp(entry->d_name, TEMPORARY_PREFIX, sizeof(TEMPORARY_PREFIX) - 1) == 0 &&
		    !fstatat(directory_fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) &&
		    status.st_mtime + 60 < time(NULL))
			unlinkat(directory_fd, entry->d_name, 0);
}

int incident_store_write(const char *path, const char *id, const char *text, size_t size, unsigned int max_count,
			 uint64_t max_bytes, struct incident_stored *ret_stored)
{
	AUTO_CLOSE int fd = open_directory(path, true);
	struct incident_stored stored = { 0 };
	struct timespec now;
	char when[32];
	struct tm parts;
	int error;

	if (fd < 0)
		return fd;
	clock_gettime(CLOCK_REALTIME, &now);
	if (!gmtime_r(&now.tv_sec, &parts) || !strftime(when, sizeof(when), "%Y%m%dT%H%M%S", &parts))
		return -EINVAL;
	snprintf(stored.name, sizeof(stored.name), "%s.%03ldZ-%.32s" SUFFIX, when, now.tv_nsec / 1000000, id);
	remove_leftovers(fd);
	error = write_file(fd, stored.name, text, size);
	if (error)
		return error;
	rotate(fd, max_count, max_bytes, &stored);
	*ret_stored = stored;
	return 0;
}

int incident_store_list(const char *path, incident_store_each *each, void *context)
{
	AUTO_CLOSE int fd = open_directory(path, false);
	struct dirent **entries;
	int count;

	if (fd < 0)
		return fd;
	count = scandirat(fd, ".", &entries, is_incident, alphasort);
	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++)
		each(context, entries[i]->d_name);
	free_entries(entries, count);
	return count;
}
