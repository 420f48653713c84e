/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/prometheus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "clock.h"
#include "export/collectors.h"
#include "export/container_metrics.h"
#include "export/container_set.h"
#include "export/counter_series.h"
#include "export/exposition_lines.h"
#include "export/family.h"
#include "export/metric_families.h"
#include "export/node_metrics.h"
#include "export/process_metrics.h"
#include "export/program_metrics.h"
#include "export/rule_series.h"
#include "export/self_families.h"

#define CHUNK_BYTES 65536      /* a step stops after it has written so much */
#define CHUNK_LIMIT (16 << 20) /* one container's labels can be long, never that long */
#define RULE_SERIES_MAX 20000  /* container x rule series that are shown while still 0 */
#define PREFETCH_AHEAD 6       /* containers */

struct exposition {
	struct exposition_source source;
	enum exposition_format format;
	unsigned int collectors;
	struct container_set set;
	struct text chunk, encoded;
	struct metric_families *families; /* of protobuf, which is made from the text; else NULL */
	size_t taken;			  /* of chunk */
	unsigned int step;		  /* index of steps[] */
	unsigned int item;		  /* family within the step */
	size_t index;			  /* container within the family */
	bool preinitialised;		  /* rule series are shown while 0 */
	double seconds[COLLECTOR_COUNT];
	bool failed[COLLECTOR_COUNT];
	const struct counter_series *counters;
};

static struct exposition *allocate(const struct exposition_source *source, enum exposition_format format,
				   unsigned int collectors)
{
	struct exposition *exposition = calloc(1, sizeof(*exposition));

	if (!exposition)
		return NULL;
	exposition->source = *source;
	exposition->format = format;
	exposition->collectors = source->metrics->perf ? collectors : collectors & ~COLLECTOR_BIT(COLLECTOR_PERF);
	text_init(&exposition->chunk, CHUNK_LIMIT);
	text_init(&exposition->encoded, CHUNK_LIMIT);
	exposition->counters = counter_series_ready();
	return exposition;
}

/* @containers: of the whole exposition, of which this one may be a part. @error: of what was done until here. */
static int finish(struct exposition *exposition, size_t containers, int error, struct exposition **ret_exposition)
{
	if (error) {
		exposition_free(exposition, false);
		return error;
	}
	exposition->preinitialised = containers * rules_count(*exposition->source.rules) <= RULE_SERIES_MAX;
	*ret_exposition = exposition;
	return 0;
}

int exposition_new(const struct exposition_source *source, enum exposition_format format, unsigned int collectors,
		   struct exposition **ret_exposition)
{
	struct exposition *exposition = allocate(source, format, collectors);
	int error;

	if (!exposition)
		return -ENOMEM;
	error = container_set_open(source->registry, &exposition->set);
	if (!error && format == EXPOSITION_PROTOBUF)
		error = metric_families_new(&exposition->families);
	return finish(exposition, exposition->set.count, error, ret_exposition);
}

int exposition_new_group(const struct exposition_source *source, const struct container_set *set, size_t index,
			 struct exposition **ret_exposition)
{
	const unsigned int of_containers = COLLECTOR_BIT(COLLECTOR_CONTAINERS) | COLLECTOR_BIT(COLLECTOR_PERF) |
					   COLLECTOR_BIT(COLLECTOR_RULES);
	struct exposition *exposition =
		allocate(source, EXPOSITION_PROTOBUF, index == SIZE_MAX ? COLLECTORS_ALL : of_containers);

	if (!exposition)
		return -ENOMEM;
	exposition->source.flush_perf = NULL; /* once for all of them is enough */
	return finish(exposition, set->count, container_set_open_group(set, index, &exposition->set), ret_exposition);
}

/*
 * Sums of a family's counters over a group of containers that share their labels.
 * One that found no slot is counted together with others: it has no numbers of its own, which is not to say 0.
 * Return: whether any is counted.
 */
static bool read_group(const struct exposition *exposition, size_t first, enum picket_family family, uint64_t *sums)
{
	size_t count = exposition->counters->counts[family];
	uint32_t at = (uint32_t)first;
	bool counted = false;

	memset(sums, 0, count * sizeof(*sums));
	while (at != CONTAINER_SET_END) {
		const struct container *container = container_set_each(&exposition->set, &at);

		if (!container)
			continue;
		counter_table_add(exposition->source.counters, exposition->source.registry, container,
				  exposition->counters->firsts[family], count, sums);
		counted |= container->slot >= PICKET_SLOT_FIRST;
	}
	return counted;
}

