// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Connections and sockets. Attempts are seen by the cgroup hooks, which cost
 * other system calls nothing and see io_uring too; how they ended by the end
 * of the call or, for a socket that does not wait, by the change of its state.
 */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "network.h"
#include "network_connect.h"
#include "network_dns.h"
#include "network_outcome.h"
#include "network_ring.h"
#include "network_unix.h"
#include "policy_match.h"
#include "syscall.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define TCP_SYN_SENT 2
#define TCP_CLOSE 7
#define TCP_LISTEN 10
#define SOCKETCALL_SOCKET 1
#define SOCKETCALL_CONNECT 3
#define SOCKETCALL_ACCEPT 5
#define SOCKETCALL_ACCEPT4 18

static __always_inline enum picket_counter connect_counter(__u32 family, __u32 protocol)
{
	if (protocol == IPPROTO_TCP)
		return family == AF_INET ? PICKET_COUNTER_NETWORK_CONNECTS_TCP4 : PICKET_COUNTER_NETWORK_CONNECTS_TCP6;
	if (protocol == IPPROTO_UDP)
		return family == AF_INET ? PICKET_COUNTER_NETWORK_CONNECTS_UDP4 : PICKET_COUNTER_NETWORK_CONNECTS_UDP6;
	return PICKET_COUNTER_NETWORK_CONNECTS_OTHER;
}

/* Where an attempt goes. A function of its own: contexts are read by fixed offsets only. */
static __always_inline void target_of(const struct bpf_sock_addr *address, __u32 family, __u32 target[4])
{
	if (family == AF_INET) {
		target[0] = address->user_ip4;
		return;
	}
	target[0] = address->user_ip6[0];
	target[1] = address->user_ip6[1];
	target[2] = address->user_ip6[2];
	target[3] = address->user_ip6[3];
}

/* What rules say of the address: PICKET_ADDRESS_*. */
static __always_inline __u32 address_policy(const struct bpf_sock_addr *address, __u32 family,
					    const struct picket_policy *rules)
{
	struct picket_address_key key = { .bits = PICKET_ADDRESS_KEY_BITS + 128, .generation = rules->generation };
	__u32 port = bpf_ntohs(address->user_port), *found = NULL;

	if (family == AF_INET) {
		key.address[2] = MAPPED_PREFIX;
		key.address[3] = address->user_ip4;
	} else {
		target_of(address, family, key.address);
	}
	if (rules->ports & PICKET_PORT_BIT(port)) {
		key.port = port;
		found = bpf_map_lookup_elem(&addresses, &key);
		key.port = 0;
	}
	if (!found)
		found = bpf_map_lookup_elem(&addresses, &key);
	return found ? *found : 0;
}

/* Never what picket itself does, nor what the runtime does at set-up, nor a cgroup that is not known to be a container's. */
static __always_inline bool may_be_denied(const struct subject *subject, const struct picket_policy *rules)
{
	return rules->flags & PICKET_POLICY_DENY && subject->class == PICKET_CGROUP_CONTAINER && !subject->setup &&
	       bpf_get_current_pid_tgid() >> 32 != rules->self;
}

/* Whether some rule asks what the program that runs now connects or sends to. */
static __noinline int program_is_watched(void)
{
	struct path_buffer *path = path_buffer_get();
	struct picket_policy *rules = policy_get();
	struct file *file = TASK_READ(task_current(), mm, exe_file);

	return path && rules && file && policy_match_file_name(path, file, rules) & PICKET_WATCH_NETWORK;
}

static __always_inline void send_attempt(struct bpf_sock_addr *address, __u32 family, enum picket_kind kind,
					 const struct subject *subject, bool is_denied)
{
	struct event_scratch *record = record_begin_wanted(kind, subject);

	if (!record)
		return;
	record->event.network.family = family;
	record->event.network.protocol = address->protocol;
	record->event.network.type = address->type;
	record->event.network.port = bpf_ntohs(address->user_port);
	target_of(address, family, (__u32 *)record->event.network.address);
	if (is_denied) {
		record->event.flags |= PICKET_EVENT_DENIED;
		record->event.result = -EPERM;
	}
	record_send(address, record);
}

/* What one kind of attempt is called in the tables. */
struct attempt {
	enum picket_kind kind;
	__u32 deny, want; /* PICKET_ADDRESS_* */
};

/* Whom a socket has sent datagrams to: an event is sent for the first one only. */
struct correspondent {
	__u64 socket; /* cookie */
	__u32 address[4];
	__u32 port;
	__u32 family;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct correspondent);
	__type(value, __u32);
} correspondents SEC(".maps");

