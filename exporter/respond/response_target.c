/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/response_target.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "respond/cgroup_freeze.h"
#include "respond/container_kill.h"
#include "respond/process_kill.h"
#include "respond/process_tree.h"

static struct cgroup_place place_of(const struct responder_options *options, const struct response_target *target)
{
	return (struct cgroup_place){ options->cgroup2_path, target->container->cgroup_path,
				      target->container->cgroup_id };
}

static int kill_process(const struct responder_options *options, const struct response_target *target, char *how,
			size_t size)
{
	snprintf(how, size, "SIGKILL");
	return process_kill(options->procfs_path, target->pid, target->start_time_ns, target->container->cgroup_path);
}

static int kill_tree(const struct responder_options *options, const struct response_target *target, char *how,
		     size_t size)
{
	struct process_tree_root root = { target->pid, target->start_time_ns };
	struct cgroup_place place = place_of(options, target);
	size_t count = 0;
	int error = process_tree_kill(options->procfs_path, &place, &root, &count);

	snprintf(how, size, "SIGKILL to the process and %zu that descend from it", count ? count - 1 : 0);
	return error;
}

static int kill_container(const struct responder_options *options, const struct response_target *target, char *how,
			  size_t size)
{
	struct cgroup_place place = place_of(options, target);
	const char *by;
	int error = container_kill(options->procfs_path, &place, &by);

	snprintf(how, size, "%s", by);
	return error == -ENOENT ? -ESRCH : error;
}

static int (*const kills[KILL_SCOPE_COUNT])(const struct responder_options *options,
					    const struct response_target *target, char *how, size_t size) = {
	[KILL_PROCESS] = kill_process,
	[KILL_TREE] = kill_tree,
	[KILL_CONTAINER] = kill_container,
};

/* What the errors come to. */
static const struct {
	int error;
	enum response_outcome outcome;
	const char *text; /* NULL: how it was done */
} kill_ends[] = {
	{ 0, OUTCOME_DONE, NULL },
	{ -ESRCH, OUTCOME_GONE, "it has ended already" },
	{ -EPERM, OUTCOME_SPARED, "pid 1, kernel threads and picket itself are never a target" },
	{ -EXDEV, OUTCOME_FAILED, "it is not in the container's cgroup any more" },
	{ -EINVAL, OUTCOME_FAILED, "picket runs in a pid namespace of its own" },
	{ -E2BIG, OUTCOME_FAILED, "the tree has more than 4096 processes; the first of them were killed" },
	{ -EBUSY, OUTCOME_FAILED, "SIGKILL to all that were found, but some were still running at the end" },
};

enum response_outcome target_kill(const struct responder_options *options, const struct response_target *target,
				  char *detail, size_t size)
{
	int error = kills[target->scope](options, target, detail, size);

	for (size_t i = 0; i < ARRAY_SIZE(kill_ends); i++) {
		if (kill_ends[i].error != error)
			continue;
		if (kill_ends[i].text)
			snprintf(detail, size, "%s", kill_ends[i].text);
		return kill_ends[i].outcome;
	}
	snprintf(detail, size, "%s", strerror(-error));
	return OUTCOME_FAILED;
}

int target_stop(const struct responder_options *options, const struct response_target *target)
{
	struct process_tree_root root = { target->pid, target->start_time_ns };
	struct cgroup_place place = place_of(options, target);
	size_t count;

	if (target->scope == KILL_CONTAINER)
		return cgroup_freeze_asked(&place) == 1 ? -EALREADY : cgroup_freeze(&place, true);
	if (target->scope == KILL_TREE)
		return process_tree_stop(options->procfs_path, &place, &root, &count);
	return process_signal(options->procfs_path, target->pid, target->start_time_ns, place.path, SIGSTOP);
}

void target_continue(const struct responder_options *options, const struct response_target *target)
{
	struct process_tree_root root = { target->pid, target->start_time_ns };
	struct cgroup_place place = place_of(options, target);
	size_t count;

	if (target->scope == KILL_CONTAINER)
		cgroup_freeze(&place, false);
	if (target->scope == KILL_TREE)
		process_tree_continue(options->procfs_path, &place, &root, &count);
	else
		process_signal(options->procfs_path, target->pid, target->start_time_ns, place.path, SIGCONT);
}