/* Since when, for those formats that tell: not of counters that went on from an earlier daemon's. */
static void write_created(struct exposition *exposition, int64_t created_ns, int64_t least_ns)
{
	if (exposition->format == EXPOSITION_PROTOBUF && created_ns >= least_ns)
		text_add_format(&exposition->chunk, EXPOSITION_CREATED_MARK "%lld\n", (long long)created_ns);
	else if (exposition->format == EXPOSITION_PROTOBUF)
		text_add(&exposition->chunk, EXPOSITION_CREATED_MARK "0\n");
}

static void write_counters(struct exposition *exposition, const struct container *container, enum picket_family family)
{
	uint64_t values[PICKET_COUNTER_COUNT];

	if (!read_group(exposition, exposition->index, family, values))
		return;
	write_created(exposition, container->created_unix_ns, exposition->source.metrics->continued_unix_ns);
	if (strcmp(counter_families[family].unit, "seconds") == 0)
		family_sample_real(&exposition->chunk, FAMILY_COUNTER, counter_families[family].name, container->labels,
				   values[0] / 1e9);
	else
		counter_series_write(exposition->counters, &exposition->chunk, family, container->labels,
				     container->labels_size, values);
}

/*
 * Thousands of containers do not fit into the processor's caches, and each family goes through all of them: what comes
 * next is on its way while this one is written.
 */
static void prefetch(const struct exposition *exposition, enum picket_family family)
{
	const struct container_set *set = &exposition->set;
	size_t near = exposition->index + PREFETCH_AHEAD, far = near + PREFETCH_AHEAD;

	if (far < set->count && set->entries[far].container)
		registry_prefetch(set->entries[far].container);
	if (near < set->count && set->entries[near].container) {
		const struct container *container = set->entries[near].container;

		__builtin_prefetch(container->labels);
		__builtin_prefetch(container->labels + 64);
		counter_table_prefetch(exposition->source.counters, container, exposition->counters->firsts[family]);
	}
}

/* The counters of one family, container after container. Return: true when the family is complete. */
static bool write_family(struct exposition *exposition, enum picket_family family)
{
	const struct counter_family *info = &counter_families[family];
	struct text *out = &exposition->chunk;

	if (exposition->index == 0)
		family_begin(out, exposition->format, FAMILY_COUNTER, info->name, info->help);
	for (; exposition->index < exposition->set.count; exposition->index++) {
		const struct container *container = container_set_group(&exposition->set, exposition->index);

		if (out->size >= CHUNK_BYTES || out->error)
			return false;
		prefetch(exposition, family);
		if (container)
			write_counters(exposition, container, family);
	}
	exposition->index = 0;
	return true;
}

static bool step_counters(struct exposition *exposition)
{
	if (!write_family(exposition, exposition->item))
		return false;
	return ++exposition->item == PICKET_FAMILY_PERF_FIRST;
}

static bool step_perf(struct exposition *exposition)
{
	const struct exposition_source *source = &exposition->source;
	unsigned int family = PICKET_FAMILY_PERF_FIRST + exposition->item;

	if (!self_counts_perf(source->metrics)) {
		exposition->failed[COLLECTOR_PERF] = true;
		return true;
	}
	if (!exposition->item && !exposition->index && source->flush_perf && source->flush_perf(source->kernel))
		exposition->failed[COLLECTOR_PERF] = true;
	if (counter_is_kept(counter_table_first(family), true, source->metrics->perf_events) &&
	    !write_family(exposition, family))
		return false;
	return ++exposition->item == PICKET_FAMILY_COUNT - PICKET_FAMILY_PERF_FIRST;
}

/* Cgroups that found no slot are counted together; said only when there are any. */
static bool step_overflow(struct exposition *exposition)
{
	struct text *out = &exposition->chunk;
	uint64_t sum = 0;

	family_begin(out, exposition->format, FAMILY_COUNTER, "picket_container_overflow_operations",
		     "Operations of all kinds by containers that could not be counted apart; see --containers.max.");
	for (int i = 0; i < PICKET_COUNTER_PERF_FIRST; i++)
		sum += __atomic_load_n((uint64_t *)&exposition->source.counters->slots[PICKET_SLOT_OVERFLOW].value[i],
				       __ATOMIC_RELAXED);
	family_sample(out, FAMILY_COUNTER, "picket_container_overflow_operations", "", "", sum);
	return true;
}

