/* SPDX-License-Identifier: GPL-2.0-only */
/* Every way to bind, listen and accept, and to make sockets that few need. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/vm_sockets.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "operations_network.h"
#include "operations_ring.h"

#define ACCEPT_MULTISHOT (1U << 0) /* io_uring_sqe.ioprio, Linux 5.19 */
#define OP_SOCKET 45		   /* Linux 5.19 */
#define OP_BIND 56		   /* Linux 6.11 */
#define OP_LISTEN 57		   /* Linux 6.11 */

/* State that prepare() leaves for run(). */
static int listener_fd = -1;
static union {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
} target;
static socklen_t target_size;

struct sockaddr_in network_ipv4(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

struct sockaddr_in6 network_ipv6(const char *text, uint16_t port)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	inet_pton(AF_INET6, text, &address.sin6_addr);
	return address;
}

int network_need_ipv6(const struct operations_place *place)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)place;
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static void bind_new(const struct sockaddr *address, socklen_t size, int type)
{
	AUTO_CLOSE int fd = socket(address->sa_family, type | SOCK_CLOEXEC, 0);

	if (bind(fd, address, size))
		perror("bind");
}

static void bind_tcp4(const struct operations_place *place)
{
	struct sockaddr_in address = network_ipv4(0);

	(void)place;
	bind_new((struct sockaddr *)&address, sizeof(address), SOCK_STREAM);
}

static void bind_udp4(const struct operations_place *place)
{
	struct sockaddr_in address = network_ipv4(0);

	(void)place;
	bind_new((struct sockaddr *)&address, sizeof(address), SOCK_DGRAM);
}

static void bind_tcp6(const struct operations_place *place)
{
	struct sockaddr_in6 address = network_ipv6("::1", 0);

	(void)place;
	bind_new((struct sockaddr *)&address, sizeof(address), SOCK_STREAM);
}

/* A listener, and in target where it listens. */
static int with_listener(const struct sockaddr *address, socklen_t size)
{
	listener_fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	target_size = sizeof(target);
	if (listener_fd < 0 || bind(listener_fd, address, size) || listen(listener_fd, 16) ||
	    getsockname(listener_fd, &target.any, &target_size))
		return -errno;
	return 0;
}

static int with_listener4(const struct operations_place *place)
{
	struct sockaddr_in address = network_ipv4(0);

	(void)place;
	return with_listener((struct sockaddr *)&address, sizeof(address));
}

static int with_listener6(const struct operations_place *place)
{
	struct sockaddr_in6 address = network_ipv6("::1", 0);

	(void)place;
	return with_listener((struct sockaddr *)&address, sizeof(address));
}

/* An IPv6 listener that is connected to by IPv4. */
static int with_listener_mapped(const struct operations_place *place)
{
	struct sockaddr_in6 address = network_ipv6("::", 0);
	int error = with_listener((struct sockaddr *)&address, sizeof(address));

	(void)place;
	if (error)
		return error;
	target.ipv4 = network_ipv4(ntohs(target.ipv6.sin6_port));
	target_size = sizeof(target.ipv4);
	return 0;
}

static void bind_taken(const struct operations_place *place)
{
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)place;
	if (bind(fd, &target.any, target_size) == 0)
		abort();
}

/* Twice: it began once. No bind(2) before. */
static void listen_tcp4(const struct operations_place *place)
{
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)place;
	if (listen(fd, 1) || listen(fd, 2))
		perror("listen");
}

static void listen_tcp6(const struct operations_place *place)
{
	AUTO_CLOSE int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)place;
	if (listen(fd, 1))
		perror("listen");
}

static int connect_target(void)
{
	int fd = socket(target.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, &target.any, target_size))
		perror("connect");
	return fd;
}

/* A connect that does not wait, and succeeds: no failure. */
static void accept_not_waited_for(const struct operations_place *place)
{
	AUTO_CLOSE int client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	(void)place;
	(void)!connect(client, &target.any, target_size);
	close(accept(listener_fd, NULL, NULL));
}

static void accept_plain(const struct operations_place *place)
{
	AUTO_CLOSE int client = connect_target();

	(void)place;
	close(syscall(SYS_accept, listener_fd, NULL, NULL));
}

static void accept_four(const struct operations_place *place)
{
	AUTO_CLOSE int client = connect_target();

	(void)place;
	close(syscall(SYS_accept4, listener_fd, NULL, NULL, SOCK_CLOEXEC));
}

