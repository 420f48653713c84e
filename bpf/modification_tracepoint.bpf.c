// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Changes of files; the kernel's own paths by the change times that it sets, which it tells of since Linux 6.13. */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "change_time.h"
#include "modification_ring.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The number at a name's end is that of the tracepoint's arguments: the loader compares. */
SEC("?tp_btf/inode_set_ctime_to_ts")
int BPF_PROG(change_time_set_2, struct inode *inode)
{
	return change_touch(inode);
}

SEC("?tp_btf/ctime_ns_xchg")
int BPF_PROG(change_time_exchanged_4, struct inode *inode)
{
	return change_touch(inode);
}

SEC("?tp_btf/ctime_xchg_skip")
int BPF_PROG(change_time_skipped_2, struct inode *inode)
{
	return change_touch(inode);
}
