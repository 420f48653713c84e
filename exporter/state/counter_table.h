/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The counters of all slots, as the kernel maps them, and the tables that
 * describe them.
 */
#ifndef COUNTER_TABLE_H
#define COUNTER_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "picket/counters.h"
#include "registry.h"

struct counter_family {
	const char *name; /* without _total */
	const char *unit;
	const char *help;
};

struct counter_info {
	enum picket_family family;
	const char *labels; /* "name=value,name=value" or "" */
};

extern const struct counter_family counter_families[PICKET_FAMILY_COUNT];
extern const struct counter_info counter_infos[PICKET_COUNTER_COUNT];

/** counter_table_first() - the first counter of a family; the others follow it. Every family has one. */
enum picket_counter counter_table_first(enum picket_family family);

/* View of the mmapable array: slot_count elements, borrowed from kernel/. */
struct counter_table {
	struct picket_counters *slots;
	size_t slot_count;
};

/**
 * counter_table_read() - one counter of a container, its folded slots added.
 * What a container without a slot of its own did is counted with others' on PICKET_SLOT_OVERFLOW and not read here:
 * it would be told once for each of them.
 */
uint64_t counter_table_read(const struct counter_table *table, const struct registry *registry,
			    const struct container *container, enum picket_counter counter);

/** counter_table_add() - add @count counters from @first on, read so, to @sums. */
void counter_table_add(const struct counter_table *table, const struct registry *registry,
		       const struct container *container, enum picket_counter first, size_t count, uint64_t *sums);

/** counter_table_prefetch() - these will be asked for soon. */
void counter_table_prefetch(const struct counter_table *table, const struct container *container,
			    enum picket_counter first);

/** counter_is_kept() - whether anything counts it here; one that nothing counts must not be shown as 0. */
bool counter_is_kept(enum picket_counter counter, bool perf, uint32_t perf_events);

/** counter_table_read_slot() - one counter of one slot, PICKET_SLOT_HOST and PICKET_SLOT_OVERFLOW too. */
uint64_t counter_table_read_slot(const struct counter_table *table, uint32_t slot, enum picket_counter counter);

/** counter_table_move() - add all values of @from to those of @to and leave zeros; additions under way are kept. */
void counter_table_move(const struct counter_table *table, uint32_t from, uint32_t to);

#endif
