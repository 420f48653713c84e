/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Namespaces of the host that a container's runtime gives it, see boundary.h. */
#ifndef BOUNDARY_GIVEN_H
#define BOUNDARY_GIVEN_H

#include "namespaces.h"
#include "process_record.h"

static __always_inline __u32 namespaces_to_give(__u32 host)
{
	return (host & ~PICKET_NAMESPACE_MOUNT) | PICKET_NAMESPACES_KNOWN;
}

/* The task that runs now, of @subject, begins as the workload: what it has, the runtime gave it. */
static __always_inline void boundary_begin(const struct subject *subject)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	__u32 thread = BPF_CORE_READ(task, pid), given;
	struct process_record now = {};

	given = namespaces_to_give(namespaces_of_host((__u64)task));
	if (subject->slot >= PICKET_SLOT_FIRST && subject->counters &&
	    !(subject->counters->namespaces & PICKET_NAMESPACES_SETUP))
		subject->counters->namespaces = given | PICKET_NAMESPACES_SETUP;
	process_state(task, subject, &now);
	now.given = given;
	process_remember(thread, &now);
}

#endif
