/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/container_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

/* FNV-1a over 8 bytes at a time; labels are long and mostly differ in the container id. */
static uint64_t hash_labels(const struct container *container)
{
	const char *at = container->labels;
	size_t left = container->labels_size;
	uint64_t hash = 0xcbf29ce484222325, word;

	for (; left >= sizeof(word); left -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = (hash ^ word) * 0x100000001b3;
		hash ^= hash >> 32;
	}
	for (; left; left--, at++)
		hash = (hash ^ (unsigned char)*at) * 0x100000001b3;
	return hash ^ hash >> 29;
}

static bool same_labels(const struct container *a, const struct container *b)
{
	return a->labels_size == b->labels_size && !memcmp(a->labels, b->labels, a->labels_size);
}

/* Append entry @index to the group that begins at @first. */
static void group_append(struct container_set *set, uint32_t first, uint32_t index)
{
	while (set->entries[first].next != CONTAINER_SET_END)
		first = set->entries[first].next;
	set->entries[first].next = index;
}

/* Put entry @index into its group, or begin one. @table: of first entries, by hash of their labels. */
static void group_entry(struct container_set *set, uint32_t *table, size_t mask, uint32_t index)
{
	struct container_entry *entry = &set->entries[index];
	size_t at;

	entry->next = CONTAINER_SET_END;
	entry->first = false;
	if (!entry->container)
		return;
	for (at = hash_labels(entry->container) & mask; table[at] != CONTAINER_SET_END; at = (at + 1) & mask) {
		if (same_labels(set->entries[table[at]].container, entry->container)) {
			group_append(set, table[at], index);
			return;
		}
	}
	table[at] = index;
	entry->first = true;
}

static int group_all(struct container_set *set)
{
	AUTO_FREE uint32_t *table = NULL;
	size_t size = 16;

	while (size < set->count * 2)
		size *= 2;
	table = malloc(size * sizeof(*table));
	if (!table)
		return -ENOMEM;
	memset(table, 0xff, size * sizeof(*table));
	for (size_t i = 0; i < set->count; i++)
		group_entry(set, table, size - 1, (uint32_t)i);
	return 0;
}

int container_set_open(struct registry *registry, struct container_set *ret_set)
{
	struct container_set set = {
		.registry = registry,
		.version = registry_version(registry),
		.count = registry_count(registry),
	};

	set.entries = calloc(set.count + 1, sizeof(*set.entries));
	if (!set.entries)
		return -ENOMEM;
	for (size_t i = 0; i < set.count; i++) {
		struct container *container = registry_at(registry, i);

		set.entries[i].container = container;
		set.entries[i].cgroup_id = container->cgroup_id;
		set.entries[i].removed = container->removed_unix_ns != 0;
	}
	if (group_all(&set)) {
		free(set.entries);
		return -ENOMEM;
	}
	*ret_set = set;
	return 0;
}

int container_set_open_group(const struct container_set *all, size_t index, struct container_set *ret_set)
{
	struct container_set set = { .registry = all->registry, .version = all->version };
	size_t members = 0;

	for (size_t at = index; at < all->count; at = all->entries[at].next)
		members++;
	set.entries = calloc(members + 1, sizeof(*set.entries));
	if (!set.entries)
		return -ENOMEM;
	for (size_t at = index; at < all->count; at = all->entries[at].next)
		set.entries[set.count++] = all->entries[at];
	if (group_all(&set)) {
		free(set.entries);
		return -ENOMEM;
	}
	*ret_set = set;
	return 0;
}

void container_set_close(struct container_set *set)
{
	free(set->entries);
	set->entries = NULL;
	set->count = 0;
}

int container_set_refresh(struct container_set *set)
{
	uint64_t version = registry_version(set->registry);

	if (version == set->version)
		return 0;
	for (size_t i = 0; i < set->count; i++) {
		struct container_entry *entry = &set->entries[i];
		struct container *container = entry->container ? registry_find(set->registry, entry->cgroup_id) : NULL;

		entry->container = container && container->cgroup_id == entry->cgroup_id ? container : NULL;
	}
	set->version = version;
	return group_all(set);
}

const struct container *container_set_each(const struct container_set *set, uint32_t *index)
{
	const struct container *container = NULL;

	while (!container && *index != CONTAINER_SET_END) {
		container = set->entries[*index].container;
		*index = set->entries[*index].next;
	}
	return container;
}

const struct container *container_set_group(const struct container_set *set, size_t index)
{
	return set->entries[index].first ? set->entries[index].container : NULL;
}

void container_set_confirm(struct container_set *set)
{
	if (container_set_refresh(set))
		return;
	for (size_t i = 0; i < set->count; i++) {
		struct container *container = set->entries[i].container;

		if (container && set->entries[i].removed && container->removed_unix_ns)
			container->exposed_after_removal = true;
	}
}
