/* SPDX-License-Identifier: GPL-2.0-only */
#include "cgroup_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cleanup.h"

/* Records end in a NUL, since a cgroup's name may hold anything else. */
static int write_records(int fd, const struct registry *registry)
{
	FILE *file = fdopen(fd, "w");
	int error = 0;

	if (!file) {
		close(fd);
		return -errno;
	}
	for (size_t i = 0; i < registry_count(registry); i++) {
		const struct container *container = registry_at(registry, i);

		if (!container->removed_unix_ns)
			fprintf(file, "%llu %s%c", (unsigned long long)container->cgroup_id, container->cgroup_path,
				'\0');
	}
	if (ferror(file))
		error = -EIO;
	return fclose(file) ? -errno : error;
}

int cgroup_journal_write(const char *path, const struct registry *registry)
{
	char temporary[PATH_MAX];
	int fd, error;

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	error = write_records(fd, registry);
	if (!error && rename(temporary, path))
		error = -errno;
	if (error)
		unlink(temporary);
	return error;
}

int cgroup_journal_read(const char *path, void (*each)(void *context, uint64_t cgroup_id, const char *cgroup_path),
			void *context)
{
	AUTO_FCLOSE FILE *file = fopen(path, "re");
	AUTO_FREE char *record = NULL;
	size_t room = 0;
	int count = 0;

	if (!file)
		return errno == ENOENT ? 0 : -errno;
	while (getdelim(&record, &room, '\0', file) > 0) {
		char *end;
		unsigned long long id = strtoull(record, &end, 10);

		if (!id || end[0] != ' ' || end[1] != '/')
			continue;
		each(context, id, end + 1);
		count++;
	}
	return count;
}
