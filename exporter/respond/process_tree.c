/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/process_tree.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "respond/cgroup_processes.h"
#include "respond/proc_read.h"
#include "respond/process_kill.h"

#define PASSES_MAX 64 /* over all processes; two find nothing new unless somebody forks */

struct member {
	uint32_t pid;
	uint64_t start_ticks;
	int fd;
};

struct tree {
	const char *procfs_path;
	const struct cgroup_place *place;
	struct member *members; /* PROCESS_TREE_MAX */
	size_t count;
	bool full;
};

static const struct member *find_member(const struct tree *tree, uint32_t pid)
{
	for (size_t i = 0; i < tree->count; i++)
		if (tree->members[i].pid == pid)
			return &tree->members[i];
	return NULL;
}

/* Takes @fd. */
static void add_member(struct tree *tree, uint32_t pid, uint64_t start_ticks, int fd)
{
	if (tree->count == PROCESS_TREE_MAX) {
		tree->full = true;
		close(fd);
		return;
	}
	tree->members[tree->count++] = (struct member){ pid, start_ticks, fd };
}

/* Whether it was added: its parent is a member, and was there first. */
static bool offer(struct tree *tree, uint32_t pid, int signal)
{
	const struct member *parent;
	struct proc_stat stat;
	char name[16];
	int fd;

	snprintf(name, sizeof(name), "%u", pid);
	fd = proc_open(tree->procfs_path, name);
	if (fd < 0)
		return false;
	parent = proc_read_stat(fd, &stat) ? NULL : find_member(tree, stat.parent_pid);
	if (!parent || stat.start_ticks < parent->start_ticks ||
	    process_signal_held(tree->procfs_path, fd, pid, tree->place->path, signal)) {
		close(fd);
		return false;
	}
	add_member(tree, pid, stat.start_ticks, fd);
	return true;
}

/* Return: whether something was found that was no member; -errno. */
static int add_descendants(struct tree *tree, int signal)
{
	struct cgroup_processes processes;
	int error = cgroup_processes_read(tree->place, &processes);
	bool found = false;

	if (error)
		return error;
	for (size_t i = 0; i < processes.count && !tree->full; i++)
		if (!find_member(tree, processes.pids[i]))
			found |= offer(tree, processes.pids[i], signal);
	cgroup_processes_free(&processes);
	return found;
}

/* A signal is acted upon a moment after it was sent: until then a process may fork. */
static bool all_stand_still(const struct tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		struct proc_stat stat;

		if (!proc_read_stat(tree->members[i].fd, &stat) && !strchr("TtZX", stat.state))
			return false;
	}
	return true;
}

static int add_root(struct tree *tree, const struct process_tree_root *root, int signal)
{
	struct proc_stat stat;
	int fd = process_hold(tree->procfs_path, root->pid, root->start_time_ns, tree->place->path), error;

	if (fd < 0)
		return fd;
	error = proc_read_stat(fd, &stat);
	if (!error)
		error = process_signal_held(tree->procfs_path, fd, root->pid, tree->place->path, signal);
	if (error) {
		close(fd);
		return error;
	}
	add_member(tree, root->pid, stat.start_ticks, fd);
	return 0;
}

/* All members, each of which has got @signal. */
static int collect(struct tree *tree, const struct process_tree_root *root, int signal)
{
	int found = add_root(tree, root, signal);

	if (found)
		return found;
	for (int i = 0; i < PASSES_MAX; i++) {
		bool stood = signal != SIGSTOP || all_stand_still(tree);

		found = add_descendants(tree, signal);
		if (found < 0)
			return found == -ENOENT ? -ESRCH : found;
		if (tree->full)
			return -E2BIG;
		if (!found && stood)
			return 0;
		sched_yield();
	}
	return -EBUSY;
}

static void signal_all(const struct tree *tree, int signal)
{
	for (size_t i = 0; i < tree->count; i++)
		process_signal_held(tree->procfs_path, tree->members[i].fd, tree->members[i].pid, tree->place->path,
				    signal);
}

static void tree_free(struct tree *tree)
{
	for (size_t i = 0; i < tree->count; i++)
		close(tree->members[i].fd);
	free(tree->members);
}

/* @first: to each as it is found, so that it stands still; @second: to all at the end, 0: none. */
static int act(const char *procfs_path, const struct cgroup_place *place, const struct process_tree_root *root,
	       int first, int second, size_t *ret_count)
{
	struct tree tree = { .procfs_path = procfs_path, .place = place };
	int error;

	*ret_count = 0;
	tree.members = calloc(PROCESS_TREE_MAX, sizeof(*tree.members));
	if (!tree.members)
		return -ENOMEM;
	error = collect(&tree, root, first);
	if (second)
		signal_all(&tree, second);
	*ret_count = tree.count;
	tree_free(&tree);
	return error;
}

int process_tree_stop(const char *procfs_path, const struct cgroup_place *place, const struct process_tree_root *root,
		      size_t *ret_count)
{
	return act(procfs_path, place, root, SIGSTOP, 0, ret_count);
}

int process_tree_continue(const char *procfs_path, const struct cgroup_place *place,
			  const struct process_tree_root *root, size_t *ret_count)
{
	return act(procfs_path, place, root, SIGCONT, 0, ret_count);
}

int process_tree_kill(const char *procfs_path, const struct cgroup_place *place, const struct process_tree_root *root,
		      size_t *ret_count)
{
	return act(procfs_path, place, root, SIGSTOP, SIGKILL, ret_count);
}