/* accept4 of the 32-bit ABI. */
static void accept_int80(const struct operations_place *place)
{
	AUTO_CLOSE int client = connect_target();
	int result;

	(void)place;
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(364), "b"(listener_fd), "c"(0), "d"(0), "S"(0) : "memory");
	close(result);
}

static int with_compat_listener(const struct operations_place *place)
{
	int result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory"); /* getpid */
	return result > 0 ? with_listener4(place) : -ENOSYS;
}

static int with_ring_listener(const struct operations_place *place)
{
	int error = ring_open(0);

	return error ? error : with_listener4(place);
}

static int with_polling_ring_listener(const struct operations_place *place)
{
	int error = ring_open(IORING_SETUP_SQPOLL);

	usleep(20000);
	return error ? error : with_listener4(place);
}

static void accept_ring(const struct operations_place *place)
{
	struct io_uring_sqe entry = { .opcode = IORING_OP_ACCEPT, .fd = listener_fd };
	AUTO_CLOSE int client = connect_target();

	(void)place;
	close(ring_do(&entry));
}

/* Asked for before there is a connection: it waits in the ring. */
static void accept_ring_early(const struct operations_place *place)
{
	struct io_uring_sqe entry = { .opcode = IORING_OP_ACCEPT, .fd = listener_fd, .user_data = 7 };
	int client;

	(void)place;
	ring_submit(&entry);
	client = connect_target();
	close(ring_wait());
	close(client);
}

/* One request, many connections. */
static int with_multishot_accept(const struct operations_place *place)
{
	struct io_uring_sqe entry = { .opcode = IORING_OP_ACCEPT, .ioprio = ACCEPT_MULTISHOT, .user_data = 9 };
	int error = with_ring_listener(place), client, accepted;

	if (error)
		return error;
	entry.fd = listener_fd;
	error = ring_submit(&entry);
	if (error)
		return error;
	client = connect_target();
	accepted = ring_wait();
	close(client);
	if (accepted < 0)
		return accepted;
	close(accepted);
	return 0;
}

static void accept_multishot(const struct operations_place *place)
{
	AUTO_CLOSE int client = connect_target();

	(void)place;
	close(ring_wait());
}

/* A connection that is made by sending. */
static void fast_open(const struct operations_place *place)
{
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)place;
	if (sendto(fd, "x", 1, MSG_FASTOPEN, &target.any, target_size) != 1)
		perror("sendto");
	close(accept(listener_fd, NULL, NULL));
}

static int with_ring(const struct operations_place *place)
{
	(void)place;
	return ring_open(0);
}

static void raw4(const struct operations_place *place)
{
	(void)place;
	close(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP));
}

static void raw6(const struct operations_place *place)
{
	(void)place;
	close(socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6));
}

static void packet(const struct operations_place *place)
{
	(void)place;
	close(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL)));
}

static void packet_old(const struct operations_place *place)
{
	(void)place;
	close(socket(AF_INET, SOCK_PACKET | SOCK_CLOEXEC, htons(ETH_P_ALL)));
}