/* Family after family, container after container. */
static bool step_families(struct exposition *exposition)
{
	const struct container_family *family = &container_families[exposition->item];
	struct text *out = &exposition->chunk;

	if (exposition->index == 0)
		family_begin(out, exposition->format, family->type, family->name, family->help);
	for (; exposition->index < exposition->set.count; exposition->index++) {
		const struct container *container = container_set_group(&exposition->set, exposition->index);

		if (out->size >= CHUNK_BYTES || out->error)
			return false;
		if (container)
			family->write(family, out, container);
	}
	exposition->index = 0;
	return ++exposition->item == container_family_count;
}

static uint64_t group_matches(const struct exposition *exposition, size_t first, size_t rule)
{
	uint32_t at = (uint32_t)first;
	uint64_t sum = 0;

	while (at != CONTAINER_SET_END) {
		const struct container *container = container_set_each(&exposition->set, &at);

		if (container && container->rule_matches)
			sum += container->rule_matches[rule];
	}
	return sum;
}

static bool any_matches(const struct exposition *exposition, size_t first, size_t rules)
{
	uint32_t at = (uint32_t)first;
	uint64_t any = 0;

	while (at != CONTAINER_SET_END) {
		const struct container *container = container_set_each(&exposition->set, &at);

		for (size_t i = 0; container && container->rule_matches && i < rules; i++)
			any |= container->rule_matches[i];
	}
	return any != 0;
}

static bool step_rule_matches(struct exposition *exposition)
{
	const struct rule_set *rules = *exposition->source.rules;
	const size_t count = rules_count(rules);
	struct text *out = &exposition->chunk;

	if (exposition->index == 0)
		family_begin(out, exposition->format, FAMILY_COUNTER, "picket_rule_matches",
			     "Events that a rule matched, throttled ones too.");
	for (; exposition->index < exposition->set.count; exposition->index++) {
		const struct container *container = container_set_group(&exposition->set, exposition->index);

		if (out->size >= CHUNK_BYTES || out->error)
			return false;
		if (!container || (!exposition->preinitialised && !any_matches(exposition, exposition->index, count)))
			continue;
		write_created(exposition, container->created_unix_ns, 0);
		for (size_t i = 0; i < count; i++) {
			uint64_t matches = group_matches(exposition, exposition->index, i);

			if (matches || exposition->preinitialised)
				rule_series_write(out, container, rules_at(rules, i), matches);
		}
	}
	exposition->index = 0;
	return true;
}

static bool step_rules(struct exposition *exposition)
{
	const struct rule_set *rules = *exposition->source.rules;
	struct text *out = &exposition->chunk;

	family_begin(out, exposition->format, FAMILY_INFO, "picket_rule", "Rules in force.");
	for (size_t i = 0; i < rules_count(rules); i++) {
		const struct rule *rule = rules_at(rules, i);

		text_add_format(out, "picket_rule_info{rule=\"%s\",severity=\"%s\",tags=\"", rule->name,
				severity_name(rule->severity));
		for (size_t j = 0; j < rule->tag_count; j++) {
			text_add(out, j ? "," : "");
			text_add_label_value(out, rule->tags[j]);
		}
		text_add(out, "\"} 1\n");
	}
	family_begin(out, exposition->format, FAMILY_GAUGE, "picket_rule_series_limited",
		     "1 when there are too many containers and rules to show series that are still 0.");
	family_sample(out, FAMILY_GAUGE, "picket_rule_series_limited", "", "", !exposition->preinitialised);
	return true;
}

static bool step_self(struct exposition *exposition)
{
	self_families_write(&exposition->chunk, exposition->format, exposition->source.metrics);
	return true;
}

static bool step_process(struct exposition *exposition)
{
	if (process_metrics_write(&exposition->chunk, exposition->format, exposition->source.procfs_path))
		exposition->failed[COLLECTOR_PROCESS] = true;
	return true;
}

static bool step_node(struct exposition *exposition)
{
	if (exposition->source.tee)
		node_metrics_write(&exposition->chunk, exposition->format, exposition->source.tee);
	return true;
}

static bool step_programs(struct exposition *exposition)
{
	if (exposition->source.for_each_program)
		program_metrics_write(&exposition->chunk, exposition->format, &exposition->source);
	return true;
}

/* One collector may take several steps. */
static const struct {
	enum collector collector;
	bool (*run)(struct exposition *exposition); /* true: complete */
} steps[] = {
	{ COLLECTOR_CONTAINERS, step_counters }, { COLLECTOR_CONTAINERS, step_overflow },
	{ COLLECTOR_CONTAINERS, step_families }, { COLLECTOR_PERF, step_perf },
	{ COLLECTOR_RULES, step_rule_matches },	 { COLLECTOR_RULES, step_rules },
	{ COLLECTOR_SELF, step_self },		 { COLLECTOR_SELF, step_node },
	{ COLLECTOR_PROCESS, step_process },	 { COLLECTOR_BPF, step_programs },
};

