/* SPDX-License-Identifier: GPL-2.0-only */
/* What sockets send and receive: bytes, packets, and the names asked for. */
#include <errno.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "operations_network.h"
#include "operations_ring.h"

#define PAYLOAD 100
#define HEADERS4 (20 + 8)
#define HEADERS6 (40 + 8)
#define SEGMENTS 5

/* A query for "eVil.example", one byte short of its end. */
static const char query[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04"
			    "eVil\x07"
			    "example\x00\x00\x10\x00\x01";
#define QUERY_SIZE (sizeof(query) - 1)

/* State that prepare() leaves for run(): two sockets, connected to each other. */
static int sender_fd = -1, receiver_fd = -1;

static int with_pair(const struct sockaddr *any, socklen_t size)
{
	struct sockaddr_storage address;
	socklen_t address_size = sizeof(address);

	sender_fd = socket(any->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	receiver_fd = socket(any->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sender_fd < 0 || receiver_fd < 0 || bind(receiver_fd, any, size) ||
	    getsockname(receiver_fd, (struct sockaddr *)&address, &address_size) ||
	    connect(sender_fd, (struct sockaddr *)&address, address_size))
		return -errno;
	return 0;
}

static int with_pair4(const struct operations_place *place)
{
	struct sockaddr_in any = network_ipv4(0);

	(void)place;
	return with_pair((struct sockaddr *)&any, sizeof(any));
}

static int with_pair6(const struct operations_place *place)
{
	struct sockaddr_in6 any = network_ipv6("::1", 0);

	(void)place;
	return with_pair((struct sockaddr *)&any, sizeof(any));
}

static void send_and_receive(const struct operations_place *place)
{
	char payload[PAYLOAD] = "";

	(void)place;
	if (send(sender_fd, payload, sizeof(payload), 0) != sizeof(payload) ||
	    recv(receiver_fd, payload, sizeof(payload), 0) != sizeof(payload))
		perror("datagram");
}

/* The kernel is given one packet that it may take apart as late as it likes. */
static int with_segments(const struct operations_place *place)
{
	int error = with_pair4(place), size = PAYLOAD;

	if (error)
		return error;
	return setsockopt(sender_fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)) ? -errno : 0;
}

static void send_segments(const struct operations_place *place)
{
	char payload[PAYLOAD * SEGMENTS] = "";

	(void)place;
	if (send(sender_fd, payload, sizeof(payload), 0) != sizeof(payload))
		perror("send");
	for (int i = 0; i < SEGMENTS; i++)
		if (recv(receiver_fd, payload, sizeof(payload), 0) != PAYLOAD)
			perror("recv");
}

static void ask(const struct sockaddr *address, socklen_t size)
{
	AUTO_CLOSE int fd = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sendto(fd, query, QUERY_SIZE, 0, address, size) < 0)
		perror("sendto");
}

static void ask4(const struct operations_place *place)
{
	struct sockaddr_in server = network_ipv4(53);

	(void)place;
	ask((struct sockaddr *)&server, sizeof(server));
}

static void ask6(const struct operations_place *place)
{
	struct sockaddr_in6 server = network_ipv6("::1", 53);

	(void)place;
	ask((struct sockaddr *)&server, sizeof(server));
}

static void ask_connected(const struct operations_place *place)
{
	struct sockaddr_in server = network_ipv4(53);
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)place;
	if (connect(fd, (struct sockaddr *)&server, sizeof(server)) || write(fd, query, QUERY_SIZE) < 0)
		perror("write");
}

/* Options move the payload. */
static void ask_with_options(const struct operations_place *place)
{
	struct sockaddr_in server = network_ipv4(53);
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)place;
	if (setsockopt(fd, IPPROTO_IP, IP_OPTIONS, "\x01\x01\x01\x00", 4) ||
	    sendto(fd, query, QUERY_SIZE, 0, (struct sockaddr *)&server, sizeof(server)) < 0)
		perror("sendto");
}

static void ask_with_extension(const struct operations_place *place)
{
	static const char options[8] = { 0, 0, 1, 4, 0, 0, 0, 0 }; /* padding only */
	struct sockaddr_in6 server = network_ipv6("::1", 53);
	AUTO_CLOSE int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)place;
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_DSTOPTS, options, sizeof(options)) ||
	    sendto(fd, query, QUERY_SIZE, 0, (struct sockaddr *)&server, sizeof(server)) < 0)
		perror("sendto");
}

static int with_ring(const struct operations_place *place)
{
	(void)place;
	return ring_open(0);
}

static void ask_by_ring(const struct operations_place *place)
{
	struct sockaddr_in server = network_ipv4(53);
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct io_uring_sqe entry = { .opcode = IORING_OP_SEND, .fd = fd, .len = QUERY_SIZE };

	(void)place;
	entry.addr = (uintptr_t)query;
	if (connect(fd, (struct sockaddr *)&server, sizeof(server)))
		perror("connect");
	ring_do(&entry);
}

#define MOVES(bytes, packets) \
	.adds = { { PICKET_COUNTER_NETWORK_TRANSMIT_BYTES, bytes }, \
		  { PICKET_COUNTER_NETWORK_TRANSMIT_PACKETS, packets }, \
		  { PICKET_COUNTER_NETWORK_RECEIVE_BYTES, bytes }, \
		  { PICKET_COUNTER_NETWORK_RECEIVE_PACKETS, packets } }, \
	.add_count = 4, .event = -1
#define ASKS(counter) \
	.adds = { { PICKET_COUNTER_NETWORK_##counter, 1 } }, .add_count = 1, .event = PICKET_KIND_DNS_QUERY, \
	.text = "evil.example"

static const struct operation operations[] = {
	{ "traffic/udp4", with_pair4, send_and_receive, 100, MOVES(PAYLOAD + HEADERS4, 1) },
	{ "traffic/udp6", with_pair6, send_and_receive, 100, MOVES(PAYLOAD + HEADERS6, 1) },
	{ "traffic/segments", with_segments, send_segments, 10,
	  .adds = { { PICKET_COUNTER_NETWORK_TRANSMIT_PACKETS, SEGMENTS },
		    { PICKET_COUNTER_NETWORK_RECEIVE_PACKETS, SEGMENTS } },
	  .add_count = 2, .event = -1 },
	{ "dns/udp4", NULL, ask4, 10, ASKS(DATAGRAMS) },
	{ "dns/udp6", network_need_ipv6, ask6, 10, ASKS(DATAGRAMS) },
	{ "dns/connected", NULL, ask_connected, 10, ASKS(CONNECTS_UDP4) },
	{ "dns/ipv4_options", NULL, ask_with_options, 10, ASKS(DATAGRAMS) },
	{ "dns/ipv6_extension", network_need_ipv6, ask_with_extension, 10, ASKS(DATAGRAMS) },
	{ "dns/io_uring", with_ring, ask_by_ring, 10, ASKS(CONNECTS_UDP4) },
};
const struct operation_set traffic_operations = { operations, ARRAY_SIZE(operations) };
