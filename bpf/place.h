/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A name in a directory, as the kernel had found it, and its path. Where the
 * mount is not known it is looked for among those of the task's mount
 * namespace that show the directory.
 */
#ifndef PLACE_H
#define PLACE_H

#include "namespaces.h"
#include "path.h"

#define PLACE_NAME_SIZE 64 /* longer names are taken from what the program wrote */
#define PLACE_MOUNTS 64	   /* of one super block, that are looked at */

struct place {
	__u64 directory; /* dentry; 0: not known */
	__u64 mount;	 /* 0: to be looked for */
	__u32 size;	 /* of name; 0: the directory itself is meant, or nameless */
	__u32 nameless;	 /* the name is not known */
	__u32 pad;
	char name[PLACE_NAME_SIZE];
};

/* A search for a mount. */
struct place_search {
	struct place place;
	__u64 next;  /* mount, or list node, to be looked at */
	__u64 other; /* mount that was looked at last, see other_mount.h */
	__u32 found; /* the path is complete */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct place_search);
} place_searches SEC(".maps");

static __always_inline struct place_search *place_search_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&place_searches, &zero);
}

static __always_inline void place_set(struct place *place, struct dentry *directory, struct mount *mount,
				      const struct qstr *name)
{
	__u32 size = name ? name->len : 0;

	place->directory = (__u64)directory;
	place->mount = (__u64)mount;
	place->size = 0;
	place->nameless = size > PLACE_NAME_SIZE - 1;
	if (!size || place->nameless)
		return;
	bpf_probe_read_kernel(place->name, bounded(size, PLACE_NAME_SIZE), name->name);
	place->size = size;
}

/* The path of the place that is searched for, as seen through @address, a mount. Global: see path_step(). */
__noinline int place_try(__u64 address)
{
	struct place_search *search = place_search_get();
	struct path_buffer *path = path_buffer_get();
	struct mount *mount = (struct mount *)address, *last;
	__u32 size;

	if (!search || !path || !mount)
		return 0;
	path_reset(path);
	size = search->place.size;
	if (size && size < PLACE_NAME_SIZE) {
		path->offset -= size;
		bpf_probe_read_kernel(&path->text[bounded(path->offset, PICKET_PATH_SIZE)],
				      bounded(size, PLACE_NAME_SIZE), search->place.name);
		path->offset--;
		path->text[bounded(path->offset, PICKET_PATH_SIZE)] = '/';
	}
	path_walk(path, (struct dentry *)search->place.directory, mount);
	/* the directory is not shown by this mount when the walk left it by another way than its root */
	last = path->mount;
	search->found = (path->flags & PICKET_EVENT_PATH_CUT) || path->dentry == BPF_CORE_READ(last, mnt.mnt_root);
	return search->found;
}

static __always_inline bool place_shown(struct super_block *block, __u64 mount_namespace, struct mount *mount)
{
	return BPF_CORE_READ(mount, mnt.mnt_sb) == block && (__u64)BPF_CORE_READ(mount, mnt_ns) == mount_namespace;
}

/* The next mount of the super block that is searched; NULL: there is no other. */
static __always_inline struct mount *place_next_mount(struct place_search *search, struct super_block *block)
{
	struct list_head *node;
	struct mount *mount;

	if (!search->next)
		return NULL;
	if (bpf_core_field_exists(((struct mount___chain *)0)->mnt_next_for_sb)) {
		mount = (struct mount *)search->next;
		search->next = (__u64)BPF_CORE_READ((struct mount___chain *)mount, mnt_next_for_sb);
		return mount;
	}
	node = (struct list_head *)search->next;
	if (node == &block->s_mounts)
		return NULL;
	search->next = (__u64)BPF_CORE_READ(node, next);
	return (struct mount *)((char *)node - bpf_core_field_offset(struct mount, mnt_instance));
}

/* Look at one mount of the super block @address, and go on to the next. Return: whether the search is over. */
__noinline int place_step(__u64 address)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct super_block *block = (struct super_block *)address;
	struct place_search *search = place_search_get();
	struct mount *mount;

	if (!search || !block)
		return 1;
	mount = place_next_mount(search, block);
	if (!mount)
		return 1;
	return place_shown(block, (__u64)BPF_CORE_READ(task, nsproxy, mnt_ns), mount) && place_try((__u64)mount);
}

static __always_inline __u64 place_first_mount(struct super_block *block)
{
	if (bpf_core_field_exists(((struct mount___chain *)0)->mnt_next_for_sb))
		return (__u64)BPF_CORE_READ((struct super_block___chain *)block, s_mounts);
	return (__u64)BPF_CORE_READ(block, s_mounts.next);
}

/*
 * Write the path of the place in this CPU's struct place_search. In a container the mount of its root comes first: a
 * bind mount would else hide what lies there. Where the mount is not known, nearly all lies there or in that of the
 * working directory, and a super block can have thousands. Return: whether it was found. Global: see path_step().
 */
__noinline int place_path(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct place_search *search = place_search_get();
	struct super_block *block;
	struct dentry *directory;
	struct mount *mount;
	__u64 namespace;
	int i;

	if (!search || !search->place.directory)
		return 0;
	if (search->place.mount && namespace_is_hosts(0, BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum)))
		return place_try(search->place.mount);
	namespace = (__u64)BPF_CORE_READ(task, nsproxy, mnt_ns);
	directory = (struct dentry *)search->place.directory;
	block = BPF_CORE_READ(directory, d_sb);
	mount = mount_of(BPF_CORE_READ(task, fs, root.mnt));
	if (place_shown(block, namespace, mount) && place_try((__u64)mount))
		return 1;
	if (search->place.mount)
		return place_try(search->place.mount);
	mount = mount_of(BPF_CORE_READ(task, fs, pwd.mnt));
	if (place_shown(block, namespace, mount) && place_try((__u64)mount))
		return 1;
	search->next = place_first_mount(block);
	search->found = 0;
#pragma clang loop unroll(disable)
	for (i = 0; i < PLACE_MOUNTS; i++)
		if (place_step((__u64)block))
			break;
	return search->found;
}

#endif
