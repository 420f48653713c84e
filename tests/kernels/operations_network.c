/* SPDX-License-Identifier: GPL-2.0-only */
/* Every way to connect. */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "operations.h"

/* Connections to a port of this machine where nobody listens. */

#define CLOSED_PORT 1

static void connect_to(const struct sockaddr *address, socklen_t size, int type)
{
	int fd = socket(address->sa_family, type | SOCK_CLOEXEC, 0);

	if (connect(fd, address, size) && errno == EINPROGRESS)
		usleep(1000);
	close(fd);
}

static void connect_ipv4(int type)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(CLOSED_PORT) };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	connect_to((struct sockaddr *)&address, sizeof(address), type);
}

static void connect_ipv6(const char *text, int type)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons(CLOSED_PORT) };

	inet_pton(AF_INET6, text, &address.sin6_addr);
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

static int need_ipv6(const struct operations_place *place)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)place;
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

#define REFUSED(attempts) \
	.adds = { { attempts, 1 }, { PICKET_COUNTER_NETWORK_CONNECT_FAILURES_REFUSED, 1 } }, .add_count = 2, \
	.event = PICKET_KIND_NETWORK_CONNECT

static const struct operation operations[] = {
	{ "network/tcp4_refused", NULL, tcp4, 10, REFUSED(PICKET_COUNTER_NETWORK_CONNECTS_TCP4) },
	{ "network/tcp4_non_blocking", NULL, tcp4_non_blocking, 10, REFUSED(PICKET_COUNTER_NETWORK_CONNECTS_TCP4) },
	{ "network/tcp6_refused", need_ipv6, tcp6, 10, REFUSED(PICKET_COUNTER_NETWORK_CONNECTS_TCP6) },
	{ "network/tcp6_mapped", need_ipv6, tcp6_mapped, 10, REFUSED(PICKET_COUNTER_NETWORK_CONNECTS_TCP6) },
	{ "network/udp4_connect", NULL, udp4, 10, .adds = { { PICKET_COUNTER_NETWORK_CONNECTS_UDP4, 1 } },
	  .add_count = 1, .event = PICKET_KIND_NETWORK_CONNECT },
};
const struct operation_set network_operations = { operations, ARRAY_SIZE(operations) };
