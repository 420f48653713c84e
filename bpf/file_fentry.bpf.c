// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Files opened, seen where the kernel has found the file: no other system call
 * pays, io_uring and both ABIs come the same way, and the path that the program
 * wrote is the kernel's own copy.
 */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "open.h"
#include "tree_epoch.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define FMODE_EXEC 0x20
#define PF_IO_WORKER 0x00000010
#define ERROR_POINTERS ((__u64)-4095)
#define EAGAIN 11

static __always_inline __u32 task_origin(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	return BPF_CORE_READ(task, flags) & PF_IO_WORKER ? PICKET_EVENT_IO_URING : 0;
}

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
	return open_succeeded(ctx, file, 0);
}

/* open, openat, openat2, creat and their io_uring twins. Not: programs being executed, the kernel's own opens. */
SEC("fexit/do_filp_open")
int BPF_PROG(file_opened, int directory, struct filename *name, const struct open_flags *how, struct file *file)
{
	if (!BPF_CORE_READ(name, uptr) || (BPF_CORE_READ(how, open_flag) & FMODE_EXEC))
		return 0;
	return open_ended(ctx, file, BPF_CORE_READ(name, name), directory);
}

extern int LINUX_KERNEL_VERSION __kconfig;

/* open_by_handle_at. Before Linux 5.13 its root was two arguments, so what it returned stood one further. */
SEC("fexit/file_open_root")
int file_opened_by_handle(unsigned long long *ctx)
{
	__u64 file;

	/* written out, since the verifier wants each offset as a constant and the compiler would make it a variable */
	if (LINUX_KERNEL_VERSION < KERNEL_VERSION(5, 13, 0))
		__asm__ volatile("%0 = *(u64 *)(%1 + 40)" : "=r"(file) : "r"(ctx));
	else
		__asm__ volatile("%0 = *(u64 *)(%1 + 32)" : "=r"(file) : "r"(ctx));
	return open_ended(ctx, (struct file *)file, NULL, AT_FDCWD);
}

/* Everything that makes a mount or moves a directory. Which of them a kernel has is found out at load. */
#define TREE_CHANGES(name, function) \
	SEC("?fexit/" function) \
	int name(void *ctx) \
	{ \
		tree_epoch_advance(); \
		return 0; \
	}

TREE_CHANGES(file_tree_rename, "vfs_rename")
TREE_CHANGES(file_tree_rmdir, "vfs_rmdir")
TREE_CHANGES(file_tree_mount, "path_mount")
TREE_CHANGES(file_tree_umount, "path_umount")
TREE_CHANGES(file_tree_namespace, "copy_mnt_ns")
TREE_CHANGES(file_tree_copy, "copy_tree")
TREE_CHANGES(file_tree_create, "vfs_create_mount")
TREE_CHANGES(file_tree_move, "security_move_mount")
TREE_CHANGES(file_tree_pivot, "security_sb_pivotroot")
