/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The names that a program was started by: the path of execve(2), its first argument, and BusyBox's applet. The same
 * that the field process.programs reads from a record, here before there is one.
 */
#ifndef PROGRAM_NAMES_H
#define PROGRAM_NAMES_H

#include "policy_match.h"
#include "record.h"

#define BUSYBOX 0x00786f6279737562ULL /* "busybox", with its NUL */
#define TOYBOX 0x00786f62796f74ULL    /* "toybox" */
#define TOYBOX_MASK 0x00ffffffffffffffULL

/*
 * What rules say of the last component of the text at record->data[offset]; leaves its place in path->name_scan. The
 * state stays in map memory (volatile): the verifier would follow each combination of registers.
 */
static __noinline __u64 program_names_match_text(struct path_buffer *path, struct event_scratch *record, __u32 offset)
{
	volatile struct name_scan *scan = &path->name_scan;
	struct picket_policy *rules = policy_get();
	int i;

	if (!path || !rules || !record)
		return 0;
	scan->start = offset;
	scan->end = offset;
#pragma clang loop unroll(disable)
	for (i = 0; i < PICKET_ARGS_SIZE; i++) {
		char byte = record->data[bounded(scan->end, PICKET_DATA_SIZE)];

		if (!byte)
			break;
		scan->end = scan->end + 1;
		if (byte == '/')
			scan->start = scan->end;
	}
	return policy_match_text(path, &record->data[bounded(scan->start, PICKET_DATA_SIZE)], scan->end - scan->start,
				 rules);
}

/* Whether the name just looked up is that of a program which takes another one's name as its first argument. */
static __always_inline bool program_names_is_multiple(const struct path_buffer *path,
						      const struct event_scratch *record)
{
	__u64 name = 0;

	bpf_probe_read_kernel(&name, sizeof(name), &record->data[bounded(path->name_scan.start, PICKET_DATA_SIZE)]);
	return name == BUSYBOX || (name & TOYBOX_MASK) == TOYBOX;
}

/* Copy the arguments to record->data, NUL-terminated, as record_add_args() does. Return: their size; 0: none. */
static __always_inline __u32 program_names_read(struct event_scratch *record)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	unsigned long start = BPF_CORE_READ(task, mm, arg_start), end = BPF_CORE_READ(task, mm, arg_end);
	__u32 size = end - start;

	if (start >= end)
		return 0;
	if (end - start > PICKET_ARGS_SIZE - 1)
		size = PICKET_ARGS_SIZE - 1;
	if (bpf_probe_read_user(record->data, bounded(size, PICKET_ARGS_SIZE), (void *)start))
		return 0;
	record->data[bounded(size, PICKET_ARGS_SIZE)] = 0;
	return size;
}

static __noinline __u64 program_names_match(struct path_buffer *path, struct linux_binprm *bprm)
{
	struct event_scratch *record;
	__u32 zero = 0, size;
	__u64 watches = 0;

	record = bpf_map_lookup_elem(&scratch, &zero);
	if (!record || !path)
		return 0;
	if (bpf_probe_read_kernel_str(record->data, PICKET_PATH_SIZE, BPF_CORE_READ(bprm, filename)) > 0)
		watches = program_names_match_text(path, record, 0);
	size = program_names_read(record);
	if (!size || watches & PICKET_WATCH_EXEC)
		return watches;
	watches |= program_names_match_text(path, record, 0);
	if (path->name_scan.end + 1 < size && program_names_is_multiple(path, record))
		watches |= program_names_match_text(path, record, path->name_scan.end + 1);
	return watches;
}

#endif
