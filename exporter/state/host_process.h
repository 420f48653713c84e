/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STATE_HOST_PROCESS_H
#define STATE_HOST_PROCESS_H

#include <stdint.h>

/**
 * host_process_find() - a process whose namespaces are the host's, and at which this process may look.
 * pid 1 may hold capabilities that this process lacks, and then does not let it look: the kernel's own first thread stands
 * in, and this process itself where it shares the mounts of pid 1 (under the service unit it has mounts of its own).
 * Return: its name below @procfs_path: "1", "2", "self"; NULL if there is none.
 */
const char *host_process_find(const char *procfs_path);

/**
 * host_process_self() - this process as the kernel's events number it, in the first pid namespace.
 * Return: 0: unknown, since @procfs_path is of another pid namespace. getpid() there would be somebody else's number.
 */
uint32_t host_process_self(const char *procfs_path);

#endif
