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

static __always_inline void setup_begin(__u32 pid, const struct subject *target)
{
	__u32 yes = 1;

	if (target->counters && !bpf_map_update_elem(&setup_tasks, &pid, &yes, BPF_ANY))
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
 * without a name in the host's mount namespace (runc executes itself from a
 * memfd or a detached mount before it enters the container).
 */
static __always_inline bool setup_goes_on(struct task_struct *task, struct file *program, __u32 host_mnt_ns)
{
	struct mnt_namespace *own = BPF_CORE_READ(task, nsproxy, mnt_ns);
	struct mount *mount = mount_of(BPF_CORE_READ(program, f_path.mnt));

	if (BPF_CORE_READ(own, ns.inum) != host_mnt_ns)
		return false;
	return BPF_CORE_READ(mount, mnt_ns) != own || BPF_CORE_READ(program, f_inode, i_nlink) == 0;
}

#endif
