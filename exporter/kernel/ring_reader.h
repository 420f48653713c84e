/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reading end of a BPF ring buffer. libbpf's maps the data twice, one behind the other, so that no record is cut by
 * the end, and all of that is resident; this one maps it once and puts the record that is cut together.
 */
#ifndef RING_READER_H
#define RING_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring_reader {
	unsigned long *consumer;       /* mapped: bytes that were taken, ever */
	const unsigned long *producer; /* mapped: bytes that were reserved, ever */
	const char *data;	       /* mapped */
	size_t size, page_size;	       /* of the data, a power of two; of the pages before it */
	char *cut;		       /* a record that goes over the end, put together */
	size_t cut_size;
};

/**
 * ring_reader_open() - @map_fd: of a BPF_MAP_TYPE_RINGBUF; epoll says by it that there are records.
 * @record_max: longer ones are given as far as this when they go over the end.
 * Return: 0, -errno.
 */
int ring_reader_open(struct ring_reader *reader, int map_fd, size_t record_max);
void ring_reader_close(struct ring_reader *reader);

/** ring_reader_consume() - all complete records in their order, until @each returns false; that one is taken, too. */
void ring_reader_consume(struct ring_reader *reader, bool (*each)(void *context, const void *record, size_t size),
			 void *context);

#endif
