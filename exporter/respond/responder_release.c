/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of pauses and isolations: by somebody, or by their timeout. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "respond/container_isolate.h"
#include "respond/responder_internal.h"

#define RELEASE_RETRY_NS 10000000000ULL

static void audit_release(struct responder *responder, const struct container *container, enum response_outcome outcome,
			  const char *detail)
{
	struct response_audit record = { "release", container, 0, outcome, detail, "", "" };

	responder->metrics->responses_released += outcome == OUTCOME_DONE;
	responder_audit(responder, &record);
}

void responder_on_pause_end(void *context, bool pause, const struct container *container, enum response_outcome outcome,
			    const char *detail)
{
	struct responder *responder = context;
	struct response_audit record = { "pause", container, 0, outcome, detail, "", "" };

	if (!pause) {
		if (container && outcome == OUTCOME_DONE)
			response_holds_forget(responder->holds, container->cgroup_id, 1U << RESPONSE_PAUSE);
		audit_release(responder, container, outcome, detail);
		return;
	}
	responder_count(responder, RESPONSE_PAUSE, outcome);
	responder_audit(responder, &record);
}

/* A pause whose time is over. */
struct timed_release {
	struct responder *responder;
	uint64_t cgroup_id;
};

/* What became of it is audited. When it failed, it is tried again. */
static void on_timed_release(void *context, int error, const char *text)
{
	struct timed_release *release = context;

	(void)text;
	if (error && error != -ENOENT && error != -ESRCH)
		response_holds_set(release->responder->holds, release->cgroup_id, RESPONSE_PAUSE, RELEASE_RETRY_NS,
				   false);
	free(release);
}

/* Return: false: try again. */
static bool end_pause(struct responder *responder, struct container *container)
{
	struct timed_release *release;

	if (!container_pause_holds(responder->pauses, container))
		return true;
	release = malloc(sizeof(*release));
	if (!release)
		return false;
	*release = (struct timed_release){ responder, container->cgroup_id };
	container_pause_release(responder->pauses, container, on_timed_release, release);
	return true;
}

bool responder_on_timeout(void *context, uint64_t cgroup_id, enum response_action action)
{
	struct responder *responder = context;
	struct container *container = registry_find(responder->registry, cgroup_id);
	int error;

	if (!container || container->removed_unix_ns)
		return true;
	if (action == RESPONSE_PAUSE)
		return end_pause(responder, container);
	error = container_isolate_release(&responder->options, container);
	if (error != -ENOENT)
		audit_release(responder, container, error ? OUTCOME_FAILED : OUTCOME_DONE,
			      error ? strerror(-error) : "its time is over, the network is back");
	return !error || error == -ENOENT;
}

void responder_release(struct responder *responder, struct container *container, responder_released *done,
		       void *context)
{
	int error = container_isolate_release(&responder->options, container);
	const char *text = error ? strerror(-error) : "the network is back";

	if (error != -ENOENT)
		audit_release(responder, container, error ? OUTCOME_FAILED : OUTCOME_DONE, text);
	if (!error)
		response_holds_forget(responder->holds, container->cgroup_id, 1U << RESPONSE_ISOLATE);
	if (error == -ENOENT || (!error && container_pause_holds(responder->pauses, container)))
		container_pause_release(responder->pauses, container, done, context);
	else
		done(context, error, text);
}
