/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the scheduler and the processors know of a container (--collector.perf): families and counters of counters.h. */
#ifndef PICKET_PERF_H
#define PICKET_PERF_H

/* Counted in nanoseconds where the unit is seconds. The order of counters.h holds: these are the last. */
#define PICKET_PERF_FAMILIES(FAMILY) \
	FAMILY(PERF_TASK_CLOCK, "picket_perf_task_clock_seconds", "seconds", "Processor time used.") \
	FAMILY(PERF_CONTEXT_SWITCHES, "picket_perf_context_switches", "", \
	       "Times that a processor was given up or taken away.") \
	FAMILY(PERF_PAGE_FAULTS, "picket_perf_page_faults", "", "Page faults, by whether they had to read from disk.") \
	PICKET_PERF_EVENTS(PICKET_PERF_EVENT_FAMILY, FAMILY)

#define PICKET_PERF_COUNTERS(COUNTER) \
	COUNTER(PERF_TASK_CLOCK, PERF_TASK_CLOCK, "") \
	COUNTER(PERF_CONTEXT_SWITCHES, PERF_CONTEXT_SWITCHES, "") \
	COUNTER(PERF_PAGE_FAULTS_MINOR, PERF_PAGE_FAULTS, "type=minor") \
	COUNTER(PERF_PAGE_FAULTS_MAJOR, PERF_PAGE_FAULTS, "type=major") \
	PICKET_PERF_EVENTS(PICKET_PERF_EVENT_COUNTER, COUNTER)

/* Counters of the processor. EVENT(id, PERF_COUNT_HW_*, metric, help, X) */
#define PICKET_PERF_EVENTS(EVENT, X) \
	EVENT(CPU_CYCLES, PERF_COUNT_HW_CPU_CYCLES, "picket_perf_cpu_cycles", "Processor cycles used.", X) \
	EVENT(INSTRUCTIONS, PERF_COUNT_HW_INSTRUCTIONS, "picket_perf_instructions", "Instructions carried out.", X) \
	EVENT(CACHE_MISSES, PERF_COUNT_HW_CACHE_MISSES, "picket_perf_cache_misses", \
	      "Accesses to memory that the last cache did not have.", X)

#define PICKET_PERF_EVENT_FAMILY(id, config, name, help, FAMILY) FAMILY(PERF_##id, name, "", help)
#define PICKET_PERF_EVENT_COUNTER(id, config, name, help, COUNTER) COUNTER(PERF_##id, PERF_##id, "")

#define PICKET_PERF_EVENT_ENUM(id, config, name, help, X) PICKET_PERF_EVENT_##id,
enum picket_perf_event { PICKET_PERF_EVENTS(PICKET_PERF_EVENT_ENUM, ) PICKET_PERF_EVENT_COUNT };
#undef PICKET_PERF_EVENT_ENUM

#endif
