/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Namespaces of the host that a process of a container is in although nobody gave them to it, whatever way it went:
 * setns(2), a tracer's or a parent's, or the kernel's own memory overwritten.
 *
 * Given is what it had when its set-up ended; its children inherit that, and processes that were there before picket
 * are held against the container's first one that is seen. The host's mount namespace is never given: a container
 * that begins there is none.
 *
 * Looked at when a process forks, starts a program, ends, or has done a privileged call: no other pays for it.
 */
#ifndef BOUNDARY_H
#define BOUNDARY_H

#include "boundary_given.h"

#define NAMESPACE_BITS 7 /* of those that namespaces_of_host() tells apart */

static __always_inline enum picket_boundary boundary_of_namespace(__u32 bit)
{
	return bit ? bit + 1 : PICKET_BOUNDARY_MOUNT_NAMESPACE; /* the cgroup lies in between */
}

/* What a process is held against that was there before it could be seen; @host: namespaces of the host that it has. */
static __always_inline __u32 boundary_given(const struct subject *subject, __u32 host)
{
	if (subject->slot < PICKET_SLOT_FIRST || !subject->counters)
		return namespaces_to_give(host); /* many containers share this slot */
	if (!subject->counters->namespaces)
		subject->counters->namespaces = namespaces_to_give(host);
	return subject->counters->namespaces;
}

static __noinline int send_break(void *context, const struct subject *subject, __u32 boundary, __u64 cgroup_id,
				 __u32 host)
{
	struct event_scratch *record;

	if (!subject)
		return 0;
	record = record_begin_wanted(PICKET_KIND_ISOLATION_BREAK, subject);
	if (!record)
		return 0;
	record->event.isolation.boundary = boundary;
	record->event.isolation.cgroup_id = cgroup_id;
	record->event.isolation.host_namespaces = host;
	record_send(context, record);
	return 0;
}

static __noinline int boundary_broken(void *context, const struct subject *subject, __u32 bit, __u32 host)
{
	__u32 boundary = boundary_of_namespace(bit);

	if (!subject || boundary >= PICKET_BOUNDARY_COUNT)
		return 0;
	if (class_is_container(subject->class))
		subject_count(subject, PICKET_COUNTER_ISOLATION_BREAKS_MOUNT_NAMESPACE + boundary);
	return send_break(context, subject, boundary, subject->cgroup_id, host);
}

/*
 * Count and tell of each namespace of the host that the task that runs now was not given, once for each process. It
 * has a record: see process_check().
 */
static __noinline int boundary_check(void *context, const struct subject *subject)
{
	__u32 host = namespaces_of_host(bpf_get_current_task()), thread = bpf_get_current_pid_tgid();
	struct process_record *known = bpf_map_lookup_elem(&processes, &thread);
	__u32 outside, untold;
	int bit;

	if (!known || !subject)
		return 0;
	if (!known->given)
		known->given = boundary_given(subject, host);
	outside = host & ~known->given;
	untold = outside & ~known->outside;
	known->outside = outside;
	if (!untold)
		return 0;
#pragma clang loop unroll(disable)
	for (bit = 0; bit < NAMESPACE_BITS; bit++)
		if (untold & 1U << bit)
			boundary_broken(context, subject, bit, host);
	return 0;
}

#endif
