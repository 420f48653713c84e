/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process with all that descends from it, inside one container.
 *
 * Every member is held by a descriptor that stands for that very process, so
 * whoever gets its pid later is never hit. All are stopped before the first
 * is killed: none can fork its way out, and none is told of its parent's end.
 * What left the tree before, by the end of its parent, is not found.
 */
#ifndef PROCESS_TREE_H
#define PROCESS_TREE_H

#include <stddef.h>

#include "respond/cgroup_freeze.h"

#define PROCESS_TREE_MAX 4096 /* members */

struct process_tree_root {
	uint32_t pid;
	uint64_t start_time_ns; /* CLOCK_BOOTTIME */
};

/**
 * process_tree_stop() - SIGSTOP to all. process_tree_continue() undoes it.
 * process_tree_kill() - SIGKILL to all, after they were stopped.
 * @ret_count: how many got it; also on failure.
 * Return: 0; -E2BIG for more than PROCESS_TREE_MAX, of which as many got it; -EBUSY when they were forking faster than
 * they could be stopped: all that were found got it; else as process_kill() for the root, and nothing was done.
 */
int process_tree_stop(const char *procfs_path, const struct cgroup_place *place, const struct process_tree_root *root,
		      size_t *ret_count);
int process_tree_continue(const char *procfs_path, const struct cgroup_place *place,
			  const struct process_tree_root *root, size_t *ret_count);
int process_tree_kill(const char *procfs_path, const struct cgroup_place *place, const struct process_tree_root *root,
		      size_t *ret_count);

#endif
