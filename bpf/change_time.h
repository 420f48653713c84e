/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the hooks of security modules cannot be looked at: since Linux 6.13
 * the kernel tells whose change time is set, which is every file that a call
 * changes and every directory that it changes an entry of. No symlink and no
 * race can put others in their place.
 */
#ifndef CHANGE_TIME_H
#define CHANGE_TIME_H

#define CHANGE_TOUCHED 16 /* the last ones: layered file systems touch what lies below first */
#include "change.h"

#define OVERLAYFS_MAGIC 0x794c7630

static __always_inline struct dentry *first_name(struct inode *inode)
{
	struct hlist_node *node = BPF_CORE_READ(inode, i_dentry.first);

	return node ? (struct dentry *)((char *)node - bpf_core_field_offset(struct dentry, d_u.d_alias)) : NULL;
}

static __always_inline void name_of(struct dentry *dentry, struct qstr *name)
{
	bpf_core_read(name, sizeof(*name), &dentry->d_name);
}

/* Return: index of @inode among what was touched; CHANGE_TOUCHED: it was not. */
static __always_inline __u32 touched_index(const struct change *change, __u64 inode)
{
	__u32 i;

#pragma unroll
	for (i = 0; i < CHANGE_TOUCHED; i++)
		if (inode && change->touched[i].inode == inode)
			return i;
	return CHANGE_TOUCHED;
}

static __always_inline bool entries_were_touched(const struct change *change, __u64 directory)
{
	__u32 index = touched_index(change, (__u64)BPF_CORE_READ((struct dentry *)directory, d_inode));

	return index < CHANGE_TOUCHED && change->touched[bounded(index, CHANGE_TOUCHED)].dentry;
}

/* The change time of @inode is set. */
static __noinline int change_touch(struct inode *inode)
{
	struct change *change = change_get();
	struct touched *touched;
	struct qstr name = {};
	struct dentry *dentry;
	__u32 index;

	if (!change || !inode)
		return 0;
	dentry = first_name(inode);
	index = touched_index(change, (__u64)inode);
	if (index < CHANGE_TOUCHED && (!dentry || change->touched[bounded(index, CHANGE_TOUCHED)].dentry))
		return 0;
	if (index == CHANGE_TOUCHED) {
		index = change->count++;
		change->touched[bounded(index, CHANGE_TOUCHED)].bare = !dentry;
	}
	touched = &change->touched[bounded(index, CHANGE_TOUCHED)];
	touched->inode = (__u64)inode;
	touched->dentry = (__u64)dentry;
	if (dentry)
		name_of(dentry, &name);
	touched->name = name.hash_len;
	touched->layered = BPF_CORE_READ(inode, i_sb, s_magic) == OVERLAYFS_MAGIC;
	change->layered |= touched->layered;
	place_set(&touched->place, dentry ? BPF_CORE_READ(dentry, d_parent) : NULL, NULL, &name);
	return 0;
}

/*
 * Whether the file has another name now than when it was touched, in a directory that was touched as well. @is_made: it
 * may be a new one, which had none.
 */
static __always_inline bool has_new_name(const struct change *change, const struct touched *touched, struct dentry *now,
					 const struct qstr *name, bool is_made)
{
	struct dentry *parent = BPF_CORE_READ(now, d_parent);

	if (!BPF_CORE_READ(now, d_hash.pprev) || !entries_were_touched(change, (__u64)parent))
		return false;
	if (!touched->dentry)
		return is_made;
	return (is_made && touched->bare) || (__u64)now != touched->dentry ||
	       (__u64)parent != touched->place.directory || name->hash_len != touched->name;
}

/* One file that was touched: whether it is what was made, moved or removed. Global: see path_step(). */
__noinline int change_settle_one(__u32 index, __u32 operation)
{
	struct change *change = change_find();
	struct touched *touched;
	struct dentry *now;
	struct qstr name = {};

	if (!change)
		return 0;
	touched = &change->touched[bounded(index, CHANGE_TOUCHED)];
	if (!touched->inode || touched->layered != change->layered)
		return 0;
	if (operation == PICKET_MODIFICATION_DELETE) {
		if (!touched->dentry || !entries_were_touched(change, touched->place.directory))
			return 0;
		change->object = touched->place;
		change->found |= CHANGE_OBJECT;
		return 0;
	}
	now = first_name((struct inode *)touched->inode);
	if (!now)
		return 0;
	name_of(now, &name);
	if (!has_new_name(change, touched, now, &name,
			  operation != PICKET_MODIFICATION_RENAME && operation != PICKET_MODIFICATION_LINK))
		return 0;
	place_set(&change->object, BPF_CORE_READ(now, d_parent), NULL, &name);
	change->found |= CHANGE_OBJECT;
	if (touched->dentry) {
		change->source = touched->place;
		change->found |= CHANGE_SOURCE;
	}
	return 0;
}

static __always_inline bool changes_entries(__u32 operation)
{
	return operation <= PICKET_MODIFICATION_MKNOD;
}

/*
 * Nothing is known but the directories whose entries changed (layers that hide the file itself): the name is the one
 * that was written. Or the file itself, where its attributes changed. Global: see path_step().
 */
__noinline int change_settle_rest(__u32 index, __u32 operation)
{
	struct change *change = change_find();
	struct place_search *search = place_search_get();
	struct touched *touched;
	struct dentry *dentry;

	if (!change || !search)
		return 0;
	touched = &change->touched[bounded(index, CHANGE_TOUCHED)];
	dentry = (struct dentry *)touched->dentry;
	if (!dentry || touched->layered != change->layered ||
	    (changes_entries(operation) && (BPF_CORE_READ(dentry, d_inode, i_mode) & 0170000) != 0040000))
		return 0;
	place_set(&search->place, dentry, NULL, NULL);
	if (!place_path())
		return 0;
	change->object = search->place;
	change->object.nameless = changes_entries(operation);
	change->found |= CHANGE_OBJECT;
	return 0;
}

/* The call has ended: what it did, from the files that it touched. */
static __noinline int change_settle(__u32 operation)
{
	struct change *change = change_find();
	int i;

	if (!change || change->found)
		return 0;
	if (changes_entries(operation)) {
#pragma clang loop unroll(disable)
		for (i = 0; i < CHANGE_TOUCHED; i++)
			change_settle_one(change->count + i, operation);
	}
	if (change->found || operation == PICKET_MODIFICATION_RENAME) /* of two directories, which? */
		return 0;
#pragma clang loop unroll(disable)
	for (i = 0; i < CHANGE_TOUCHED; i++)
		change_settle_rest(change->count + i, operation);
	return 0;
}

#endif
