/* SPDX-License-Identifier: GPL-2.0-only */
/* Isolation of containers: what the responder asks for, carried to the kernel part. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon_internal.h"
#include "kernel/isolation_network.h"

static int isolate(void *context, uint64_t cgroup_id, int cgroup_fd)
{
	return network_isolation_apply(context, cgroup_id, cgroup_fd);
}

static int end_isolation(void *context, uint64_t cgroup_id)
{
	return network_isolation_release(context, cgroup_id);
}

static bool is_isolated(void *context, uint64_t cgroup_id)
{
	return network_isolation_holds(context, cgroup_id);
}

int daemon_start_isolation(struct daemon *daemon, struct isolator *ret_isolator)
{
	char pin_path[PATH_MAX + sizeof(NETWORK_ISOLATION_PIN_SUFFIX)], reason[256] = "";
	struct network_isolation_options options = {
		.allowed = daemon->config->isolate_allow.items,
		.allowed_count = daemon->config->isolate_allow.count,
		.pin_path = pin_path,
	};
	int error;

	snprintf(pin_path, sizeof(pin_path), "%s" NETWORK_ISOLATION_PIN_SUFFIX, daemon->config->bpf_pin_path);
	error = network_isolation_open(&options, &daemon->isolation, reason, sizeof(reason));
	if (error == -EINVAL)
		return daemon_start_failed("isolate.allow", error, reason);
	if (error)
		log_warn("responses", "containers cannot be isolated: %s", reason);
	else
		*ret_isolator = (struct isolator){ isolate, end_isolation, is_isolated, daemon->isolation };
	return 0;
}

static void take_over(void *context, uint64_t cgroup_id)
{
	struct daemon *daemon = context;
	struct container *container = registry_find(daemon->registry, cgroup_id);

	if (container)
		container->quarantine = "isolate";
	else
		network_isolation_release(daemon->isolation, cgroup_id);
}

void daemon_take_over_isolation(struct daemon *daemon)
{
	if (daemon->isolation)
		network_isolation_visit(daemon->isolation, take_over, daemon);
}

void daemon_end_isolation(struct daemon *daemon, uint64_t cgroup_id)
{
	if (daemon->isolation)
		network_isolation_release(daemon->isolation, cgroup_id);
}
