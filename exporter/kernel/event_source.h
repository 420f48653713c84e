/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records from the kernel, by ring buffer or perf buffer, to a callback on the event loop. Those that found no room were
 * counted by the programs that made them, see record_submit().
 */
#ifndef EVENT_SOURCE_H
#define EVENT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event_loop.h"
#include "kernel/objects.h"

struct event_source;

/* @record: as it came, not checked; borrowed for the call. */
typedef void event_source_record(void *context, const void *record, size_t size);

/**
 * event_source_open() - start reading.
 * @buffer_bytes: of all perf buffers together; the ring buffer has its size already.
 * Return: 0, -errno.
 */
int event_source_open(struct event_loop *loop, const struct object_maps *maps, bool use_perf_buffer,
		      uint32_t buffer_bytes, event_source_record *on_record, void *context,
		      struct event_source **ret_source);

/** event_source_drain() - read what is there now, all of it. For shutdown. */
void event_source_drain(struct event_source *source);

void event_source_close(struct event_source *source);

#endif
