/* SPDX-License-Identifier: GPL-2.0-only */
/* Asks the kubelet which containers were given devices: when a container of a pod is new, and every 10 s. */
#ifndef POD_RESOURCES_WATCH_H
#define POD_RESOURCES_WATCH_H

#include <stdbool.h>
#include <time.h>

#include "http_client.h"
#include "state/registry.h"

struct pod_resources_watch {
	struct http_client *http;
	const char *socket_path; /* NULL: not asked for */
	struct registry *registry;
	bool asking, wanted; /* an answer is awaited; something is new since */
	time_t asked_last;
	int error; /* of the last answer, as it was logged */
};

/** pod_resources_watch_new_container() - ask at once. */
void pod_resources_watch_new_container(struct pod_resources_watch *watch, const struct container *container);

/** pod_resources_watch_tick() - every second. */
void pod_resources_watch_tick(struct pod_resources_watch *watch);

#endif
