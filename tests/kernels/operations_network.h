/* SPDX-License-Identifier: GPL-2.0-only */
/* What the operations on the network share. */
#ifndef OPERATIONS_NETWORK_H
#define OPERATIONS_NETWORK_H

#include <netinet/in.h>
#include <stdint.h>

#include "operations.h"

/** network_ipv4() - a port of this machine. */
struct sockaddr_in network_ipv4(uint16_t port);
struct sockaddr_in6 network_ipv6(const char *text, uint16_t port);

/** network_need_ipv6() - for operation.prepare. */
int network_need_ipv6(const struct operations_place *place);

#endif
