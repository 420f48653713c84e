/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* System calls as seen when they end: which one, and what it was given, in each ABI. x86-64 so far. */
#ifndef SYSCALL_H
#define SYSCALL_H

#include "descriptor.h"
#include "maps.h"

#define TS_COMPAT 2
#define X32_SYSCALL_BIT 0x40000000UL

/* Whether the call of @task, which runs now, came by the 32-bit ABI. */
static __always_inline bool task_is_compat(struct task_struct *task)
{
	return TASK_READ(task, thread_info.status) & TS_COMPAT;
}

static __always_inline bool syscall_is_compat(void)
{
	return task_is_compat(task_current());
}

/* What to do for the call that ends now; handler 0: nothing. x32 shares the numbers of the native ABI. */
static __always_inline struct picket_syscall syscall_of(const struct picket_syscall_entry *entry,
							const struct pt_regs *regs, bool is_compat)
{
	struct picket_syscall none = {};

	if ((regs->orig_ax & ~X32_SYSCALL_BIT) >= PICKET_SYSCALL_NUMBERS)
		return none;
	return is_compat ? entry->compat : entry->native;
}

/* The same for a handler that was tail-called. */
static __always_inline struct picket_syscall syscall_current(const struct pt_regs *regs, bool is_compat)
{
	__u32 number = regs->orig_ax & (PICKET_SYSCALL_NUMBERS - 1);
	struct picket_syscall_entry *entry = bpf_map_lookup_elem(&syscalls, &number);
	struct picket_syscall none = {};

	return entry ? syscall_of(entry, regs, is_compat) : none;
}

static __always_inline __u64 syscall_argument_of(const struct pt_regs *regs, __u32 index, bool is_compat)
{
	if (is_compat) {
		switch (index) {
		case 0:
			return (__u32)regs->bx;
		case 1:
			return (__u32)regs->cx;
		case 2:
			return (__u32)regs->dx;
		case 3:
			return (__u32)regs->si;
		case 4:
			return (__u32)regs->di;
		case 5:
			return (__u32)regs->bp;
		}
		return 0;
	}
	switch (index) {
	case 0:
		return regs->di;
	case 1:
		return regs->si;
	case 2:
		return regs->dx;
	case 3:
		return regs->r10;
	case 4:
		return regs->r8;
	case 5:
		return regs->r9;
	}
	return 0;
}

static __always_inline __u64 syscall_argument(const struct pt_regs *regs, __u32 index)
{
	return syscall_argument_of(regs, index, syscall_is_compat());
}

#endif
