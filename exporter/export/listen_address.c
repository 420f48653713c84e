/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/listen_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"

#define BACKLOG 128
#define INHERITED_FIRST 3 /* SD_LISTEN_FDS_START */

/* Split at the last colon; brackets around an IPv6 address are taken off. */
static int split(const char *text, char *host, size_t host_size, const char **ret_port)
{
	const char *colon = strrchr(text, ':');
	size_t size;
	char *end;
	long port;

	if (!colon)
		return -EINVAL;
	port = strtol(colon + 1, &end, 10);
	if (end == colon + 1 || *end || port < 0 || port > 65535)
		return -EINVAL;
	size = colon - text;
	if (size >= 2 && text[0] == '[' && text[size - 1] == ']') {
		text++;
		size -= 2;
	}
	if (size >= host_size)
		return -EINVAL;
	memcpy(host, text, size);
	host[size] = '\0';
	*ret_port = colon + 1;
	return 0;
}

static int open_one(const struct addrinfo *address)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1, no = 0, error;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (address->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
	if (bind(fd, address->ai_addr, address->ai_addrlen) || listen(fd, BACKLOG)) {
		error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

int listen_address_open(const char *text)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	struct addrinfo *found, *address;
	const char *port;
	char host[256];
	int fd = split(text, host, sizeof(host), &port);

	if (fd)
		return fd;
	if (!*host)
		hints.ai_family = AF_INET6; /* takes IPv4 as well */
	if (getaddrinfo(*host ? host : NULL, port, &hints, &found))
		return -EINVAL;
	fd = -EADDRNOTAVAIL;
	for (address = found; address && fd < 0; address = address->ai_next)
		fd = open_one(address);
	freeaddrinfo(found);
	if (fd == -EAFNOSUPPORT && !*host) {
		struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };
		struct addrinfo ipv4 = { .ai_family = AF_INET,
					 .ai_addr = (struct sockaddr *)&any,
					 .ai_addrlen = sizeof(any) };

		fd = open_one(&ipv4); /* a kernel without IPv6 */
	}
	return fd;
}

int listen_address_port(int fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &size))
		return -errno;
	return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
						   : ((struct sockaddr_in *)&address)->sin_port);
}

/* A number in the environment; 0: there is none. */
static unsigned long number_of(const char *variable)
{
	const char *text = getenv(variable);

	return text ? strtoul(text, NULL, 10) : 0;
}

int listen_address_inherit(unsigned int index)
{
	int fd = INHERITED_FIRST + (int)index, listens = 0;
	socklen_t size = sizeof(listens);

	if (number_of("LISTEN_PID") != (unsigned long)getpid() || index >= number_of("LISTEN_FDS"))
		return -ENOENT;
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) || !listens)
		return -EINVAL;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK))
		return -errno;
	return fd;
}
