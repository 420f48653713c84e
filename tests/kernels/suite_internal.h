/* SPDX-License-Identifier: GPL-2.0-only */
/* What the suite knows, and what it found: shared by its files alone. */
#ifndef SUITE_INTERNAL_H
#define SUITE_INTERNAL_H

#include <stdbool.h>

#include "kernel/kernel.h"
#include "operations.h"

#define EVENTS_MAX 4096

struct seen {
	uint16_t kind;
	char path[256];
	char source[256];
	char executable[256];
};

extern struct suite {
	struct event_loop *loop;
	struct kernel *kernel;
	struct self_metrics metrics;
	struct operations_place place;
	struct seen events[EVENTS_MAX];
	size_t event_count;
	size_t foreign;	    /* records about others than the suite */
	size_t flood_count; /* opens, kept or not */
	char cgroup[256];
	uint32_t slot;
	bool by_rules; /* the kernel sends only what the rules of operations_write_variant_rules() ask for */
	unsigned int failed, passed, skipped;
} suite;

/** suite_report() - print a line, and count it. @result: "PASS", "FAIL" or "SKIP". */
void suite_report(const char *result, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));

/** suite_on_record() - for kernel_options: keep what the suite's cgroup did. */
void suite_on_record(void *context, const void *record, size_t size);

/** suite_flood() - send more than the buffer takes. */
void suite_flood(void);

/** suite_check() - whether what was counted, and what was told of, is what @operation does; reports what is not. */
bool suite_check(const struct operation *operation, const struct picket_counters *before,
		 const struct picket_counters *after);

#endif
