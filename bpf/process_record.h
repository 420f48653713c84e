/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a thread of a container was allowed when that last changed by a way
 * that may change it: a program started that gives rights, set*id(2),
 * capset(2), a user namespace of its own entered. Rights that it has beyond that came by none of them,
 * which is what an exploit of the kernel does.
 */
#ifndef PROCESS_RECORD_H
#define PROCESS_RECORD_H

#include "namespaces.h"
#include "record.h"

static __always_inline void process_rights(struct task_struct *task, struct process_record *rights)
{
	const struct cred *cred = kernel_cast(KERNEL_READ(kernel_cast(task), cred));

	bpf_core_read(&rights->capabilities, sizeof(rights->capabilities), &cred->cap_effective);
	bpf_core_read(&rights->permitted, sizeof(rights->permitted), &cred->cap_permitted);
	rights->uid = KERNEL_READ(cred, euid.val);
	rights->gid = KERNEL_READ(cred, egid.val);
	rights->user_namespace = KERNEL_READ(cred, user_ns, ns.inum);
}

/* All that is remembered of @task, a thread of @subject. */
static __always_inline void process_state(struct task_struct *task, const struct subject *subject,
					  struct process_record *state)
{
	process_rights(task, state);
	state->slot = subject->slot;
	state->cgroup_id = subject->cgroup_id;
}

static __always_inline void process_remember(__u32 thread, const struct process_record *rights)
{
	bpf_map_update_elem(&processes, &thread, rights, BPF_ANY);
}

static __always_inline bool became_root(const struct process_record *old, const struct process_record *now)
{
	return (old->uid && !now->uid) || (old->gid && !now->gid);
}

static __always_inline bool rights_gained(const struct process_record *old, const struct process_record *now)
{
	return became_root(old, now) || (now->capabilities & ~old->capabilities);
}

static __always_inline void send_credential_change(void *context, const struct subject *subject, __u32 change,
						   const struct process_record *old, const struct process_record *now)
{
	struct event_scratch *record = record_begin_wanted(PICKET_KIND_CREDENTIAL_CHANGE, subject);

	if (!record)
		return;
	record->event.credential.change = change;
	record->event.credential.capabilities = now->capabilities & ~old->capabilities;
	record->event.credential.old_uid = old->uid;
	record->event.credential.new_uid = now->uid;
	record->event.credential.old_gid = old->gid;
	record->event.credential.new_gid = now->gid;
	record_send(context, record);
}

/* Nobody comes back from a user namespace: neither unshare(2) nor setns(2) leads to the one above. */
static __always_inline bool came_back(const struct process_record *old, const struct process_record *now)
{
	return old->user_namespace != now->user_namespace &&
	       namespace_is_hosts(USER_NAMESPACE_BIT, now->user_namespace);
}

/*
 * Compare the rights of the task that runs now with what is remembered, count and tell what it gained, and remember
 * the new ones. @explained: it just used a way that may give rights. A process in a user namespace of its own making
 * has rights over that only.
 */
static __always_inline void process_check(void *context, const struct subject *subject, bool explained)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	__u32 thread = bpf_get_current_pid_tgid(), change;
	struct process_record *known = bpf_map_lookup_elem(&processes, &thread);
	struct process_record now = {}, old = {};

	process_state(task, subject, &now);
	if (known) {
		old = *known;
		now.given = old.given;
		now.outside = old.outside;
		if (old.capabilities == now.capabilities && old.permitted == now.permitted && old.uid == now.uid &&
		    old.gid == now.gid && old.user_namespace == now.user_namespace)
			return;
	}
	process_remember(thread, &now);
	if (!known || (old.user_namespace != now.user_namespace && !came_back(&old, &now)) ||
	    !rights_gained(&old, &now))
		return;
	if (!explained || old.user_namespace != now.user_namespace)
		change = PICKET_CREDENTIAL_UNEXPLAINED;
	else if (became_root(&old, &now))
		change = PICKET_CREDENTIAL_ROOT;
	else
		change = PICKET_CREDENTIAL_CAPABILITIES;
	subject_count(subject, PICKET_COUNTER_CREDENTIAL_CHANGES_ROOT + change);
	send_credential_change(context, subject, change, &old, &now);
}

#endif
