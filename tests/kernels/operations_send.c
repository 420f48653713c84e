/* SPDX-License-Identifier: GPL-2.0-only */
/* Every way to send to an address that the socket is not connected to. */
#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "operations_network.h"
#include "operations_ring.h"

#define CLOSED_PORT 1
#define DISCARD_PORT 9
#define OP_SEND_ZC 47 /* Linux 6.0 */
#define SOCKETCALL_SENDTO 11
#define SENDTO_32 369 /* sendto(2) of the 32-bit ABI */

/* Arguments of 32-bit calls. */
static struct {
	uint32_t arguments[6];
	struct sockaddr_in address;
	char data;
} * low;

static void send_new(const struct sockaddr *address, socklen_t size, unsigned int times)
{
	AUTO_CLOSE int fd = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (unsigned int i = 0; i < times; i++)
		sendto(fd, "x", 1, 0, address, size);
}

static void send_udp4(const struct operations_place *place)
{
	struct sockaddr_in address = network_ipv4(DISCARD_PORT);

	(void)place;
	send_new((struct sockaddr *)&address, sizeof(address), 1);
}

/* Three datagrams, one correspondent; the first one may meet the refusal of the one before. */
static void send_udp4_again(const struct operations_place *place)
{
	struct sockaddr_in address = network_ipv4(DISCARD_PORT);

	(void)place;
	send_new((struct sockaddr *)&address, sizeof(address), 3);
}

static void send_udp6(const struct operations_place *place)
{
	struct sockaddr_in6 address = network_ipv6("::1", DISCARD_PORT);

	(void)place;
	send_new((struct sockaddr *)&address, sizeof(address), 1);
}

static void send_udp6_mapped(const struct operations_place *place)
{
	struct sockaddr_in6 address = network_ipv6("::ffff:127.0.0.1", DISCARD_PORT);

	(void)place;
	send_new((struct sockaddr *)&address, sizeof(address), 1);
}

static void send_many(const struct operations_place *place)
{
	struct sockaddr_in address = network_ipv4(DISCARD_PORT);
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct iovec data = { "x", 1 };
	struct msghdr header = {
		.msg_name = &address, .msg_namelen = sizeof(address), .msg_iov = &data, .msg_iovlen = 1
	};
	struct mmsghdr messages[2] = { { header, 0 }, { header, 0 } };

	(void)place;
	sendmmsg(fd, messages, 2, 0);
}

static int with_ring(const struct operations_place *place)
{
	(void)place;
	return ring_open(0);
}

static void send_ring(const struct operations_place *place)
{
	struct sockaddr_in address = network_ipv4(DISCARD_PORT);
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct iovec data = { "x", 1 };
	struct msghdr header = {
		.msg_name = &address, .msg_namelen = sizeof(address), .msg_iov = &data, .msg_iovlen = 1
	};
	struct io_uring_sqe entry = { .opcode = IORING_OP_SENDMSG, .fd = fd, .len = 1 };

	(void)place;
	entry.addr = (uintptr_t)&header;
	ring_do(&entry);
}

static void send_message(const struct operations_place *place)
{
	struct sockaddr_in address = network_ipv4(DISCARD_PORT);
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct iovec data = { "x", 1 };
	struct msghdr message = {
		.msg_name = &address, .msg_namelen = sizeof(address), .msg_iov = &data, .msg_iovlen = 1
	};

	(void)place;
	sendmsg(fd, &message, 0);
}

/* The kernel takes no family for IPv4. */
static void send_without_family(const struct operations_place *place)
{
	struct sockaddr_in address = network_ipv4(DISCARD_PORT);
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)place;
	address.sin_family = AF_UNSPEC;
	if (sendto(fd, "x", 1, 0, (struct sockaddr *)&address, sizeof(address)) != 1)
		perror("sendto");
}

/* Connected to one, it sends to another one. */
static void send_elsewhere(const struct operations_place *place)
{
	struct sockaddr_in first = network_ipv4(CLOSED_PORT), other = network_ipv4(DISCARD_PORT);
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)place;
	if (connect(fd, (struct sockaddr *)&first, sizeof(first)) ||
	    sendto(fd, "x", 1, 0, (struct sockaddr *)&other, sizeof(other)) != 1)
		perror("sendto");
}

static int with_low_address(const struct operations_place *place)
{
	int error = operations_low_memory((void **)&low);

	(void)place;
	if (!error)
		low->address = network_ipv4(DISCARD_PORT);
	return error;
}

