/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Paths as the kernel resolved them: from a dentry up through the mounts to
 * the root of the mount namespace. Symlinks, "..", bind mounts, relative names
 * and chroot leave no trace in them.
 */
#ifndef PATH_H
#define PATH_H

#include "kernel_read.h"
#include "maps.h"

#define PATH_COMPONENTS 64 /* names and mount points of one path; deeper ones keep their end */
#define PATH_MOUNTS 4	   /* mounts stacked on one file */

/*
 * @value below @limit, a power of two. The mask stays in the code even where the compiler knows better, since the
 * verifier does not: not on every kernel.
 */
static __always_inline __u32 bounded(__u32 value, __u32 limit)
{
	__asm__ volatile("" : "+r"(value));
	return value & (limit - 1);
}

static __always_inline struct path_buffer *path_buffer_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&path_buffers, &zero);
}

static __always_inline struct mount *mount_of(struct vfsmount *vfsmount)
{
	return (struct mount *)((char *)vfsmount - bpf_core_field_offset(struct mount, mnt));
}

/* Put one name and the "/" before it in front of what is there. Return: false when there is no room. */
static __always_inline bool path_prepend(struct path_buffer *buffer, const unsigned char *name, __u32 size)
{
	__u32 offset = buffer->offset;

	if (size > 255 || offset < size + 1 || offset > PICKET_PATH_SIZE - 1)
		return false;
	offset -= size;
	bpf_probe_read_kernel(&buffer->text[bounded(offset, PICKET_PATH_SIZE)], bounded(size, 256), name);
	offset--;
	buffer->text[bounded(offset, PICKET_PATH_SIZE)] = '/';
	buffer->offset = offset;
	return true;
}

/*
 * One step towards the root. Return: 1 when the path is complete. State is kept in map memory, and the step is a
 * global function without arguments: the verifier looks at it once, not once for each step of each path.
 */
__noinline int path_step(void)
{
	struct path_buffer *buffer = path_buffer_get();
	struct dentry *dentry, *parent;
	struct mount *mount;

	if (!buffer)
		return 1;
	dentry = kernel_cast(buffer->dentry);
	mount = kernel_cast(buffer->mount);
	parent = KERNEL_READ(dentry, d_parent);
	if (dentry == KERNEL_READ(mount, mnt.mnt_root)) {
		struct mount *above = KERNEL_READ(mount, mnt_parent);

		if (above == mount || !above)
			return 1;
		buffer->dentry = KERNEL_READ(mount, mnt_mountpoint);
		buffer->mount = above;
		return 0;
	}
	if (!path_prepend(buffer, KERNEL_READ(dentry, d_name.name), KERNEL_READ(dentry, d_name.len))) {
		buffer->flags |= PICKET_EVENT_PATH_CUT;
		return 1;
	}
	buffer->dentry = parent;
	return dentry == parent; /* a file in no directory: "/memfd:name" */
}

/*
 * Write the path of (@dentry, @mount) in front of buffer->offset.
 * The caller sets offset, and the text behind it.
 */
static __noinline int path_walk(struct path_buffer *buffer, struct dentry *dentry, struct mount *mount)
{
	int i;

	if (!buffer)
		return 0;
	buffer->dentry = dentry;
	buffer->mount = mount;
#pragma clang loop unroll(disable)
	for (i = 0; i < PATH_COMPONENTS; i++)
		if (path_step())
			return 0;
	buffer->flags |= PICKET_EVENT_PATH_CUT;
	return 0;
}

/* Start with an empty path: its NUL at the very end. */
static __always_inline void path_reset(struct path_buffer *buffer)
{
	buffer->offset = PICKET_PATH_SIZE - 1;
	buffer->flags = 0;
	buffer->text[PICKET_PATH_SIZE - 1] = 0;
}

/* The whole path of an open file. */
static __always_inline void path_of_file(struct path_buffer *buffer, struct file *file)
{
	path_reset(buffer);
	path_walk(buffer, KERNEL_READ(kernel_cast(file), f_path.dentry),
		  mount_of(KERNEL_READ(kernel_cast(file), f_path.mnt)));
}

/*
 * Where an open file lies: left in @buffer's dentry and mount. A file that is itself a mount point belongs to the
 * directory that it is mounted in. Kept in map memory: what is read from there is a number, to be calculated with.
 * Return: whether such a mount was crossed.
 */
static __always_inline bool path_start(volatile struct path_buffer *buffer, struct file *opened)
{
	struct file *file = kernel_cast(opened);
	struct mount *mount, *above;
	int i;

	buffer->dentry = KERNEL_READ(file, f_path.dentry);
	buffer->mount = mount_of(KERNEL_READ(file, f_path.mnt));
#pragma unroll
	for (i = 0; i < PATH_MOUNTS; i++) {
		mount = kernel_cast(buffer->mount);
		above = KERNEL_READ(mount, mnt_parent);
		if (buffer->dentry != KERNEL_READ(mount, mnt.mnt_root) || above == buffer->mount)
			break;
		buffer->dentry = KERNEL_READ(mount, mnt_mountpoint);
		buffer->mount = above;
	}
	return i;
}

#endif
