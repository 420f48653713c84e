/* SPDX-License-Identifier: GPL-2.0-only */
/* Questions to the registry that change nothing but who has a slot. */
#include <string.h>

#include "cleanup.h"
#include "registry_internal.h"

#define ID_PREFIX_MIN 12

struct container *registry_find(struct registry *registry, uint64_t cgroup_id)
{
	struct entry *entry = entry_find(registry, cgroup_id);

	return entry && entry->member ? &entry->member->container : NULL;
}

bool registry_knows(struct registry *registry, uint64_t cgroup_id)
{
	return entry_find(registry, cgroup_id) != NULL;
}

static bool id_equals(const struct container *container, const char *name)
{
	return strcmp(container->id, name) == 0;
}

static bool name_equals(const struct container *container, const char *name)
{
	return strcmp(container->name, name) == 0;
}

static bool id_starts(const struct container *container, const char *name)
{
	size_t size = strlen(name);

	return size >= ID_PREFIX_MIN && strncmp(container->id, name, size) == 0;
}

static bool (*const name_matchers[])(const struct container *container, const char *name) = {
	id_equals,
	name_equals,
	id_starts,
};

struct container *registry_find_by_name(struct registry *registry, const char *name)
{
	for (size_t i = 0; *name && i < 2 * ARRAY_SIZE(name_matchers); i++) {
		bool live = i < ARRAY_SIZE(name_matchers);
		struct container *found = NULL;
		unsigned int count = 0;

		for (size_t j = 0; j < registry->member_count; j++) {
			struct container *container = &registry->members[j]->container;

			if ((container->removed_unix_ns == 0) != live ||
			    !name_matchers[i % ARRAY_SIZE(name_matchers)](container, name))
				continue;
			found = container;
			count++;
		}
		if (count)
			return count == 1 ? found : NULL;
	}
	return NULL;
}

size_t registry_count(const struct registry *registry)
{
	return registry->member_count;
}

struct container *registry_at(const struct registry *registry, size_t index)
{
	return &registry->members[index]->container;
}

uint64_t registry_version(const struct registry *registry)
{
	return registry->version;
}

uint32_t registry_take_slot(struct registry *registry)
{
	return slot_pool_take(registry->slots);
}

void registry_hold_slot(struct registry *registry, uint32_t slot)
{
	slot_pool_hold(registry->slots, slot);
}

void registry_return_slot(struct registry *registry, uint32_t slot)
{
	slot_pool_rest(registry->slots, slot);
}

size_t registry_take_slots(struct registry *registry, uint32_t *ret_slots, size_t max)
{
	size_t count = 0;

	while (count < max && (ret_slots[count] = slot_pool_take(registry->slots)))
		count++;
	return count;
}

size_t registry_slots_used(const struct registry *registry)
{
	return slot_pool_used(registry->slots);
}

size_t registry_folded_slots(const struct registry *registry, const struct container *container,
			     const uint32_t **ret_slots)
{
	const struct member *member = (const struct member *)container;

	(void)registry;
	*ret_slots = member->folded;
	return member->folded_count;
}

void registry_prefetch(const struct container *container)
{
	__builtin_prefetch(container);
	__builtin_prefetch(&((const struct member *)container)->folded);
}
