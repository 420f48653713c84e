/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the network's programs share: whose socket, its addresses, and the records about it. */
#ifndef NETWORK_H
#define NETWORK_H

#include <bpf/bpf_endian.h>
#include "descriptor.h"
#include "record.h"

#define AF_INET 2
#define AF_INET6 10
#define AF_PACKET 17
#define AF_VSOCK 40
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_PACKET 10
#define SOCK_TYPE_MASK 0xf
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define CGROUP_ROOT 1 /* id of the topmost cgroup */

/* Return: 0 when unknown (before Linux 5.15 net_cls may have taken its place). */
static __always_inline __u64 socket_cgroup_id(const struct sock *socket)
{
	struct sock_cgroup_data___val *old = (void *)&socket->sk_cgrp_data;
	struct cgroup *cgroup;

	if (bpf_core_field_exists(socket->sk_cgrp_data.cgroup)) {
		cgroup = KERNEL_READ(kernel_cast(socket), sk_cgrp_data.cgroup);
	} else {
		cgroup = (struct cgroup *)BPF_CORE_READ(old, val);
		if ((__u64)cgroup & 1)
			return 0;
	}
	return cgroup ? KERNEL_READ(kernel_cast(cgroup), kn, id) : 0;
}

/* The verifier lets nobody calculate with a context's pointer to a socket: the same as a plain number. */
static __always_inline const struct sock *socket_plain(__u64 socket)
{
	const struct sock *plain = NULL;
	volatile __u64 copy = socket;

	bpf_probe_read_kernel(&plain, sizeof(plain), (void *)&copy);
	return plain;
}

/*
 * Whose operation on @socket it is: the task's. Before Linux 5.12 io_uring works in kernel threads, which lie in the
 * topmost cgroup: there the socket knows.
 */
static __always_inline struct subject subject_of_socket(const struct sock *socket)
{
	struct task_struct *task = task_current();

	if (bpf_get_current_cgroup_id() == CGROUP_ROOT && TASK_READ(task, flags) & PF_KTHREAD)
		return subject_of_cgroup(socket_cgroup_id(socket_plain((__u64)socket)));
	return subject_of_current(task);
}

static __always_inline bool family_is_inet(__u16 family)
{
	return family == AF_INET || family == AF_INET6;
}

/* The same, when it is one of the internet families. */
static __always_inline struct sock *inet_socket_of_file(struct file *file)
{
	struct sock *socket = file ? socket_of_file(file) : NULL;

	return socket && family_is_inet(KERNEL_READ(kernel_cast(socket), __sk_common.skc_family)) ? socket : NULL;
}

static __always_inline void record_set_socket(struct event_scratch *record, const struct sock *socket)
{
	record->event.network.family = BPF_CORE_READ(socket, __sk_common.skc_family);
	record->event.network.protocol = BPF_CORE_READ(socket, sk_protocol);
	record->event.network.type = BPF_CORE_READ(socket, sk_type);
	record->event.network.local_port = BPF_CORE_READ(socket, __sk_common.skc_num);
}

/* The other end of a connection. */
static __always_inline void record_set_peer(struct event_scratch *record, const struct sock *socket)
{
	__u8 *address = record->event.network.address;

	record->event.network.port = bpf_ntohs(BPF_CORE_READ(socket, __sk_common.skc_dport));
	if (record->event.network.family == AF_INET)
		BPF_CORE_READ_INTO((__be32 *)address, socket, __sk_common.skc_daddr);
	else
		BPF_CORE_READ_INTO((struct in6_addr *)address, socket, __sk_common.skc_v6_daddr);
}

/* The socket's own address. */
static __always_inline void record_set_own(struct event_scratch *record, const struct sock *socket)
{
	__u8 *address = record->event.network.address;

	record->event.network.port = record->event.network.local_port;
	if (record->event.network.family == AF_INET)
		BPF_CORE_READ_INTO((__be32 *)address, socket, __sk_common.skc_rcv_saddr);
	else
		BPF_CORE_READ_INTO((struct in6_addr *)address, socket, __sk_common.skc_v6_rcv_saddr);
}

#endif
