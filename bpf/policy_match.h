/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which watches of the loaded rules a path falls under. */
#ifndef POLICY_MATCH_H
#define POLICY_MATCH_H

#include "path.h"
#include "subject.h"

/* What one key of a trie says for a text of @size bytes. */
static __always_inline __u64 policy_watches(const struct picket_path_policy *found, __u32 size)
{
	if (!found)
		return 0;
	return found->prefix | (found->size == size ? found->exact : 0);
}

/* Make the key for @size bytes of kernel memory at @text; it lies in map memory, too large for the stack. */
static __always_inline struct picket_policy_key *policy_key_of(struct path_buffer *buffer, const void *text, __u32 size,
							       __u32 generation)
{
	struct picket_policy_key *key = &buffer->key;

	if (size > PICKET_POLICY_KEY_SIZE)
		size = PICKET_POLICY_KEY_SIZE;
	key->generation = generation;
	key->bits = 8 * (sizeof(key->generation) + size);
	bpf_probe_read_kernel(key->text, bounded(size, 256), text); /* what Linux 5.10's verifier can see, too */
	return key;
}

/* The same for the text that starts at buffer->text[offset]. */
static __always_inline struct picket_policy_key *policy_key(struct path_buffer *buffer, __u32 offset, __u32 size,
							    __u32 generation)
{
	return policy_key_of(buffer, &buffer->text[bounded(offset, PICKET_PATH_SIZE)], size, generation);
}

static __always_inline __u32 path_size(const struct path_buffer *buffer)
{
	return PICKET_PATH_SIZE - 1 - (bounded(buffer->offset, PICKET_PATH_SIZE));
}

static __always_inline struct picket_path_policy *policy_find_path(struct path_buffer *buffer, __u32 generation)
{
	return bpf_map_lookup_elem(&paths, policy_key(buffer, buffer->offset, path_size(buffer), generation));
}

/* What rules say of a name: @size bytes of kernel memory. */
static __always_inline __u64 policy_match_text(struct path_buffer *buffer, const void *name, __u32 size,
					       const struct picket_policy *rules)
{
	struct picket_policy_key *key;

	if (!(rules->flags & PICKET_POLICY_NAMES))
		return 0;
	key = policy_key_of(buffer, name, size, rules->generation);
	return policy_watches(bpf_map_lookup_elem(&names, key), size);
}

/* The same for the name of an open file, as its path ends. */
static __always_inline __u64 policy_match_file_name(struct path_buffer *buffer, struct file *file,
						    const struct picket_policy *rules)
{
	struct dentry *dentry;
	struct qstr name;

	path_start(buffer, file);
	dentry = buffer->dentry;
	bpf_core_read(&name, sizeof(name), &dentry->d_name);
	return policy_match_text(buffer, name.name, name.len, rules);
}

#endif
