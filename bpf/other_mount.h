/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A directory under the names that other mounts give it. Rules know a file by one path; a bind mount of its directory,
 * or of the file itself, would else be a way around them. Looked for once for each directory, see directory.h.
 */
#ifndef OTHER_MOUNT_H
#define OTHER_MOUNT_H

#include "place.h"
#include "policy_match.h"

/* Whether rules ask about files in the directory that is searched for, as @mount shows it. Overwrites the path buffer. */
static __always_inline bool other_mount_is_watched(struct place_search *search, struct mount *mount)
{
	struct path_buffer *path = path_buffer_get();
	struct picket_policy *rules = policy_get();
	struct picket_path_policy *found;
	struct mount *last;

	if (!path || !rules)
		return false;
	path_reset(path);
	path->offset = PICKET_PATH_SIZE - 2;
	path->text[PICKET_PATH_SIZE - 2] = '/';
	path_walk(path, (struct dentry *)search->place.directory, mount);
	last = path->mount;
	if (!(path->flags & PICKET_EVENT_PATH_CUT) && path->dentry != BPF_CORE_READ(last, mnt.mnt_root))
		return false; /* this mount does not show it */
	found = policy_find_path(path, rules->generation);
	return found && (found->prefix || (found->inside && found->size == path_size(path)));
}

/* Look at @address, a mount. Return: whether it is one. Global: see path_step(). */
__noinline int other_mount_try(__u64 address)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct place_search *search = place_search_get();
	struct mount *mount = (struct mount *)address;
	struct super_block *block;
	struct dentry *directory;

	if (!search || !mount || address == search->place.mount)
		return 0;
	directory = (struct dentry *)search->place.directory;
	block = BPF_CORE_READ(directory, d_sb);
	search->found = place_shown(block, (__u64)BPF_CORE_READ(task, nsproxy, mnt_ns), mount) &&
			other_mount_is_watched(search, mount);
	return search->found;
}

/* Look at the next mount of the super block @address. Return: whether the search is over. A function of its own: see place_step(). */
__noinline int other_mount_step(__u64 address)
{
	struct place_search *search = place_search_get();
	struct mount *mount;

	if (!search || !address)
		return 1;
	mount = place_next_mount(search, (struct super_block *)address);
	search->other = (__u64)mount;
	return !mount || other_mount_try((__u64)mount);
}

/*
 * Another mount of the task's namespace than @known that shows the directory @address at a place about which rules ask.
 * Return: 0: there is none. Global: see path_step().
 */
__noinline __u64 other_mount_find(__u64 address, __u64 known)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct place_search *search = place_search_get();
	struct dentry *directory = (struct dentry *)address;
	struct super_block *block;
	__u64 mount;
	int i;

	if (!search || !directory)
		return 0;
	search->place.directory = address;
	search->place.mount = known;
	mount = (__u64)mount_of(BPF_CORE_READ(task, fs, root.mnt));
	if (other_mount_try(mount))
		return mount;
	block = BPF_CORE_READ(directory, d_sb);
	search->next = place_first_mount(block);
#pragma clang loop unroll(disable)
	for (i = 0; i < PLACE_MOUNTS; i++)
		if (other_mount_step((__u64)block))
			return search->other;
	return 0;
}

#endif