static int need_family(int family)
{
	int fd = socket(family, (family == AF_VSOCK ? SOCK_STREAM : SOCK_RAW) | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int need_packet(const struct operations_place *place)
{
	(void)place;
	return need_family(AF_PACKET);
}

static int need_vsock(const struct operations_place *place)
{
	(void)place;
	return need_family(AF_VSOCK);
}

static void vsock(const struct operations_place *place)
{
	(void)place;
	close(socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

/* Not before Linux 5.19. */
static int with_ring_sockets(const struct operations_place *place)
{
	struct io_uring_sqe entry = { .opcode = OP_SOCKET, .fd = AF_PACKET, .off = SOCK_RAW };
	int error = with_ring(place), fd;

	if (error)
		return error;
	fd = ring_do(&entry);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static void packet_ring(const struct operations_place *place)
{
	struct io_uring_sqe entry = { .opcode = OP_SOCKET, .fd = AF_PACKET, .off = SOCK_RAW };

	(void)place;
	close(ring_do(&entry));
}

/* Not before Linux 6.11. */
static int with_ring_listen(const struct operations_place *place)
{
	struct io_uring_sqe entry = { .opcode = OP_LISTEN, .len = 1 };
	int error = with_ring(place);

	if (error)
		return error;
	entry.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	error = ring_do(&entry);
	close(entry.fd);
	return error;
}

static void bind_ring(const struct operations_place *place)
{
	struct sockaddr_in address = network_ipv4(0);
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct io_uring_sqe entry = { .opcode = OP_BIND, .fd = fd };

	(void)place;
	entry.addr = (uintptr_t)&address;
	entry.off = sizeof(address);
	if (ring_do(&entry))
		printf("FAIL network/bind_io_uring\n");
}

static void listen_ring(const struct operations_place *place)
{
	struct io_uring_sqe entry = { .opcode = OP_LISTEN, .len = 1 };

	(void)place;
	entry.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ring_do(&entry);
	close(entry.fd);
}

#define ADDS(counter, amount) .adds = { { counter, amount } }, .add_count = 1
#define BINDS ADDS(PICKET_COUNTER_NETWORK_BINDS, 1), .event = PICKET_KIND_NETWORK_BIND, .rule = "bind"
#define LISTENS ADDS(PICKET_COUNTER_NETWORK_LISTENS, 1), .event = PICKET_KIND_NETWORK_LISTEN, .rule = "listen"
#define ACCEPTS(connects) \
	.adds = { { connects, 1 }, { PICKET_COUNTER_NETWORK_ACCEPTS, 1 } }, .add_count = 2, \
	.event = PICKET_KIND_NETWORK_ACCEPT
#define ACCEPTS4 ACCEPTS(PICKET_COUNTER_NETWORK_CONNECTS_TCP4), .text = "127.0.0.1", .rule = "accept"
#define MAKES(kind) \
	ADDS(PICKET_COUNTER_NETWORK_SOCKETS_##kind, 1), .event = PICKET_KIND_NETWORK_SOCKET, .rule = "socket"

static const struct operation operations[] = {
	{ "network/bind_tcp4", NULL, bind_tcp4, 10, BINDS, .text = "127.0.0.1" },
	{ "network/bind_udp4", NULL, bind_udp4, 10, BINDS, .text = "127.0.0.1" },
	{ "network/bind_tcp6", network_need_ipv6, bind_tcp6, 10, BINDS, .text = "::1" },
	{ "network/bind_taken", with_listener4, bind_taken, 10, .event = -1 },
	{ "network/bind_io_uring", with_ring_listen, bind_ring, 10, BINDS, .text = "127.0.0.1" },
	{ "network/listen_tcp4", NULL, listen_tcp4, 10, LISTENS, .text = "0.0.0.0" },
	{ "network/listen_tcp6", network_need_ipv6, listen_tcp6, 10, LISTENS, .text = "::" },
	{ "network/listen_io_uring", with_ring_listen, listen_ring, 10, LISTENS, .text = "0.0.0.0" },
	{ "network/accept", with_listener4, accept_plain, 10, ACCEPTS4 },
	{ "network/tcp4_non_blocking_accepted", with_listener4, accept_not_waited_for, 10, ACCEPTS4 },
	{ "network/accept4", with_listener4, accept_four, 10, ACCEPTS4 },
	{ "network/accept_tcp6", with_listener6, accept_four, 10, ACCEPTS(PICKET_COUNTER_NETWORK_CONNECTS_TCP6),
	  .text = "::1", .rule = "accept6" },
	{ "network/accept_mapped", with_listener_mapped, accept_four, 10, ACCEPTS(PICKET_COUNTER_NETWORK_CONNECTS_TCP4),
	  .text = "::ffff:127.0.0.1", .rule = "accept" },
	{ "network/accept_int80", with_compat_listener, accept_int80, 10, ACCEPTS4 },
	{ "network/accept_io_uring", with_ring_listener, accept_ring, 10, ACCEPTS4 },
	{ "network/accept_io_uring_early", with_ring_listener, accept_ring_early, 10, ACCEPTS4 },
	{ "network/accept_io_uring_sqpoll", with_polling_ring_listener, accept_ring, 10, ACCEPTS4 },
	{ "network/accept_io_uring_multishot", with_multishot_accept, accept_multishot, 10, ACCEPTS4 },
	{ "network/fast_open", with_listener4, fast_open, 10, ACCEPTS4 },
	{ "network/raw4", NULL, raw4, 10, MAKES(RAW) },
	{ "network/raw6", network_need_ipv6, raw6, 10, MAKES(RAW) },
	{ "network/packet", need_packet, packet, 10, MAKES(PACKET) },
	{ "network/packet_by_old_type", need_packet, packet_old, 10, MAKES(PACKET) },
	{ "network/packet_io_uring", with_ring_sockets, packet_ring, 10, MAKES(PACKET) },
	{ "network/vsock", need_vsock, vsock, 10, MAKES(VSOCK) },
};
const struct operation_set socket_operations = { operations, ARRAY_SIZE(operations) };
