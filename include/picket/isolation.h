/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the daemon tells the programs that cut a container off from the network. */
#ifndef PICKET_ISOLATION_H
#define PICKET_ISOLATION_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define PICKET_ISOLATION_ALLOWED_MAX 1024

/* Key of a trie of addresses: IPv4 as ::ffff:a.b.c.d, so that bits is 96 more there. */
struct picket_network_key {
	__u32 bits;
	__u32 address[4]; /* network order */
};

#endif
