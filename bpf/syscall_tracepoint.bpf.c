// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The end of every system call, native and 32-bit: looks its number up and
 * hands over to the sensor that wants it. At the end, because what the program
 * passed may not be readable before, and may be changed until the kernel used it.
 */
#define TYPED_TASK
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "boundary_given.h"
#include "device.h"
#include "setup.h"
#include "subject.h"
#include "syscall.h"
#include "tree_epoch.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define EPERM 1
#define EACCES 13
#define AT_REMOVEDIR 0x200
#define CLONE_NEWNS 0x00020000

static __always_inline bool tree_changed(const struct picket_syscall *call, const struct pt_regs *regs)
{
	switch (call->tree) {
	case PICKET_TREE_ALWAYS:
		return true;
	case PICKET_TREE_REMOVEDIR:
		return syscall_argument(regs, 2) & AT_REMOVEDIR;
	case PICKET_TREE_NEWNS:
		return syscall_argument(regs, 0) & CLONE_NEWNS;
	}
	return false;
}

static __always_inline void count_denial(long result)
{
	struct subject subject = subject_current();

	if (!subject.setup)
		subject_count(&subject, result == -EPERM ? PICKET_COUNTER_SYSCALL_DENIALS_EPERM
							 : PICKET_COUNTER_SYSCALL_DENIALS_EACCES);
}

/* Not to be inlined: of all system calls, few are accept(2). */
static __noinline int accepted_start(int result)
{
	struct subject subject;

	if (result < 0 || !setup_is_started(result))
		return 0;
	subject = subject_current();
	setup_end(bpf_get_current_pid_tgid() >> 32, &subject);
	boundary_begin(&subject);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(syscall_exit, struct pt_regs *regs, long result)
{
	__u32 number = regs->orig_ax & (PICKET_SYSCALL_NUMBERS - 1);
	struct picket_syscall_entry *entry = bpf_map_lookup_elem(&syscalls, &number);
	struct picket_syscall call;

	if (result == -EPERM || result == -EACCES)
		count_denial(result);
	if (!entry || (!entry->native.handler && !entry->compat.handler))
		return 0;
	call = syscall_of(entry, regs, syscall_is_compat());
	if (call.tree && result >= 0 && tree_changed(&call, regs))
		tree_epoch_advance();
	if (call.handler == PICKET_HANDLER_DUPLICATE && (unsigned long)result > 2)
		return 0; /* fcntl(2) and dup(2) are frequent; only what lands on 0, 1 or 2 is of interest */
	if (call.handler == PICKET_HANDLER_ACCEPT)
		accepted_start(result);
	if (call.handler == PICKET_HANDLER_OPEN)
		bpf_tail_call_static(ctx, &handlers, PICKET_HANDLER_OPEN); /* the most frequent one: a direct jump */
	if (call.handler)
		bpf_tail_call(ctx, &handlers, call.handler);
	return 0;
}
