// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Files opened, seen when the system call or the request of io_uring ends: the descriptor leads to the file, the file to
 * its true path.
 */
#define TYPED_TASK
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "file_ring.h"
#include "syscall.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* A function of its own, so that what follows is verified once and not for each ABI and argument. */
static __always_inline int request_of_call(volatile struct open_request *request, struct pt_regs *regs, bool is_compat)
{
	struct picket_syscall call = syscall_current(regs, is_compat);

	if (!request)
		return 0;
	request->written = NULL;
	request->in_user_memory = true;
	request->directory = AT_FDCWD;
	request->flags = is_compat ? PICKET_EVENT_COMPAT : 0;
	if (call.directory_argument != PICKET_NO_ARGUMENT)
		request->directory = syscall_argument_of(regs, call.directory_argument, is_compat);
	if (call.path_argument != PICKET_NO_ARGUMENT)
		request->written = (const char *)syscall_argument_of(regs, call.path_argument, is_compat);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(file_open, struct pt_regs *regs, long result)
{
	struct open_request *request = open_request_get();
	struct task_struct *task = task_current();

	if (!request)
		return 0;
	request_of_call(request, regs, task_is_compat(task));
	return result < 0 ? open_refused(ctx, result) : open_succeeded(ctx, task, file_of_task(task, result), result);
}
