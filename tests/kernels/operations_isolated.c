/* SPDX-License-Identifier: GPL-2.0-only */
/* What is left of the network to a cgroup that is cut off from it, but for 127.77.0.0/16. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "kernel/isolation_network.h"
#include "operations_network.h"
#include "operations_ring.h"
#include "operations_try.h"

#define CLOSED_PORT 1
#define SILENCE_MS 300

/* State that prepare() leaves for run(): two sockets, connected to each other. */
static int sender_fd = -1, receiver_fd = -1;

/* Holds as long as this process lives: nothing is pinned. */
static int cut_off(const struct operations_place *place)
{
	static const char *const allowed[] = { "127.77.0.0/16" };
	struct network_isolation_options options = { .allowed = allowed, .allowed_count = 1 };
	AUTO_CLOSE int cgroup_fd = open(place->cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct network_isolation *isolation;
	struct stat stat;
	char reason[256];
	int error;

	if (cgroup_fd < 0 || fstat(cgroup_fd, &stat))
		return -errno;
	error = network_isolation_open(&options, &isolation, reason, sizeof(reason));
	if (!error)
		error = network_isolation_apply(isolation, stat.st_ino, cgroup_fd);
	if (error)
		printf("FAIL isolated/apply %s: %s\n", strerror(-error), reason);
	return error;
}

static int with_pair(const struct sockaddr *any, socklen_t size, int type)
{
	AUTO_CLOSE int bound = socket(any->sa_family, type | SOCK_CLOEXEC, 0);
	struct sockaddr_storage address;
	socklen_t address_size = sizeof(address);

	sender_fd = socket(any->sa_family, type | SOCK_CLOEXEC, 0);
	/* both ends at the address: the receiver's peer is the sender */
	if (bind(bound, any, size) || bind(sender_fd, any, size) || (type == SOCK_STREAM && listen(bound, 1)) ||
	    getsockname(bound, (struct sockaddr *)&address, &address_size) ||
	    connect(sender_fd, (struct sockaddr *)&address, address_size))
		return -errno;
	receiver_fd = type == SOCK_STREAM ? accept4(bound, NULL, NULL, SOCK_CLOEXEC) : dup(bound);
	return receiver_fd < 0 ? -errno : 0;
}

static int with_stream4(const struct operations_place *place)
{
	struct sockaddr_in any = network_ipv4(0);
	int error = with_pair((struct sockaddr *)&any, sizeof(any), SOCK_STREAM);

	return error ? error : cut_off(place);
}

static int with_stream6(const struct operations_place *place)
{
	struct sockaddr_in6 any = network_ipv6("::1", 0);
	int error = network_need_ipv6(place);

	if (!error)
		error = with_pair((struct sockaddr *)&any, sizeof(any), SOCK_STREAM);
	return error ? error : cut_off(place);
}

static int with_datagrams4(const struct operations_place *place)
{
	struct sockaddr_in any = network_ipv4(0);
	int error = with_pair((struct sockaddr *)&any, sizeof(any), SOCK_DGRAM);

	return error ? error : cut_off(place);
}

static int with_allowed_stream(const struct operations_place *place)
{
	struct sockaddr_in any = network_ipv4(0);
	int error;

	inet_pton(AF_INET, "127.77.0.1", &any.sin_addr);
	error = with_pair((struct sockaddr *)&any, sizeof(any), SOCK_STREAM);
	return error ? error : cut_off(place);
}

static int cut_off_with_ring(const struct operations_place *place)
{
	int error = ring_open(0);

	return error ? error : cut_off(place);
}

static bool arrives(void)
{
	struct pollfd receiver = { .fd = receiver_fd, .events = POLLIN };
	char byte;

	return poll(&receiver, 1, SILENCE_MS) == 1 && read(receiver_fd, &byte, 1) == 1;
}

/* An established connection takes the byte, and keeps it. */
static void stream(const struct operations_place *place)
{
	(void)place;
	if (send(sender_fd, "x", 1, MSG_NOSIGNAL) != 1 || arrives())
		printf("FAIL isolated/stream goes on\n");
}

static void allowed_stream(const struct operations_place *place)
{
	(void)place;
	if (send(sender_fd, "x", 1, MSG_NOSIGNAL) != 1 || !arrives())
		printf("FAIL isolated/allowed_stream stopped\n");
}

static void datagram(const struct operations_place *place)
{
	(void)place;
	if (send(sender_fd, "x", 1, 0) >= 0 || errno != EPERM || arrives())
		printf("FAIL isolated/datagram goes on\n");
}

static void connect4(const struct operations_place *place)
{
	(void)place;
	try_connect4("127.0.0.1", CLOSED_PORT, EPERM);
}

static void connect_allowed(const struct operations_place *place)
{
	(void)place;
	try_connect4("127.77.3.1", CLOSED_PORT, ECONNREFUSED);
}

static void connect6(const struct operations_place *place)
{
	(void)place;
	try_connect6("::1", CLOSED_PORT, EPERM);
}

static void connect_ring(const struct operations_place *place)
{
	(void)place;
	try_connect_by_ring(CLOSED_PORT, EPERM);
}

static void sendto4(const struct operations_place *place)
{
	(void)place;
	try_datagram(CLOSED_PORT, EPERM);
}

static void raw(const struct operations_place *place)
{
	(void)place;
	try_expect(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP), EPERM);
}

