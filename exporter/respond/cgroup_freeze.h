/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cgroup v2 freezer. All calls take the mount, the path within it, and the
 * cgroup's id (its inode), so that a new cgroup of the same path is not taken
 * for the old one. No symbolic link is followed and nothing outside the mount
 * is touched.
 */
#ifndef CGROUP_FREEZE_H
#define CGROUP_FREEZE_H

#include <stdbool.h>
#include <stdint.h>

struct cgroup_place {
	const char *cgroup2_path;
	const char *path; /* "/docker/..." */
	uint64_t id;
};

/** cgroup_open() - Return: an O_PATH descriptor of its directory; -errno as below. */
int cgroup_open(const struct cgroup_place *place);

/**
 * cgroup_freeze() - ask for a cgroup and all below it to be frozen, or thawed.
 * The kernel does it soon after; cgroup_is_frozen() tells.
 * Return: 0; -ENOENT when the cgroup is gone; -EINVAL for a path with ".." or a relative one; -EPERM for the root;
 * -ELOOP for a symbolic link; -errno.
 */
int cgroup_freeze(const struct cgroup_place *place, bool frozen);

/** cgroup_is_frozen() - whether all its processes stand still. Return: 1, 0, -EBADMSG, or as above. */
int cgroup_is_frozen(const struct cgroup_place *place);

/** cgroup_freeze_asked() - what was last asked of it. Return: 1, 0, or as above. */
int cgroup_freeze_asked(const struct cgroup_place *place);

#endif
