/* SPDX-License-Identifier: GPL-2.0-only */
#include "pod_resources_watch.h"

#include <errno.h>
#include <string.h>

#include "log.h"
#include "state/pod_resources.h"

#define INTERVAL_S 10
#define TIMEOUT_MS 5000
#define ANSWER_MAX (16 << 20)
#define URL "http://localhost/v1.PodResourcesLister/List"

static void ask(struct pod_resources_watch *watch);

static void give(struct pod_resources_watch *watch, const struct pod_resources *resources)
{
	for (size_t i = 0; i < registry_count(watch->registry); i++) {
		struct container *container = registry_at(watch->registry, i);

		if (*container->pod && !container->removed_unix_ns)
			container->devices |=
				pod_resources_devices(resources, container->namespace, container->pod, container->name);
	}
}

/* Once when it begins to fail, and once when it is well again. */
static void report(struct pod_resources_watch *watch, int error, const char *text)
{
	if (error == watch->error)
		return;
	if (error)
		log_warn("kubelet", "%s: %s; devices that only the kubelet knows of are taken for not given",
			 watch->socket_path, *text ? text : strerror(-error));
	else
		log_info("kubelet", "%s tells which container was given which device", watch->socket_path);
	watch->error = error;
}

static void on_answer(void *context, const struct http_response *response)
{
	struct pod_resources_watch *watch = context;
	struct pod_resources *resources = NULL;
	int error = response->error;

	watch->asking = false;
	if (error == -ECANCELED)
		return;
	if (!error && response->status != 200)
		error = -EPROTO;
	if (!error)
		error = pod_resources_parse(response->body, response->body_size, &resources);
	report(watch, error, response->error_text);
	if (!error)
		give(watch, resources);
	pod_resources_free(resources);
	if (watch->wanted)
		ask(watch);
}

static void ask(struct pod_resources_watch *watch)
{
	static const char *const headers[] = { "Content-Type: application/grpc", "TE: trailers", NULL };
	static const char nothing[5]; /* an empty message, not compressed */
	const struct http_request request = {
		.method = "POST",
		.url = URL,
		.unix_socket = watch->socket_path,
		.http2 = true,
		.headers = headers,
		.body = nothing,
		.body_size = sizeof(nothing),
		.timeout_ms = TIMEOUT_MS,
		.max_response_bytes = ANSWER_MAX,
	};

	if (watch->asking) {
		watch->wanted = true;
		return;
	}
	watch->wanted = false;
	watch->asked_last = time(NULL);
	watch->asking = http_client_send(watch->http, &request, on_answer, watch) == 0;
}

void pod_resources_watch_new_container(struct pod_resources_watch *watch, const struct container *container)
{
	if (watch->socket_path && *container->pod)
		ask(watch);
}

void pod_resources_watch_tick(struct pod_resources_watch *watch)
{
	if (watch->socket_path && time(NULL) - watch->asked_last >= INTERVAL_S)
		ask(watch);
}
