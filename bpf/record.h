/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Building one record and sending it. Only for events that a rule asked for: never in the hot path. */
#ifndef RECORD_H
#define RECORD_H

#include "path.h"
#include "subject.h"

#define PF_KTHREAD 0x00200000

/* Set by the loader: 1 sends by perf buffer. Constant, so the unused way is cut out before the verifier sees it. */
const volatile __u32 use_perf_buffer SEC(".rodata.picket") = 0;

static __always_inline __u64 task_start_time(struct task_struct *task)
{
	if (bpf_core_field_exists(task->start_boottime))
		return KERNEL_READ(kernel_cast(task), start_boottime);
	return BPF_CORE_READ((struct task_struct___real_start *)task, real_start_time);
}

/* Who started @address, the leader of the process that the record is about. Global: see path_step(). */
__noinline int record_add_ancestors(__u64 address)
{
	struct task_struct *task = (struct task_struct *)address, *parent;
	struct event_scratch *record;
	struct picket_event *event;
	__u32 zero = 0;
	int i;

	record = bpf_map_lookup_elem(&scratch, &zero);
	if (!record)
		return 0;
	event = &record->event;
#pragma unroll
	for (i = 0; i < PICKET_ANCESTORS; i++) {
		parent = KERNEL_READ(kernel_cast(task), real_parent, group_leader);
		event->ancestors[i].pid = 0;
		if (!parent || parent == task)
			break;
		event->ancestors[i].pid = KERNEL_READ(kernel_cast(parent), tgid);
		if (!event->ancestors[i].pid)
			break;
		event->ancestors[i].start_ms = task_start_time(parent) / 1000000;
		BPF_CORE_READ_STR_INTO(&event->ancestors[i].comm, parent, comm);
		task = parent;
	}
	event->parent_pid = event->ancestors[0].pid;
	return 0;
}

/* An empty record about an object of cgroup @subject, with no process. NULL: no memory for it. */
static __always_inline struct event_scratch *record_begin(enum picket_kind kind, const struct subject *subject)
{
	struct picket_policy *rules = policy_get();
	struct event_scratch *record;
	__u32 zero = 0;

	record = bpf_map_lookup_elem(&scratch, &zero);
	if (!record || !rules)
		return NULL;
	__builtin_memset(&record->event, 0, sizeof(record->event));
	record->used = 0;
	record->event.time_ns = bpf_ktime_get_boot_ns();
	record->event.cgroup_id = subject->cgroup_id;
	record->event.slot = subject->slot;
	record->event.kind = kind;
	record->event.policy = rules->generation;
	if (subject->class == PICKET_CGROUP_HOST)
		record->event.flags |= PICKET_EVENT_HOST;
	return record;
}

/* The number of @leader in its own pid namespace. */
static __always_inline __u32 task_own_pid(struct task_struct *leader)
{
	struct pid *pid = BPF_CORE_READ(leader, thread_pid);
	__u32 level = KERNEL_READ(kernel_cast(pid), level), number = 0;
	char *numbers = (char *)pid + bpf_core_field_offset(struct pid, numbers);

	bpf_probe_read_kernel(&number, sizeof(number), numbers + level * bpf_core_type_size(struct upid));
	return number;
}

static __always_inline void record_set_task(struct event_scratch *record, struct task_struct *of)
{
	struct picket_event *event = &record->event;
	struct task_struct *leader = BPF_CORE_READ(of, group_leader), *task = kernel_cast(of);

	event->pid = KERNEL_READ(task, tgid);
	event->tid = KERNEL_READ(task, pid);
	event->uid = KERNEL_READ(task, cred, uid.val);
	event->gid = KERNEL_READ(task, cred, gid.val);
	event->start_time_ns = task_start_time(leader);
	event->vpid = task_own_pid(leader);
	BPF_CORE_READ_STR_INTO(&event->comm, task, comm);
	record_add_ancestors((__u64)leader);
}

