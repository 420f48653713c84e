/* SPDX-License-Identifier: GPL-2.0-only */
/* Every way to connect. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "operations.h"
#include "operations_network.h"
#include "operations_ring.h"

/* Connections to a port of this machine where nobody listens. */
#define CLOSED_PORT 1
#define CONNECT_32 362 /* connect(2) of the 32-bit ABI */
#define PROTOCOL_MPTCP 262

static void connect_to(const struct sockaddr *address, socklen_t size, int type)
{
	int fd = socket(address->sa_family, type | SOCK_CLOEXEC, 0);

	if (connect(fd, address, size) && errno == EINPROGRESS)
		usleep(1000);
	close(fd);
}

static void connect_ipv4(int type)
{
	struct sockaddr_in address = network_ipv4(CLOSED_PORT);

	connect_to((struct sockaddr *)&address, sizeof(address), type);
}

static void connect_ipv6(const char *text, int type)
{
	struct sockaddr_in6 address = network_ipv6(text, CLOSED_PORT);

	connect_to((struct sockaddr *)&address, sizeof(address), type);
}

static void tcp4(const struct operations_place *place)
{
	(void)place;
	connect_ipv4(SOCK_STREAM);
}

static void tcp4_non_blocking(const struct operations_place *place)
{
	(void)place;
	connect_ipv4(SOCK_STREAM | SOCK_NONBLOCK);
}

static void tcp6(const struct operations_place *place)
{
	(void)place;
	connect_ipv6("::1", SOCK_STREAM);
}

static void tcp6_mapped(const struct operations_place *place)
{
	(void)place;
	connect_ipv6("::ffff:127.0.0.1", SOCK_STREAM);
}

static void udp4(const struct operations_place *place)
{
	(void)place;
	connect_ipv4(SOCK_DGRAM);
}

static void udp6(const struct operations_place *place)
{
	(void)place;
	connect_ipv6("::1", SOCK_DGRAM);
}

static int with_ring(const struct operations_place *place)
{
	(void)place;
	return ring_open(0);
}

static int with_polling_ring(const struct operations_place *place)
{
	int error = ring_open(IORING_SETUP_SQPOLL);

	(void)place;
	usleep(20000); /* the kernel's thread begins */
	return error;
}

static void tcp4_ring(const struct operations_place *place)
{
	struct sockaddr_in address = network_ipv4(CLOSED_PORT);
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct io_uring_sqe entry = { .opcode = IORING_OP_CONNECT, .fd = fd };

	(void)place;
	entry.addr = (uintptr_t)&address;
	entry.off = sizeof(address);
	ring_do(&entry);
}

/* socketcall(2) of the 32-bit ABI: 3 is connect. */
static struct {
	uint32_t arguments[4];
	struct sockaddr_in address;
} * low;

static int with_low_address(const struct operations_place *place)
{
	int error = operations_low_memory((void **)&low);

	(void)place;
	if (!error)
		low->address = network_ipv4(CLOSED_PORT);
	return error;
}

static int socketcall(uint32_t call)
{
	int result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(102), "b"(call), "c"((uint32_t)(uintptr_t)low->arguments)
			 : "memory");
	return result;
}

static void tcp4_int80(const struct operations_place *place)
{
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)place;
	low->arguments[0] = fd;
	low->arguments[1] = (uint32_t)(uintptr_t)&low->address;
	low->arguments[2] = sizeof(low->address);
	socketcall(3);
}

/* connect(2) itself, which 32-bit programs have since Linux 4.3. */
static void tcp4_int80_direct(const struct operations_place *place)
{
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int result;

	(void)place;
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(CONNECT_32), "b"(fd), "c"((uint32_t)(uintptr_t)&low->address), "d"(sizeof(low->address))
			 : "memory");
}

static void packet_int80(const struct operations_place *place)
{
	(void)place;
	low->arguments[0] = AF_PACKET;
	low->arguments[1] = SOCK_DGRAM;
	low->arguments[2] = 0;
	close(socketcall(1));
}

static void tcp4_ring_async(const struct operations_place *place)
{
	struct sockaddr_in address = network_ipv4(CLOSED_PORT);
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct io_uring_sqe entry = { .opcode = IORING_OP_CONNECT, .fd = fd, .flags = IOSQE_ASYNC };

	(void)place;
	entry.addr = (uintptr_t)&address;
	entry.off = sizeof(address);
	ring_do(&entry);
}

/* No family: a datagram socket forgets its peer, and may have another one. */
static void udp4_again(const struct operations_place *place)
{
	struct sockaddr_in address = network_ipv4(CLOSED_PORT);
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)place;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) || connect(fd, &none, sizeof(none)) ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)))
		perror("connect");
}

static void tcp4_without_family(const struct operations_place *place)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)place;
	if (connect(fd, &none, sizeof(none)))
		perror("connect");
}

