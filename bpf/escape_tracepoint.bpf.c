// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Processes of containers outside what should hold them: in namespaces of the
 * host, in another cgroup, or with rights that nothing gave them.
 * Scheduler and cgroup tracepoints: system calls cost nothing.
 */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "boundary.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define S_ISUID 04000
#define S_ISGID 02000
#define PFA_NO_NEW_PRIVS 1

/*
 * Whether the program that was just started explains what @task may do now: the kernel took rights from its file
 * (secureexec), from its mode or, for other than root, from its capabilities. Root regains by any program what it had
 * put down, and everybody makes effective what was permitted before. Nothing more is to be had after PR_SET_NO_NEW_PRIVS.
 */
static __always_inline bool exec_explains(struct linux_binprm *bprm, struct task_struct *task,
					  const struct process_record *old)
{
	bool file_gave = BPF_CORE_READ_BITFIELD_PROBED(bprm, secureexec);
	__u32 mode = BPF_CORE_READ(bprm, file, f_inode, i_mode);
	struct process_record now = {};

	process_rights(task, &now);
	if (!became_root(old, &now) && !(now.capabilities & ~old->permitted))
		return true;
	if (BPF_CORE_READ(task, atomic_flags) & PFA_NO_NEW_PRIVS)
		return false;
	if (became_root(old, &now))
		return file_gave && (mode & (S_ISUID | S_ISGID));
	return file_gave || !old->uid;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(escape_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct subject subject = subject_current();
	__u32 thread = old_pid;
	struct process_record *known;
	struct process_record now = {};

	if (subject.class == PICKET_CGROUP_HOST)
		return 0;
	if (subject.setup) { /* the runtime gives rights away here: what is left is what the workload begins with */
		process_state(task, &subject, &now);
		process_remember(BPF_CORE_READ(task, pid), &now);
		return 0;
	}
	known = bpf_map_lookup_elem(&processes, &thread);
	if (known &&
	    thread != (__u32)BPF_CORE_READ(task, pid)) { /* a thread took the process over, and its first one's id */
		now = *known;
		process_remember(BPF_CORE_READ(task, pid), &now);
	}
	process_check(ctx, &subject, known && exec_explains(bprm, task, known));
	return boundary_check(ctx, &subject);
}

/* Threads as well: each has rights of its own. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(escape_fork, struct task_struct *parent, struct task_struct *child)
{
	__u32 parent_id = BPF_CORE_READ(parent, pid), child_id = BPF_CORE_READ(child, pid);
	struct subject subject = subject_current();
	struct process_record *known, copy;

	if (subject.class == PICKET_CGROUP_HOST || subject.setup)
		return 0;
	process_check(ctx, &subject, false);
	boundary_check(ctx, &subject);
	known = bpf_map_lookup_elem(&processes, &parent_id);
	if (!known)
		return 0;
	copy = *known;
	if (BPF_CORE_READ(parent, tgid) != BPF_CORE_READ(child, tgid))
		copy.outside = 0;     /* a process is told of for itself */
	process_rights(child, &copy); /* clone(2) may have made a user namespace */
	process_remember(child_id, &copy);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(escape_exit, struct task_struct *task)
{
	__u32 thread = bpf_get_current_pid_tgid();
	struct process_record *known = bpf_map_lookup_elem(&processes, &thread);
	struct subject subject;

	if (!known)
		return 0;
	subject = subject_current();
	if (known->given && subject.class != PICKET_CGROUP_HOST)
		boundary_check(ctx, &subject); /* it may have done without another program or process */
	bpf_map_delete_elem(&processes, &thread);
	return 0;
}

#define CGROUP_DEPTH 16

/* One step up; a function of its own, see path_step(). Return: 1 at @id, -1 at the root. */
static __noinline int cgroup_step(struct cgroup **at, __u64 id)
{
	struct cgroup *cgroup;

	if (!at || !*at)
		return -1;
	cgroup = *at;
	if (BPF_CORE_READ(cgroup, kn, id) == id)
		return 1;
	*at = (struct cgroup *)BPF_CORE_READ(cgroup, self.parent);
	return 0;
}

/* Whether @cgroup lies below the cgroup @id: a container may divide what it was given. */
static __always_inline bool cgroup_is_below(struct cgroup *cgroup, __u64 id)
{
	int i, found = 0;

#pragma clang loop unroll(disable)
	for (i = 0; i < CGROUP_DEPTH && !found; i++)
		found = cgroup_step(&cgroup, id);
	return found > 0;
}

/* By then the task is where it went: where it was is in its record. */
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(escape_attach, struct cgroup *cgroup, const char *path, struct task_struct *task)
{
	__u32 moved = BPF_CORE_READ(task, pid), own = bpf_get_current_pid_tgid();
	struct process_record *known = bpf_map_lookup_elem(&processes, &moved);
	struct process_record *mover = bpf_map_lookup_elem(&processes, &own);
	struct subject target, subject = {};
	__u64 id;

	if (!known || !mover || BPF_CORE_READ(cgroup, root, hierarchy_id) != 0)
		return 0; /* who moves it is no process of a container */
	id = BPF_CORE_READ(cgroup, kn, id);
	target = subject_of_cgroup(id);
	subject.slot = known->slot;
	if (target.slot == subject.slot || cgroup_is_below(cgroup, known->cgroup_id))
		return 0;
	subject.counters = bpf_map_lookup_elem(&counters, &subject.slot);
	if (!subject.counters)
		return 0;
	subject.class = subject.counters->class;
	subject.cgroup_id = known->cgroup_id;
	subject_count(&subject, PICKET_COUNTER_ISOLATION_BREAKS_CGROUP);
	send_break(ctx, &subject, PICKET_BOUNDARY_CGROUP, id, 0);
	return 0;
}
