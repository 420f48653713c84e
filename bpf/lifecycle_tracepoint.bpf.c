// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Life of cgroups: a new one gets its counter slot here, before the first
 * task enters it, so that nothing is missed while the daemon finds out its name.
 */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "record.h"
#include "setup.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline __u64 cgroup_parent_id(struct cgroup *cgroup)
{
	struct cgroup *parent = (struct cgroup *)BPF_CORE_READ(cgroup, self.parent);

	return parent ? BPF_CORE_READ(parent, kn, id) : 0;
}

static __always_inline bool cgroup_is_v2(struct cgroup *cgroup)
{
	return BPF_CORE_READ(cgroup, root, hierarchy_id) == 0;
}

static __always_inline void send_cgroup(void *context, enum picket_kind kind, struct cgroup *cgroup, const char *path)
{
	struct subject subject = subject_of_cgroup(BPF_CORE_READ(cgroup, kn, id));
	struct event_scratch *record = record_begin(kind, &subject);

	if (!record)
		return;
	record->event.cgroup.parent_id = cgroup_parent_id(cgroup);
	record_add_string(record, PICKET_TEXT_PATH, path, false);
	record_submit(context, record);
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(lifecycle_cgroup_mkdir, struct cgroup *cgroup, const char *path)
{
	struct subject parent;
	struct picket_cgroup entry = {};
	__u64 id;

	if (!cgroup_is_v2(cgroup))
		return 0;
	id = BPF_CORE_READ(cgroup, kn, id);
	parent = subject_of_cgroup(cgroup_parent_id(cgroup));
	if (class_is_container(parent.class))
		entry.slot = parent.slot;
	else if (bpf_map_pop_elem(&free_slots, &entry.slot))
		entry.slot = PICKET_SLOT_OVERFLOW;
	bpf_map_update_elem(&cgroups, &id, &entry, BPF_ANY);
	send_cgroup(ctx, PICKET_KIND_CGROUP_CREATE, cgroup, path);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(lifecycle_cgroup_rmdir, struct cgroup *cgroup, const char *path)
{
	if (cgroup_is_v2(cgroup))
		send_cgroup(ctx, PICKET_KIND_CGROUP_REMOVE, cgroup, path);
	return 0;
}

SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(lifecycle_cgroup_attach_task, struct cgroup *cgroup, const char *path, struct task_struct *task)
{
	struct picket_setup_task setup = {};
	struct subject target, mover;
	__u32 pid = BPF_CORE_READ(task, tgid);

	if (!cgroup_is_v2(cgroup))
		return 0;
	target = subject_of_cgroup(BPF_CORE_READ(cgroup, kn, id));
	mover = subject_of_cgroup(bpf_get_current_cgroup_id());
	if (setup_enters(&mover, &target) || setup_enters_itself(pid, &target)) {
		setup.runtime_namespace = task_mount_namespace((struct task_struct *)bpf_get_current_task());
		setup.starting = BPF_CORE_READ_BITFIELD_PROBED(task, in_execve);
		setup_begin(pid, &target, &setup);
	}
	if (target.class != PICKET_CGROUP_HOST)
		bpf_map_delete_elem(&outsiders, &pid);
	return 0;
}