#define NOTHING .event = -1
#define DENIED(attempts) \
	.adds = { { PICKET_COUNTER_NETWORK_CONNECTS_##attempts, 1 }, \
		  { PICKET_COUNTER_NETWORK_CONNECT_FAILURES_DENIED, 1 }, \
		  { PICKET_COUNTER_SYSCALL_DENIALS_EPERM, 1 } }, \
	.add_count = 3, .event = PICKET_KIND_NETWORK_CONNECT

static const struct operation operations[] = {
	{ "isolated/stream4", with_stream4, stream, 1, NOTHING },
	{ "isolated/stream6", with_stream6, stream, 1, NOTHING },
	{ "isolated/stream_allowed", with_allowed_stream, allowed_stream, 10, NOTHING },
	{ "isolated/datagram4", with_datagrams4, datagram, 1, .adds = { { PICKET_COUNTER_SYSCALL_DENIALS_EPERM, 1 } },
	  .add_count = 1, .event = -1 },
	{ "isolated/connect4", cut_off, connect4, 10, DENIED(TCP4) },
	{ "isolated/connect6", cut_off, connect6, 10, DENIED(TCP6) },
	{ "isolated/connect_allowed", cut_off, connect_allowed, 10,
	  .adds = { { PICKET_COUNTER_NETWORK_CONNECTS_TCP4, 1 },
		    { PICKET_COUNTER_NETWORK_CONNECT_FAILURES_REFUSED, 1 } },
	  .add_count = 2, .event = PICKET_KIND_NETWORK_CONNECT },
	{ "isolated/connect_io_uring", cut_off_with_ring, connect_ring, 10,
	  .adds = { { PICKET_COUNTER_NETWORK_CONNECTS_TCP4, 1 },
		    { PICKET_COUNTER_NETWORK_CONNECT_FAILURES_DENIED, 1 } },
	  .add_count = 2, .event = PICKET_KIND_NETWORK_CONNECT },
	{ "isolated/sendto4", cut_off, sendto4, 10,
	  .adds = { { PICKET_COUNTER_NETWORK_DATAGRAMS, 1 }, { PICKET_COUNTER_SYSCALL_DENIALS_EPERM, 1 } },
	  .add_count = 2, .event = PICKET_KIND_NETWORK_SEND },
	{ "isolated/raw", cut_off, raw, 10,
	  .adds = { { PICKET_COUNTER_NETWORK_SOCKETS_RAW, 1 }, { PICKET_COUNTER_SYSCALL_DENIALS_EPERM, 1 } },
	  .add_count = 2, .event = PICKET_KIND_NETWORK_SOCKET },
};
const struct operation_set isolated_operations = { operations, ARRAY_SIZE(operations) };
