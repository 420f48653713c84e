/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of a scrape that can be asked for (collect[]) or left out (exclude[]). */
#ifndef COLLECTORS_H
#define COLLECTORS_H

#include <stddef.h>

/* COLLECTOR(id, name) */
#define COLLECTORS(COLLECTOR) \
	COLLECTOR(CONTAINERS, "containers") \
	COLLECTOR(PERF, "perf") \
	COLLECTOR(RULES, "rules") \
	COLLECTOR(SELF, "self") \
	COLLECTOR(PROCESS, "process") \
	COLLECTOR(BPF, "bpf")

#define COLLECTOR_ENUM(id, name) COLLECTOR_##id,
enum collector { COLLECTORS(COLLECTOR_ENUM) COLLECTOR_COUNT };
#undef COLLECTOR_ENUM

#define COLLECTOR_BIT(collector) (1U << (collector))
#define COLLECTORS_ALL (COLLECTOR_BIT(COLLECTOR_COUNT) - 1)

const char *collector_name(enum collector collector);

/* The query of a scrape, taken in one argument at a time. All zero: nothing was asked, so everything is wanted. */
struct collector_filter {
	unsigned int collected, excluded;
	unsigned int unwanted; /* left out when nothing is asked for by name */
	const char *unknown;   /* borrowed: the first name that is no collector's */
};

/** collector_filter_add() - one argument of the query; others than collect[] and exclude[] are ignored. */
void collector_filter_add(struct collector_filter *filter, const char *key, const char *value);

/**
 * collector_filter_apply() - which collectors run.
 * @error: a sentence when the query is refused.
 * Return: 0; -EINVAL: an unknown name, or both lists.
 */
int collector_filter_apply(const struct collector_filter *filter, unsigned int *ret_collectors, char *error,
			   size_t error_size);

#endif