static __always_inline bool is_first_datagram(struct bpf_sock_addr *address, __u32 family)
{
	struct correspondent correspondent = { .port = address->user_port, .family = family };
	__u32 one = 1;

	correspondent.socket = bpf_get_socket_cookie(address);
	target_of(address, family, correspondent.address);
	if (bpf_map_lookup_elem(&correspondents, &correspondent))
		return false;
	bpf_map_update_elem(&correspondents, &correspondent, &one, BPF_ANY);
	return true;
}

/* Deny the attempt, or tell of it, as rules say. Return: whether it goes on. */
static __always_inline int attempt_judge(struct bpf_sock_addr *address, __u32 family, const struct subject *subject,
					 const struct attempt *attempt)
{
	struct picket_policy *rules = policy_get();
	bool denied = false, wanted, watched;
	__u32 said = 0;

	if (!rules || subject->setup)
		return 1;
	watched = subject_watched(subject, rules, attempt->kind);
	if (!watched && !(rules->flags & PICKET_POLICY_DENY))
		return 1;
	if (rules->flags & PICKET_POLICY_ADDRESSES)
		said = address_policy(address, family, rules);
	if (may_be_denied(subject, rules))
		denied = said & attempt->deny;
	if (!watched)
		return !denied;
	wanted = denied || said & attempt->want || rules->any_path & PICKET_WATCH_NETWORK;
	if (!wanted && rules->flags & PICKET_POLICY_NETWORK)
		wanted = program_is_watched();
	if (wanted && (attempt->kind != PICKET_KIND_NETWORK_SEND || is_first_datagram(address, family)))
		send_attempt(address, family, attempt->kind, subject, denied);
	return !denied;
}

static __always_inline int connect_attempt(struct bpf_sock_addr *address, __u32 family)
{
	static const struct attempt attempt = { PICKET_KIND_NETWORK_CONNECT, PICKET_ADDRESS_DENY_CONNECT,
						PICKET_ADDRESS_WANT_CONNECT };
	struct subject subject = subject_of_socket((void *)address->sk);

	subject_count_phase(&subject, connect_counter(family, address->protocol), PICKET_COUNTER_SETUP_CONNECTS);
	return attempt_judge(address, family, &subject, &attempt);
}

SEC("cgroup/connect4")
int network_connect4(struct bpf_sock_addr *address)
{
	return connect_attempt(address, AF_INET);
}

SEC("cgroup/connect6")
int network_connect6(struct bpf_sock_addr *address)
{
	return connect_attempt(address, AF_INET6);
}

static __always_inline int datagram_attempt(struct bpf_sock_addr *address, __u32 family)
{
	static const struct attempt attempt = { PICKET_KIND_NETWORK_SEND, PICKET_ADDRESS_DENY_SEND,
						PICKET_ADDRESS_WANT_SEND };
	struct subject subject = subject_of_socket((void *)address->sk);

	if (!subject.setup)
		subject_count(&subject, PICKET_COUNTER_NETWORK_DATAGRAMS);
	return attempt_judge(address, family, &subject, &attempt);
}

SEC("cgroup/sendmsg4")
int network_sendmsg4(struct bpf_sock_addr *address)
{
	return datagram_attempt(address, AF_INET);
}

SEC("cgroup/sendmsg6")
int network_sendmsg6(struct bpf_sock_addr *address)
{
	return datagram_attempt(address, AF_INET6);
}

/* What the hooks on sockets tell about one. Return: NULL: no rule wants it. */
static __always_inline struct event_scratch *record_of_socket(const struct bpf_sock *socket, enum picket_kind kind,
							      enum picket_counter counter)
{
	struct subject subject = subject_current();
	struct event_scratch *record;

	if (subject.setup)
		return NULL;
	subject_count(&subject, counter);
	record = record_begin_wanted(kind, &subject);
	if (!record)
		return NULL;
	record->event.network.family = socket->family;
	record->event.network.protocol = socket->protocol;
	record->event.network.type = socket->type;
	return record;
}

/* The hooks come after the port was taken: what failed is not seen. */
SEC("cgroup/post_bind4")
int network_bind4(struct bpf_sock *socket)
{
	struct event_scratch *record = record_of_socket(socket, PICKET_KIND_NETWORK_BIND, PICKET_COUNTER_NETWORK_BINDS);

	if (!record)
		return 1;
	*(__u32 *)record->event.network.address = socket->src_ip4;
	record->event.network.port = socket->src_port;
	record->event.network.local_port = socket->src_port;
	record_send(socket, record);
	return 1;
}

SEC("cgroup/post_bind6")
int network_bind6(struct bpf_sock *socket)
{
	struct event_scratch *record = record_of_socket(socket, PICKET_KIND_NETWORK_BIND, PICKET_COUNTER_NETWORK_BINDS);
	__u32 *own;

	if (!record)
		return 1;
	own = (__u32 *)record->event.network.address;
	own[0] = socket->src_ip6[0];
	own[1] = socket->src_ip6[1];
	own[2] = socket->src_ip6[2];
	own[3] = socket->src_ip6[3];
	record->event.network.port = socket->src_port;
	record->event.network.local_port = socket->src_port;
	record_send(socket, record);
	return 1;
}

