/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looks at the processes of containers for what the runtimes' files do not tell: an engine for WebAssembly, a sandbox,
 * a confidential guest.
 */
#ifndef ISOLATION_WATCH_H
#define ISOLATION_WATCH_H

#include "kernel/kernel.h"
#include "state/registry.h"

struct isolation_watch {
	const char *procfs_path, *cgroup2_path;
	const char *root_path; /* NULL: "/" */
	struct kernel *kernel; /* is told which are no ordinary containers */
	struct registry *registry;
	size_t next; /* container to go on with */
};

/** isolation_watch_tick() - every second. Each container is looked at 1, 2, 4, ... 64 s after it was seen first. */
void isolation_watch_tick(struct isolation_watch *watch);

/** isolation_watch_mark() - tell the kernel part at once, of a container that was just found. */
void isolation_watch_mark(struct isolation_watch *watch, const struct container *container);

#endif
