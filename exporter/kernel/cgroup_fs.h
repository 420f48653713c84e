/* SPDX-License-Identifier: GPL-2.0-only */
/* The cgroup v2 file system: where it is mounted and which cgroups exist. */
#ifndef CGROUP_FS_H
#define CGROUP_FS_H

#include <stdint.h>

/**
 * cgroup_fs_find_mount() - mount point of cgroup2, from <procfs>/self/mountinfo.
 * @ret_path: free(3) it. The one that shows most is preferred: above the cgroup namespace, then all of it, then a part.
 * Return: 0, -ENOENT when none is mounted, -errno.
 */
int cgroup_fs_find_mount(const char *procfs_path, char **ret_path);

/* @path: within the mount, "/" for its root. */
typedef int cgroup_fs_visit(void *context, uint64_t id, uint64_t parent_id, const char *path);

/**
 * cgroup_fs_walk() - every cgroup below @mount_path, parents before children.
 * Cgroups that vanish meanwhile are passed over. A negative answer of @visit ends the walk.
 * Return: 0, what @visit answered, or -errno when the root cannot be read.
 */
int cgroup_fs_walk(const char *mount_path, cgroup_fs_visit *visit, void *context);

/** cgroup_fs_id() - id (inode) of the cgroup at @path within the mount. Return: 0, -errno. */
int cgroup_fs_id(const char *mount_path, const char *path, uint64_t *ret_id);

/** cgroup_fs_own_id() - id of the cgroup that this process runs in. Return: 0, -errno. */
int cgroup_fs_own_id(const char *procfs_path, const char *mount_path, uint64_t *ret_id);

#endif
