/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Headers of a packet as the cgroup_skb hooks see it: it begins with the network layer's. */
#ifndef PACKET_H
#define PACKET_H

#include <bpf/bpf_endian.h>

#define MAPPED_PREFIX bpf_htonl(0xffff) /* third word of an IPv4 address written as IPv6 */
#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd
#define IPV6_HOP_BY_HOP 0
#define IPV6_ROUTING 43
#define IPV6_DESTINATION 60
#define IPV6_EXTENSIONS_MAX 4 /* headers before the transport's that are looked at */

struct ipv4_header {
	__u8 version_and_words; /* length of the header in its low four bits */
	__u8 service;
	__be16 total_size;
	__be16 id;
	__be16 fragment;
	__u8 ttl;
	__u8 protocol;
	__u16 checksum;
	__u32 source;
	__u32 destination;
};

struct ipv6_header {
	__u32 version;
	__be16 payload_size;
	__u8 next;
	__u8 hops;
	__u32 source[4];
	__u32 destination[4];
};

struct udp_header {
	__be16 source;
	__be16 destination;
	__be16 size;
	__be16 checksum;
};

/* Where a packet goes, or comes from, and where its transport header begins. */
struct packet_ends {
	__u32 source[4]; /* IPv4: in the first */
	__u32 destination[4];
	__u32 transport; /* offset; 0: not found */
	__u8 protocol;
	__u8 is_ipv4;
};

static __always_inline void packet_read_ipv4(struct __sk_buff *packet, struct packet_ends *ends)
{
	struct ipv4_header header;

	ends->is_ipv4 = true;
	if (bpf_skb_load_bytes(packet, 0, &header, sizeof(header)))
		return;
	ends->source[0] = header.source;
	ends->destination[0] = header.destination;
	ends->protocol = header.protocol;
	if (!(header.fragment & bpf_htons(0x1fff)))
		ends->transport = (header.version_and_words & 15) * 4;
}

static __always_inline void packet_read_ipv6(struct __sk_buff *packet, struct packet_ends *ends)
{
	__u32 offset = sizeof(struct ipv6_header);
	struct ipv6_header header;
	__u8 extension[2]; /* next, length in 8 bytes after the first 8 */
	int i;

	if (bpf_skb_load_bytes(packet, 0, &header, sizeof(header)))
		return;
	__builtin_memcpy(ends->source, header.source, sizeof(ends->source));
	__builtin_memcpy(ends->destination, header.destination, sizeof(ends->destination));
	ends->protocol = header.next;
#pragma unroll
	for (i = 0; i < IPV6_EXTENSIONS_MAX; i++) {
		if (ends->protocol != IPV6_HOP_BY_HOP && ends->protocol != IPV6_ROUTING &&
		    ends->protocol != IPV6_DESTINATION)
			break;
		if (bpf_skb_load_bytes(packet, offset, extension, sizeof(extension)))
			return;
		ends->protocol = extension[0];
		offset += 8 + 8 * extension[1];
	}
	ends->transport = offset;
}

static __always_inline void packet_read(struct __sk_buff *packet, struct packet_ends *ends)
{
	if (packet->protocol == bpf_htons(ETH_P_IP))
		packet_read_ipv4(packet, ends);
	else if (packet->protocol == bpf_htons(ETH_P_IPV6))
		packet_read_ipv6(packet, ends);
}

#endif
