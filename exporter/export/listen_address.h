/* SPDX-License-Identifier: GPL-2.0-only */
/* Listen addresses as Prometheus exporters take them: ":9100", "127.0.0.1:9100", "[::1]:9100", "host:9100". */
#ifndef LISTEN_ADDRESS_H
#define LISTEN_ADDRESS_H

/**
 * listen_address_open() - a listening, non-blocking TCP socket. ":PORT" listens for IPv6 and IPv4.
 * Return: a descriptor; -EINVAL for text that is no address; -EADDRINUSE and the like.
 */
int listen_address_open(const char *text);

/** listen_address_port() - the port a socket listens on, for ":0". Return: port, -errno. */
int listen_address_port(int fd);

/**
 * listen_address_inherit() - the next socket that systemd handed over (sd_listen_fds(3)), made fit for an event loop.
 * @index: from 0. Return: a descriptor; -ENOENT: there are no more; -EINVAL: it does not listen.
 */
int listen_address_inherit(unsigned int index);

#endif
