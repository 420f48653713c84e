/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Paths as a system call was given them, for calls that leave no open file
 * behind: the text from the program's memory and the directory that it starts
 * from as the kernel resolves it. User space puts them together.
 *
 * Everything lies in map memory (struct written_call): what the verifier has
 * to take as unknown it looks at once, not once for each value.
 */
#ifndef WRITTEN_PATH_H
#define WRITTEN_PATH_H

#include "descriptor.h"
#include "record.h"
#include "syscall.h"

#define AT_FDCWD -100

/* The call that ends now, with its arguments in the ABI that was used. */
struct written_call {
	struct picket_syscall info;
	__u64 arguments[8]; /* the last two are 0: PICKET_NO_ARGUMENT is the index of one */
	__u32 compat;
	__u32 number;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct written_call);
} written_calls SEC(".maps");

static __noinline int written_call_fill(struct written_call *call, struct pt_regs *regs)
{
	if (!call)
		return 0;
	call->compat = syscall_is_compat();
	call->info = syscall_current(regs, call->compat);
	call->number = regs->orig_ax & ~X32_SYSCALL_BIT;
	call->arguments[0] = syscall_argument_of(regs, 0, call->compat);
	call->arguments[1] = syscall_argument_of(regs, 1, call->compat);
	call->arguments[2] = syscall_argument_of(regs, 2, call->compat);
	call->arguments[3] = syscall_argument_of(regs, 3, call->compat);
	call->arguments[4] = syscall_argument_of(regs, 4, call->compat);
	call->arguments[5] = syscall_argument_of(regs, 5, call->compat);
	return 0;
}

/* The call that ends now. NULL: no memory for it. */
static __always_inline struct written_call *written_call_get(struct pt_regs *regs)
{
	struct written_call *call;
	__u32 zero = 0;

	call = bpf_map_lookup_elem(&written_calls, &zero);
	if (call)
		written_call_fill(call, regs);
	return call;
}

/* @index: PICKET_NO_ARGUMENT gives 0. */
static __always_inline __u64 written_argument(const struct written_call *call, __u32 index)
{
	return call->arguments[bounded(index, 8)];
}

/*
 * Where a path starts: the task's root for "/...", else the directory behind @descriptor. Also the path itself when it
 * is empty. NULL: not known.
 */
static __always_inline struct path *written_base(__s32 descriptor, char first)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	struct file *file;

	if (first == '/')
		return &fs->root;
	if (descriptor == AT_FDCWD)
		return &fs->pwd;
	file = file_of_descriptor(descriptor);
	return file ? &file->f_path : NULL;
}

static __noinline int written_walk(struct path_buffer *buffer, struct path *base)
{
	if (!buffer)
		return 0;
	path_reset(buffer);
	path_walk(buffer, BPF_CORE_READ(base, dentry), mount_of(BPF_CORE_READ(base, mnt)));
	return 0;
}

/*
 * Add the path at @argument, and under @base_id where it starts. A call without a path, or with an empty one, is about
 * the descriptor itself: its file's path becomes @object_id.
 */
static __always_inline void record_add_written(struct event_scratch *record, struct path_buffer *buffer,
					       __s32 descriptor, const char *written, enum picket_text_id text_id,
					       enum picket_text_id base_id, enum picket_text_id object_id)
{
	char first = 0;
	struct path *base;

	if (written)
		bpf_probe_read_user(&first, 1, written);
	base = written_base(descriptor, first);
	if (first)
		record_add_string(record, text_id, written, true);
	if (!base)
		return;
	written_walk(buffer, base);
	record_add_path(record, first ? base_id : object_id, buffer);
}

#endif
