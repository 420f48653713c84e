/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/responder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "respond/container_isolate.h"
#include "respond/container_pause.h"
#include "respond/process_kill.h"
#include "respond/spared.h"

#define RESPONSES_PER_SECOND 100 /* of one picket: a rule gone wild must not take a node down */
#define NOT_AVAILABLE "not available in this version"

struct responder {
	struct responder_options options;
	struct self_metrics *metrics;
	struct container_pause *pauses;
	time_t second; /* of the rate limit, CLOCK_MONOTONIC */
	unsigned int this_second;
};

static void audit(struct responder *responder, const char *action, const struct container *container, uint32_t pid,
		  enum response_outcome outcome, const char *detail)
{
	if (responder->options.audit)
		responder->options.audit(responder->options.audit_context, action, container, pid, outcome, detail);
}

static void count(struct responder *responder, enum response_action which, enum response_outcome outcome)
{
	if (outcome == OUTCOME_DONE)
		responder->metrics->responses[which]++;
	else if (outcome == OUTCOME_FAILED)
		responder->metrics->response_failures[which]++;
	else if (outcome == OUTCOME_DRY_RUN)
		responder->metrics->responses_dry_run[which]++;
}

static void on_pause_end(void *context, bool pause, const struct container *container, enum response_outcome outcome,
			 const char *detail)
{
	struct responder *responder = context;

	if (pause)
		count(responder, RESPONSE_PAUSE, outcome);
	audit(responder, pause ? "pause" : "release", container, 0, outcome, detail);
}

int responder_new(const struct responder_options *options, struct http_client *http, struct registry *registry,
		  struct self_metrics *metrics, struct responder **ret_responder)
{
	struct responder *responder = calloc(1, sizeof(*responder));
	int error;

	if (!responder)
		return -ENOMEM;
	responder->options = *options;
	responder->metrics = metrics;
	error = container_pause_new(options, http, registry, on_pause_end, responder, &responder->pauses);
	if (error) {
		free(responder);
		return error;
	}
	*ret_responder = responder;
	return 0;
}

void responder_free(struct responder *responder)
{
	if (!responder)
		return;
	container_pause_free(responder->pauses);
	free(responder);
}

/* What the errors of process_kill() come to. */
static const struct {
	int error;
	enum response_outcome outcome;
	const char *text;
} kill_ends[] = {
	{ 0, OUTCOME_DONE, "SIGKILL" },
	{ -ESRCH, OUTCOME_GONE, "it has ended already" },
	{ -EPERM, OUTCOME_SPARED, "pid 1, kernel threads and picket itself are never a target" },
	{ -EXDEV, OUTCOME_FAILED, "it is not in the container's cgroup any more" },
	{ -EINVAL, OUTCOME_FAILED, "picket runs in a pid namespace of its own" },
};

static enum response_outcome kill_process(struct responder *responder, const struct event_context *context,
					  struct container *container, char *detail, size_t size)
{
	const struct picket_event *event = context->event;
	int error =
		process_kill(responder->options.procfs_path, event->pid, event->start_time_ns, container->cgroup_path);

	for (size_t i = 0; i < ARRAY_SIZE(kill_ends); i++)
		if (kill_ends[i].error == error) {
			snprintf(detail, size, "%s", kill_ends[i].text);
			return kill_ends[i].outcome;
		}
	snprintf(detail, size, "%s", strerror(-error));
	return OUTCOME_FAILED;
}

static enum response_outcome pause_container(struct responder *responder, const struct event_context *context,
					     struct container *container, char *detail, size_t size)
{
	(void)context;
	return container_pause_start(responder->pauses, container, detail, size);
}

static enum response_outcome isolate_container(struct responder *responder, const struct event_context *context,
					       struct container *container, char *detail, size_t size)
{
	(void)context;
	if (!responder->options.isolator.apply) {
		snprintf(detail, size, "this kernel did not take the programs for it; see the log of the start");
		return OUTCOME_FAILED;
	}
	return container_isolate(&responder->options, container, detail, size);
}

