/* SPDX-License-Identifier: GPL-2.0-only */
#include "operations_try.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "operations_network.h"
#include "operations_ring.h"

void try_expect(int result, int error)
{
	if (result >= 0 || errno != error)
		printf("FAIL try/error %s, expected %s\n", result >= 0 ? "none" : strerror(errno), strerror(error));
}

void try_connect4(const char *text, uint16_t port, int error)
{
	struct sockaddr_in address = network_ipv4(port);
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, text, &address.sin_addr);
	try_expect(connect(fd, (struct sockaddr *)&address, sizeof(address)), error);
}

void try_connect6(const char *text, uint16_t port, int error)
{
	struct sockaddr_in6 address = network_ipv6(text, port);
	AUTO_CLOSE int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	try_expect(connect(fd, (struct sockaddr *)&address, sizeof(address)), error);
}

void try_connect_by_ring(uint16_t port, int error)
{
	struct sockaddr_in address = network_ipv4(port);
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct io_uring_sqe entry = { .opcode = IORING_OP_CONNECT, .fd = fd };
	int result;

	entry.addr = (uintptr_t)&address;
	entry.off = sizeof(address);
	result = ring_do(&entry);
	errno = -result;
	try_expect(result, error);
}

void try_datagram(uint16_t port, int error)
{
	struct sockaddr_in address = network_ipv4(port);
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	try_expect(sendto(fd, "", 0, 0, (struct sockaddr *)&address, sizeof(address)), error);
}
