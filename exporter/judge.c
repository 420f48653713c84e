/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "clock.h"
#include "log.h"
#include "state/host_process.h"
#include "state/isolation_process.h"
#include "state/repeats.h"
#include "state/throttle.h"

#define PROGRESS_BYTES (4 << 20) /* of rules that ask for several events */
#define REPEATS_BYTES (4 << 20)	 /* of findings that may come again */
#define THROTTLE_BUCKETS 16384	 /* rules x containers that are throttled at one time */
#define LOG_PAIRS_MAX 64
#define LOG_VALUE_SIZE 256

struct judge {
	struct judge_options options;
	struct throttle *throttle;
	struct progress *progress;
	struct repeats *repeats;
	struct judge_old_rules old;
	const struct rule **matches; /* of one event; room for all */
	size_t matches_max;
	uint32_t self; /* this process, see host_process_self() */
};

void judge_free(struct judge *judge)
{
	if (!judge)
		return;
	if (judge->throttle)
		throttle_free(judge->throttle);
	progress_free(judge->progress);
	repeats_free(judge->repeats);
	free(judge->matches);
	free(judge);
}

int judge_prepare(struct judge *judge, const struct rule_set *rules)
{
	size_t count = rules_part_count(rules);
	const struct rule **larger;

	if (count <= judge->matches_max)
		return 0;
	larger = reallocarray(judge->matches, count, sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	judge->matches = larger;
	judge->matches_max = count;
	return 0;
}

int judge_rules_changed(struct judge *judge, const struct judge_old_rules *old)
{
	repeats_flush(judge->repeats); /* they know their rule by its place, which is still there */
	judge->old = *old;
	throttle_reset(judge->throttle);
	return progress_reset(judge->progress, rules_count(*judge->options.rules));
}

void judge_forget_old_rules(struct judge *judge)
{
	judge->old.rules = NULL;
}

/* Events carry CLOCK_BOOTTIME; the difference to the wall clock is taken anew each time, since that one is set. */
static int64_t unix_offset(void)
{
	return clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
}

static void set_id(struct finding *finding)
{
	unsigned char random[16] = { 0 };

	if (getrandom(random, sizeof(random), GRND_NONBLOCK) < 0)
		*(uint64_t *)random = clock_ns(CLOCK_MONOTONIC);
	for (size_t i = 0; i < sizeof(random); i++)
		sprintf(&finding->id[2 * i], "%02x", random[i]);
}

/* Findings in the log: the attributes that a person looks for first. */
struct log_line {
	struct log_pair pairs[LOG_PAIRS_MAX];
	char values[LOG_PAIRS_MAX][LOG_VALUE_SIZE];
	unsigned int count;
};

static void add_pair(void *context, const char *name, const struct field_value *value)
{
	struct log_line *line = context;

	if (line->count == LOG_PAIRS_MAX)
		return;
	field_format(value, line->values[line->count], LOG_VALUE_SIZE);
	line->pairs[line->count].key = name;
	line->pairs[line->count].value = line->values[line->count];
	line->count++;
}

static void log_finding(const struct finding *finding)
{
	enum log_level level = finding->rule->severity >= SEVERITY_WARNING ? LOG_WARN : LOG_INFO;
	struct log_line line = { .count = 0 };
	char summary[512];

	if (!log_enabled(level))
		return;
	finding_summary(finding, summary, sizeof(summary));
	finding_visit(finding, add_pair, &line);
	log_pairs(level, "finding", summary, line.pairs, line.count);
}

static void send(struct judge *judge, const struct finding *finding)
{
	control_server_publish(judge->options.control, finding);
	otlp_sender_push(judge->options.otlp, finding);
	log_finding(finding);
}

static void send_summary(void *context, const struct finding *repeats)
{
	struct finding finding = *repeats;

	set_id(&finding);
	send(context, &finding);
}

static const struct container *find_container(void *context, uint64_t cgroup_id)
{
	return registry_find(((struct judge *)context)->options.registry, cgroup_id);
}

static void deliver(struct judge *judge, const struct finding *finding)
{
	const struct event_context *context = &finding->context;
	uint64_t container_id = context->container ? context->container->cgroup_id : 0;

	if (repeats_hold(judge->repeats, finding)) {
		judge->options.metrics->findings_grouped++;
		return;
	}
	if (!throttle_allow(judge->throttle, finding->rule, container_id, context->event->time_ns)) {
		judge->options.metrics->findings_throttled++;
		repeats_throttled(judge->repeats, finding);
		return;
	}
	send(judge, finding);
	repeats_sent(judge->repeats, finding);
}

static struct finding make_finding(const struct event_context *context, const struct rule *rule,
				   const struct progress_match *progress)
{
	struct finding finding = {
		.context = *context, .rule = rule, .progress = progress, .unix_offset_ns = unix_offset()
	};

	finding.time_unix_ns = finding.unix_offset_ns + (int64_t)context->event->time_ns;
	set_id(&finding);
	return finding;
}

/* Its where asks for something about the container itself. */
static bool names_container(const struct rule *rule)
{
	for (size_t i = 0; i < rule->where_count; i++) {
		const char *name = rule->where[i].field->name;

		if (strncmp(name, "container.", 10) == 0 || strncmp(name, "picket.container.", 17) == 0)
			return true;
	}
	return false;
}

/* What is true of containers in general need not be of a node's own process, which reads keys and writes to the host. */
static bool is_for(const struct rule *rule, const struct container *container)
{
	return !container || !isolation_is_shared(&container->isolation) || names_container(rule);
}

/* @progress: of a rule that asks for several events, else NULL. */
static void judge_match(struct judge *judge, const struct event_context *context, struct container *container,
			const struct rule *rule, const struct progress_match *progress)
{
	struct finding finding = make_finding(context, rule, progress);

	if (container && container->rule_matches)
		container->rule_matches[rule->index]++;
	responder_act(judge->options.responder, &finding);
	deliver(judge, &finding);
}

static void judge_step(struct judge *judge, const struct event_context *context, struct container *container,
		       const struct rule *step)
{
	struct progress_match match;

	if (progress_take(judge->progress, step, context, &match))
		judge_match(judge, context, container, step->owner, &match);
	judge->options.metrics->sequences_forgotten = progress_forgotten(judge->progress);
}

/* A rule that is gone: it has no counters any more. */
static void judge_gone(struct judge *judge, const struct event_context *context, const struct rule *rule)
{
	uint64_t container_id = context->container ? context->container->cgroup_id : 0;
	struct finding finding = make_finding(context, rule, NULL);

	responder_act(judge->options.responder, &finding);
	if (throttle_allow(judge->throttle, rule, container_id, context->event->time_ns))
		send(judge, &finding);
	else
		judge->options.metrics->findings_throttled++;
}

/* An event that rules of before a reload asked for. Those that are still there tell of it as they are now. */
static void judge_by_old(struct judge *judge, const struct event_context *context, struct container *container)
{
	size_t count = rules_judge(judge->old.rules, context, judge->matches, judge->matches_max);

	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = judge->matches[i];
		int place = judge->old.places[rule->index];

		if (rule->owner || !is_for(rule, container))
			continue; /* sequences and counts have begun anew */
		if (place >= 0)
			judge_match(judge, context, container, rules_at(*judge->options.rules, place), NULL);
		else
			judge_gone(judge, context, rule);
	}
}

