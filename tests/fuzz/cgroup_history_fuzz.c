/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as a journal: only records that are whole, only slots that exist, each of one container. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "picket/counters.h"
#include "state/cgroup_journal.h"
#include "state/cgroup_journal_format.h"

#define SLOTS 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Half of the inputs become whole records, so that what is in them is reached. */
static char *make_records(const uint8_t *data, size_t size, size_t *ret_size)
{
	char *bytes = malloc(2 * size + 64), *out = bytes;

	if (!bytes)
		abort();
	while (size) {
		size_t part = size > 128 ? 128 : size;
		struct journal_header header = { .size = part };

		memcpy(out + sizeof(header), data, part);
		out[sizeof(header) + part - 1] = '\0';
		header.hash = journal_hash(out + sizeof(header), part);
		memcpy(out, &header, sizeof(header));
		out += sizeof(header) + part;
		data += part;
		size -= part;
	}
	*ret_size = out - bytes;
	return bytes;
}

static void check(const struct cgroup_history *history, size_t size)
{
	unsigned int owners[SLOTS] = { 0 };

	if (history->valid_bytes > size)
		abort();
	for (size_t i = 0; i < history->count; i++) {
		const struct cgroup_record *record = &history->records[i];

		if (!record->cgroup_id || record->slot < PICKET_SLOT_FIRST || record->slot >= SLOTS ||
		    record->path[0] != '/' || owners[record->slot]++)
			abort();
		if (strlen(record->name) + strlen(record->pod_uid) > size)
			abort();
		for (size_t j = 0; j < record->folded_count; j++)
			if (record->folded[j] < PICKET_SLOT_FIRST || record->folded[j] >= SLOTS)
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cgroup_history history = { 0 };
	size_t bytes_size = size;
	char *bytes;

	if (size && data[0] & 1) {
		bytes = make_records(data + 1, size - 1, &bytes_size);
	} else {
		bytes = malloc(size + 1);
		memcpy(bytes, data, size);
	}
	if (cgroup_history_parse(bytes, bytes_size, SLOTS, &history))
		return 0;
	check(&history, bytes_size);
	cgroup_history_free(&history);
	return 0;
}
