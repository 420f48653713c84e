/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading a journal: what its last records say. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup_journal.h"
#include "cgroup_journal_format.h"
#include "cleanup.h"
#include "picket/counters.h"

#define FILE_MAX (256 << 20)

struct reader {
	struct cgroup_history history;
	size_t capacity;
	uint32_t *owners; /* by slot: number of the record that has it, from 1; 0: none */
	uint32_t slot_count;
};

static bool slot_exists(const struct reader *reader, uint32_t slot)
{
	return slot >= PICKET_SLOT_FIRST && slot < reader->slot_count;
}

static int make_room(struct reader *reader)
{
	struct cgroup_history *history = &reader->history;
	size_t capacity = reader->capacity ? reader->capacity * 2 : 64;
	struct cgroup_record *records;

	if (history->count < reader->capacity)
		return 0;
	records = reallocarray(history->records, capacity, sizeof(*records));
	if (!records)
		return -ENOMEM;
	history->records = records;
	reader->capacity = capacity;
	return 0;
}

/* The NUL-terminated texts of a record, after its first. Return: whether there are as many as there must be. */
static bool take_texts(const char *at, const char *end, struct cgroup_record *record)
{
	const char **const texts[] = { &record->path, &record->name,	  &record->image,
				       &record->pod,  &record->namespace, &record->pod_uid };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (at >= end)
			return false;
		*texts[i] = at;
		at += strlen(at) + 1; /* the whole ends in a NUL */
	}
	return at == end && record->path[0] == '/';
}

static int take_folded(struct reader *reader, const char *numbers, struct cgroup_record *record, uint32_t number)
{
	size_t room = 0;
	char *end;

	for (const char *c = numbers; *c; c++)
		room += *c == ' ';
	if (!room)
		return 0;
	record->folded = calloc(room, sizeof(*record->folded));
	if (!record->folded)
		return -ENOMEM;
	while (*numbers == ' ' && record->folded_count < room) {
		unsigned long slot = strtoul(numbers + 1, &end, 10);

		if (end == numbers + 1)
			break;
		numbers = end;
		if (slot > UINT32_MAX || !slot_exists(reader, slot) || slot == record->slot)
			continue;
		record->folded[record->folded_count++] = slot;
		reader->owners[slot] = number;
	}
	return 0;
}

/* Return: 0, also for one of no use; -ENOMEM. */
static int take_container(struct reader *reader, const char *text, const char *end)
{
	struct cgroup_record record = { 0 };
	unsigned long long id;
	unsigned int slot, removed, isolation;
	int used = 0, error;

	if (sscanf(text, "C %20llu %10u %1u %3u%n", &id, &slot, &removed, &isolation, &used) != 4 || !id ||
	    !slot_exists(reader, slot) || !journal_isolation_read(isolation, &record.isolation) ||
	    !take_texts(text + strlen(text) + 1, end, &record))
		return 0;
	record.cgroup_id = id;
	record.slot = slot;
	record.removed = removed;
	error = make_room(reader);
	if (!error)
		error = take_folded(reader, text + used, &record, reader->history.count + 1);
	if (error)
		return error;
	reader->history.records[reader->history.count++] = record;
	reader->owners[slot] = reader->history.count;
	return 0;
}

static int take_record(struct reader *reader, const char *text, size_t size)
{
	unsigned int slot;

	if (text[0] == 'C')
		return take_container(reader, text, text + size);
	if (sscanf(text, "F %10u", &slot) == 1 && slot_exists(reader, slot))
		reader->owners[slot] = 0;
	return 0;
}

/* Only what no later record said otherwise. */
static void drop_outdated(struct reader *reader)
{
	struct cgroup_history *history = &reader->history;
	size_t kept = 0;

	for (size_t i = 0; i < history->count; i++) {
		struct cgroup_record record = history->records[i];
		size_t folded = 0;

		if (reader->owners[record.slot] != i + 1) {
			free(record.folded);
			continue;
		}
		for (size_t j = 0; j < record.folded_count; j++)
			if (reader->owners[record.folded[j]] == i + 1)
				record.folded[folded++] = record.folded[j];
		record.folded_count = folded;
		history->records[kept++] = record;
	}
	history->count = kept;
}

int cgroup_history_parse(char *buffer, size_t size, uint32_t slot_count, struct cgroup_history *ret_history)
{
	struct reader reader = { .history = { .buffer = buffer }, .slot_count = slot_count };
	struct journal_header header;
	size_t at = 0;
	int error = 0;

	reader.owners = calloc(slot_count, sizeof(*reader.owners));
	if (!reader.owners)
		error = -ENOMEM;
	while (!error && size - at > sizeof(header)) {
		const char *text = buffer + at + sizeof(header);

		memcpy(&header, buffer + at, sizeof(header));
		if (!header.size || header.size > size - at - sizeof(header) || text[header.size - 1] ||
		    header.hash != journal_hash(text, header.size))
			break;
		error = take_record(&reader, text, header.size);
		at += sizeof(header) + header.size;
	}
	reader.history.valid_bytes = at;
	if (!error)
		drop_outdated(&reader);
	free(reader.owners);
	if (error)
		cgroup_history_free(&reader.history);
	else
		*ret_history = reader.history;
	return error;
}

int cgroup_history_read(const char *path, uint32_t slot_count, struct cgroup_history *ret_history)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat status;
	size_t size = 0;
	ssize_t got;
	char *buffer;

	if (fd < 0 && errno == ENOENT) {
		*ret_history = (struct cgroup_history){ 0 };
		return 0;
	}
	if (fd < 0 || fstat(fd, &status))
		return -errno;
	if (status.st_size > FILE_MAX)
		return -EFBIG;
	buffer = malloc(status.st_size + 1);
	if (!buffer)
		return -ENOMEM;
	while (size < (size_t)status.st_size && (got = read(fd, buffer + size, status.st_size - size)) > 0)
		size += got;
	return cgroup_history_parse(buffer, size, slot_count, ret_history);
}

void cgroup_history_free(struct cgroup_history *history)
{
	for (size_t i = 0; i < history->count; i++)
		free(history->records[i].folded);
	free(history->records);
	free(history->buffer);
	*history = (struct cgroup_history){ 0 };
}
