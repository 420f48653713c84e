/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/container_isolate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "respond/cgroup_freeze.h"

#define QUARANTINE "isolate"

enum response_outcome container_isolate(const struct responder_options *options, struct container *container,
					char *detail, size_t size)
{
	struct cgroup_place place = { options->cgroup2_path, container->cgroup_path, container->cgroup_id };
	AUTO_CLOSE int fd = cgroup_open(&place);
	int error = fd < 0 ? fd : options->isolator.apply(options->isolator.context, container->cgroup_id, fd);

	if (error == -ENOENT) {
		snprintf(detail, size, "the container has ended");
		return OUTCOME_GONE;
	}
	if (error) {
		snprintf(detail, size, "%s", strerror(-error));
		return OUTCOME_FAILED;
	}
	if (!container->quarantine)
		container->quarantine = QUARANTINE;
	snprintf(detail, size, "cut off from the network");
	return OUTCOME_DONE;
}

bool container_is_isolated(const struct responder_options *options, const struct container *container)
{
	return options->isolator.holds && options->isolator.holds(options->isolator.context, container->cgroup_id);
}

int container_isolate_release(const struct responder_options *options, struct container *container)
{
	int error;

	if (!options->isolator.release)
		return -ENOENT;
	error = options->isolator.release(options->isolator.context, container->cgroup_id);
	if (!error && container->quarantine && strcmp(container->quarantine, QUARANTINE) == 0)
		container->quarantine = NULL;
	return error;
}