/* Sockets of the internet families only; comes last, when nothing can fail any more. */
SEC("cgroup/sock_create")
int network_socket(struct bpf_sock *socket)
{
	struct event_scratch *record;

	if (socket->type != SOCK_RAW)
		return 1;
	record = record_of_socket(socket, PICKET_KIND_NETWORK_SOCKET, PICKET_COUNTER_NETWORK_SOCKETS_RAW);
	if (record)
		record_send(socket, record);
	return 1;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(network_connect_exit, struct pt_regs *regs, long result)
{
	struct task_struct *task = task_current();
	bool is_compat = task_is_compat(task);

	connect_finished(ctx, file_of_task(task, syscall_argument_of(regs, 0, is_compat)),
			 (const char *)syscall_argument_of(regs, 1, is_compat), result,
			 is_compat ? PICKET_EVENT_COMPAT : 0);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(network_accept_exit, struct pt_regs *regs, long result)
{
	if (result >= 0)
		accepted(ctx, inet_socket_of_file(file_of_descriptor(result)), false,
			 syscall_is_compat() ? PICKET_EVENT_COMPAT : 0);
	return 0;
}

/* SOCK_PACKET of AF_INET is the old way to AF_PACKET. */
SEC("tp_btf/sys_exit")
int BPF_PROG(network_socket_exit, struct pt_regs *regs, long result)
{
	bool is_compat = syscall_is_compat();
	__u32 family = syscall_argument_of(regs, 0, is_compat);
	__u32 type = syscall_argument_of(regs, 1, is_compat) & SOCK_TYPE_MASK;

	if (result >= 0 && (family == AF_PACKET || family == AF_VSOCK || type == SOCK_PACKET))
		descriptor_made(ctx, result, is_compat ? PICKET_EVENT_COMPAT : 0);
	return 0;
}

/* Its arguments lie in the program's memory, which it can change meanwhile. */
static __noinline int socketcall_connected(void *ctx, const __u32 *arguments, long result)
{
	__u32 given[2]; /* descriptor, address */

	if (bpf_probe_read_user(given, sizeof(given), arguments))
		return 0;
	connect_finished(ctx, file_of_descriptor(given[0]), (const char *)(__u64)given[1], result, PICKET_EVENT_COMPAT);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(network_socketcall_exit, struct pt_regs *regs, long result)
{
	switch (syscall_argument(regs, 0)) {
	case SOCKETCALL_SOCKET:
		if (result >= 0)
			descriptor_made(ctx, result, PICKET_EVENT_COMPAT);
		break;
	case SOCKETCALL_CONNECT:
		socketcall_connected(ctx, (const __u32 *)(__u64)syscall_argument(regs, 1), result);
		break;
	case SOCKETCALL_ACCEPT:
	case SOCKETCALL_ACCEPT4:
		if (result >= 0)
			accepted(ctx, inet_socket_of_file(file_of_descriptor(result)), false, PICKET_EVENT_COMPAT);
		break;
	}
	return 0;
}

/* A socket that did not wait for its connection learns of the failure here. */
static __noinline int connect_failed_later(const struct sock *socket)
{
	struct subject subject;
	struct file *file;
	int error;

	file = BPF_CORE_READ(socket, sk_socket, file);
	error = BPF_CORE_READ(socket, sk_err);
	if (!error || !file || !(BPF_CORE_READ(file, f_flags) & O_NONBLOCK))
		return 0;
	subject = subject_of_cgroup(socket_cgroup_id(socket));
	subject_count(&subject, failure_counter(error));
	return 0;
}

/* By listen(2), in the task that called it; of io_uring too. The kernel's own sockets have no file. */
static __noinline int listen_began(void *ctx, const struct sock *socket)
{
	struct subject subject = subject_current();
	struct event_scratch *record;

	if (subject.setup || !BPF_CORE_READ(socket, sk_socket, file))
		return 0;
	subject_count(&subject, PICKET_COUNTER_NETWORK_LISTENS);
	record = record_begin_wanted(PICKET_KIND_NETWORK_LISTEN, &subject);
	if (!record)
		return 0;
	record_set_socket(record, socket);
	record_set_own(record, socket);
	record_send(ctx, record);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(network_state, const struct sock *socket, int old_state, int new_state)
{
	if (old_state == TCP_SYN_SENT && new_state == TCP_CLOSE)
		return connect_failed_later(socket);
	if (new_state == TCP_LISTEN && old_state != TCP_LISTEN)
		return listen_began(ctx, socket);
	return 0;
}
