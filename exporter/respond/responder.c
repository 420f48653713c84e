/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/responder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "respond/cgroup_freeze.h"
#include "respond/docker_api.h"
#include "respond/process_kill.h"

#define RESPONSES_PER_SECOND 100 /* of one picket: a rule gone wild must not take a node down */

struct responder {
	struct responder_options options;
	struct http_client *http;
	struct registry *registry;
	struct self_metrics *metrics;
	time_t second; /* of the rate limit */
	unsigned int this_second;
};

/* A pause or release that Docker was asked for. The container is found again by its cgroup: it may be gone by then. */
struct pending {
	struct responder *responder;
	uint64_t cgroup_id;
	bool pause;
	void (*released)(void *context, int error, const char *text);
	void *context;
};

int responder_new(const struct responder_options *options, struct http_client *http, struct registry *registry,
		  struct self_metrics *metrics, struct responder **ret_responder)
{
	struct responder *responder = calloc(1, sizeof(*responder));

	if (!responder)
		return -ENOMEM;
	responder->options = *options;
	responder->http = http;
	responder->registry = registry;
	responder->metrics = metrics;
	*ret_responder = responder;
	return 0;
}

void responder_free(struct responder *responder)
{
	free(responder);
}

static void audit(struct responder *responder, const char *action, const struct container *container, uint32_t pid,
		  enum response_outcome outcome, const char *detail)
{
	if (responder->options.audit)
		responder->options.audit(responder->options.audit_context, action, container, pid, outcome, detail);
}

static enum response_outcome outcome_of(int error)
{
	if (!error)
		return OUTCOME_DONE;
	if (error == -ESRCH || error == -ENOENT)
		return OUTCOME_GONE;
	return error == -EPERM ? OUTCOME_SPARED : OUTCOME_FAILED;
}

/* Set-up programs of runtimes: seen inside a container's cgroup, but not the container's. */
static bool is_runtime(const struct picket_event *event)
{
	static const char *const names[] = { "runc", "crun", "youki", "conmon", "containerd-shim", "docker-init" };
	const char *path = event_text(event, PICKET_TEXT_EXECUTABLE), *slash = strrchr(path, '/');

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strncmp(event->comm, "runc:[", 6) == 0 || (slash && strcmp(slash + 1, names[i]) == 0 &&
							      (event->flags & PICKET_EVENT_FOREIGN_MNT)))
			return true;
	return false;
}

static enum response_outcome kill_process(struct responder *responder, const struct event_context *context,
					  struct container *container, char *detail, size_t size)
{
	const struct picket_event *event = context->event;
	int error;

	if (event->flags & PICKET_EVENT_KILLED) {
		snprintf(detail, size, "in the kernel, at the system call");
		return OUTCOME_DONE;
	}
	error = process_kill(responder->options.procfs_path, event->pid, event->start_time_ns, container->cgroup_path);
	snprintf(detail, size, "%s", error ? strerror(-error) : "by pidfd");
	return outcome_of(error);
}

static void set_quarantine(struct container *container, bool paused)
{
	container->quarantine = paused ? "pause" : NULL;
}

static int freeze(struct responder *responder, struct container *container, bool pause)
{
	int error = cgroup_freeze(responder->options.cgroup2_path, container->cgroup_path, pause);

	if (!error)
		set_quarantine(container, pause);
	return error;
}

/* Docker has answered; where it could not, the cgroup is frozen or thawed here. */
static void on_docker(void *context, int error, const char *text)
{
	struct pending *pending = context;
	struct responder *responder = pending->responder;
	struct container *container = registry_find(responder->registry, pending->cgroup_id);
	const char *by = "by Docker";

	if (!container)
		error = -ENOENT;
	else if (error == -ECANCELED)
		goto end;
	else if (error && error != -ENOENT) {
		by = "by cgroup.freeze, since Docker did not";
		error = freeze(responder, container, pending->pause);
	} else if (!error) {
		set_quarantine(container, pending->pause);
	}
	if (pending->pause && outcome_of(error) == OUTCOME_DONE)
		responder->metrics->responses[RESPONSE_PAUSE]++;
	if (pending->pause && outcome_of(error) == OUTCOME_FAILED)
		responder->metrics->response_failures[RESPONSE_PAUSE]++;
	audit(responder, pending->pause ? "pause" : "release", container, 0, outcome_of(error),
	      error ? (*text ? text : strerror(-error)) : by);
	if (pending->released)
		pending->released(pending->context, error, error ? strerror(-error) : by);
end:
	free(pending);
}

