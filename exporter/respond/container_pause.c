/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/container_pause.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "respond/cgroup_freeze.h"
#include "respond/docker_api.h"

#define POLL_INTERVAL_MS 10
#define FREEZE_TIMEOUT_NS 2000000000LL /* a process in the kernel for longer than this is told of */
#define PODMAN_SOCKET "/run/podman/podman.sock"
#define DETAIL_SIZE 320
#define QUARANTINE "pause"

/* One pause or release under way. The container is found again by its cgroup: it may be gone by then. */
struct pending {
	struct container_pause *pauses;
	uint64_t cgroup_id;
	bool pause;
	const char *service;	 /* asked now, or before the freezer was; NULL: none */
	char service_error[160]; /* why the freezer had to do it; "" */
	int64_t deadline_ns;	 /* of the freezer; 0: the service is asked */
	responder_released *released;
	void *context;
	struct pending *next;
};

struct container_pause {
	struct responder_options options;
	struct http_client *http;
	struct registry *registry;
	container_pause_end *end;
	void *context;
	int timer;
	struct pending *pending;
};

static struct cgroup_place place_of(const struct container_pause *pauses, const struct container *container)
{
	return (struct cgroup_place){ pauses->options.cgroup2_path, container->cgroup_path, container->cgroup_id };
}

static struct pending *find_pending(struct container_pause *pauses, uint64_t cgroup_id)
{
	struct pending *pending = pauses->pending;

	while (pending && pending->cgroup_id != cgroup_id)
		pending = pending->next;
	return pending;
}

static void unlink_pending(struct pending *pending)
{
	struct pending **link = &pending->pauses->pending;

	while (*link && *link != pending)
		link = &(*link)->next;
	if (*link)
		*link = pending->next;
}

static struct container *find_container(const struct pending *pending)
{
	struct container *container = registry_find(pending->pauses->registry, pending->cgroup_id);

	return container && !container->removed_unix_ns ? container : NULL;
}

static enum response_outcome outcome_of(int error)
{
	if (!error)
		return OUTCOME_DONE;
	return error == -ENOENT || error == -ESRCH ? OUTCOME_GONE : OUTCOME_FAILED;
}

/* Tell everybody, and forget it. @text: how, or why not. */
static void end_pending(struct pending *pending, int error, const char *text)
{
	struct container_pause *pauses = pending->pauses;
	struct container *container = find_container(pending);
	char detail[DETAIL_SIZE];

	if (!container && outcome_of(error) == OUTCOME_DONE) {
		error = -ESRCH;
		text = "the container has ended";
	}
	if (container && !pending->pause && outcome_of(error) != OUTCOME_FAILED)
		container->quarantine = NULL;
	snprintf(detail, sizeof(detail), "%s%s%s", text, *pending->service_error ? "; not by " : "",
		 pending->service_error);
	unlink_pending(pending);
	pauses->end(pauses->context, pending->pause, container, outcome_of(error), detail);
	if (pending->released)
		pending->released(pending->context, error, detail);
	free(pending);
}

static const char *text_of(int error, bool pause)
{
	switch (error) {
	case 0:
		return "by cgroup.freeze";
	case -ENOENT:
		return "the container has ended";
	case -ETIMEDOUT:
		return pause ? "not all processes stand still yet; they will as they leave the kernel"
			     : "not all processes run again: is a cgroup above this one frozen?";
	default:
		return strerror(-error);
	}
}

/* Return: 0 when it is done, -EINPROGRESS when the kernel is at it, -errno. */
static int freeze(const struct container_pause *pauses, struct container *container, bool pause)
{
	struct cgroup_place place = place_of(pauses, container);
	int error = cgroup_freeze(&place, pause), frozen;

	if (error)
		return error;
	if (pause)
		container->quarantine = QUARANTINE;
	frozen = cgroup_is_frozen(&place);
	if (frozen < 0)
		return frozen;
	return frozen == pause ? 0 : -EINPROGRESS;
}

