/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What procfs says of one process. All reads go through a descriptor of
 * /proc/<pid>, which stands for that very process: when it has ended they
 * fail, whoever got its pid since.
 */
#ifndef PROC_READ_H
#define PROC_READ_H

#include <stdbool.h>
#include <stdint.h>

struct proc_stat {
	char state; /* 'Z': ended, not yet reaped */
	uint32_t parent_pid;
	uint64_t flags; /* PF_* */
	uint64_t threads;
	uint64_t start_ticks; /* since boot, sysconf(_SC_CLK_TCK) */
};

/** proc_open() - @name: a pid or "self". Return: a descriptor to close(2); -ESRCH; -errno. */
int proc_open(const char *procfs_path, const char *name);

/** proc_read_stat() - Return: 0, -ESRCH (ended), -EBADMSG, -errno. */
int proc_read_stat(int process_fd, struct proc_stat *ret_stat);

/**
 * proc_read_cgroup() - path within cgroup v2, as the reader's cgroup namespace shows it.
 * @ret_path: free(3) it. Return: 0; -ESRCH (ended); -ENOENT (in no cgroup v2); -ENOMEM; -errno.
 */
int proc_read_cgroup(int process_fd, char **ret_path);

/** cgroup_path_is_within() - whether @path is @cgroup or below it. */
bool cgroup_path_is_within(const char *path, const char *cgroup);

#endif
