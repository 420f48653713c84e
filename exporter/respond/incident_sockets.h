/* SPDX-License-Identifier: GPL-2.0-only */
/* The sockets of network namespaces, found by their inode. */
#ifndef INCIDENT_SOCKETS_H
#define INCIDENT_SOCKETS_H

#include "respond/incident_bounds.h"

#define INCIDENT_SOCKETS_MAX 8192 /* of all namespaces of one snapshot */

struct incident_sockets;

struct incident_sockets *incident_sockets_new(void);
void incident_sockets_free(struct incident_sockets *sockets);

/** incident_sockets_read() - all of a process's network namespace, unless that one was read before. */
void incident_sockets_read(struct incident_sockets *sockets, struct incident_bounds *bounds, int process_fd,
			   const char *namespace);

/** incident_sockets_find() - protocol, local and remote address, state. NULL: none is known, or no memory. */
json_t *incident_sockets_find(const struct incident_sockets *sockets, struct incident_bounds *bounds, uint64_t inode);

#endif