/* What is sent on a connected socket has no address: the connect told of it. */
static void udp4_connected(const struct operations_place *place)
{
	struct sockaddr_in address = network_ipv4(CLOSED_PORT);
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)place;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) || send(fd, "x", 1, 0) != 1)
		perror("send");
}

static int need_protocol(int protocol)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int need_mptcp(const struct operations_place *place)
{
	(void)place;
	return need_protocol(PROTOCOL_MPTCP);
}

static int need_sctp(const struct operations_place *place)
{
	(void)place;
	return need_protocol(IPPROTO_SCTP);
}

static void connect_protocol(int protocol)
{
	struct sockaddr_in address = network_ipv4(CLOSED_PORT);
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol);

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		printf("FAIL network/protocol_%d connected\n", protocol);
}

static void mptcp4(const struct operations_place *place)
{
	(void)place;
	connect_protocol(PROTOCOL_MPTCP);
}

static void sctp4(const struct operations_place *place)
{
	(void)place;
	connect_protocol(IPPROTO_SCTP);
}

#define REFUSED(attempts) \
	.adds = { { attempts, 1 }, { PICKET_COUNTER_NETWORK_CONNECT_FAILURES_REFUSED, 1 } }, .add_count = 2, \
	.event = PICKET_KIND_NETWORK_CONNECT
#define REFUSED4 REFUSED(PICKET_COUNTER_NETWORK_CONNECTS_TCP4), .text = "127.0.0.1", .rule = "connect"
#define REFUSED6 REFUSED(PICKET_COUNTER_NETWORK_CONNECTS_TCP6)
#define ADDS(counter) .adds = { { counter, 1 } }, .add_count = 1

static const struct operation operations[] = {
	{ "network/tcp4_refused", NULL, tcp4, 10, REFUSED4 },
	{ "network/tcp4_non_blocking", NULL, tcp4_non_blocking, 10, REFUSED4 },
	{ "network/tcp6_refused", network_need_ipv6, tcp6, 10, REFUSED6, .text = "::1", .rule = "connect6" },
	{ "network/tcp6_mapped", network_need_ipv6, tcp6_mapped, 10, REFUSED6, .text = "::ffff:127.0.0.1",
	  .rule = "connect" },
	{ "network/tcp4_io_uring", with_ring, tcp4_ring, 10, REFUSED4 },
	{ "network/tcp4_io_uring_sqpoll", with_polling_ring, tcp4_ring, 10, REFUSED4 },
	{ "network/tcp4_io_uring_async", with_ring, tcp4_ring_async, 10, REFUSED4 },
	{ "network/mptcp4_refused", need_mptcp, mptcp4, 10, REFUSED4 },
	{ "network/sctp4_refused", need_sctp, sctp4, 10, REFUSED(PICKET_COUNTER_NETWORK_CONNECTS_OTHER),
	  .text = "127.0.0.1", .rule = "connect" },
	{ "network/tcp4_without_family", NULL, tcp4_without_family, 10, .event = PICKET_KIND_NETWORK_CONNECT,
	  .event_count = OPERATION_NO_EVENT },
	{ "network/tcp4_int80_direct", with_low_address, tcp4_int80_direct, 10, REFUSED4 },
	{ "network/tcp4_int80", with_low_address, tcp4_int80, 10, REFUSED4 },
	{ "network/udp4_connect", NULL, udp4, 10, ADDS(PICKET_COUNTER_NETWORK_CONNECTS_UDP4),
	  .event = PICKET_KIND_NETWORK_CONNECT, .text = "127.0.0.1", .rule = "connect" },
	{ "network/udp4_connected_send", NULL, udp4_connected, 10, ADDS(PICKET_COUNTER_NETWORK_CONNECTS_UDP4),
	  .event = PICKET_KIND_NETWORK_CONNECT, .text = "127.0.0.1", .rule = "connect" },
	{ "network/udp4_connect_again", NULL, udp4_again, 10, .adds = { { PICKET_COUNTER_NETWORK_CONNECTS_UDP4, 2 } },
	  .add_count = 1, .event = PICKET_KIND_NETWORK_CONNECT, .event_count = 2, .text = "127.0.0.1",
	  .rule = "connect" },
	{ "network/udp6_connect", network_need_ipv6, udp6, 10, ADDS(PICKET_COUNTER_NETWORK_CONNECTS_UDP6),
	  .event = PICKET_KIND_NETWORK_CONNECT, .text = "::1", .rule = "connect6" },
	{ "network/packet_int80", with_low_address, packet_int80, 10, ADDS(PICKET_COUNTER_NETWORK_SOCKETS_PACKET),
	  .event = PICKET_KIND_NETWORK_SOCKET, .rule = "socket" },
};
const struct operation_set network_operations = { operations, ARRAY_SIZE(operations) };