static bool has_docker(const struct responder *responder, const struct container *container)
{
	return strcmp(container->runtime, "docker") == 0 && access(responder->options.docker_socket, R_OK | W_OK) == 0;
}

static int ask_docker(struct responder *responder, struct container *container, bool pause,
		      void (*released)(void *context, int error, const char *text), void *context)
{
	struct pending *pending = calloc(1, sizeof(*pending));
	int error;

	if (!pending)
		return -ENOMEM;
	*pending = (struct pending){ responder, container->cgroup_id, pause, released, context };
	error = docker_api_pause(responder->http, responder->options.docker_socket, container->id, pause, on_docker,
				 pending);
	if (error)
		free(pending);
	return error;
}

static enum response_outcome pause_container(struct responder *responder, const struct event_context *context,
					     struct container *container, char *detail, size_t size)
{
	int error;

	(void)context;
	if (container->quarantine) {
		snprintf(detail, size, "is paused already");
		return OUTCOME_DONE;
	}
	if (has_docker(responder, container) && !ask_docker(responder, container, true, NULL, NULL)) {
		snprintf(detail, size, "asked Docker");
		return OUTCOME_PENDING;
	}
	error = freeze(responder, container, true);
	snprintf(detail, size, "%s", error ? strerror(-error) : "by cgroup.freeze");
	return outcome_of(error);
}

static enum response_outcome not_available(struct responder *responder, const struct event_context *context,
					   struct container *container, char *detail, size_t size)
{
	(void)responder;
	(void)context;
	(void)container;
	snprintf(detail, size, "this version cannot do it");
	return OUTCOME_FAILED;
}

typedef enum response_outcome action(struct responder *responder, const struct event_context *context,
				     struct container *container, char *detail, size_t size);

static action *const actions[RESPONSE_COUNT] = {
	[RESPONSE_DENY] = not_available,    [RESPONSE_KILL] = kill_process,
	[RESPONSE_PAUSE] = pause_container, [RESPONSE_ISOLATE] = not_available,
	[RESPONSE_INVESTIGATE] = not_available,
};

/* What comes first leaves least behind: the process is stopped before anything else. */
static const enum response_action order[RESPONSE_COUNT] = { RESPONSE_DENY, RESPONSE_KILL, RESPONSE_PAUSE,
							    RESPONSE_ISOLATE, RESPONSE_INVESTIGATE };

static bool within_rate(struct responder *responder)
{
	time_t now = time(NULL);

	if (now != responder->second) {
		responder->second = now;
		responder->this_second = 0;
	}
	return responder->this_second++ < RESPONSES_PER_SECOND;
}

static enum response_outcome respond(struct responder *responder, enum response_action which,
				     const struct event_context *context, char *detail, size_t size)
{
	struct container *container = (struct container *)context->container;

	if (!container || is_runtime(context->event)) {
		snprintf(detail, size, container ? "the runtime's own process" : "the host is never a target");
		return OUTCOME_SPARED;
	}
	if (!responder->options.enforce) {
		snprintf(detail, size, "without --enforce nothing is done");
		return OUTCOME_DRY_RUN;
	}
	if (!(context->event->flags & PICKET_EVENT_KILLED) && !within_rate(responder)) {
		snprintf(detail, size, "more than %d responses in this second", RESPONSES_PER_SECOND);
		return OUTCOME_FAILED;
	}
	return actions[which](responder, context, container, detail, size);
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

void responder_act(struct responder *responder, struct finding *finding)
{
	for (size_t i = 0; i < RESPONSE_COUNT; i++) {
		enum response_action which = order[i];
		char detail[160] = "";

		if (!(finding->rule->responses & (1U << which)))
			continue;
		finding->outcomes[which] =
			respond(responder, which, &finding->context, detail, sizeof(detail));
		count(responder, which, finding->outcomes[which]);
		audit(responder, response_name(which), finding->context.container, finding->context.event->pid,
		      finding->outcomes[which], detail);
	}
}

void responder_release(struct responder *responder, struct container *container,
		       void (*done)(void *context, int error, const char *text), void *context)
{
	int error;

	if (!container->quarantine) {
		done(context, -EINVAL, "nothing was done to this container");
		return;
	}
	if (has_docker(responder, container) && !ask_docker(responder, container, false, done, context))
		return;
	error = freeze(responder, container, false);
	audit(responder, "release", container, 0, outcome_of(error), error ? strerror(-error) : "by cgroup.freeze");
	done(context, error, error ? strerror(-error) : "thawed");
}
