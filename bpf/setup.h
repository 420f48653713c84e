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

#include "descriptor.h"
#include "path.h"
#include "subject.h"

/* Whether a process that @mover puts into @target starts as the runtime's. */
static __always_inline bool setup_enters(const struct subject *mover, const struct subject *target)
{
	return target->class != PICKET_CGROUP_HOST && !class_is_container(mover->class) && mover->slot != target->slot;
}

/*
 * The same of one that puts itself there, as youki's library does with its process in between: by the time that is
 * told, it is inside already. It was born outside, and goes by that process's name, which nothing inside can have both.
 */
static __always_inline bool setup_enters_itself(__u32 pid, const struct subject *target)
{
	__u64 comm[2] = {};

	if (target->class == PICKET_CGROUP_HOST || bpf_get_current_pid_tgid() >> 32 != pid ||
	    !bpf_map_lookup_elem(&outsiders, &pid))
		return false;
	bpf_get_current_comm(comm, sizeof(comm));
	return comm[0] == 0x315b3a696b756f79ULL; /* youki:[1 */
}

static __always_inline __u32 task_mount_namespace(struct task_struct *task)
{
	return BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
}

static __always_inline void setup_begin(__u32 pid, const struct subject *target, const struct picket_setup_task *task)
{
	if (target->counters && !bpf_map_update_elem(&setup_tasks, &pid, task, BPF_ANY))
		__sync_fetch_and_add(&target->counters->setup, 1);
}

/* Process @pid was born into a cgroup of @class. */
static __always_inline void setup_born(__u32 pid, __u32 class)
{
	__u8 outside = 1;

	if (class == PICKET_CGROUP_HOST)
		bpf_map_update_elem(&outsiders, &pid, &outside, BPF_ANY);
	else
		bpf_map_delete_elem(&outsiders, &pid);
}

static __always_inline void setup_end(__u32 pid, const struct subject *subject)
{
	if (bpf_map_delete_elem(&setup_tasks, &pid))
		return;
	if (subject->counters && subject->counters->setup)
		__sync_fetch_and_add(&subject->counters->setup, -1);
}

/*
 * Whether the set-up of the task that runs now ends with its accept(2) of @descriptor. youki's library, and with it
 * every shim of runwasi, waits for "start" so: on a local socket, as the last thing before the workload. A module's
 * engine goes on in this very process and executes no program. Nothing of a workload runs before, so that none can
 * put it off; and who accepts without being a runtime is no runtime any more.
 */
static __always_inline bool setup_is_started(__u32 descriptor)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct picket_setup_task *setup = bpf_map_lookup_elem(&setup_tasks, &pid);
	struct file *file;
	struct sock *socket;

	if (!setup || task_mount_namespace((struct task_struct *)bpf_get_current_task()) == setup->runtime_namespace)
		return false;
	file = file_of_descriptor(descriptor);
	socket = file ? socket_of_file(file) : NULL;
	return socket && BPF_CORE_READ(socket, __sk_common.skc_family) == AF_UNIX;
}

/*
 * Whether the program just started is still the runtime: one that it was about
 * to start when it entered, or a copy of itself without a name, in the
 * runtime's own mount namespace (runc executes itself from a memfd or a
 * detached mount before it enters the container). Inside the container's
 * namespace nothing is the runtime's any more, also not a memfd.
 */
static __always_inline bool setup_goes_on(__u32 pid, struct task_struct *task, struct file *program)
{
	struct picket_setup_task *setup = bpf_map_lookup_elem(&setup_tasks, &pid);
	struct mnt_namespace *own = BPF_CORE_READ(task, nsproxy, mnt_ns);
	struct mount *mount = mount_of(BPF_CORE_READ(program, f_path.mnt));
	bool started = false;

	if (!setup)
		return true; /* on its way in */
	if (setup->starting) {
		setup->starting = 0;
		started = true;
	}
	if (task_mount_namespace(task) != setup->runtime_namespace)
		return false;
	return started || BPF_CORE_READ(mount, mnt_ns) != own || BPF_CORE_READ(program, f_inode, i_nlink) == 0;
}

#endif
