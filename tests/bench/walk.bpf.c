// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The plain way, to compare with: the whole path of each file that is opened, and two look-ups of it. Counts as picket
 * does, remembers nothing, sends nothing.
 */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "open.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sys_exit")
int BPF_PROG(plain_open, struct pt_regs *regs, long result)
{
	struct subject subject = subject_current();
	struct picket_policy *rules = policy_get();
	struct path_buffer *path = path_buffer_get();
	struct file *file = result < 0 ? NULL : file_of_descriptor(result);
	struct dentry *dentry;
	__u64 watches;
	__u32 access;

	if (!rules || !path || !file)
		return 0;
	access = open_access(file);
	dentry = BPF_CORE_READ(file, f_path.dentry);
	subject_count_phase(&subject, open_counter(access), PICKET_COUNTER_SETUP_OPENS);
	device_count_open((__u64)dentry, subject.slot);
	if (!subject_watched(&subject, rules, PICKET_KIND_FILE_OPEN))
		return 0;
	path_of_file(path, file);
	watches = rules->any_path | policy_watches(policy_find_path(path, rules->generation), path_size(path)) |
		  policy_match_file_name(path, file, rules);
	path->request.watches = watches & open_watch_classes(access);
	return 0;
}
