/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel found while a call that changes files runs: kept by thread
 * until the call ends. Backends differ in how they learn of it.
 */
#ifndef CHANGE_H
#define CHANGE_H

#include "place.h"
#include "record.h"
#include "subject.h"
#include "syscall.h"

#ifndef CHANGE_TOUCHED
#define CHANGE_TOUCHED 1 /* of no use to this backend */
#endif
#define CHANGE_OBJECT 1 /* of struct change.found */
#define CHANGE_SOURCE 2
#define THREAD_STACK_SIZE 16384 /* before Linux 5.15 */
#define PF_IO_WORKER 0x00000010

/* A file whose change time was set. */
struct touched {
	__u64 inode;
	__u64 dentry;  /* its name then; 0: none */
	__u64 bare;    /* at first it had none: it was being made, or read from disk */
	__u64 name;    /* length and hash */
	__u64 layered; /* it lies on overlayfs: what was touched elsewhere are its layers */
	struct place place;
};

struct change {
	struct place object; /* what was changed, made or removed */
	struct place source; /* where it was before */
	__u32 found;	     /* CHANGE_* */
	__u32 count;	     /* of all that were touched */
	__u64 layered;	     /* some of them were */
	struct touched touched[CHANGE_TOUCHED];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 512);
	__type(key, __u32);
	__type(value, struct change);
} changes SEC(".maps");

static const struct change change_none;

/* Number of the call that runs now, from the registers at the top of the kernel's stack. */
static __always_inline unsigned long call_number(struct task_struct *task)
{
	struct pt_regs *registers;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		registers = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	else
		registers = (struct pt_regs *)((char *)BPF_CORE_READ(task, stack) + THREAD_STACK_SIZE) - 1;
	return BPF_CORE_READ(registers, orig_ax);
}

/* Whether the call that runs now is one of the modification sensor's. */
static __always_inline bool change_runs(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	unsigned long number;
	struct picket_syscall_entry *entry;
	__u32 index;

	if (BPF_CORE_READ(task, flags) & (PF_KTHREAD | PF_IO_WORKER))
		return false;
	number = call_number(task) & ~X32_SYSCALL_BIT;
	if (number >= PICKET_SYSCALL_NUMBERS)
		return false;
	index = number;
	entry = bpf_map_lookup_elem(&syscalls, &index);
	return entry && (syscall_is_compat() ? entry->compat.handler : entry->native.handler) == PICKET_HANDLER_MODIFY;
}

/* Of the call that runs now; NULL: nobody wants to know. */
static __always_inline struct change *change_get(void)
{
	struct picket_policy *rules = policy_get();
	__u32 thread = bpf_get_current_pid_tgid();
	struct change *change;

	if (!rules || !((rules->container_kinds | rules->host_kinds) & 1ULL << PICKET_KIND_FILE_MODIFY) ||
	    !change_runs())
		return NULL;
	change = bpf_map_lookup_elem(&changes, &thread);
	if (change)
		return change;
	bpf_map_update_elem(&changes, &thread, &change_none, BPF_ANY);
	return bpf_map_lookup_elem(&changes, &thread);
}

static __always_inline struct change *change_find(void)
{
	__u32 thread = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&changes, &thread);
}

static __always_inline void change_forget(void)
{
	__u32 thread = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&changes, &thread);
}

#endif
