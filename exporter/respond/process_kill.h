/* SPDX-License-Identifier: GPL-2.0-only */
/* SIGKILL to exactly the process that an event was about: never to another one that got its pid. */
#ifndef PROCESS_KILL_H
#define PROCESS_KILL_H

#include <stdint.h>

/**
 * process_kill() - by pidfd, after its start time and its cgroup were compared.
 * @start_time_ns: CLOCK_BOOTTIME, from the event; procfs tells it in clock ticks, so they are compared as such.
 * @cgroup_path: the process must be in this cgroup or below; NULL: not asked.
 * Return: 0; -ESRCH when that process is gone (its pid may live on as another); -EPERM for pid 1, a kernel
 * thread or this process itself; -errno.
 */
int process_kill(const char *procfs_path, uint32_t pid, uint64_t start_time_ns, const char *cgroup_path);

#endif
