// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Connections. Attempts are seen by the cgroup hooks, which cost other system
 * calls nothing and see io_uring too; how they ended by the end of connect(2)
 * or, for a socket that does not wait, by the change of the socket's state.
 */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>
#include "record.h"
#include "syscall.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define EPERM 1
#define EINTR 4
#define EACCES 13
#define ENETUNREACH 101
#define ECONNRESET 104
#define EISCONN 106
#define ETIMEDOUT 110
#define ECONNREFUSED 111
#define EHOSTUNREACH 113
#define EALREADY 114
#define EINPROGRESS 115
#define ERESTARTSYS 512
#define O_NONBLOCK 04000
#define TCP_SYN_SENT 2
#define TCP_CLOSE 7

static __always_inline enum picket_counter connect_counter(__u32 family, __u32 protocol)
{
	if (protocol == IPPROTO_TCP)
		return family == AF_INET ? PICKET_COUNTER_NETWORK_CONNECTS_TCP4 : PICKET_COUNTER_NETWORK_CONNECTS_TCP6;
	if (protocol == IPPROTO_UDP)
		return family == AF_INET ? PICKET_COUNTER_NETWORK_CONNECTS_UDP4 : PICKET_COUNTER_NETWORK_CONNECTS_UDP6;
	return PICKET_COUNTER_NETWORK_CONNECTS_OTHER;
}

static __always_inline enum picket_counter failure_counter(long error)
{
	switch (error) {
	case ECONNREFUSED:
		return PICKET_COUNTER_NETWORK_CONNECT_FAILURES_REFUSED;
	case ETIMEDOUT:
		return PICKET_COUNTER_NETWORK_CONNECT_FAILURES_TIMEOUT;
	case ENETUNREACH:
	case EHOSTUNREACH:
		return PICKET_COUNTER_NETWORK_CONNECT_FAILURES_UNREACHABLE;
	case EPERM:
	case EACCES:
		return PICKET_COUNTER_NETWORK_CONNECT_FAILURES_DENIED;
	default:
		return PICKET_COUNTER_NETWORK_CONNECT_FAILURES_OTHER;
	}
}

/* The record of an attempt, but for the address. NULL: no rule wants it. */
static __always_inline struct event_scratch *connect_record(const struct bpf_sock_addr *address,
							    const struct subject *subject)
{
	struct picket_policy *rules = policy_get();
	struct event_scratch *record;

	if (!rules || !subject_watched(subject, rules, PICKET_KIND_NETWORK_CONNECT))
		return NULL;
	record = record_begin(PICKET_KIND_NETWORK_CONNECT, subject);
	if (!record)
		return NULL;
	record_set_task(record, (struct task_struct *)bpf_get_current_task());
	record->event.network.family = address->family;
	record->event.network.protocol = address->protocol;
	record->event.network.port = bpf_ntohs(address->user_port);
	return record;
}

static __always_inline void connect_send(struct bpf_sock_addr *address, struct event_scratch *record)
{
	struct path_buffer *path = path_buffer_get();

	if (path)
		record_add_executable(record, (struct task_struct *)bpf_get_current_task(), path);
	record_submit(address, record);
}

SEC("cgroup/connect4")
int network_connect4(struct bpf_sock_addr *address)
{
	struct subject subject = subject_current();
	struct event_scratch *record;

	subject_count_phase(&subject, connect_counter(AF_INET, address->protocol), PICKET_COUNTER_SETUP_CONNECTS);
	record = connect_record(address, &subject);
	if (record) {
		*(__u32 *)record->event.network.address = address->user_ip4;
		connect_send(address, record);
	}
	return 1;
}

SEC("cgroup/connect6")
int network_connect6(struct bpf_sock_addr *address)
{
	struct subject subject = subject_current();
	struct event_scratch *record;
	__u32 *target;

	subject_count_phase(&subject, connect_counter(AF_INET6, address->protocol), PICKET_COUNTER_SETUP_CONNECTS);
	record = connect_record(address, &subject);
	if (record) {
		target = (__u32 *)record->event.network.address;
		target[0] = address->user_ip6[0];
		target[1] = address->user_ip6[1];
		target[2] = address->user_ip6[2];
		target[3] = address->user_ip6[3];
		connect_send(address, record);
	}
	return 1;
}

/* The socket behind a descriptor, when it is one of the internet families, which passed the hooks above. */
static __always_inline struct socket *inet_socket_of(struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);
	__u16 family = BPF_CORE_READ(socket, sk, __sk_common.skc_family);

	if (BPF_CORE_READ(socket, file) != file || (family != AF_INET && family != AF_INET6))
		return NULL;
	return socket;
}

/* What a peer or the clock says ends a TCP connect by a change of state; the rest never gets that far. */
static __always_inline bool told_by_state(struct file *file, struct socket *socket, long error)
{
	return (BPF_CORE_READ(file, f_flags) & O_NONBLOCK) && BPF_CORE_READ(socket, sk, sk_protocol) == IPPROTO_TCP &&
	       (error == ECONNREFUSED || error == ECONNRESET || error == ETIMEDOUT);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(network_connect_exit, struct pt_regs *regs, long result)
{
	struct subject subject;
	struct socket *socket;
	struct file *file;

	if (result >= 0 || result == -EINPROGRESS || result == -EALREADY || result == -EISCONN || result == -EINTR ||
	    result <= -ERESTARTSYS)
		return 0;
	file = file_of_descriptor(syscall_argument(regs, 0));
	socket = file ? inet_socket_of(file) : NULL;
	if (!socket || told_by_state(file, socket, -result))
		return 0;
	subject = subject_current();
	if (!subject.setup)
		subject_count(&subject, failure_counter(-result));
	return 0;
}

/* Return: 0 when unknown (before Linux 5.15 net_cls may have taken its place). */
static __always_inline __u64 socket_cgroup_id(const struct sock *socket)
{
	struct sock_cgroup_data___val *old = (void *)&socket->sk_cgrp_data;
	struct cgroup *cgroup;

	if (bpf_core_field_exists(socket->sk_cgrp_data.cgroup)) {
		cgroup = BPF_CORE_READ(socket, sk_cgrp_data.cgroup);
	} else {
		cgroup = (struct cgroup *)BPF_CORE_READ(old, val);
		if ((__u64)cgroup & 1)
			return 0;
	}
	return cgroup ? BPF_CORE_READ(cgroup, kn, id) : 0;
}

/* A socket that did not wait for its connection learns of the failure here. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(network_state, const struct sock *socket, int old_state, int new_state)
{
	struct subject subject;
	struct file *file;
	int error;

	if (old_state != TCP_SYN_SENT || new_state != TCP_CLOSE)
		return 0;
	file = BPF_CORE_READ(socket, sk_socket, file);
	error = BPF_CORE_READ(socket, sk_err);
	if (!error || !file || !(BPF_CORE_READ(file, f_flags) & O_NONBLOCK))
		return 0;
	subject = subject_of_cgroup(socket_cgroup_id(socket));
	subject_count(&subject, failure_counter(error));
	return 0;
}
