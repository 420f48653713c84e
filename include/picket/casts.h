/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's structures that BPF programs read by loads, see bpf/kernel_read.h: the loader tells their type ids. */
#ifndef PICKET_CASTS_H
#define PICKET_CASTS_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define PICKET_CAST_TYPES(TYPE) \
	TYPE(cgroup) \
	TYPE(cred) \
	TYPE(dentry) \
	TYPE(file) \
	TYPE(hlist_head) \
	TYPE(inode) \
	TYPE(mount) \
	TYPE(nsproxy) \
	TYPE(pid) \
	TYPE(sock) \
	TYPE(socket) \
	TYPE(task_struct)

#define PICKET_CAST_ID(type) __u32 type##_id;
struct picket_cast_types {
	PICKET_CAST_TYPES(PICKET_CAST_ID)
};
#undef PICKET_CAST_ID

#endif