/* Append @size bytes of kernel memory as one text. */
static __always_inline void record_add_text(struct event_scratch *record, enum picket_text_id id, const void *text,
					    __u32 size)
{
	__u32 used = record->used;

	if (used > PICKET_DATA_SIZE - 1 || size > PICKET_PATH_SIZE - 1)
		return;
	bpf_probe_read_kernel(&record->data[bounded(used, PICKET_DATA_SIZE)], bounded(size, PICKET_PATH_SIZE), text);
	record->event.text[id].offset = used;
	record->event.text[id].size = size;
	used += size;
	record->data[bounded(used, PICKET_DATA_SIZE)] = 0;
	record->used = used + 1;
}

/* Append a NUL-terminated text; @user: it lies in the program's memory. */
static __always_inline void record_add_string(struct event_scratch *record, enum picket_text_id id, const void *text,
					      bool user)
{
	__u32 used = record->used;
	char *target;
	long size;

	if (used > PICKET_DATA_SIZE - 1)
		return;
	target = &record->data[bounded(used, PICKET_DATA_SIZE)];
	size = user ? bpf_probe_read_user_str(target, PICKET_PATH_SIZE, text)
		    : bpf_probe_read_kernel_str(target, PICKET_PATH_SIZE, text);
	if (size <= 0)
		return;
	record->event.text[id].offset = used;
	record->event.text[id].size = size - 1;
	record->used = used + size;
}

static __always_inline void record_add_path(struct event_scratch *record, enum picket_text_id id,
					    struct path_buffer *path)
{
	__u32 offset = bounded(path->offset, PICKET_PATH_SIZE);

	record_add_text(record, id, &path->text[offset], PICKET_PATH_SIZE - 1 - offset);
}

/* The program that the process runs; overwrites @path. */
static __always_inline void record_add_executable(struct event_scratch *record, struct task_struct *task,
						  struct path_buffer *path)
{
	struct file *file = KERNEL_READ(kernel_cast(task), mm, exe_file);

	if (!file)
		return;
	path_of_file(path, file);
	record_add_path(record, PICKET_TEXT_EXECUTABLE, path);
}

/* An event of the task that runs now about @selector, but for what it did. NULL: no rule wants it. */
static __always_inline struct event_scratch *record_begin_selected(enum picket_kind kind, __u32 selector,
								   const struct subject *subject)
{
	struct picket_policy *rules = policy_get();
	struct event_scratch *record;

	if (!rules || !subject_selected(subject, rules, kind, selector))
		return NULL;
	record = record_begin(kind, subject);
	if (record)
		record_set_task(record, (struct task_struct *)bpf_get_current_task());
	return record;
}

/* The same for kinds whose events are not told apart. */
static __always_inline struct event_scratch *record_begin_wanted(enum picket_kind kind, const struct subject *subject)
{
	return record_begin_selected(kind, PICKET_SELECTOR_OTHER, subject);
}

static __always_inline void record_submit(void *context, struct event_scratch *record)
{
	__u32 used = record->used, zero = 0;
	__u64 size = sizeof(record->event);
	__u64 *lost_count;
	long error;

	if (used > PICKET_DATA_SIZE)
		used = PICKET_DATA_SIZE;
	size += used;
	record->event.size = size;
	if (use_perf_buffer)
		error = bpf_perf_event_output(context, &events_perf, BPF_F_CURRENT_CPU, record, size);
	else
		error = bpf_ringbuf_output(&events, record, size, 0);
	if (!error)
		return;
	lost_count = bpf_map_lookup_elem(&lost, &zero);
	if (lost_count)
		__sync_fetch_and_add(lost_count, 1);
}

/* The same, with the program that the task runs. */
static __always_inline void record_send(void *context, struct event_scratch *record)
{
	struct path_buffer *path = path_buffer_get();

	if (path)
		record_add_executable(record, (struct task_struct *)bpf_get_current_task(), path);
	record_submit(context, record);
}

#endif