/* In a container of its own picket is a workload as any, but its programs, and its child that takes snapshots, are no
 * findings. Others that enter this container are. */
static bool is_own(const struct judge *judge, const struct picket_event *event)
{
	return judge->self && (event->pid == judge->self || event->parent_pid == judge->self);
}

void judge_event(struct judge *judge, const struct picket_event *event, struct container *container)
{
	struct event_context context = { .event = event,
					 .container = container,
					 .keep_secrets = judge->options.keep_secrets };
	size_t count;

	if (is_own(judge, event))
		return;
	if (container && event->kind == PICKET_KIND_PROCESS_EXEC)
		context.runtime_program = isolation_is_runtime_program(
			judge->options.procfs_path, judge->options.root_path, &container->isolation, event);
	if (judge->old.rules && event->policy == judge->old.generation) {
		judge_by_old(judge, &context, container);
		return;
	}
	count = rules_judge(*judge->options.rules, &context, judge->matches, judge->matches_max);
	for (size_t i = 0; i < count; i++) {
		if (!is_for(judge->matches[i], container))
			continue;
		if (judge->matches[i]->owner)
			judge_step(judge, &context, container, judge->matches[i]);
		else
			judge_match(judge, &context, container, judge->matches[i], NULL);
	}
}

void judge_tick(struct judge *judge)
{
	repeats_tick(judge->repeats, clock_ns(CLOCK_BOOTTIME));
}

void judge_flush(struct judge *judge)
{
	repeats_flush(judge->repeats);
}

int judge_new(const struct judge_options *options, struct judge **ret_judge)
{
	struct judge *judge = calloc(1, sizeof(*judge));
	struct repeats_options repeats = {
		.keep_secrets = options->keep_secrets,
		.interval_ns = options->group_seconds * 1000000000ULL,
		.max_bytes = REPEATS_BYTES,
		.send = send_summary,
		.find_container = find_container,
		.context = judge,
	};
	int error;

	if (!judge)
		return -ENOMEM;
	judge->options = *options;
	judge->self = host_process_self(options->procfs_path);
	error = throttle_new(THROTTLE_BUCKETS, &judge->throttle);
	if (!error)
		error = progress_new(PROGRESS_BYTES, &judge->progress);
	if (!error)
		error = repeats_new(&repeats, &judge->repeats);
	if (error) {
		judge_free(judge);
		return error;
	}
	*ret_judge = judge;
	return 0;
}
