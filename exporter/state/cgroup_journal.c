/* SPDX-License-Identifier: GPL-2.0-only */
#include "cgroup_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup_journal_format.h"
#include "cleanup.h"

#define LONG_BYTES (8 << 20)

struct cgroup_journal {
	char *path;
	int fd;
	size_t size;
};

static void make_folder(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return;
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	mkdir(folder, 0700); /* that it is there already is fine; else opening the file says what is wrong */
}

int cgroup_journal_open(const char *path, size_t keep_bytes, struct cgroup_journal **ret_journal)
{
	struct cgroup_journal *journal = calloc(1, sizeof(*journal));
	int error;

	if (!journal)
		return -ENOMEM;
	journal->path = strdup(path);
	make_folder(path);
	journal->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	journal->size = keep_bytes;
	if (!journal->path || journal->fd < 0 || ftruncate(journal->fd, (off_t)keep_bytes)) {
		error = journal->path ? -errno : -ENOMEM;
		cgroup_journal_close(journal);
		return error;
	}
	*ret_journal = journal;
	return 0;
}

void cgroup_journal_close(struct cgroup_journal *journal)
{
	if (!journal)
		return;
	if (journal->fd >= 0)
		close(journal->fd);
	free(journal->path);
	free(journal);
}

/* Text between open_memstream() and here begins with room for the header. */
static int append(int fd, char *record, size_t size, size_t *total)
{
	struct journal_header header = { .size = size - sizeof(header) };
	ssize_t written;

	if (header.size > JOURNAL_RECORD_MAX)
		return -EFBIG;
	header.hash = journal_hash(record + sizeof(header), header.size);
	memcpy(record, &header, sizeof(header));
	written = write(fd, record, size);
	if (written < 0)
		return -errno;
	if ((size_t)written != size) { /* the file system is full: take back what a reader would stop at */
		return ftruncate(fd, (off_t)*total) ? -errno : -ENOSPC;
	}
	*total += size;
	return 0;
}

static void write_container(FILE *out, const struct registry *registry, const struct container *container)
{
	const char *const texts[] = { container->cgroup_path, container->name,	    container->image,
				      container->pod,	      container->namespace, container->pod_uid };
	const uint32_t *folded;
	size_t count = registry_folded_slots(registry, container, &folded);

	fprintf(out, "C %llu %u %d %d", (unsigned long long)container->cgroup_id, container->slot,
		container->removed_unix_ns != 0, journal_isolation(&container->isolation));
	for (size_t i = 0; i < count; i++)
		fprintf(out, " %u", folded[i]);
	fputc('\0', out);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		fwrite(texts[i], 1, strlen(texts[i]) + 1, out);
}

static int add_container(int fd, size_t *total, const struct registry *registry, const struct container *container)
{
	struct journal_header room = { 0 };
	AUTO_FREE char *record = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&record, &size);

	if (!out)
		return -ENOMEM;
	fwrite(&room, sizeof(room), 1, out);
	write_container(out, registry, container);
	return ferror(out) | fclose(out) ? -ENOMEM : append(fd, record, size, total);
}

int cgroup_journal_add(struct cgroup_journal *journal, const struct registry *registry,
		       const struct container *container)
{
	return add_container(journal->fd, &journal->size, registry, container);
}

int cgroup_journal_free_slot(struct cgroup_journal *journal, uint32_t slot)
{
	char record[sizeof(struct journal_header) + 16];
	int size = snprintf(record + sizeof(struct journal_header), 16, "F %u", slot);

	return append(journal->fd, record, sizeof(struct journal_header) + size + 1, &journal->size);
}

static int write_all(int fd, const struct registry *registry, size_t *ret_size)
{
	int error = 0;

	for (size_t i = 0; i < registry_count(registry) && !error; i++)
		error = add_container(fd, ret_size, registry, registry_at(registry, i));
	return error;
}

int cgroup_journal_rewrite(struct cgroup_journal *journal, const struct registry *registry)
{
	char temporary[PATH_MAX];
	size_t size = 0;
	int fd, error;

	snprintf(temporary, sizeof(temporary), "%s.new", journal->path);
	fd = open(temporary, O_WRONLY | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	error = write_all(fd, registry, &size);
	if (!error && rename(temporary, journal->path))
		error = -errno;
	if (error) {
		unlink(temporary);
		close(fd);
		return error;
	}
	close(journal->fd);
	journal->fd = fd;
	journal->size = size;
	return 0;
}

bool cgroup_journal_is_long(const struct cgroup_journal *journal)
{
	return journal->size > LONG_BYTES;
}
