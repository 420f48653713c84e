/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/ring_reader.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEADER_BYTES BPF_RINGBUF_HDR_SZ
#define RECORD_ALIGN 8UL /* so that a header is never cut */

static int map_all(struct ring_reader *reader, int map_fd)
{
	void *mapped = mmap(NULL, reader->page_size, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);

	if (mapped == MAP_FAILED)
		return -errno;
	reader->consumer = mapped;
	mapped = mmap(NULL, reader->page_size + reader->size, PROT_READ, MAP_SHARED, map_fd, (off_t)reader->page_size);
	if (mapped == MAP_FAILED)
		return -errno;
	reader->producer = mapped;
	reader->data = (const char *)mapped + reader->page_size;
	return 0;
}

int ring_reader_open(struct ring_reader *reader, int map_fd, size_t record_max)
{
	struct bpf_map_info info = {};
	uint32_t info_size = sizeof(info);
	int error;

	*reader = (struct ring_reader){ .page_size = (size_t)getpagesize() };
	if (bpf_obj_get_info_by_fd(map_fd, &info, &info_size))
		return -errno;
	if (info.type != BPF_MAP_TYPE_RINGBUF)
		return -EINVAL;
	reader->size = info.max_entries;
	error = map_all(reader, map_fd);
	if (!error) {
		reader->cut_size = record_max;
		reader->cut = malloc(record_max);
		error = reader->cut ? 0 : -ENOMEM;
	}
	if (error)
		ring_reader_close(reader);
	return error;
}

void ring_reader_close(struct ring_reader *reader)
{
	if (reader->consumer)
		munmap(reader->consumer, reader->page_size);
	if (reader->producer)
		munmap((void *)reader->producer, reader->page_size + reader->size);
	free(reader->cut);
	*reader = (struct ring_reader){ 0 };
}

/* The record of *@size bytes that begins at @start of the data. */
static const void *whole_record(struct ring_reader *reader, size_t start, size_t *size)
{
	size_t until_end = reader->size - start;

	if (*size <= until_end)
		return reader->data + start;
	if (*size > reader->cut_size)
		*size = reader->cut_size;
	if (until_end > *size)
		until_end = *size;
	memcpy(reader->cut, reader->data + start, until_end);
	memcpy(reader->cut + until_end, reader->data, *size - until_end);
	return reader->cut;
}

void ring_reader_consume(struct ring_reader *reader, bool (*each)(void *context, const void *record, size_t size),
			 void *context)
{
	unsigned long position = __atomic_load_n(reader->consumer, __ATOMIC_ACQUIRE);
	bool more = true;

	while (more && position < __atomic_load_n(reader->producer, __ATOMIC_ACQUIRE)) {
		size_t start = position & (reader->size - 1), size;
		uint32_t length = __atomic_load_n((const uint32_t *)(reader->data + start), __ATOMIC_ACQUIRE);

		if (length & BPF_RINGBUF_BUSY_BIT)
			return; /* its writer wakes us when it is done */
		size = length & ~BPF_RINGBUF_DISCARD_BIT;
		position += (HEADER_BYTES + size + RECORD_ALIGN - 1) & ~(RECORD_ALIGN - 1);
		if (!(length & BPF_RINGBUF_DISCARD_BIT)) {
			const void *record = whole_record(reader, (start + HEADER_BYTES) & (reader->size - 1), &size);

			more = each(context, record, size);
		}
		__atomic_store_n(reader->consumer, position, __ATOMIC_RELEASE);
	}
}