static void send_int80(const struct operations_place *place)
{
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	register long size __asm__("ebp") = sizeof(low->address);
	int result;

	(void)place;
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(SENDTO_32), "b"(fd), "c"((uint32_t)(uintptr_t)&low->data), "d"(1), "S"(0),
			   "D"((uint32_t)(uintptr_t)&low->address), "r"(size)
			 : "memory");
	if (result != 1)
		printf("FAIL network/send_int80 %d\n", result);
}

static void send_socketcall(const struct operations_place *place)
{
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result;

	(void)place;
	low->arguments[0] = fd;
	low->arguments[1] = (uint32_t)(uintptr_t)&low->data;
	low->arguments[2] = 1;
	low->arguments[3] = 0;
	low->arguments[4] = (uint32_t)(uintptr_t)&low->address;
	low->arguments[5] = sizeof(low->address);
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(102), "b"(SOCKETCALL_SENDTO), "c"((uint32_t)(uintptr_t)low->arguments)
			 : "memory");
	if (result != 1)
		printf("FAIL network/send_socketcall %d\n", result);
}

static int ring_send(unsigned int opcode)
{
	struct sockaddr_in address = network_ipv4(DISCARD_PORT);
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct io_uring_sqe entry = { .opcode = opcode, .fd = fd, .addr = (uintptr_t) "x", .len = 1 };
	int result;

	entry.addr2 = (uintptr_t)&address;
	entry.file_index = sizeof(address); /* addr_len, in the same place */
	result = ring_do(&entry);
	if (opcode == OP_SEND_ZC && result >= 0)
		ring_wait(); /* the buffer is free again */
	return result;
}

/* To an address since Linux 6.0. */
static int with_sending_ring(const struct operations_place *place)
{
	int error = with_ring(place);

	if (error)
		return error;
	error = ring_send(OP_SEND_ZC);
	return error < 0 ? error : 0;
}

static void send_ring_to(const struct operations_place *place)
{
	(void)place;
	ring_send(IORING_OP_SEND);
}

static void send_ring_zero_copy(const struct operations_place *place)
{
	(void)place;
	ring_send(OP_SEND_ZC);
}

#define SENDS(amount) \
	.adds = { { PICKET_COUNTER_NETWORK_DATAGRAMS, amount } }, .add_count = 1, .event = PICKET_KIND_NETWORK_SEND
#define SENDS4 SENDS(1), .text = "127.0.0.1", .rule = "send"
static const struct operation operations[] = {
	{ "network/send_udp4", NULL, send_udp4, 10, SENDS(1), .text = "127.0.0.1", .rule = "send" },
	{ "network/send_udp6", network_need_ipv6, send_udp6, 10, SENDS(1), .text = "::1", .rule = "send6" },
	{ "network/send_udp6_mapped", network_need_ipv6, send_udp6_mapped, 10, SENDS(1), .text = "127.0.0.1",
	  .rule = "send" },
	{ "network/send_udp4_again", NULL, send_udp4_again, 10, SENDS(3), .text = "127.0.0.1", .rule = "send" },
	{ "network/sendmmsg", NULL, send_many, 10, SENDS(2), .text = "127.0.0.1", .rule = "send" },
	{ "network/sendmsg_io_uring", with_ring, send_ring, 10, SENDS(1), .text = "127.0.0.1", .rule = "send" },
	{ "network/sendmsg", NULL, send_message, 10, SENDS4 },
	{ "network/send_without_family", NULL, send_without_family, 10, SENDS4 },
	{ "network/send_from_connected_udp", NULL, send_elsewhere, 10,
	  .adds = { { PICKET_COUNTER_NETWORK_CONNECTS_UDP4, 1 }, { PICKET_COUNTER_NETWORK_DATAGRAMS, 1 } },
	  .add_count = 2, .event = PICKET_KIND_NETWORK_SEND, .text = "127.0.0.1", .rule = "connect send" },
	{ "network/send_int80", with_low_address, send_int80, 10, SENDS4 },
	{ "network/send_socketcall", with_low_address, send_socketcall, 10, SENDS4 },
	{ "network/send_io_uring", with_sending_ring, send_ring_to, 10, SENDS4 },
	{ "network/send_zero_copy_io_uring", with_sending_ring, send_ring_zero_copy, 10, SENDS4 },
};
const struct operation_set send_operations = { operations, ARRAY_SIZE(operations) };
