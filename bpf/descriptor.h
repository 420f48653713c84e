/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef DESCRIPTOR_H
#define DESCRIPTOR_H

#include "kernel_read.h"

#define AF_UNIX 1

/* The open file behind a descriptor of @task, which runs now: task_current(). NULL when there is none. */
static __always_inline struct file *file_of_task(struct task_struct *task, __u32 descriptor)
{
	struct file **slots, *file = NULL;

	if (descriptor >= TASK_READ(task, files, fdt, max_fds))
		return NULL;
	slots = TASK_READ(task, files, fdt, fd);
#ifdef KERNEL_CAST
	return (struct file *)kernel_cast((struct hlist_head *)&slots[descriptor])->first;
#endif
	bpf_probe_read_kernel(&file, sizeof(file), &slots[descriptor]);
	return file;
}

static __always_inline struct file *file_of_descriptor(__u32 descriptor)
{
	return file_of_task(task_current(), descriptor);
}

/* The socket of an open file; NULL when it is none. */
static __always_inline struct sock *socket_of_file(struct file *file)
{
	struct socket *socket = kernel_cast((struct socket *)KERNEL_READ(kernel_cast(file), private_data));

	return socket && KERNEL_READ(socket, file) == file ? KERNEL_READ(socket, sk) : NULL;
}

#endif