/* Too late to deny: the operation was not one that the kernel part decides. */
static enum response_outcome deny_operation(struct responder *responder, const struct event_context *context,
					    struct container *container, char *detail, size_t size)
{
	static const char late[] = "not denied by the kernel part, killed instead: ";

	snprintf(detail, size, "%s", late);
	return kill_process(responder, context, container, detail + sizeof(late) - 1, size - sizeof(late) + 1);
}

typedef enum response_outcome action(struct responder *responder, const struct event_context *context,
				     struct container *container, char *detail, size_t size);

/* In this order: what comes first leaves least behind. NULL: not available. */
static const struct {
	enum response_action which;
	action *act;
} actions[RESPONSE_COUNT] = {
	{ RESPONSE_DENY, deny_operation },	 { RESPONSE_KILL, kill_process }, { RESPONSE_PAUSE, pause_container },
	{ RESPONSE_ISOLATE, isolate_container }, { RESPONSE_INVESTIGATE, NULL },
};

static bool within_rate(struct responder *responder)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec != responder->second) {
		responder->second = now.tv_sec;
		responder->this_second = 0;
	}
	if (responder->this_second == RESPONSES_PER_SECOND)
		return false;
	responder->this_second++;
	return true;
}

static enum response_outcome respond(struct responder *responder, size_t index, const struct event_context *context,
				     char *detail, size_t size)
{
	struct container *container = (struct container *)context->container;
	const char *reason;

	if (actions[index].which == RESPONSE_KILL && context->event->flags & PICKET_EVENT_KILLED) {
		snprintf(detail, size, "SIGKILL by the kernel part, in the system call");
		return OUTCOME_DONE;
	}
	if (actions[index].which == RESPONSE_DENY && context->event->flags & PICKET_EVENT_DENIED) {
		snprintf(detail, size, "EPERM by the kernel part");
		return OUTCOME_DONE;
	}
	if (actions[index].which == RESPONSE_DENY && context->event->flags & PICKET_EVENT_KILLED) {
		snprintf(detail, size, "not denied: this kernel cannot; SIGKILL by the kernel part instead");
		return OUTCOME_DONE;
	}
	reason = spared_reason(responder->options.procfs_path, context);
	if (reason) {
		snprintf(detail, size, "%s", reason);
		return OUTCOME_SPARED;
	}
	if (!responder->options.enforce) {
		snprintf(detail, size,
			 actions[index].act ? "nothing is done without --enforce"
					    : NOT_AVAILABLE ", not even with --enforce");
		return OUTCOME_DRY_RUN;
	}
	if (!actions[index].act) {
		snprintf(detail, size, NOT_AVAILABLE);
		return OUTCOME_FAILED;
	}
	if (!within_rate(responder)) {
		snprintf(detail, size, "more than %d responses in this second", RESPONSES_PER_SECOND);
		return OUTCOME_FAILED;
	}
	return actions[index].act(responder, context, container, detail, size);
}

void responder_act(struct responder *responder, struct finding *finding)
{
	for (size_t i = 0; i < RESPONSE_COUNT; i++) {
		enum response_action which = actions[i].which;
		char detail[160] = "";

		if (!(finding->rule->responses & (1U << which)))
			continue;
		finding->outcomes[which] = respond(responder, i, &finding->context, detail, sizeof(detail));
		count(responder, which, finding->outcomes[which]);
		audit(responder, response_name(which), finding->context.container, finding->context.event->pid,
		      finding->outcomes[which], detail);
	}
}

void responder_release(struct responder *responder, struct container *container, responder_released *done,
		       void *context)
{
	int error = container_isolate_release(&responder->options, container);

	if (error == -ENOENT) {
		container_pause_release(responder->pauses, container, done, context);
		return;
	}
	audit(responder, "release", container, 0, error ? OUTCOME_FAILED : OUTCOME_DONE,
	      error ? strerror(-error) : "the network is back");
	if (!error && container_pause_holds(responder->pauses, container))
		container_pause_release(responder->pauses, container, done, context);
	else
		done(context, error, error ? strerror(-error) : "the network is back");
}
