// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A container cut off from the network. Attached to that container's own
 * cgroup, which holds for all cgroups below it too: nobody else pays for it.
 *
 * connect(2) and sendto(2) fail at once with EPERM; packets of connections
 * that exist already are dropped in both directions. Addresses of the map
 * isolation_allowed stay within reach.
 */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include "packet.h"
#include "picket/isolation.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define AF_INET 2
#define SOCK_RAW 3

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, PICKET_ISOLATION_ALLOWED_MAX);
	__type(key, struct picket_network_key);
	__type(value, __u32);
} isolation_allowed SEC(".maps");

static __always_inline bool is_allowed(const __u32 address[4], bool is_ipv4)
{
	struct picket_network_key key = { .bits = 128 };

	if (is_ipv4) {
		key.address[2] = MAPPED_PREFIX;
		key.address[3] = address[0];
	} else {
		__builtin_memcpy(key.address, address, sizeof(key.address));
	}
	return bpf_map_lookup_elem(&isolation_allowed, &key) != NULL;
}

static __always_inline int attempt4(const struct bpf_sock_addr *address)
{
	__u32 target[4] = { address->user_ip4 };

	return is_allowed(target, true);
}

static __always_inline int attempt6(const struct bpf_sock_addr *address)
{
	__u32 target[4];

	target[0] = address->user_ip6[0];
	target[1] = address->user_ip6[1];
	target[2] = address->user_ip6[2];
	target[3] = address->user_ip6[3];
	return is_allowed(target, false);
}

SEC("cgroup/connect4")
int isolation_connect4(struct bpf_sock_addr *address)
{
	return attempt4(address);
}

SEC("cgroup/connect6")
int isolation_connect6(struct bpf_sock_addr *address)
{
	return attempt6(address);
}

SEC("cgroup/sendmsg4")
int isolation_sendmsg4(struct bpf_sock_addr *address)
{
	return attempt4(address);
}

SEC("cgroup/sendmsg6")
int isolation_sendmsg6(struct bpf_sock_addr *address)
{
	return attempt6(address);
}

/* Their packets would be dropped as well; so the program learns at once. */
SEC("cgroup/sock_create")
int isolation_socket(struct bpf_sock *socket)
{
	return socket->type != SOCK_RAW;
}

SEC("cgroup_skb/egress")
int isolation_transmit(struct __sk_buff *packet)
{
	struct packet_ends ends = {};

	packet_read(packet, &ends);
	return is_allowed(ends.destination, ends.is_ipv4);
}

SEC("cgroup_skb/ingress")
int isolation_receive(struct __sk_buff *packet)
{
	struct packet_ends ends = {};

	packet_read(packet, &ends);
	return is_allowed(ends.source, ends.is_ipv4);
}
