/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections and datagrams that the suite's rules deny, and those beside them that they do not. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "operations_network.h"
#include "operations_ring.h"
#include "operations_try.h"

#define CLOSED_PORT 1
#define DENIED_PORT 7777
#define BOTH (PICKET_ADDRESS_DENY_CONNECT | PICKET_ADDRESS_DENY_SEND)
#define MAPPED(a, b, c, d) \
	{ \
		[10] = 0xff, [11] = 0xff, [12] = a, b, c, d \
	}

/* 127.66.0.0/16 but for 127.66.1.0/24, fd66::/16, and port 7777 of everything. */
struct policy_address operations_denied[] = {
	{ 0, 0, { 0 }, 0 },
	{ 0, 96, MAPPED(0, 0, 0, 0), 0 },
	{ 0, 96 + 16, MAPPED(127, 66, 0, 0), BOTH },
	{ 0, 96 + 24, MAPPED(127, 66, 1, 0), 0 },
	{ 0, 16, { 0xfd, 0x66 }, BOTH },
	{ DENIED_PORT, 0, { 0 }, BOTH },
	{ DENIED_PORT, 96, MAPPED(0, 0, 0, 0), BOTH },
};
const size_t operations_denied_count = ARRAY_SIZE(operations_denied);

static void network4(const struct operations_place *place)
{
	(void)place;
	try_connect4("127.66.0.1", CLOSED_PORT, EPERM);
}

static void exception4(const struct operations_place *place)
{
	(void)place;
	try_connect4("127.66.1.1", CLOSED_PORT, ECONNREFUSED);
}

static void neighbour4(const struct operations_place *place)
{
	(void)place;
	try_connect4("127.67.0.1", CLOSED_PORT, ECONNREFUSED);
}

static void port4(const struct operations_place *place)
{
	(void)place;
	try_connect4("127.0.0.1", DENIED_PORT, EPERM);
}

static void network6(const struct operations_place *place)
{
	(void)place;
	try_connect6("fd66::1", CLOSED_PORT, EPERM);
}

static void mapped(const struct operations_place *place)
{
	(void)place;
	try_connect6("::ffff:127.66.0.1", CLOSED_PORT, EPERM);
}

static int with_ring(const struct operations_place *place)
{
	(void)place;
	return ring_open(0);
}

static void by_ring(const struct operations_place *place)
{
	(void)place;
	try_connect_by_ring(DENIED_PORT, EPERM);
}

static void datagram4(const struct operations_place *place)
{
	(void)place;
	try_datagram(DENIED_PORT, EPERM);
}

#define CALL(attempts) \
	.adds = { { PICKET_COUNTER_NETWORK_CONNECTS_##attempts, 1 }, \
		  { PICKET_COUNTER_NETWORK_CONNECT_FAILURES_DENIED, 1 }, \
		  { PICKET_COUNTER_SYSCALL_DENIALS_EPERM, 1 } }, \
	.add_count = 3, .event = PICKET_KIND_NETWORK_CONNECT
#define REFUSED \
	.adds = { { PICKET_COUNTER_NETWORK_CONNECTS_TCP4, 1 }, \
		  { PICKET_COUNTER_NETWORK_CONNECT_FAILURES_REFUSED, 1 } }, \
	.add_count = 2, .event = PICKET_KIND_NETWORK_CONNECT

static const struct operation operations[] = {
	{ "denied/network4", NULL, network4, 10, CALL(TCP4), .text = "127.66.0.1" },
	{ "denied/exception4", NULL, exception4, 10, REFUSED, .text = "127.66.1.1" },
	{ "denied/neighbour4", NULL, neighbour4, 10, REFUSED, .text = "127.67.0.1" },
	{ "denied/port4", NULL, port4, 10, CALL(TCP4), .text = "127.0.0.1" },
	{ "denied/network6", network_need_ipv6, network6, 10, CALL(TCP6), .text = "fd66::1" },
	{ "denied/mapped", network_need_ipv6, mapped, 10, CALL(TCP6), .text = "::ffff:127.66.0.1" },
	{ "denied/io_uring", with_ring, by_ring, 10,
	  .adds = { { PICKET_COUNTER_NETWORK_CONNECTS_TCP4, 1 },
		    { PICKET_COUNTER_NETWORK_CONNECT_FAILURES_DENIED, 1 } },
	  .add_count = 2, .event = PICKET_KIND_NETWORK_CONNECT },
	{ "denied/datagram4", NULL, datagram4, 10,
	  .adds = { { PICKET_COUNTER_NETWORK_DATAGRAMS, 1 }, { PICKET_COUNTER_SYSCALL_DENIALS_EPERM, 1 } },
	  .add_count = 2, .event = PICKET_KIND_NETWORK_SEND, .text = "127.0.0.1" },
};
const struct operation_set denied_operations = { operations, ARRAY_SIZE(operations) };
