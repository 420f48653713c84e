// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Bytes and packets of each cgroup's sockets, by direction. A packet costs two lookups and two additions. */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "subject.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The kernel hands on several packets of one stream as one; @packet->gso_segs tells how many they are on the wire. */
static __always_inline int count_packet(struct __sk_buff *packet, enum picket_counter bytes,
					enum picket_counter packets)
{
	__u32 slot = cgroup_slot(bpf_skb_cgroup_id(packet)), segments = packet->gso_segs;
	struct picket_counters *found = bpf_map_lookup_elem(&counters, &slot);

	if (!found)
		return 1;
	__sync_fetch_and_add(&found->value[bytes], packet->len);
	__sync_fetch_and_add(&found->value[packets], segments ? segments : 1);
	return 1;
}

SEC("cgroup_skb/egress")
int traffic_transmit(struct __sk_buff *packet)
{
	return count_packet(packet, PICKET_COUNTER_NETWORK_TRANSMIT_BYTES, PICKET_COUNTER_NETWORK_TRANSMIT_PACKETS);
}

SEC("cgroup_skb/ingress")
int traffic_receive(struct __sk_buff *packet)
{
	return count_packet(packet, PICKET_COUNTER_NETWORK_RECEIVE_BYTES, PICKET_COUNTER_NETWORK_RECEIVE_PACKETS);
}
