// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Deadly signals, counted for who receives them. */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "subject.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define SIGKILL 9
#define SIGSEGV 11
#define SIGSYS 31

/* Once per process: the other threads of one that dies are told by the same signal. */
SEC("tp_btf/signal_generate")
int BPF_PROG(signal_generated, int signal, void *info, struct task_struct *task, int group, int result)
{
	struct subject subject;

	if ((signal != SIGKILL && signal != SIGSEGV && signal != SIGSYS) || result)
		return 0;
	subject = subject_of_cgroup(task_cgroup_id(task));
	subject_count(&subject, signal == SIGKILL   ? PICKET_COUNTER_SIGNALS_KILL
				: signal == SIGSEGV ? PICKET_COUNTER_SIGNALS_SEGV
						    : PICKET_COUNTER_SIGNALS_SYS);
	return 0;
}
