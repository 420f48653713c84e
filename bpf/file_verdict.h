/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What rules say of files that were opened lately: one small direct-mapped
 * table per CPU, like that of directories. Kept are ordinary files of one name,
 * so that the next open of one costs a comparison and no look-up in the tries.
 */
#ifndef FILE_VERDICT_H
#define FILE_VERDICT_H

#include "device_open.h"
#include "directory.h"

#define FILE_VERDICTS 512 /* per CPU */
#define S_IFDIR 0040000

struct file_verdict {
	struct file_identity identity;
	__u64 mount_namespace;
	__u64 watches;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FILE_VERDICTS);
	__type(key, __u32);
	__type(value, struct file_verdict);
} file_verdicts SEC(".maps");

#ifdef KERNEL_CAST
/* Volatile: what was kept in map memory is a number for the verifier, not a pointer to calculate with in vain. */
static __always_inline void file_identify(volatile struct file_identity *identity, struct file *opened,
					  const struct picket_policy *rules)
{
	struct file *file = kernel_cast(opened);
	struct dentry *dentry = file->f_path.dentry, *parent;
	const __u64 *text;
	__u32 i;

	identity->mount = (__u64)file->f_path.mnt;
	identity->dentry = (__u64)dentry;
	dentry = kernel_cast(dentry);
	identity->own.parent = (__u64)dentry->d_parent;
	identity->own.name_hash = dentry->d_name.hash_len;
	identity->own.name = (__u64)dentry->d_name.name;
	identity->own.inode = (__u64)dentry->d_inode;
	text = (const __u64 *)((char *)dentry + bpf_core_field_offset(struct dentry, d_parent) +
			       __builtin_offsetof(struct dentry_words, text));
#pragma unroll
	for (i = 0; i < NAME_INSIDE / sizeof(*text); i++)
		identity->own.text[i] = text[i];
	parent = kernel_cast(dentry->d_parent);
	identity->above.parent = (__u64)parent->d_parent;
	identity->above.name_hash = parent->d_name.hash_len;
	identity->above.name = (__u64)parent->d_name.name;
	identity->tree_epoch = tree_epoch_now();
	identity->generation = rules->generation;
}
#else
static __always_inline void file_identify(struct file_identity *identity, struct file *file,
					  const struct picket_policy *rules)
{
	__u32 from = bpf_core_field_offset(struct dentry, d_parent);

	_Static_assert(sizeof(struct path) == 2 * sizeof(__u64), "mount and dentry");
	bpf_core_read(&identity->mount, sizeof(struct path), &file->f_path);
	bpf_probe_read_kernel(&identity->own, sizeof(identity->own), (char *)identity->dentry + from);
	bpf_probe_read_kernel(&identity->above, sizeof(identity->above), (char *)identity->own.parent + from);
	identity->tree_epoch = tree_epoch_now();
	identity->generation = rules->generation;
}
#endif

static __always_inline bool file_is(const struct file_identity *a, const struct file_identity *b)
{
	const __u64 *left = (const __u64 *)a, *right = (const __u64 *)b;
	__u64 difference = 0;
	__u32 i;

#pragma unroll
	for (i = 0; i < sizeof(*a) / sizeof(__u64); i++)
		difference |= left[i] ^ right[i];
	return !difference;
}

static __always_inline struct file_verdict *file_verdict_slot(const struct file_identity *identity)
{
	__u64 hash = (identity->dentry >> 6) * 0x9e3779b97f4a7c15ULL;
	__u32 index = (hash >> 40) & (FILE_VERDICTS - 1);

	return bpf_map_lookup_elem(&file_verdicts, &index);
}

/* Whether all words are what they are meant to be: the name lies where the text was read from, and is all of it. */
static __always_inline bool file_name_is_inside(const struct file_identity *identity)
{
	__u64 text = identity->dentry + bpf_core_field_offset(struct dentry, d_parent) +
		     __builtin_offsetof(struct dentry_words, text);

	return identity->own.name == text && identity->own.name_hash >> 32 < NAME_INSIDE;
}

/* A regular file or a directory, with no other name: what it is called is all that rules can ask. */
static __always_inline bool file_is_plain(const struct file_identity *identity)
{
	struct inode *inode = (struct inode *)identity->own.inode;
	__u32 type;

	inode = kernel_cast(inode);
	type = KERNEL_READ(inode, i_mode) & S_IFMT;

	if (!file_name_is_inside(identity))
		return false;
	return type == S_IFDIR || (type == S_IFREG && KERNEL_READ(inode, i_nlink) == 1);
}

/*
 * Keep what was found out from @identity alone, and from its directory: only if that is still the one of the identity.
 * A file renamed meanwhile, there and back, must not leave the verdict about another name.
 */
static __always_inline void file_verdict_keep(const struct file_identity *identity, const struct directory *directory,
					      __u64 watches)
{
	const struct directory_identity *above = &directory->identity;
	struct file_verdict *verdict;

	if (above->dentry != identity->own.parent || above->parent != identity->above.parent ||
	    above->name != identity->above.name_hash || above->tree_epoch != identity->tree_epoch ||
	    above->generation != identity->generation)
		return;
	verdict = file_verdict_slot(identity);
	if (!verdict)
		return;
	verdict->identity = *identity;
	verdict->mount_namespace = directory->mount_namespace;
	verdict->watches = watches;
}

#endif
