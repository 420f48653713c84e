// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Files, by fexit; denied by fmod_ret, which needs no "bpf" among the active LSMs. */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "file_trampoline.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* @result: of those that were asked before. */
SEC("fmod_ret/security_file_open")
int BPF_PROG(file_deny, struct file *file, int result)
{
	return result ? result : open_denied(ctx, file);
}
