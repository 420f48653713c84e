// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Files, by fexit, since a security module never learns how an open ended; denied as a security module. */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "file_trampoline.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* @result: of the modules that were asked before. */
SEC("lsm/file_open")
int BPF_PROG(file_deny, struct file *file, int result)
{
	return result ? result : open_denied(ctx, file);
}
