/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whose operation it is: cgroup, counter slot, set-up phase. */
#ifndef SUBJECT_H
#define SUBJECT_H

#include "kernel_read.h"
#include "maps.h"

struct subject {
	__u64 cgroup_id;
	struct picket_counters *counters; /* NULL: not counted (map lookup failed) */
	__u32 slot;
	__u32 class; /* PICKET_CGROUP_* */
	bool setup;  /* the runtime's own work inside the container */
};

/* Known to be of a container, whether or not something may be done to it. */
static __always_inline bool class_is_container(__u32 class)
{
	return class == PICKET_CGROUP_CONTAINER || class == PICKET_CGROUP_SPARED;
}

/* The rules in force. */
static __always_inline struct picket_policy *policy_get(void)
{
	struct picket_policy_head *head;
	__u32 zero = 0, element;

	head = bpf_map_lookup_elem(&policy_head, &zero);
	if (!head)
		return NULL;
	element = head->generation & 1;
	return bpf_map_lookup_elem(&policy, &element);
}

static __always_inline __u32 cgroup_slot(__u64 cgroup_id)
{
	struct picket_cgroup *entry = bpf_map_lookup_elem(&cgroups, &cgroup_id);

	return entry ? entry->slot : PICKET_SLOT_HOST;
}

static __always_inline struct subject subject_of_cgroup(__u64 cgroup_id)
{
	struct subject subject = {
		.cgroup_id = cgroup_id,
		.slot = cgroup_slot(cgroup_id),
		.class = PICKET_CGROUP_HOST,
	};

	subject.counters = bpf_map_lookup_elem(&counters, &subject.slot);
	if (subject.counters)
		subject.class = subject.counters->class;
	return subject;
}

/*
 * Whether process @pid of a cgroup is the runtime's. One that was born outside is on its way in: the kernel tells of
 * that only after the process is there and runs. In this order, since it becomes the one before it ceases to be the other.
 */
static __always_inline bool subject_in_setup(const struct subject *subject, __u32 pid)
{
	if (subject->class == PICKET_CGROUP_HOST || !subject->counters)
		return false;
	return bpf_map_lookup_elem(&outsiders, &pid) ||
	       (subject->counters->setup && bpf_map_lookup_elem(&setup_tasks, &pid));
}

/* subject_in_setup() of @task: task_current(), where what it leads to can be read by loads. */
static __always_inline bool task_in_setup(const struct subject *subject, struct task_struct *task)
{
	__u32 pid = TASK_READ(task, tgid), index = pid & (INSIDERS - 1);
	__u64 start_ns = TASK_READ(task, start_boottime);
	struct insider *insider;

	if (subject->class == PICKET_CGROUP_HOST || !subject->counters)
		return false;
	insider = bpf_map_lookup_elem(&insiders, &index);
	if (!insider)
		return false;
	if (insider->start_ns != start_ns || insider->process != pid) {
		if (bpf_map_lookup_elem(&outsiders, &pid))
			return true;
		insider->start_ns = start_ns;
		insider->process = pid;
	}
	return subject->counters->setup && bpf_map_lookup_elem(&setup_tasks, &pid);
}

/* @task: task_current(). */
static __always_inline struct subject subject_of_current(struct task_struct *task)
{
	struct subject subject;

	if (task_is_typed()) {
		subject = subject_of_cgroup(TASK_READ(task, cgroups, dfl_cgrp, kn, id));
		subject.setup = task_in_setup(&subject, task);
	} else {
		subject = subject_of_cgroup(bpf_get_current_cgroup_id());
		subject.setup = subject_in_setup(&subject, bpf_get_current_pid_tgid() >> 32);
	}
	return subject;
}

/* The task that runs now. */
static __always_inline struct subject subject_current(void)
{
	return subject_of_current(task_current());
}

static __always_inline void subject_count(const struct subject *subject, enum picket_counter counter)
{
	if (subject->counters && counter < PICKET_COUNTER_COUNT)
		__sync_fetch_and_add(&subject->counters->value[counter], 1);
}

/* What the runtime does at set-up is counted apart. */
static __always_inline void subject_count_phase(const struct subject *subject, enum picket_counter counter,
						enum picket_counter setup_counter)
{
	subject_count(subject, subject->setup ? setup_counter : counter);
}

/* Whether some rule may want events of this kind from this subject. */
static __always_inline bool subject_watched(const struct subject *subject, const struct picket_policy *rules,
					    enum picket_kind kind)
{
	__u64 kinds = subject->class == PICKET_CGROUP_HOST ? rules->host_kinds : rules->container_kinds;

	return !subject->setup && (kinds & (1ULL << kind));
}

/* The same for an event about @selector, see policy.h. */
static __always_inline bool subject_selected(const struct subject *subject, const struct picket_policy *rules,
					     enum picket_kind kind, __u32 selector)
{
	if (selector > PICKET_SELECTOR_OTHER)
		selector = PICKET_SELECTOR_OTHER;
	return subject_watched(subject, rules, kind) && rules->wanted[kind] >> selector & 1;
}

static __always_inline __u64 task_cgroup_id(struct task_struct *task)
{
	return KERNEL_READ(kernel_cast(task), cgroups, dfl_cgrp, kn, id);
}

#endif
