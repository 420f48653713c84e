/* SPDX-License-Identifier: GPL-2.0-only */
/* The cgroup v2 freezer. */
#ifndef CGROUP_FREEZE_H
#define CGROUP_FREEZE_H

#include <stdbool.h>

/**
 * cgroup_freeze() - ask for the cgroup at @path within @cgroup2_path, and all below, to be frozen or thawed.
 * The kernel does it soon after; cgroup_is_frozen() tells.
 * Return: 0; -ENOENT when the cgroup is gone; -EINVAL for a path with ".."; -EPERM for the root; -errno.
 */
int cgroup_freeze(const char *cgroup2_path, const char *path, bool frozen);

/** cgroup_is_frozen() - Return: 1, 0, -errno. */
int cgroup_is_frozen(const char *cgroup2_path, const char *path);

#endif