static void arm(struct container_pause *pauses)
{
	event_loop_set_timer(pauses->options.loop, pauses->timer, POLL_INTERVAL_MS, POLL_INTERVAL_MS);
}

/* Go on with the freezer, after the service or instead of it. */
static void freeze_pending(struct pending *pending, struct container *container)
{
	int error = freeze(pending->pauses, container, pending->pause);

	if (error != -EINPROGRESS) {
		end_pending(pending, error, text_of(error, pending->pause));
		return;
	}
	pending->deadline_ns = clock_ns(CLOCK_MONOTONIC) + FREEZE_TIMEOUT_NS;
	arm(pending->pauses);
}

static void poll_pending(struct pending *pending)
{
	struct container *container = find_container(pending);
	struct cgroup_place place;
	int frozen;

	if (!container) {
		end_pending(pending, -ENOENT, text_of(-ENOENT, pending->pause));
		return;
	}
	place = place_of(pending->pauses, container);
	frozen = cgroup_is_frozen(&place);
	if (frozen < 0 || frozen == pending->pause)
		end_pending(pending, frozen < 0 ? frozen : 0, text_of(frozen < 0 ? frozen : 0, pending->pause));
	else if (clock_ns(CLOCK_MONOTONIC) >= pending->deadline_ns)
		end_pending(pending, -ETIMEDOUT, text_of(-ETIMEDOUT, pending->pause));
}

static void on_tick(void *context)
{
	struct container_pause *pauses = context;
	struct pending *pending, *next;
	bool any = false;

	for (pending = pauses->pending; pending; pending = next) {
		next = pending->next;
		if (pending->deadline_ns)
			poll_pending(pending);
	}
	for (pending = pauses->pending; pending; pending = pending->next)
		any |= pending->deadline_ns != 0;
	if (!any)
		event_loop_set_timer(pauses->options.loop, pauses->timer, 0, 0);
}

/* The freezer comes after the service: where that one failed, and where it knows nothing of a freeze of ours. */
static bool needs_freezer(const struct pending *pending, const struct container *container, int error)
{
	struct cgroup_place place = place_of(pending->pauses, container);

	if (pending->pause)
		return error != 0;
	return cgroup_freeze_asked(&place) == 1;
}

static void on_service(void *context, int error, const char *text)
{
	struct pending *pending = context;
	struct container *container;
	char by[16];

	if (error == -ECANCELED) { /* the daemon ends: nobody is left to be told */
		unlink_pending(pending);
		free(pending);
		return;
	}
	container = find_container(pending);
	if (!container || outcome_of(error) == OUTCOME_GONE) {
		end_pending(pending, -ESRCH, "the container has ended");
		return;
	}
	if (needs_freezer(pending, container, error)) {
		if (error)
			snprintf(pending->service_error, sizeof(pending->service_error), "%s: %s", pending->service,
				 text);
		freeze_pending(pending, container);
		return;
	}
	if (!error && pending->pause)
		container->quarantine = QUARANTINE;
	snprintf(by, sizeof(by), "by %s", pending->service);
	end_pending(pending, error, error ? text : by);
}

/* Where the container's runtime can be asked. @ret_name: static. Return: NULL: nowhere. */
static const char *service_of(const struct container_pause *pauses, const struct container *container,
			      const char **ret_name)
{
	const struct responder_options *options = &pauses->options;
	const struct {
		const char *runtime, *name, *socket;
	} services[] = {
		{ "docker", "Docker", options->docker_socket },
		{ "podman", "Podman", options->podman_socket ? options->podman_socket : PODMAN_SOCKET },
	};

	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		if (strcmp(container->runtime, services[i].runtime) == 0 && services[i].socket &&
		    access(services[i].socket, R_OK | W_OK) == 0) {
			*ret_name = services[i].name;
			return services[i].socket;
		}
	return NULL;
}

static struct pending *add_pending(struct container_pause *pauses, const struct container *container, bool pause)
{
	struct pending *pending = calloc(1, sizeof(*pending));

