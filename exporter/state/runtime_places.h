/* SPDX-License-Identifier: GPL-2.0-only */
/* Where container runtimes keep their files: the system's own places, and each user's for rootless containers. */
#ifndef RUNTIME_PLACES_H
#define RUNTIME_PLACES_H

#include "cgroup_path.h"

enum runtime_place {
	PLACE_CONTAINERD, /* containerd's state: "run/containerd" */
	PLACE_DOCKER,	  /* Docker's data root: "var/lib/docker" */
	PLACE_STORAGE,	  /* Podman's and CRI-O's: "var/lib/containers/storage" */
	PLACE_RUNC,	  /* state of OCI runtimes that were called without a manager: "run/runc" */
	PLACE_CRUN,
	PLACE_YOUKI,
	PLACE_RUNSC,
	PLACE_COUNT
};

/* Return: 0 found, and no further place is tried; -ENOENT goes on; other errors go on too, and are remembered. */
typedef int runtime_place_visit(void *context, int root_fd, const char *directory);

/**
 * runtime_places_visit() - try the places in which the container of @identity may have files.
 * @directory given to @visit is relative to @root_fd.
 * Return: 0, or the last error that was not -ENOENT, or -ENOENT.
 */
int runtime_places_visit(int root_fd, const struct cgroup_identity *identity, enum runtime_place place,
			 runtime_place_visit *visit, void *context);

#endif
