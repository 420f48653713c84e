/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The metrics as Prometheus reads them: text 0.0.4, OpenMetrics 1.0 and its
 * protobuf, written family by family in constant memory.
 */
#ifndef PROMETHEUS_H
#define PROMETHEUS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "state/counter_table.h"
#include "state/registry.h"
#include "state/rules.h"
#include "state/self_metrics.h"

enum exposition_format { EXPOSITION_TEXT, EXPOSITION_OPENMETRICS, EXPOSITION_PROTOBUF, EXPOSITION_FORMAT_COUNT };

/* All that a scrape shows; borrowed. */
struct exposition_source {
	struct registry *registry;
	const struct counter_table *counters;
	struct rule_set *const *rules; /* points to the daemon's pointer: it is swapped by a reload */
	/* matches of the host's own processes, by rule index; points to the daemon's pointer; NULL: not counted */
	uint64_t *const *host_rule_matches;
	const struct self_metrics *metrics;
	const char *procfs_path;
	const struct node_tee *tee; /* NULL: not told */
	/* run time of BPF programs: calls @each(name, seconds, runs); NULL where not available */
	void (*for_each_program)(void *kernel,
				 void (*each)(void *context, const char *name, double seconds, uint64_t runs),
				 void *context);
	/* kernel memory of BPF maps; NULL where not available */
	void (*for_each_map)(void *kernel, void (*each)(void *context, const char *name, uint64_t bytes),
			     void *context);
	int (*flush_perf)(void *kernel); /* before the perf families are read; NULL where there are none */
	void *kernel;
};

struct exposition;

/**
 * exposition_new() - start a scrape of the containers that exist now.
 * @collectors: COLLECTOR_BIT()s of collectors.h; COLLECTORS_ALL.
 * Return: 0 and an object for exposition_free(), -ENOMEM.
 */
int exposition_new(const struct exposition_source *source, enum exposition_format format, unsigned int collectors,
		   struct exposition **ret_exposition);

struct container_set;

/**
 * exposition_new_group() - the lines of one group of containers, or those that are of none.
 * They are of the text format with the marks of exposition_lines.h; for exposition_next_lines().
 * @index: where the group begins in @set; SIZE_MAX: what is about the node and picket.
 */
int exposition_new_group(const struct exposition_source *source, const struct container_set *set, size_t index,
			 struct exposition **ret_exposition);

/** exposition_next_lines() - whole lines, borrowed until the next call. Return: bytes, 0 at the end, -ENOMEM. */
ssize_t exposition_next_lines(struct exposition *exposition, const char **ret_lines);

/**
 * exposition_read() - the next bytes, at most @size (> 0).
 * The concatenation of all reads is the document. Containers and rules may come and go between two reads.
 * Return: bytes written, 0 at the end, -ENOMEM: the document cannot be finished and must not pass for whole.
 */
ssize_t exposition_read(struct exposition *exposition, char *buffer, size_t size);

/**
 * exposition_free() - NULL is fine.
 * @delivered: the reader got every byte. Only then, and only when exposition_read() came to the end, containers
 *	that were gone when the scrape began are marked as exposed, so that the registry may forget them.
 */
void exposition_free(struct exposition *exposition, bool delivered);

#endif
