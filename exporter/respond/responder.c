/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/responder_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "respond/container_isolate.h"
#include "respond/investigator.h"
#include "respond/never_touch.h"
#include "respond/response_target.h"
#include "respond/spared.h"

#define RESPONSES_PER_SECOND 100 /* of one picket: a rule gone wild must not take a node down */
#define LIMITED_MAX 16384	 /* rules x containers with a limit of their own at one time */
#define DETAIL_SIZE 320
#define RULE_NAME_MAX 64
#define NS_PER_SECOND 1000000000ULL

/* Snapshots cost more than signals, and the first ones tell most: of a rule without a limit of its own. */
static const struct rule_rate investigations_rate = { 60 * NS_PER_SECOND, 5, true };

/* A response while it is carried out; some end later than their finding. */
struct response {
	struct responder *responder;
	struct response_target target;
	uint64_t cgroup_id; /* by which its container is found again */
	uint32_t flags;	    /* PICKET_EVENT_* */
	unsigned int later; /* 1 << action: after the snapshot */
	bool stopped;	    /* stands still for the snapshot */
	uint64_t timeouts_ns[RESPONSE_COUNT];
	char rule[RULE_NAME_MAX + 1], finding_id[33];
	struct finding *finding; /* NULL once responder_act() is over */
};

void responder_count(struct responder *responder, enum response_action which, enum response_outcome outcome)
{
	uint64_t *const counters[OUTCOME_COUNT] = {
		[OUTCOME_DONE] = responder->metrics->responses,
		[OUTCOME_FAILED] = responder->metrics->response_failures,
		[OUTCOME_DRY_RUN] = responder->metrics->responses_dry_run,
		[OUTCOME_SPARED] = responder->metrics->responses_spared,
		[OUTCOME_GONE] = responder->metrics->responses_gone,
		[OUTCOME_LIMITED] = responder->metrics->responses_limited,
	};

	if (counters[outcome])
		counters[outcome][which]++;
}

void responder_audit(struct responder *responder, const struct response_audit *record)
{
	if (responder->options.audit)
		responder->options.audit(responder->options.audit_context, record);
}

/* What became of one response: to the finding while there is one, counted and audited. */
static void tell(struct response *response, enum response_action which, enum response_outcome outcome,
		 const char *detail)
{
	struct response_audit record = {
		.action = response_name(which),
		.container = response->target.container,
		.pid = response->target.pid,
		.outcome = outcome,
		.detail = detail,
		.rule = response->rule,
		.finding_id = response->finding_id,
	};

	if (response->finding)
		response->finding->outcomes[which] = outcome;
	responder_count(response->responder, which, outcome);
	responder_audit(response->responder, &record);
}

static int start_parts(struct responder *responder, struct http_client *http)
{
	const struct responder_options *options = &responder->options;
	int error = container_pause_new(options, http, responder->registry, responder_on_pause_end, responder,
					&responder->pauses);

	if (!error)
		error = response_holds_new(options->loop, options->holds_path, responder_on_timeout, responder,
					   &responder->holds);
	if (!error)
		error = throttle_new(LIMITED_MAX, &responder->limits);
	if (!error)
		error = throttle_new(LIMITED_MAX, &responder->investigations);
	if (!error && options->investigations)
		error = investigator_new(options->investigations, responder->metrics, &responder->investigator);
	return error;
}

int responder_new(const struct responder_options *options, struct http_client *http, struct registry *registry,
		  struct self_metrics *metrics, struct responder **ret_responder)
{
	struct responder *responder = calloc(1, sizeof(*responder));
	int error;

	if (!responder)
		return -ENOMEM;
	responder->options = *options;
	if (!options->max_per_second)
		responder->options.max_per_second = RESPONSES_PER_SECOND;
	responder->registry = registry;
	responder->metrics = metrics;
	error = start_parts(responder, http);
	if (error) {
		responder_free(responder);
		return error;
	}
	*ret_responder = responder;
	return 0;
}