	if (!pending)
		return NULL;
	pending->pauses = pauses;
	pending->cgroup_id = container->cgroup_id;
	pending->pause = pause;
	pending->next = pauses->pending;
	pauses->pending = pending;
	return pending;
}

/* Return: whether the service will answer. */
static bool ask_service(struct pending *pending, const struct container *container)
{
	struct container_pause *pauses = pending->pauses;
	const char *socket = service_of(pauses, container, &pending->service);

	return socket && !docker_api_pause(pauses->http, socket, container->id, pending->pause, on_service, pending);
}

enum response_outcome container_pause_start(struct container_pause *pauses, struct container *container, char *detail,
					    size_t size)
{
	struct pending *pending = find_pending(pauses, container->cgroup_id);
	struct cgroup_place place = place_of(pauses, container);
	int error;

	if (pending) {
		snprintf(detail, size, "%s", pending->pause ? "is under way" : "is being released");
		return pending->pause ? OUTCOME_PENDING : OUTCOME_FAILED;
	}
	if (cgroup_is_frozen(&place) == 1) {
		snprintf(detail, size, "stands still already");
		return OUTCOME_DONE;
	}
	pending = add_pending(pauses, container, true);
	if (pending && ask_service(pending, container)) {
		snprintf(detail, size, "asked %s", pending->service);
		return OUTCOME_PENDING;
	}
	error = freeze(pauses, container, true);
	snprintf(detail, size, "%s", error == -EINPROGRESS ? "cgroup.freeze is under way" : text_of(error, true));
	if (pending && error == -EINPROGRESS) {
		pending->deadline_ns = clock_ns(CLOCK_MONOTONIC) + FREEZE_TIMEOUT_NS;
		arm(pauses);
		return OUTCOME_PENDING;
	}
	if (pending)
		unlink_pending(pending);
	free(pending);
	return outcome_of(error);
}

bool container_pause_holds(const struct container_pause *pauses, const struct container *container)
{
	struct cgroup_place place = place_of(pauses, container);

	return (container->quarantine && strcmp(container->quarantine, QUARANTINE) == 0) ||
	       cgroup_freeze_asked(&place) == 1;
}

void container_pause_release(struct container_pause *pauses, struct container *container, responder_released *done,
			     void *context)
{
	struct pending *pending;

	if (find_pending(pauses, container->cgroup_id)) {
		done(context, -EBUSY, "a pause or a release of it is under way; try again");
		return;
	}
	if (!container_pause_holds(pauses, container)) {
		done(context, -EINVAL, "nothing was done to this container");
		return;
	}
	pending = add_pending(pauses, container, false);
	if (!pending) {
		done(context, -ENOMEM, strerror(ENOMEM));
		return;
	}
	pending->released = done;
	pending->context = context;
	if (!ask_service(pending, container))
		freeze_pending(pending, container);
}

int container_pause_new(const struct responder_options *options, struct http_client *http, struct registry *registry,
			container_pause_end *end, void *context, struct container_pause **ret_pauses)
{
	struct container_pause *pauses = calloc(1, sizeof(*pauses));

	if (!pauses)
		return -ENOMEM;
	pauses->options = *options;
	pauses->http = http;
	pauses->registry = registry;
	pauses->end = end;
	pauses->context = context;
	pauses->timer = event_loop_add_timer(options->loop, POLL_INTERVAL_MS, on_tick, pauses);
	if (pauses->timer < 0) {
		int error = pauses->timer;

		free(pauses);
		return error;
	}
	event_loop_set_timer(options->loop, pauses->timer, 0, 0);
	*ret_pauses = pauses;
	return 0;
}

void container_pause_free(struct container_pause *pauses)
{
	if (!pauses)
		return;
	while (pauses->pending) {
		struct pending *pending = pauses->pending;

		unlink_pending(pending);
		free(pending);
	}
	event_loop_remove_timer(pauses->options.loop, pauses->timer);
	free(pauses);
}
