/* SPDX-License-Identifier: GPL-2.0-only */
/* A signal to exactly the process that an event was about: never to another one that got its pid. */
#ifndef PROCESS_KILL_H
#define PROCESS_KILL_H

#include <stdint.h>

/**
 * process_kill() - after its start time and its cgroup were compared, all through one descriptor of the process.
 * @start_time_ns: CLOCK_BOOTTIME, from the event; procfs tells it in clock ticks, so they are compared as such.
 * @cgroup_path: the process must be in this cgroup or below; never the root.
 * Return: 0; -ESRCH when that process has ended, whoever has its pid now; -EPERM for pid 1, a kernel thread, this
 * process itself and the root cgroup; -EXDEV when it has gone to another cgroup (or @procfs_path shows cgroups
 * otherwise than the kernel does); -EINVAL when it lies outside this process's pid namespace;
 * -EACCES when the kernel forbids it; -errno.
 */
int process_kill(const char *procfs_path, uint32_t pid, uint64_t start_time_ns, const char *cgroup_path);

/** process_signal() - the same with another signal. */
int process_signal(const char *procfs_path, uint32_t pid, uint64_t start_time_ns, const char *cgroup_path, int signal);

/** process_hold() - the same checks, no signal. Return: a descriptor that stands for this process; as process_kill(). */
int process_hold(const char *procfs_path, uint32_t pid, uint64_t start_time_ns, const char *cgroup_path);

/**
 * process_signal_held() - to a process of which a descriptor of /proc/<pid> is at hand, if it is none that must not
 * get one and is in the cgroup. Return: as process_kill().
 */
int process_signal_held(const char *procfs_path, int process_fd, uint32_t pid, const char *cgroup_path, int signal);

#endif
