/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef DESCRIPTOR_H
#define DESCRIPTOR_H

/* The open file behind a descriptor of the task that runs now; NULL when there is none. */
static __always_inline struct file *file_of_descriptor(__u32 descriptor)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **slots = BPF_CORE_READ(table, fd), *file = NULL;

	if (descriptor >= BPF_CORE_READ(table, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), &slots[descriptor]);
	return file;
}

#endif
