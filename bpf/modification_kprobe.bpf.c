// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Changes of files; the kernel's own paths by kprobes: for kernels without BPF trampolines. */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "change_hooks.h"
#include "modification_ring.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

CHANGE_HOOKS("kprobe", BPF_KPROBE)