/* After all else: how each collector did. */
static void write_end(struct exposition *exposition)
{
	struct text *out = &exposition->chunk;
	char labels[64];

	family_begin(out, exposition->format, FAMILY_GAUGE, "picket_scrape_collector_duration_seconds",
		     "How long a part of this scrape took.");
	for (int i = 0; i < COLLECTOR_COUNT; i++) {
		if (!(exposition->collectors & COLLECTOR_BIT(i)))
			continue;
		snprintf(labels, sizeof(labels), "collector=\"%s\"", collector_name(i));
		family_sample_real(out, FAMILY_GAUGE, "picket_scrape_collector_duration_seconds", labels,
				   exposition->seconds[i]);
	}
	family_begin(out, exposition->format, FAMILY_GAUGE, "picket_scrape_collector_success",
		     "Whether a part of this scrape succeeded.");
	for (int i = 0; i < COLLECTOR_COUNT; i++) {
		if (!(exposition->collectors & COLLECTOR_BIT(i)))
			continue;
		snprintf(labels, sizeof(labels), "collector=\"%s\"", collector_name(i));
		family_sample(out, FAMILY_GAUGE, "picket_scrape_collector_success", labels, "", !exposition->failed[i]);
	}
	if (exposition->format == EXPOSITION_OPENMETRICS)
		text_add(out, "# EOF\n");
}

/* Make the next chunk. Return: false at the end. */
static bool advance(struct exposition *exposition)
{
	exposition->chunk.size = 0;
	exposition->taken = 0;
	if (exposition->step > ARRAY_SIZE(steps))
		return false;
	if (exposition->step == ARRAY_SIZE(steps)) {
		write_end(exposition);
	} else if (exposition->collectors & COLLECTOR_BIT(steps[exposition->step].collector)) {
		int64_t start_ns = clock_ns(CLOCK_MONOTONIC);
		bool complete = steps[exposition->step].run(exposition);

		exposition->seconds[steps[exposition->step].collector] += (clock_ns(CLOCK_MONOTONIC) - start_ns) / 1e9;
		if (!complete)
			return true;
	}
	exposition->step++;
	exposition->item = 0;
	return true;
}

/* The chunk as protobuf, in its place. */
static int encode_chunk(struct exposition *exposition)
{
	struct text text = exposition->chunk;
	int error = 0;

	exposition->encoded.size = 0;
	if (text.size)
		error = metric_families_take(exposition->families, text.data, text.size, &exposition->encoded);
	if (!error && exposition->step > ARRAY_SIZE(steps))
		error = metric_families_end(exposition->families, &exposition->encoded);
	exposition->chunk = exposition->encoded;
	exposition->encoded = text;
	return error;
}

ssize_t exposition_next_lines(struct exposition *exposition, const char **ret_lines)
{
	if (container_set_refresh(&exposition->set))
		return -ENOMEM;
	do
		if (!advance(exposition))
			return 0;
	while (!exposition->chunk.size && !exposition->chunk.error);
	*ret_lines = exposition->chunk.data;
	return exposition->chunk.error ? -ENOMEM : (ssize_t)exposition->chunk.size;
}

ssize_t exposition_read(struct exposition *exposition, char *buffer, size_t size)
{
	size_t used = 0, left;

	if (container_set_refresh(&exposition->set))
		return -ENOMEM;
	while (used < size) {
		left = exposition->chunk.size - exposition->taken;
		if (left > size - used)
			left = size - used;
		memcpy(buffer + used, exposition->chunk.data + exposition->taken, left);
		exposition->taken += left;
		used += left;
		if (used == size)
			continue;
		if (!advance(exposition))
			break;
		if (exposition->chunk.error || (exposition->families && encode_chunk(exposition)))
			return -ENOMEM;
	}
	return (ssize_t)used;
}

void exposition_free(struct exposition *exposition, bool delivered)
{
	if (!exposition)
		return;
	if (delivered && exposition->step > ARRAY_SIZE(steps) &&
	    (exposition->collectors & COLLECTOR_BIT(COLLECTOR_CONTAINERS)))
		container_set_confirm(&exposition->set);
	container_set_close(&exposition->set);
	text_free(&exposition->chunk);
	text_free(&exposition->encoded);
	metric_families_free(exposition->families);
	free(exposition);
}
