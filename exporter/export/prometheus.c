/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/prometheus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "export/collectors.h"
#include "export/container_metrics.h"
#include "export/container_set.h"
#include "export/family.h"
#include "export/node_metrics.h"
#include "export/process_metrics.h"
#include "export/program_metrics.h"
#include "export/self_families.h"

#define CHUNK_BYTES 32768      /* a step stops after it has written so much */
#define CHUNK_LIMIT (16 << 20) /* one container's labels can be long, never that long */
#define RULE_SERIES_MAX 20000  /* container x rule series that are shown while still 0 */
#define COUNTER_LABELS_SIZE 128

struct exposition {
	struct exposition_source source;
	enum exposition_format format;
	unsigned int collectors;
	struct container_set set;
	struct text chunk;
	size_t taken;	     /* of chunk */
	unsigned int step;   /* index of steps[] */
	unsigned int item;   /* family within the step */
	size_t index;	     /* container within the family */
	bool preinitialised; /* rule series are shown while 0 */
	double seconds[COLLECTOR_COUNT];
	bool failed[COLLECTOR_COUNT];
	char counter_labels[PICKET_COUNTER_COUNT][COUNTER_LABELS_SIZE];
};

/* 'access=read' of the table as 'access="read"'. */
static void render_counter_labels(char *out, const char *labels)
{
	char *start = out;

	while (*labels) {
		size_t name = strcspn(labels, "="), value = strcspn(labels + name + 1, ",");

		out += snprintf(out, COUNTER_LABELS_SIZE - (out - start), "%s%.*s=\"%.*s\"", out == start ? "" : ",",
				(int)name, labels, (int)value, labels + name + 1);
		labels += name + 1 + value;
		labels += *labels == ',';
	}
	*out = '\0';
}

int exposition_new(const struct exposition_source *source, enum exposition_format format, unsigned int collectors,
		   struct exposition **ret_exposition)
{
	struct exposition *exposition = calloc(1, sizeof(*exposition));
	size_t rules = rules_count(*source->rules);
	int error;

	if (!exposition)
		return -ENOMEM;
	exposition->source = *source;
	exposition->format = format;
	exposition->collectors = source->metrics->perf ? collectors : collectors & ~COLLECTOR_BIT(COLLECTOR_PERF);
	text_init(&exposition->chunk, CHUNK_LIMIT);
	error = container_set_open(source->registry, &exposition->set);
	if (error) {
		free(exposition);
		return error;
	}
	exposition->preinitialised = exposition->set.count * rules <= RULE_SERIES_MAX;
	for (int i = 0; i < PICKET_COUNTER_COUNT; i++)
		render_counter_labels(exposition->counter_labels[i], counter_infos[i].labels);
	*ret_exposition = exposition;
	return 0;
}

/* Sum of one counter over a group of containers that share their labels. */
static uint64_t group_counter(const struct exposition *exposition, size_t first, enum picket_counter counter)
{
	uint32_t at = first;
	uint64_t sum = 0;

	while (at != CONTAINER_SET_END) {
		const struct container *container = container_set_each(&exposition->set, &at);

		if (container)
			sum += counter_table_read(exposition->source.counters, exposition->source.registry, container,
						  counter);
	}
	return sum;
}

/* One that found no slot is counted together with others: it has no numbers of its own, which is not to say 0. */
static bool is_counted(const struct exposition *exposition, size_t first)
{
	uint32_t at = first;

	while (at != CONTAINER_SET_END) {
		const struct container *container = container_set_each(&exposition->set, &at);

		if (container && container->slot >= PICKET_SLOT_FIRST)
			return true;
	}
	return false;
}

static void write_counter(struct exposition *exposition, const struct container *container, enum picket_counter counter)
{
	const struct counter_family *family = &counter_families[counter_infos[counter].family];
	uint64_t value = group_counter(exposition, exposition->index, counter);

	if (strcmp(family->unit, "seconds") == 0)
		family_sample_real(&exposition->chunk, FAMILY_COUNTER, family->name, container->labels, value / 1e9);
	else
		family_sample(&exposition->chunk, FAMILY_COUNTER, family->name, container->labels,
			      exposition->counter_labels[counter], value);
}

/* The counters of one family, container after container. Return: true when the family is complete. */
static bool write_family(struct exposition *exposition, enum picket_family family)
{
	const struct counter_family *info = &counter_families[family];
	const int first = counter_table_first(family);
	struct text *out = &exposition->chunk;

	if (exposition->index == 0)
		family_begin(out, exposition->format, FAMILY_COUNTER, info->name, info->help);
	for (; exposition->index < exposition->set.count; exposition->index++) {
		const struct container *container = container_set_group(&exposition->set, exposition->index);

		if (out->size >= CHUNK_BYTES || out->error)
			return false;
		if (!container || !is_counted(exposition, exposition->index))
			continue;
		for (int i = first; i < PICKET_COUNTER_COUNT && counter_infos[i].family == family; i++)
			write_counter(exposition, container, i);
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
	uint32_t at = first;
	uint64_t sum = 0;

	while (at != CONTAINER_SET_END) {
		const struct container *container = container_set_each(&exposition->set, &at);

		if (container && container->rule_matches)
			sum += container->rule_matches[rule];
	}
	return sum;
}

static bool step_rule_matches(struct exposition *exposition)
{
	const struct rule_set *rules = *exposition->source.rules;
	struct text *out = &exposition->chunk;

	if (exposition->index == 0)
		family_begin(out, exposition->format, FAMILY_COUNTER, "picket_rule_matches",
			     "Events that a rule matched, throttled ones too.");
	for (; exposition->index < exposition->set.count; exposition->index++) {
		const struct container *container = container_set_group(&exposition->set, exposition->index);

		if (out->size >= CHUNK_BYTES || out->error)
			return false;
		for (size_t i = 0; container && i < rules_count(rules); i++) {
			const struct rule *rule = rules_at(rules, i);
			uint64_t matches = group_matches(exposition, exposition->index, i);
			char labels[128];

			if (!matches && !exposition->preinitialised)
				continue;
			snprintf(labels, sizeof(labels), "rule=\"%s\",severity=\"%s\"", rule->name,
				 severity_name(rule->severity));
			family_sample(out, FAMILY_COUNTER, "picket_rule_matches", container->labels, labels, matches);
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

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

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
		double start = now_seconds();
		bool complete = steps[exposition->step].run(exposition);

		exposition->seconds[steps[exposition->step].collector] += now_seconds() - start;
		if (!complete)
			return true;
	}
	exposition->step++;
	exposition->item = 0;
	return true;
}

ssize_t exposition_read(struct exposition *exposition, char *buffer, size_t size)
{
	size_t left;

	if (container_set_refresh(&exposition->set))
		return -ENOMEM;
	while (exposition->taken == exposition->chunk.size) {
		if (!advance(exposition))
			return 0;
		if (exposition->chunk.error)
			return -ENOMEM;
	}
	left = exposition->chunk.size - exposition->taken;
	if (size > left)
		size = left;
	memcpy(buffer, exposition->chunk.data + exposition->taken, size);
	exposition->taken += size;
	return size;
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
	free(exposition);
}

const char *exposition_content_type(enum exposition_format format)
{
	return format == EXPOSITION_OPENMETRICS ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
						: "text/plain; version=0.0.4; charset=utf-8";
}
