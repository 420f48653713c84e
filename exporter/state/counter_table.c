/* SPDX-License-Identifier: GPL-2.0-only */
#include "counter_table.h"

#define FAMILY(id, name, unit, help) [PICKET_FAMILY_##id] = { name, unit, help },
#define COUNTER(id, family, labels) [PICKET_COUNTER_##id] = { PICKET_FAMILY_##family, labels },

const struct counter_family counter_families[PICKET_FAMILY_COUNT] = { PICKET_FAMILIES(FAMILY) };
const struct counter_info counter_infos[PICKET_COUNTER_COUNT] = { PICKET_COUNTERS(COUNTER) };

enum picket_counter counter_table_first(enum picket_family family)
{
	int counter = 0;

	while (counter_infos[counter].family != family)
		counter++;
	return counter;
}

bool counter_is_kept(enum picket_counter counter, bool perf, uint32_t perf_events)
{
	if (counter < PICKET_COUNTER_PERF_CPU_CYCLES)
		return counter < PICKET_COUNTER_PERF_FIRST || perf;
	return perf && perf_events & 1U << (counter - PICKET_COUNTER_PERF_CPU_CYCLES);
}

uint64_t counter_table_read_slot(const struct counter_table *table, uint32_t slot, enum picket_counter counter)
{
	if (slot >= table->slot_count || (size_t)counter >= PICKET_COUNTER_COUNT)
		return 0;
	return __atomic_load_n(&table->slots[slot].value[counter], __ATOMIC_RELAXED);
}

static void add_slot(const struct counter_table *table, uint32_t slot, enum picket_counter first, size_t count,
		     uint64_t *sums)
{
	if (slot >= table->slot_count || first + count > PICKET_COUNTER_COUNT)
		return;
	for (size_t i = 0; i < count; i++)
		sums[i] += __atomic_load_n(&table->slots[slot].value[first + i], __ATOMIC_RELAXED);
}

void counter_table_add(const struct counter_table *table, const struct registry *registry,
		       const struct container *container, enum picket_counter first, size_t count, uint64_t *sums)
{
	const uint32_t *folded;
	size_t folded_count = registry_folded_slots(registry, container, &folded);

	if (container->slot >= PICKET_SLOT_FIRST)
		add_slot(table, container->slot, first, count, sums);
	for (size_t i = 0; i < folded_count; i++)
		add_slot(table, folded[i], first, count, sums);
}

void counter_table_prefetch(const struct counter_table *table, const struct container *container,
			    enum picket_counter first)
{
	if (container->slot < table->slot_count)
		__builtin_prefetch(&table->slots[container->slot].value[first]);
}

uint64_t counter_table_read(const struct counter_table *table, const struct registry *registry,
			    const struct container *container, enum picket_counter counter)
{
	uint64_t sum = 0;

	counter_table_add(table, registry, container, counter, 1, &sum);
	return sum;
}

void counter_table_move(const struct counter_table *table, uint32_t from, uint32_t to)
{
	if (from >= table->slot_count || to >= table->slot_count || from == to)
		return;
	for (size_t i = 0; i < PICKET_COUNTER_COUNT; i++) {
		__u64 value = __atomic_exchange_n(&table->slots[from].value[i], 0, __ATOMIC_RELAXED);

		if (value)
			__atomic_fetch_add(&table->slots[to].value[i], value, __ATOMIC_RELAXED);
	}
}
