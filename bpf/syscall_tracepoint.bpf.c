// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The end of every system call, native and 32-bit: looks its number up and
 * hands over to the sensor that wants it. At the end, because what the program
 * passed may not be readable before, and may be changed until the kernel used it.
 */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "syscall.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sys_exit")
int BPF_PROG(syscall_exit, struct pt_regs *regs, long result)
{
	__u32 number = regs->orig_ax & (PICKET_SYSCALL_NUMBERS - 1);
	struct picket_syscall_entry *entry = bpf_map_lookup_elem(&syscalls, &number);
	struct picket_syscall call;

	if (!entry || (!entry->native.handler && !entry->compat.handler))
		return 0;
	call = syscall_of(entry, regs);
	if (call.handler)
		bpf_tail_call(ctx, &handlers, call.handler);
	return 0;
}
