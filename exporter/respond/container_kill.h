/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of all processes of a container at once. */
#ifndef CONTAINER_KILL_H
#define CONTAINER_KILL_H

#include "respond/cgroup_freeze.h"

/**
 * container_kill() - SIGKILL to all processes of a cgroup and of those below it.
 * By cgroup.kill, which no fork escapes; where the kernel has none (before 5.14), each process on its own while the
 * cgroup is frozen.
 * @ret_how: static text.
 * Return: 0; -ENOENT when the cgroup is gone; -EBUSY when some still ran at the end; as cgroup_open(); -errno.
 */
int container_kill(const char *procfs_path, const struct cgroup_place *place, const char **ret_how);

#endif
