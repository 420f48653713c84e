/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef DESCRIPTOR_H
#define DESCRIPTOR_H

#define AF_UNIX 1

/*
 * bpf_get_current_task_btf() is there since Linux 5.11: what it leads to is read without a helper's call. Each such read
 * costs the verifier a search through all types of the kernel, so only the programs that run most often ask for it.
 */
enum bpf_func_id___task { BPF_FUNC_get_current_task_btf___task };

static __always_inline bool task_is_typed(void)
{
#ifdef TYPED_TASK
	return bpf_core_enum_value_exists(enum bpf_func_id___task, BPF_FUNC_get_current_task_btf___task);
#else
	return false;
#endif
}

static __always_inline struct mnt_namespace *task_mount_tree(void)
{
	struct task_struct *task;

	if (task_is_typed()) {
		task = bpf_get_current_task_btf();
		return task->nsproxy->mnt_ns;
	}
	task = (struct task_struct *)bpf_get_current_task();
	return BPF_CORE_READ(task, nsproxy, mnt_ns);
}

/* The open file behind a descriptor of the task that runs now; NULL when there is none. */
static __always_inline struct file *file_of_descriptor(__u32 descriptor)
{
	struct task_struct *task;
	struct fdtable *table;
	struct file **slots, *file = NULL;
	__u32 limit;

	if (task_is_typed()) {
		task = bpf_get_current_task_btf();
		table = task->files->fdt;
		limit = table->max_fds;
		slots = table->fd;
	} else {
		task = (struct task_struct *)bpf_get_current_task();
		table = BPF_CORE_READ(task, files, fdt);
		limit = BPF_CORE_READ(table, max_fds);
		slots = BPF_CORE_READ(table, fd);
	}
	if (descriptor >= limit)
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), &slots[descriptor]);
	return file;
}

/* The socket of an open file; NULL when it is none. */
static __always_inline struct sock *socket_of_file(struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);

	return socket && BPF_CORE_READ(socket, file) == file ? BPF_CORE_READ(socket, sk) : NULL;
}

#endif