void responder_free(struct responder *responder)
{
	if (!responder)
		return;
	investigator_free(responder->investigator); /* what waits for its end is done now */
	throttle_free(responder->investigations);
	throttle_free(responder->limits);
	response_holds_free(responder->holds);
	container_pause_free(responder->pauses);
	free(responder);
}

int responder_go_on(struct responder *responder)
{
	return response_holds_read(responder->holds);
}

void responder_rules_changed(struct responder *responder)
{
	throttle_reset(responder->limits);
	throttle_reset(responder->investigations);
}

void responder_container_gone(struct responder *responder, uint64_t cgroup_id)
{
	response_holds_forget(responder->holds, cgroup_id, ~0U);
}

/* A pause or an isolation is in force, or will be: for how long. */
static void hold(struct response *response, enum response_action which, bool held)
{
	response_holds_set(response->responder->holds, response->cgroup_id, which, response->timeouts_ns[which], held);
}

static enum response_outcome kill_target(struct response *response, char *detail, size_t size)
{
	return target_kill(&response->responder->options, &response->target, detail, size);
}

static enum response_outcome pause_container(struct response *response, char *detail, size_t size)
{
	struct responder *responder = response->responder;
	bool held = container_pause_holds(responder->pauses, response->target.container);
	enum response_outcome outcome =
		container_pause_start(responder->pauses, response->target.container, detail, size);

	if (outcome == OUTCOME_DONE || outcome == OUTCOME_PENDING)
		hold(response, RESPONSE_PAUSE, held);
	return outcome;
}

static enum response_outcome isolate_container(struct response *response, char *detail, size_t size)
{
	const struct responder_options *options = &response->responder->options;
	bool held = container_is_isolated(options, response->target.container);
	enum response_outcome outcome;

	if (!options->isolator.apply) {
		snprintf(detail, size, "this kernel did not take the programs for it; see the log of the start");
		return OUTCOME_FAILED;
	}
	outcome = container_isolate(options, response->target.container, detail, size);
	if (outcome == OUTCOME_DONE)
		hold(response, RESPONSE_ISOLATE, held);
	return outcome;
}

/* Too late to deny: the operation was not one that the kernel part decides. */
static enum response_outcome deny_operation(struct response *response, char *detail, size_t size)
{
	static const char late[] = "not denied by the kernel part, killed instead: ";

	snprintf(detail, size, "%s", late);
	return kill_target(response, detail + sizeof(late) - 1, size - sizeof(late) + 1);
}

static enum response_outcome investigate(struct response *response, char *detail, size_t size);

typedef enum response_outcome action(struct response *response, char *detail, size_t size);

/* In this order: what comes first leaves least behind, and nothing ends before it was looked at. */
static const struct {
	enum response_action which;
	action *act;
	bool ends; /* its target: after the snapshot */
} actions[RESPONSE_COUNT] = {
	{ RESPONSE_ISOLATE, isolate_container, false }, { RESPONSE_INVESTIGATE, investigate, false },
	{ RESPONSE_DENY, deny_operation, true },	{ RESPONSE_KILL, kill_target, true },
	{ RESPONSE_PAUSE, pause_container, true },
};

/* What the kernel part has done already. Return: NULL: nothing of it. */
static const char *done_by_kernel(const struct response *response, enum response_action which)
{
	if (which == RESPONSE_KILL && response->flags & PICKET_EVENT_KILLED && response->target.scope == KILL_PROCESS)
		return "SIGKILL by the kernel part, in the system call";
	if (which == RESPONSE_DENY && response->flags & PICKET_EVENT_DENIED)
		return "EPERM by the kernel part";
	if (which == RESPONSE_DENY && response->flags & PICKET_EVENT_KILLED)
		return "not denied: this kernel cannot; SIGKILL by the kernel part instead";
	return NULL;
}

