/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/event_source.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "kernel/ring_reader.h"
#include "picket/event.h"

/* Records taken in one go, so that a flood leaves time for scrapes and signals. */
#define BATCH 4096

struct event_source {
	struct event_loop *loop;
	struct ring_reader ring;
	struct perf_buffer *perf; /* NULL: the ring buffer is read */
	int fd;
	event_source_record *on_record;
	void *context;
	unsigned int batch;
	/* perf samples begin 4 bytes off */
	char aligned[sizeof(struct picket_event) + PICKET_DATA_SIZE] __attribute__((aligned(8)));
};

static bool on_ring_record(void *context, const void *record, size_t size)
{
	struct event_source *source = context;

	source->on_record(source->context, record, size);
	return ++source->batch < BATCH;
}

static void on_perf_record(void *context, int cpu, void *record, __u32 size)
{
	struct event_source *source = context;
	const struct picket_event *event = (const struct picket_event *)source->aligned;

	(void)cpu;
	if (size > sizeof(source->aligned))
		size = sizeof(source->aligned);
	memcpy(source->aligned, record, size);
	if (size >= sizeof(*event) && event->size <= size)
		size = event->size; /* perf pads its samples at the end */
	source->on_record(source->context, source->aligned, size);
}

static void on_ready(void *context, int fd, uint32_t events)
{
	struct event_source *source = context;

	(void)fd;
	(void)events;
	source->batch = 0;
	if (!source->perf)
		ring_reader_consume(&source->ring, on_ring_record, source);
	else
		perf_buffer__consume(source->perf); /* not poll: the outer epoll has taken its readiness */
}

static uint32_t pages_per_cpu(uint32_t buffer_bytes)
{
	uint32_t pages = 1, wanted = buffer_bytes / getpagesize() / libbpf_num_possible_cpus();

	while (pages * 2 <= wanted)
		pages *= 2;
	return pages;
}

static int open_perf(struct event_source *source, const struct object_maps *maps, uint32_t buffer_bytes)
{
	source->perf = perf_buffer__new(object_maps_fd(maps, "events_perf"), pages_per_cpu(buffer_bytes),
					on_perf_record, NULL, source, NULL); /* whoever found it full counted */
	if (!source->perf)
		return -errno;
	source->fd = perf_buffer__epoll_fd(source->perf);
	return 0;
}

static int open_ring(struct event_source *source, const struct object_maps *maps)
{
	int fd = object_maps_fd(maps, "events");

	if (fd < 0)
		return fd;
	source->fd = fd;
	return ring_reader_open(&source->ring, fd, sizeof(source->aligned));
}

int event_source_open(struct event_loop *loop, const struct object_maps *maps, bool use_perf_buffer,
		      uint32_t buffer_bytes, event_source_record *on_record, void *context,
		      struct event_source **ret_source)
{
	struct event_source *source = calloc(1, sizeof(*source));
	int error;

	if (!source)
		return -ENOMEM;
	source->loop = loop;
	source->fd = -1;
	source->on_record = on_record;
	source->context = context;
	error = use_perf_buffer ? open_perf(source, maps, buffer_bytes) : open_ring(source, maps);
	if (error)
		goto fail;
	error = event_loop_watch(loop, source->fd, EPOLLIN, on_ready, source);
	if (error)
		goto fail;
	*ret_source = source;
	return 0;
fail:
	event_source_close(source);
	return error;
}

void event_source_drain(struct event_source *source)
{
	do {
		on_ready(source, source->fd, EPOLLIN);
	} while (source->batch == BATCH);
}

void event_source_close(struct event_source *source)
{
	if (!source)
		return;
	if (source->fd >= 0)
		event_loop_unwatch(source->loop, source->fd);
	ring_reader_close(&source->ring);
	perf_buffer__free(source->perf);
	free(source);
}
