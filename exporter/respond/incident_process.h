/* SPDX-License-Identifier: GPL-2.0-only */
/* One process of a snapshot: what can be had without waiting for anybody. */
#ifndef INCIDENT_PROCESS_H
#define INCIDENT_PROCESS_H

#include "respond/incident_sockets.h"

#define INCIDENT_FILES_MAX 128 /* of one process */
#define INCIDENT_PATH_MAX 1024

/**
 * incident_process() - identity, rights, namespaces against the host's, directories, open files and sockets.
 * @process_fd: of /proc/<pid>. Return: NULL: it has ended, or no memory.
 */
json_t *incident_process(const char *procfs_path, int process_fd, uint32_t pid, struct incident_sockets *sockets,
			 struct incident_bounds *bounds);

/** incident_mounts() - of the mount namespace of a process. Return: NULL: it cannot be read, or no memory. */
json_t *incident_mounts(int process_fd, struct incident_bounds *bounds);

#endif