/* The end of a process, of all that is asked for and left to do. */
static bool will_end(const struct response *response)
{
	return response->later & (1U << RESPONSE_KILL | 1U << RESPONSE_DENY);
}

static void carry_out(struct response *response, unsigned int which_ones)
{
	for (size_t i = 0; i < RESPONSE_COUNT; i++) {
		enum response_outcome outcome;
		char detail[DETAIL_SIZE] = "";

		if (!(which_ones & 1U << actions[i].which))
			continue;
		outcome = actions[i].act(response, detail, sizeof(detail));
		if (actions[i].act != pause_container && actions[i].ends && outcome == OUTCOME_DONE &&
		    response->target.scope != KILL_CONTAINER)
			response->stopped = false;
		tell(response, actions[i].which, outcome, detail);
	}
}

/* What was stopped for a kill that came to nothing goes on; a cgroup frozen for it is thawed in any case. */
static void let_go_on(struct response *response)
{
	if (response->stopped && response->target.container)
		target_continue(&response->responder->options, &response->target);
}

static void on_investigated(void *context, enum response_outcome outcome, const char *detail)
{
	struct response *response = context;
	struct container *container =
		response->cgroup_id ? registry_find(response->responder->registry, response->cgroup_id) : NULL;

	response->target.container = container && !container->removed_unix_ns ? container : NULL;
	tell(response, RESPONSE_INVESTIGATE, outcome, detail);
	if (response->target.container)
		carry_out(response, response->later);
	for (unsigned int i = 0; i < RESPONSE_COUNT && !response->target.container; i++)
		if (response->later & 1U << i)
			tell(response, i, OUTCOME_GONE, "the container has ended");
	let_go_on(response);
	free(response);
}

/* The rest waits for it, in a copy. */
static enum response_outcome investigate(struct response *response, char *detail, size_t size)
{
	struct responder *responder = response->responder;
	struct response *copy = malloc(sizeof(*copy));
	int error = copy ? 0 : -ENOMEM;

	if (!responder->investigator)
		error = -ENOTSUP;
	if (!error && will_end(response) && !(response->stopped && response->target.scope == KILL_PROCESS))
		response->stopped |= !target_stop(&responder->options, &response->target);
	if (!error) {
		*copy = *response;
		copy->finding = NULL;
		error = investigator_start(responder->investigator, response->finding, on_investigated, copy);
	}
	if (!error) {
		snprintf(detail, size, "a snapshot is being taken");
		return OUTCOME_PENDING;
	}
	free(copy);
	snprintf(detail, size, "%s",
		 error == -EBUSY     ? "too many snapshots are under way"
		 : error == -ENOTSUP ? "no snapshots are made here"
				     : strerror(-error));
	return error == -EBUSY ? OUTCOME_LIMITED : OUTCOME_FAILED;
}

static bool within_rate(struct responder *responder)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec != responder->second) {
		responder->second = now.tv_sec;
		responder->this_second = 0;
	}
	if (responder->this_second == responder->options.max_per_second)
		return false;
	responder->this_second++;
	return true;
}

/* Whether all that is left to do may be done at all. Return: OUTCOME_NONE: it may. */
static enum response_outcome judge(struct response *response, const struct rule *rule, char *detail, size_t size)
{
	struct responder *responder = response->responder;

	if (!responder->options.enforce) {
		snprintf(detail, size, "nothing is done without --enforce");
		return OUTCOME_DRY_RUN;
	}
	if (!throttle_take(responder->limits, rule->index, &rule->limit, response->cgroup_id,
			   response->finding->context.event->time_ns)) {
		snprintf(detail, size, "the rule's limit: %u at once, and as many in each %.0f s", rule->limit.burst,
			 (double)rule->limit.interval_ns / NS_PER_SECOND);
		return OUTCOME_LIMITED;
	}
	if (!within_rate(responder)) {
		snprintf(detail, size, "more than %u in this second", responder->options.max_per_second);
		return OUTCOME_LIMITED;
	}
	return OUTCOME_NONE;
}

