/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looks at the processes of containers for what the runtimes' files do not tell: an engine for WebAssembly, a sandbox,
 * a confidential guest.
 */
#ifndef ISOLATION_WATCH_H
#define ISOLATION_WATCH_H

#include "state/registry.h"

struct isolation_watch {
	const char *procfs_path, *cgroup2_path;
	const char *root_path; /* NULL: "/" */
	struct registry *registry;
	size_t next; /* container to go on with */
};

/** isolation_watch_tick() - every second. Each container is looked at 1, 2, 4, ... 64 s after it was seen first. */
void isolation_watch_tick(struct isolation_watch *watch);

#endif
