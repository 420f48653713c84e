/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names asked for: messages to UDP port 53, copied as they leave. The program
 * is attached only while some rule asks for them.
 */
#ifndef NETWORK_DNS_H
#define NETWORK_DNS_H

#include "network.h"
#include "packet.h"

#define DNS_PORT 53
#define DNS_HEADER_SIZE 12

/* Of the socket's cgroup: the hook knows no other. */
static __always_inline struct subject subject_of_packet(struct __sk_buff *packet)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct subject subject = subject_of_cgroup(bpf_skb_cgroup_id(packet));

	subject.setup = subject_in_setup(&subject, BPF_CORE_READ(task, tgid));
	return subject;
}

/* Append what the packet carries from @offset on. Return: false when that is no message. */
static __always_inline bool record_add_message(struct event_scratch *record, struct __sk_buff *packet, __u32 offset)
{
	__u32 size = packet->len - offset;

	if (packet->len < offset + DNS_HEADER_SIZE)
		return false;
	if (size > PICKET_PATH_SIZE - 1)
		size = PICKET_PATH_SIZE - 1;
	size = bounded(size - 1, PICKET_PATH_SIZE) + 1; /* never 0: what Linux 6.1's verifier can see, too */
	if (bpf_skb_load_bytes(packet, offset, record->data, size))
		return false;
	record->data[bounded(size, PICKET_PATH_SIZE)] = 0;
	record->event.text[PICKET_TEXT_PATH].size = size;
	record->used = size + 1;
	return true;
}

static __noinline int dns_send(struct __sk_buff *packet, struct packet_ends *ends)
{
	struct subject subject = subject_of_packet(packet);
	struct event_scratch *record = record_begin_wanted(PICKET_KIND_DNS_QUERY, &subject);
	__u16 source_port = 0;

	if (!record || !ends)
		return 0;
	bpf_skb_load_bytes(packet, ends->transport, &source_port, sizeof(source_port));
	record->event.network.family = ends->is_ipv4 ? AF_INET : AF_INET6;
	record->event.network.protocol = IPPROTO_UDP;
	record->event.network.type = SOCK_DGRAM;
	record->event.network.port = DNS_PORT;
	record->event.network.local_port = bpf_ntohs(source_port);
	__builtin_memcpy(record->event.network.address, ends->destination, sizeof(ends->destination));
	if (record_add_message(record, packet, ends->transport + sizeof(struct udp_header)))
		record_send(packet, record);
	return 0;
}

SEC("cgroup_skb/egress")
int network_dns(struct __sk_buff *packet)
{
	struct packet_ends ends = {};
	__be16 port;

	packet_read(packet, &ends);
	if (ends.protocol == IPPROTO_UDP && ends.transport &&
	    !bpf_skb_load_bytes(packet, ends.transport + sizeof(port), &port, sizeof(port)) &&
	    port == bpf_htons(DNS_PORT))
		dns_send(packet, &ends);
	return 1;
}

#endif