/* What became of some of what was left to do. */
static void settle(struct response *response, unsigned int which_ones, enum response_outcome outcome,
		   const char *detail)
{
	for (size_t i = 0; i < RESPONSE_COUNT; i++)
		if (response->later & which_ones & 1U << actions[i].which)
			tell(response, actions[i].which, outcome, detail);
	response->later &= ~which_ones;
}

/* Who is never touched may be looked at all the same. */
static void refuse_spared(struct response *response)
{
	const struct responder_options *options = &response->responder->options;
	const struct event_context *context = &response->finding->context;
	const char *reason = spared_reason(options->procfs_path, context);

	if (!reason && context->container)
		reason = never_touch_reason(options->never_touch, context->container);
	if (reason)
		settle(response, ~(1U << RESPONSE_INVESTIGATE), OUTCOME_SPARED, reason);
}

static void refuse_what_may_not_be(struct response *response, const struct rule *rule)
{
	char detail[DETAIL_SIZE];
	enum response_outcome outcome;

	refuse_spared(response);
	outcome = response->later ? judge(response, rule, detail, sizeof(detail)) : OUTCOME_NONE;
	if (outcome != OUTCOME_NONE)
		settle(response, ~0U, outcome, detail);
	if (response->later & 1U << RESPONSE_INVESTIGATE && !rule->limit.interval_ns &&
	    !throttle_take(response->responder->investigations, rule->index, &investigations_rate, response->cgroup_id,
			   response->finding->context.event->time_ns))
		settle(response, 1U << RESPONSE_INVESTIGATE, OUTCOME_LIMITED,
		       "five snapshots at once, and as many in each minute, for a rule without a limit");
}

/* What the kernel part stops a process for. */
static bool is_stopped_and_killed(const struct rule *rule)
{
	return (rule->responses & 1U << RESPONSE_INVESTIGATE || rule->kill_scope == KILL_TREE) &&
	       rule->responses & (1U << RESPONSE_KILL | 1U << RESPONSE_DENY);
}

void responder_act(struct responder *responder, struct finding *finding)
{
	const struct picket_event *event = finding->context.event;
	struct container *container = (struct container *)finding->context.container;
	struct response response = {
		.responder = responder,
		.target = { container, event->pid, event->start_time_ns, finding->rule->kill_scope },
		.cgroup_id = container ? container->cgroup_id : 0,
		.flags = event->flags,
		.later = finding->rule->responses,
		.stopped = event->flags & PICKET_EVENT_STOPPED && is_stopped_and_killed(finding->rule),
		.finding = finding,
	};
	unsigned int first = 1U << RESPONSE_ISOLATE | 1U << RESPONSE_INVESTIGATE;

	if (!response.later)
		return;
	memcpy(response.timeouts_ns, finding->rule->timeouts_ns, sizeof(response.timeouts_ns));
	snprintf(response.rule, sizeof(response.rule), "%s", finding->rule->name);
	memcpy(response.finding_id, finding->id, sizeof(response.finding_id));
	for (size_t i = 0; i < RESPONSE_COUNT; i++)
		if (response.later & 1U << actions[i].which && done_by_kernel(&response, actions[i].which))
			settle(&response, 1U << actions[i].which, OUTCOME_DONE,
			       done_by_kernel(&response, actions[i].which));
	refuse_what_may_not_be(&response, finding->rule);
	first &= response.later;
	response.later &= ~first;
	carry_out(&response, first);
	if (finding->outcomes[RESPONSE_INVESTIGATE] == OUTCOME_PENDING) {
		for (unsigned int i = 0; i < RESPONSE_COUNT; i++)
			if (response.later & 1U << i)
				finding->outcomes[i] = OUTCOME_PENDING;
		return;
	}
	carry_out(&response, response.later);
	let_go_on(&response);
}
