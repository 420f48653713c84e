// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Files, by kprobes: for kernels without BPF trampolines. What the function was
 * given is kept until it returns. The kernel keeps room for some returns at a
 * time only: opens that wait for a slow disk all at once can go unseen.
 */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "file_hooks.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct asked_open {
	const char *written;
	__s64 directory;
};

/* Under way, by thread. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct asked_open);
} asked_opens SEC(".maps");

SEC("kprobe/do_filp_open")
int BPF_KPROBE(file_open_begins, int directory, struct filename *name, const struct open_flags *how)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct asked_open asked = { .directory = directory };

	if (!open_is_asked_for(name, how))
		return 0;
	asked.written = BPF_CORE_READ(name, name);
	bpf_map_update_elem(&asked_opens, &thread, &asked, BPF_ANY);
	return 0;
}

SEC("kretprobe/do_filp_open")
int BPF_KRETPROBE(file_opened, struct file *file)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct asked_open *found = bpf_map_lookup_elem(&asked_opens, &thread), asked;

	if (!found)
		return 0;
	asked = *found;
	bpf_map_delete_elem(&asked_opens, &thread);
	return open_ended(ctx, file, asked.written, asked.directory);
}

/* open_by_handle_at */
SEC("kretprobe/file_open_root")
int BPF_KRETPROBE(file_opened_by_handle, struct file *file)
{
	return open_ended(ctx, file, NULL, AT_FDCWD);
}

TREE_CHANGES("kretprobe")
