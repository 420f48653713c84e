/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which of a task's namespaces are the host's. */
#ifndef NAMESPACES_H
#define NAMESPACES_H

#include "kernel_read.h"
#include "maps.h"

#define CLONE_NEWTIME 0x00000080
#define CLONE_NEWNS 0x00020000
#define CLONE_NEWCGROUP 0x02000000
#define CLONE_NEWUTS 0x04000000
#define CLONE_NEWIPC 0x08000000
#define CLONE_NEWUSER 0x10000000
#define CLONE_NEWPID 0x20000000
#define CLONE_NEWNET 0x40000000

#define USER_NAMESPACE_BIT 2 /* of PICKET_NAMESPACE_* */

/* PICKET_NAMESPACE_* of the flags of clone(2), unshare(2) and setns(2). */
static __always_inline __u32 namespaces_of_flags(__u64 flags)
{
	return (flags & CLONE_NEWNS ? PICKET_NAMESPACE_MOUNT : 0) | (flags & CLONE_NEWPID ? PICKET_NAMESPACE_PID : 0) |
	       (flags & CLONE_NEWUSER ? PICKET_NAMESPACE_USER : 0) |
	       (flags & CLONE_NEWNET ? PICKET_NAMESPACE_NETWORK : 0) |
	       (flags & CLONE_NEWIPC ? PICKET_NAMESPACE_IPC : 0) | (flags & CLONE_NEWUTS ? PICKET_NAMESPACE_UTS : 0) |
	       (flags & CLONE_NEWCGROUP ? PICKET_NAMESPACE_CGROUP : 0);
}

static __always_inline __u32 namespace_is_hosts(__u32 index, __u32 number)
{
	__u32 *host = bpf_map_lookup_elem(&host_namespaces, &index);

	return host && *host && *host == number ? 1U << index : 0;
}

/* Bits of the namespaces that @address, a task, shares with the host. Global: see path_step(). */
__noinline __u32 namespaces_of_host(__u64 address)
{
	struct task_struct *task = kernel_cast((struct task_struct *)address);
	struct nsproxy *proxy = kernel_cast(KERNEL_READ(task, nsproxy));

	return namespace_is_hosts(0, KERNEL_READ(proxy, mnt_ns, ns.inum)) |
	       namespace_is_hosts(1, KERNEL_READ(proxy, pid_ns_for_children, ns.inum)) |
	       namespace_is_hosts(2, KERNEL_READ(task, cred, user_ns, ns.inum)) |
	       namespace_is_hosts(3, KERNEL_READ(proxy, net_ns, ns.inum)) |
	       namespace_is_hosts(4, KERNEL_READ(proxy, ipc_ns, ns.inum)) |
	       namespace_is_hosts(5, KERNEL_READ(proxy, uts_ns, ns.inum)) |
	       namespace_is_hosts(6, KERNEL_READ(proxy, cgroup_ns, ns.inum));
}

#endif
