/* SPDX-License-Identifier: GPL-2.0-only */
/* What it takes to write the text of one scrape, without the kernel's part: CPU milliseconds, the best of ten. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "export/collectors.h"
#include "export/prometheus.h"

#define BLOCK_BYTES (128 << 10)
#define TRIES 10

static double cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static void fill(struct registry *registry, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct registry_verdict verdict;
		char path[128];

		snprintf(path, sizeof(path), "/docker/%016zx%016zx%016zx%016zx", i * 0x9e3779b97f4a7c15, i, ~i, i * i);
		if (registry_add(registry, i + 100, 1, path, registry_take_slot(registry), &verdict))
			abort();
	}
}

static size_t scrape(const struct exposition_source *source, char *block)
{
	struct exposition *exposition;
	size_t size = 0;
	ssize_t got;

	if (exposition_new(source, EXPOSITION_TEXT,
			   COLLECTOR_BIT(COLLECTOR_CONTAINERS) | COLLECTOR_BIT(COLLECTOR_RULES), &exposition))
		abort();
	while ((got = exposition_read(exposition, block, BLOCK_BYTES)) > 0)
		size += (size_t)got;
	exposition_free(exposition, false);
	return size;
}

static void no_report(void *context, const char *message)
{
	(void)context;
	fprintf(stderr, "%s\n", message);
}

static void measure(size_t count)
{
	static char block[BLOCK_BYTES];
	struct registry_options options = { .root_path = "/nonexistent", .max_slots = (unsigned int)count + 10 };
	struct counter_table counters = { .slot_count = count + 10 };
	struct self_metrics *metrics = calloc(1, sizeof(*metrics));
	struct rule_set *rules = NULL;
	struct exposition_source source = { .counters = &counters, .rules = &rules, .metrics = metrics };
	double best = 1e9;
	size_t size = 0;

	counters.slots = calloc(counters.slot_count, sizeof(*counters.slots));
	if (!metrics || !counters.slots || registry_new(&options, &source.registry) ||
	    rules_load(NULL, 0, true, no_report, NULL, &rules))
		abort();
	fill(source.registry, count);
	if (registry_reset_rules(source.registry, rules_count(rules), NULL, 0))
		abort();
	for (int i = 0; i < TRIES; i++) {
		double start = cpu_ms();

		size = scrape(&source, block);
		if (cpu_ms() - start < best)
			best = cpu_ms() - start;
	}
	printf("text of a scrape, %5zu containers %20.2f ms   %zu KiB\n", count, best, size >> 10);
	registry_free(source.registry);
	rules_free(rules);
	free(counters.slots);
	free(metrics);
}

int main(void)
{
	measure(100);
	measure(1000);
	measure(10000);
	return 0;
}
