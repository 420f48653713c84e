/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where security modules are asked about a change: the kernel has found
 * directory, name and mount, and waits. Shared by the backends that change the
 * kernel's code.
 */
#ifndef CHANGE_HOOKS_H
#define CHANGE_HOOKS_H

#include "change.h"

extern int LINUX_KERNEL_VERSION __kconfig;

/* Nothing to work out when the call ends. */
static __always_inline void change_settle(__u32 operation)
{
}

static __always_inline void place_set_entry(struct place *place, const struct path *directory, struct dentry *dentry)
{
	struct qstr name;

	bpf_core_read(&name, sizeof(name), &dentry->d_name);
	place_set(place, BPF_CORE_READ(directory, dentry), mount_of(BPF_CORE_READ(directory, mnt)), &name);
}

/* An entry of @directory is to be made or removed. */
static __noinline int change_entry(const struct path *directory, struct dentry *dentry)
{
	struct change *change = change_get();

	if (!change || !directory || change->found)
		return 0;
	place_set_entry(&change->object, directory, dentry);
	change->found = CHANGE_OBJECT;
	return 0;
}

/* @old becomes an entry of @directory as well, or instead of @old_directory's. */
static __noinline int change_move(const struct path *old_directory, struct dentry *old, const struct path *directory,
				  struct dentry *dentry)
{
	struct change *change = change_get();
	struct qstr name;

	if (!change || !directory || change->found)
		return 0;
	place_set_entry(&change->object, directory, dentry);
	bpf_core_read(&name, sizeof(name), &old->d_name);
	place_set(&change->source, BPF_CORE_READ(old, d_parent), mount_of(BPF_CORE_READ(old_directory, mnt)), &name);
	change->found = CHANGE_OBJECT | CHANGE_SOURCE;
	return 0;
}

/* An attribute of a file is to be set. @mount: NULL: not told. The first one counts: layers ask again below. */
static __noinline int change_file(struct dentry *dentry, struct vfsmount *mount)
{
	struct change *change = change_get();

	if (!change || change->found)
		return 0;
	place_set(&change->object, dentry, mount ? mount_of(mount) : NULL, NULL);
	change->found = CHANGE_OBJECT;
	return 0;
}

/* Before Linux 5.12 these functions had no argument about users in front. */
static __always_inline int change_file_of(struct dentry *first, struct dentry *second)
{
	/* read both here: the verifier wants each offset as a constant and the compiler would make it a variable */
	__asm__ volatile("" : "+r"(first), "+r"(second));
	return change_file(LINUX_KERNEL_VERSION < KERNEL_VERSION(5, 12, 0) ? first : second, NULL);
}

/*
 * Owners and times come by notify_change() alone: security_path_chown() has arguments that Linux 5.10 lets no program
 * hang on. @hook: how a program comes before the function. @PROGRAM: BPF_PROG or BPF_KPROBE.
 */
#define CHANGE_ENTRY(name, hook, PROGRAM, function) \
	SEC(hook "/" function) \
	int PROGRAM(name, const struct path *directory, struct dentry *dentry) \
	{ \
		return change_entry(directory, dentry); \
	}

#define CHANGE_PATH(name, hook, PROGRAM, function) \
	SEC(hook "/" function) \
	int PROGRAM(name, const struct path *path) \
	{ \
		return change_file(BPF_CORE_READ(path, dentry), BPF_CORE_READ(path, mnt)); \
	}

#define CHANGE_DENTRY(name, hook, PROGRAM, function) \
	SEC(hook "/" function) \
	int PROGRAM(name, struct dentry *first, struct dentry *second) \
	{ \
		return change_file_of(first, second); \
	}

#define CHANGE_HOOKS(hook, PROGRAM) \
	CHANGE_ENTRY(change_unlink, hook, PROGRAM, "security_path_unlink") \
	CHANGE_ENTRY(change_rmdir, hook, PROGRAM, "security_path_rmdir") \
	CHANGE_ENTRY(change_mkdir, hook, PROGRAM, "security_path_mkdir") \
	CHANGE_ENTRY(change_mknod, hook, PROGRAM, "security_path_mknod") \
	CHANGE_ENTRY(change_symlink, hook, PROGRAM, "security_path_symlink") \
	CHANGE_PATH(change_mode, hook, PROGRAM, "security_path_chmod") \
	CHANGE_PATH(change_size, hook, PROGRAM, "security_path_truncate") \
	CHANGE_DENTRY(change_attributes, hook, PROGRAM, "notify_change") \
	CHANGE_DENTRY(change_set_xattr, hook, PROGRAM, "security_inode_setxattr") \
	CHANGE_DENTRY(change_remove_xattr, hook, PROGRAM, "security_inode_removexattr") \
\
	SEC(hook "/security_path_link") \
	int PROGRAM(change_link, struct dentry *old, const struct path *directory, struct dentry *dentry) \
	{ \
		return change_move(directory, old, directory, dentry); \
	} \
\
	SEC(hook "/security_path_rename") \
	int PROGRAM(change_rename, const struct path *old_directory, struct dentry *old, const struct path *directory, \
		    struct dentry *dentry) \
	{ \
		return change_move(old_directory, old, directory, dentry); \
	}

#endif
