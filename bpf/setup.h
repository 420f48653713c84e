/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The set-up phase: what the runtime does inside a container's cgroup before
 * the workload's first instruction.
 *
 * A process that enters a container's cgroup from outside is the runtime's,
 * and so are its children, until they execute a program of the container. A
 * workload cannot go back: its processes are inside already, and one that
 * leaves its container for another cgroup is no runtime.
 */
#ifndef SETUP_H
#define SETUP_H

#include "path.h"
#include "subject.h"

/* Whether a process that @mover puts into @target starts as the runtime's. */
static __always_inline bool setup_enters(const struct subject *mover, const struct subject *target)
{
	return target->class != PICKET_CGROUP_HOST && mover->class != PICKET_CGROUP_CONTAINER &&
	       mover->slot != target->slot;
}

static __always_inline __u32 task_mount_namespace(struct task_struct *task)
{
	return BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
}

/* @runtime_namespace: the mount namespace of who put the process there. */
static __always_inline void setup_begin(__u32 pid, const struct subject *target, __u32 runtime_namespace)
{
	if (target->counters && !bpf_map_update_elem(&setup_tasks, &pid, &runtime_namespace, BPF_ANY))
		__sync_fetch_and_add(&target->counters->setup, 1);
}

static __always_inline void setup_end(__u32 pid, const struct subject *subject)
{
	if (bpf_map_delete_elem(&setup_tasks, &pid))
		return;
	if (subject->counters && subject->counters->setup)
		__sync_fetch_and_add(&subject->counters->setup, -1);
}

/*
 * Whether the program just started is still the runtime: a copy of itself
 * without a name, in the runtime's own mount namespace (runc executes itself
 * from a memfd or a detached mount before it enters the container). Inside the
 * container's namespace nothing is the runtime's any more, also not a memfd.
 */
static __always_inline bool setup_goes_on(__u32 pid, struct task_struct *task, struct file *program)
{
	__u32 *runtime_namespace = bpf_map_lookup_elem(&setup_tasks, &pid);
	struct mnt_namespace *own = BPF_CORE_READ(task, nsproxy, mnt_ns);
	struct mount *mount = mount_of(BPF_CORE_READ(program, f_path.mnt));

	if (!runtime_namespace || task_mount_namespace(task) != *runtime_namespace)
		return false;
	return BPF_CORE_READ(mount, mnt_ns) != own || BPF_CORE_READ(program, f_inode, i_nlink) == 0;
}

#endif
