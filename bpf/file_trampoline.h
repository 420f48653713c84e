/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the backends fentry and lsm share: programs that run when a function of the kernel returns, and denials. */
#ifndef FILE_TRAMPOLINE_H
#define FILE_TRAMPOLINE_H

#include "file_hooks.h"

/* open, openat, openat2, creat and their io_uring twins. */
SEC("fexit/do_filp_open")
int BPF_PROG(file_opened, int directory, struct filename *name, const struct open_flags *how, struct file *file)
{
	return open_is_asked_for(name, how) ? open_ended(ctx, file, BPF_CORE_READ(name, name), directory) : 0;
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

TREE_CHANGES("fexit")

/* The record of an open, or of a program's start, that was denied. */
static __noinline int send_denied(void *ctx, struct file *file, __u32 kind)
{
	struct subject subject = subject_current();
	struct path_buffer *path = path_buffer_get();
	struct picket_policy *rules = policy_get();
	struct event_scratch *record;
	struct directory *directory;

	if (!path || !rules)
		return 0;
	directory = open_look_up(path, file, rules); /* what spares programs has overwritten it */
	record = directory ? open_record(&subject, file, path->request.access, 0) : NULL;
	if (!record)
		return 0;
	record->event.kind = kind;
	record->event.result = -EPERM;
	record->event.flags |= PICKET_EVENT_DENIED | task_origin();
	if (kind == PICKET_KIND_PROCESS_EXEC) {
		__builtin_memset(&record->event.exec, 0, sizeof(record->event.exec));
		open_add_path(record, path, directory, PICKET_TEXT_EXECUTABLE);
		record_submit(ctx, record);
		return 0;
	}
	open_add_path(record, path, directory, PICKET_TEXT_PATH);
	record_send(ctx, record);
	return 0;
}

/* Called before a file is opened. Return: 0, or -EPERM: it must not be. */
static __always_inline int open_denied(void *ctx, struct file *file)
{
	struct picket_policy *rules = policy_get();
	struct path_buffer *path = path_buffer_get();
	struct subject subject;
	__u32 kind, access;

	if (!rules || !path || !(rules->flags & PICKET_POLICY_DENY_FILES))
		return 0;
	subject = subject_current();
	if (subject.class != PICKET_CGROUP_CONTAINER || subject.setup)
		return 0;
	kind = BPF_CORE_READ(file, f_flags) & FMODE_EXEC ? PICKET_KIND_PROCESS_EXEC : PICKET_KIND_FILE_OPEN;
	access = kind == PICKET_KIND_PROCESS_EXEC ? PICKET_ACCESS_READ : open_access(file);
	path->request.access = access;
	path->request.plain = false; /* nothing is kept of what is about to be opened */
	path->request.classes = ~0ULL << PICKET_WATCH_RULE_FIRST;
	if (!open_look_up(path, file, rules) ||
	    !open_rule_says(path->request.watches, access, kind, PICKET_KERNEL_DENY))
		return 0;
	send_denied(ctx, file, kind);
	return -EPERM;
}

#endif
