// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Files opened, seen when the system call ends: the descriptor leads to the file, the file to its true path. */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "open.h"
#include "syscall.h"
#include "tree_epoch.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define AT_REMOVEDIR 0x200
#define CLONE_NEWNS 0x00020000

SEC("tp_btf/sys_exit")
int BPF_PROG(file_open, struct pt_regs *regs, long result)
{
	struct picket_syscall call = syscall_current(regs);
	struct open_request request = {
		.in_user_memory = true,
		.flags = syscall_is_compat() ? PICKET_EVENT_COMPAT : 0,
		.directory = AT_FDCWD,
	};

	if (call.directory_argument != PICKET_NO_ARGUMENT)
		request.directory = syscall_argument(regs, call.directory_argument);
	if (call.path_argument != PICKET_NO_ARGUMENT)
		request.written = (const char *)syscall_argument(regs, call.path_argument);
	if (result < 0)
		return open_refused(ctx, result, &request);
	return open_succeeded(ctx, file_of_descriptor(result), result, &request);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(file_tree, struct pt_regs *regs, long result)
{
	if (result >= 0)
		tree_epoch_advance();
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(file_remove, struct pt_regs *regs, long result)
{
	if (result >= 0 && (syscall_argument(regs, 2) & AT_REMOVEDIR))
		tree_epoch_advance();
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(file_unshare, struct pt_regs *regs, long result)
{
	if (result >= 0 && (syscall_argument(regs, 0) & CLONE_NEWNS))
		tree_epoch_advance();
	return 0;
}
