/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The samples of one counter family for one container, as fast as memory
 * allows: what is the same in each line is made ready once.
 */
#ifndef COUNTER_SERIES_H
#define COUNTER_SERIES_H

#include <stddef.h>
#include <stdint.h>

#include "state/counter_table.h"
#include "text.h"

#define COUNTER_HEAD_SIZE 64
#define COUNTER_TAIL_SIZE 64

struct counter_series {
	struct {
		size_t size;
		char text[COUNTER_HEAD_SIZE]; /* picket_file_opens_total{ */
	} heads[PICKET_FAMILY_COUNT];
	struct counter_tail {
		size_t size;
		char text[COUNTER_TAIL_SIZE]; /* ,access="read"} and a blank */
	} tails[PICKET_COUNTER_COUNT];
	size_t counts[PICKET_FAMILY_COUNT]; /* counters of the family */
	enum picket_counter firsts[PICKET_FAMILY_COUNT];
};

void counter_series_init(struct counter_series *series);

/** counter_series_ready() - made ready by the first call, which only the event loop's thread does. Static. */
const struct counter_series *counter_series_ready(void);

/**
 * counter_series_write() - one line for each counter of a family.
 * @labels: of the container, ready text without braces, not "".
 * @values: of the family's counters, in their order.
 */
void counter_series_write(const struct counter_series *series, struct text *out, enum picket_family family,
			  const char *labels, size_t labels_size, const uint64_t *values);

#endif
