/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Directory cache: a file's path is its directory's plus its name, and most
 * opens fall into few directories. One small direct-mapped table per CPU, so
 * there is no lock and no allocation; what no rule can match costs one look.
 */
#ifndef DIRECTORY_H
#define DIRECTORY_H

#include "other_mount.h"
#include "policy_match.h"
#include "tree_epoch.h"

static __always_inline void directory_identify(struct directory_identity *identity, struct dentry *dentry,
					       struct mount *mount, const struct picket_policy *rules)
{
	identity->dentry = (__u64)dentry;
	dentry = kernel_cast(dentry);
	identity->mount = (__u64)mount;
	identity->parent = (__u64)KERNEL_READ(dentry, d_parent);
	identity->name = KERNEL_READ(dentry, d_name.hash_len);
	identity->tree_epoch = tree_epoch_now();
	identity->generation = rules->generation;
}

static __always_inline bool directory_is(const struct directory *directory, const struct directory_identity *identity)
{
	const struct directory_identity *known = &directory->identity;

	return known->dentry == identity->dentry && known->mount == identity->mount &&
	       known->parent == identity->parent && known->name == identity->name &&
	       known->tree_epoch == identity->tree_epoch && known->generation == identity->generation;
}

static __always_inline __u32 directory_index(struct dentry *dentry, struct mount *mount)
{
	__u64 hash = ((__u64)dentry >> 6) * 0x9e3779b97f4a7c15ULL ^ (__u64)mount * 0xff51afd7ed558ccdULL;

	return (hash >> 40) & (DIRECTORY_CACHE_SIZE - 1);
}

/* Resolve the directory; overwrites @buffer. */
static __noinline int directory_resolve(struct directory *directory, struct path_buffer *buffer,
					struct picket_policy *rules)
{
	struct picket_path_policy *found;
	struct mount *mount;
	__u32 size;

	if (!directory || !buffer || !rules)
		return 0;
	mount = (struct mount *)directory->identity.mount;
	path_reset(buffer);
	buffer->offset = PICKET_PATH_SIZE - 2;
	buffer->text[PICKET_PATH_SIZE - 2] = '/';
	path_walk(buffer, (struct dentry *)directory->identity.dentry, mount);
	size = path_size(buffer);
	found = policy_find_path(buffer, rules->generation);
	directory->watches = rules->any_path | (found ? found->prefix : 0);
	directory->inside = found && found->size == size && found->inside;
	directory->mount_namespace = (__u64)BPF_CORE_READ(mount, mnt_ns);
	directory->flags = buffer->flags;
	directory->size = 0;
	if (buffer->flags & PICKET_EVENT_PATH_CUT)
		directory->watches = ~0ULL >> (64 - PICKET_WATCH_RULE_FIRST); /* where it lies is not known */
	if (size < DIRECTORY_PATH_SIZE) {
		directory->size = size;
		bpf_probe_read_kernel(directory->path, bounded(size, DIRECTORY_PATH_SIZE),
				      &buffer->text[bounded(buffer->offset, PICKET_PATH_SIZE)]);
	}
	directory->other_mount = other_mount_find(directory->identity.dentry, directory->identity.mount);
	return 0;
}

/* What is known of (@dentry, @mount); @buffer may be overwritten. NULL never happens, but for the verifier. */
static __always_inline struct directory *directory_get(struct dentry *dentry, struct mount *mount,
						       struct path_buffer *buffer, struct picket_policy *rules)
{
	__u32 index = directory_index(dentry, mount);
	struct directory *directory = bpf_map_lookup_elem(&directories, &index);
	struct directory_identity identity = {};

	if (!directory)
		return NULL;
	directory_identify(&identity, dentry, mount, rules);
	if (directory_is(directory, &identity))
		return directory;
	directory->identity = identity;
	directory_resolve(directory, buffer, rules);
	return directory;
}

/* Put buffer->request.name at the end of @buffer and its directory in front: the whole path. */
static __noinline int directory_path(struct directory *directory, struct path_buffer *buffer)
{
	__u32 offset, size;

	if (!directory || !buffer)
		return 0;
	path_reset(buffer);
	size = buffer->request.name.len;
	if (size > 255)
		return 0;
	offset = PICKET_PATH_SIZE - 1 - size;
	bpf_probe_read_kernel(&buffer->text[bounded(offset, PICKET_PATH_SIZE)], bounded(size, 256),
			      buffer->request.name.name);
	buffer->offset = offset;
	buffer->flags = directory->flags;
	size = directory->size;
	if (size && size < DIRECTORY_PATH_SIZE && size < offset) {
		offset -= size;
		bpf_probe_read_kernel(&buffer->text[bounded(offset, PICKET_PATH_SIZE)],
				      bounded(size, DIRECTORY_PATH_SIZE), directory->path);
		buffer->offset = offset;
		return 0;
	}
	offset--;
	buffer->text[bounded(offset, PICKET_PATH_SIZE)] = '/';
	buffer->offset = offset;
	path_walk(buffer, (struct dentry *)directory->identity.dentry, (struct mount *)directory->identity.mount);
	return 0;
}

#endif
