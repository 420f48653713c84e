/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Files opened, seen where the kernel has found the file: no other system call
 * pays, io_uring and both ABIs come the same way, and the path that the program
 * wrote is the kernel's own copy. Shared by the backends that change the
 * kernel's code; they differ in how a program hangs on a function.
 */
#ifndef FILE_HOOKS_H
#define FILE_HOOKS_H

#include "open.h"
#include "tree_epoch.h"

#define FMODE_EXEC 0x20
#define PF_IO_WORKER 0x00000010
#define ERROR_POINTERS ((__u64)-4095)
#define EAGAIN 11

static __always_inline __u32 task_origin(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	return BPF_CORE_READ(task, flags) & PF_IO_WORKER ? PICKET_EVENT_IO_URING : 0;
}

/* What the function that opens returned: a file, or an error. */
static __always_inline int open_ended(void *ctx, struct file *file, const char *written, int directory)
{
	struct open_request *request = open_request_get();

	if (!request || (long)file == -EAGAIN) /* io_uring's first look, at what lies in memory; it tries again */
		return 0;
	request->written = written;
	request->in_user_memory = false;
	request->directory = directory;
	request->flags = task_origin();
	if ((__u64)file >= ERROR_POINTERS)
		return open_refused(ctx, (long)file);
	return open_succeeded(ctx, task_current(), file, 0);
}

/* Programs being executed, and the kernel's own opens, are no opens of the task. */
static __always_inline bool open_is_asked_for(struct filename *name, const struct open_flags *how)
{
	return BPF_CORE_READ(name, uptr) && !(BPF_CORE_READ(how, open_flag) & FMODE_EXEC);
}

/*
 * Everything that makes a mount or moves a directory. Which of them a kernel has is found out at load. @hook: how a
 * program comes after the function.
 */
#define TREE_CHANGE(name, hook, function) \
	SEC("?" hook "/" function) \
	int name(void *ctx) \
	{ \
		tree_epoch_advance(); \
		return 0; \
	}

#define TREE_CHANGES(hook) \
	TREE_CHANGE(file_tree_rename, hook, "vfs_rename") \
	TREE_CHANGE(file_tree_rmdir, hook, "vfs_rmdir") \
	TREE_CHANGE(file_tree_mount, hook, "path_mount") \
	TREE_CHANGE(file_tree_umount, hook, "path_umount") \
	TREE_CHANGE(file_tree_namespace, hook, "copy_mnt_ns") \
	TREE_CHANGE(file_tree_copy, hook, "copy_tree") \
	TREE_CHANGE(file_tree_create, hook, "vfs_create_mount") \
	TREE_CHANGE(file_tree_move, hook, "security_move_mount") \
	TREE_CHANGE(file_tree_pivot, hook, "security_sb_pivotroot")

#endif
