/* SPDX-License-Identifier: GPL-2.0-only */
#include "registry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uthash.h>

#include "cgroup_path.h"
#include "container_labels.h"
#include "picket/counters.h"
#include "runtime_files.h"

#define SLOT_GRACE_NS 1000000000LL /* a slot taken from a cgroup may still be added to by a program under way */
#define NAME_ATTEMPTS 30	   /* seconds that a runtime has to write its files */
#define ID_PREFIX_MIN 12

struct slot_list {
	uint32_t *items;
	size_t count, capacity;
};

/* A container with what only the registry needs of it. */
struct member {
	struct container container; /* first: a pointer to it is one to the member */
	struct cgroup_identity identity;
	struct slot_list folded;
	unsigned int name_attempts;
	bool expired;
};

/* One cgroup that was told of. */
struct entry {
	uint64_t cgroup_id; /* key */
	struct member *member; /* NULL: the host's */
	UT_hash_handle hh;
};

struct waiting_slot {
	uint32_t slot;
	int64_t since_ns; /* CLOCK_REALTIME */
};

struct registry {
	struct registry_options options;
	char *root_path;
	struct entry *entries;
	struct member **members;
	size_t member_count, member_capacity;
	struct slot_list free_slots;
	struct waiting_slot *waiting;
	size_t waiting_count, waiting_capacity;
	size_t rule_count;
	uint64_t version;
};

static int64_t now_unix_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Room for one more element of @size bytes. */
static int grow(void **items, size_t count, size_t *capacity, size_t size)
{
	size_t wanted = *capacity ? *capacity * 2 : 16;
	void *larger;

	if (count < *capacity)
		return 0;
	larger = reallocarray(*items, wanted, size);
	if (!larger)
		return -ENOMEM;
	*items = larger;
	*capacity = wanted;
	return 0;
}

static int slot_list_add(struct slot_list *list, uint32_t slot)
{
	int error = grow((void **)&list->items, list->count, &list->capacity, sizeof(*list->items));

	if (!error)
		list->items[list->count++] = slot;
	return error;
}

int registry_new(const struct registry_options *options, struct registry **ret_registry)
{
	struct registry *registry = calloc(1, sizeof(*registry));

	if (!registry)
		return -ENOMEM;
	registry->options = *options;
	registry->root_path = strdup(options->root_path);
	/* all of it now: giving a slot back must not fail */
	registry->free_slots.capacity = options->max_slots;
	registry->free_slots.items = calloc(options->max_slots + 1, sizeof(uint32_t));
	if (!registry->root_path || !registry->free_slots.items) {
		registry_free(registry);
		return -ENOMEM;
	}
	for (uint32_t slot = options->max_slots; slot > PICKET_SLOT_FIRST; slot--)
		registry->free_slots.items[registry->free_slots.count++] = slot - 1;
	*ret_registry = registry;
	return 0;
}

static void member_free(struct member *member)
{
	struct container *container = &member->container;
	void *const owned[] = { container->cgroup_path, container->id,	   container->name,
				container->image,	container->pod,	   container->namespace,
				container->pod_uid,	container->labels, container->info_labels,
				container->rule_matches, member->folded.items };

	for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
		free(owned[i]);
	free(member);
}

void registry_free(struct registry *registry)
{
	struct entry *entry, *next;

	if (!registry)
		return;
	HASH_ITER(hh, registry->entries, entry, next) {
		HASH_DEL(registry->entries, entry);
		free(entry);
	}
	for (size_t i = 0; i < registry->member_count; i++)
		member_free(registry->members[i]);
	free(registry->members);
	free(registry->free_slots.items);
	free(registry->waiting);
	free(registry->root_path);
	free(registry);
}

uint32_t registry_take_slot(struct registry *registry)
{
	struct slot_list *list = &registry->free_slots;

	return list->count ? list->items[--list->count] : 0;
}

/* A slot that nobody counts on any more; free again after the grace. */
static void give_back(struct registry *registry, uint32_t slot)
{
	if (slot < PICKET_SLOT_FIRST ||
	    grow((void **)&registry->waiting, registry->waiting_count, &registry->waiting_capacity,
		 sizeof(*registry->waiting)))
		return; /* without memory the slot stays out of use: wasteful, never wrong */
	registry->waiting[registry->waiting_count++] = (struct waiting_slot){ slot, now_unix_ns() };
}

static struct entry *entry_find(struct registry *registry, uint64_t cgroup_id)
{
	struct entry *entry;

	HASH_FIND(hh, registry->entries, &cgroup_id, sizeof(cgroup_id), entry);
	return entry;
}

static int entry_add(struct registry *registry, uint64_t cgroup_id, struct member *member)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	entry->cgroup_id = cgroup_id;
	entry->member = member;
	HASH_ADD(hh, registry->entries, cgroup_id, sizeof(entry->cgroup_id), entry);
	return 0;
}

static struct member *member_by_id(struct registry *registry, const struct cgroup_identity *identity)
{
	for (size_t i = registry->member_count; i > 0; i--) {
		struct member *member = registry->members[i - 1];

		if (strcmp(member->identity.id, identity->id) == 0 &&
		    strcmp(member->identity.runtime, identity->runtime) == 0)
			return member;
	}
	return NULL;
}

static void move_text(char **target, char **source)
{
	free(*target);
	*target = *source;
	*source = NULL;
}

/* What the runtime's files say now. Return: true when they could be read. */
static bool read_names(struct registry *registry, struct member *member)
{
	struct container *container = &member->container;
	struct container_names names;

	member->name_attempts++;
	if (runtime_files_read(registry->root_path, &member->identity, &names))
		return false;
	move_text(&container->name, &names.name);
	move_text(&container->image, &names.image);
	move_text(&container->pod, &names.pod);
	move_text(&container->namespace, &names.namespace);
	move_text(&container->pod_uid, &names.pod_uid);
	container->isolation = names.isolation;
	if (names.runtime)
		container->runtime = names.runtime;
	container_names_free(&names);
	container->named = true;
	container_render_labels(container);
	registry->version++;
	return true;
}

static struct member *member_new(struct registry *registry, uint64_t cgroup_id, const char *path,
				 const struct cgroup_identity *identity)
{
	struct member *member = calloc(1, sizeof(*member));
	struct container *container;

	if (!member)
		return NULL;
	container = &member->container;
	member->identity = *identity;
	container->cgroup_id = cgroup_id;
	container->runtime = identity->runtime;
	container->created_unix_ns = now_unix_ns();
	container->cgroup_path = strdup(path);
	container->id = strdup(identity->id);
	container->name = strdup("");
	container->image = strdup("");
	container->pod = strdup("");
	container->namespace = strdup(identity->namespace);
	container->pod_uid = strdup(identity->pod_uid);
	container->rule_matches = calloc(registry->rule_count + 1, sizeof(uint64_t));
	if (container->cgroup_path && container->id && container->name && container->image && container->pod &&
	    container->namespace && container->pod_uid && container->rule_matches &&
	    !container_render_labels(container))
		return member;
	member_free(member);
	return NULL;
}

static void verdict_set(struct registry_verdict *verdict, struct member *member)
{
	verdict->container = member ? &member->container : NULL;
	verdict->slot = member ? member->container.slot : PICKET_SLOT_HOST;
	verdict->class = member ? PICKET_CGROUP_CONTAINER : PICKET_CGROUP_HOST;
	verdict->created = false;
}

/* @kernel_slot counted for @member's cgroup before that was known: its values stay part of the container. */
static void fold(struct member *member, uint32_t kernel_slot)
{
	if (kernel_slot < PICKET_SLOT_FIRST || kernel_slot == member->container.slot)
		return;
	for (size_t i = 0; i < member->folded.count; i++)
		if (member->folded.items[i] == kernel_slot)
			return;
	slot_list_add(&member->folded, kernel_slot);
}

static int add_host(struct registry *registry, uint64_t cgroup_id, uint32_t kernel_slot,
		    struct registry_verdict *ret_verdict)
{
	int error = entry_add(registry, cgroup_id, NULL);

	if (error)
		return error;
	give_back(registry, kernel_slot);
	verdict_set(ret_verdict, NULL);
	return 0;
}

/* The container was started again, or this is a further cgroup of it. */
static int add_to(struct registry *registry, struct member *member, uint64_t cgroup_id, const char *path,
		  uint32_t kernel_slot, struct registry_verdict *ret_verdict)
{
	struct container *container = &member->container;
	int error = entry_add(registry, cgroup_id, member);

	if (error)
		return error;
	fold(member, kernel_slot);
	verdict_set(ret_verdict, member);
	if (container->removed_unix_ns) {
		char *copy = strdup(path);

		container->removed_unix_ns = 0;
		container->exposed_after_removal = false;
		container->cgroup_id = cgroup_id;
		container->quarantine = NULL;
		if (copy)
			move_text(&container->cgroup_path, &copy);
		read_names(registry, member);
		ret_verdict->created = true;
		registry->version++;
	}
	return 0;
}

static int add_new(struct registry *registry, uint64_t cgroup_id, const char *path,
		   const struct cgroup_identity *identity, uint32_t kernel_slot, struct registry_verdict *ret_verdict)
{
	struct member *member;
	int error = grow((void **)&registry->members, registry->member_count, &registry->member_capacity,
			 sizeof(*registry->members));

	if (error)
		return error;
	member = member_new(registry, cgroup_id, path, identity);
	if (!member)
		return -ENOMEM;
	error = entry_add(registry, cgroup_id, member);
	if (error) {
		member_free(member);
		return error;
	}
	member->container.slot = kernel_slot >= PICKET_SLOT_FIRST ? kernel_slot : registry_take_slot(registry);
	if (!member->container.slot) {
		member->container.slot = PICKET_SLOT_OVERFLOW;
		error = -ENOSPC;
	}
	registry->members[registry->member_count++] = member;
	registry->version++;
	read_names(registry, member);
	verdict_set(ret_verdict, member);
	ret_verdict->created = true;
	return error;
}

static bool is_workload(const struct registry *registry, const struct cgroup_identity *identity)
{
	return identity->owner == CGROUP_OWNER_CONTAINER ||
	       (identity->owner == CGROUP_OWNER_SYSTEMD && registry->options.systemd_services);
}

int registry_add(struct registry *registry, uint64_t cgroup_id, uint64_t parent_id, const char *path,
		 uint32_t kernel_slot, struct registry_verdict *ret_verdict)
{
	struct entry *known = entry_find(registry, cgroup_id), *parent = entry_find(registry, parent_id);
	struct cgroup_identity identity;
	struct member *member;

	memset(ret_verdict, 0, sizeof(*ret_verdict));
	if (known) {
		if (known->member && !known->member->container.named)
			read_names(registry, known->member);
		verdict_set(ret_verdict, known->member);
		return 0;
	}
	cgroup_path_identify(path, &identity);
	member = parent ? parent->member : NULL;
	if (member && (!is_workload(registry, &identity) || strcmp(identity.id, member->identity.id) == 0))
		return add_to(registry, member, cgroup_id, path, kernel_slot, ret_verdict);
	if (member && kernel_slot == member->container.slot)
		kernel_slot = 0; /* inherited from the container around this one */
	if (!is_workload(registry, &identity))
		return add_host(registry, cgroup_id, kernel_slot, ret_verdict);
	member = member_by_id(registry, &identity);
	if (member && (identity.nested || member->container.removed_unix_ns))
		return add_to(registry, member, cgroup_id, path, kernel_slot, ret_verdict);
	return add_new(registry, cgroup_id, path, &identity, kernel_slot, ret_verdict);
}

void registry_remove(struct registry *registry, uint64_t cgroup_id)
{
	struct entry *entry = entry_find(registry, cgroup_id);

	if (!entry)
		return;
	if (entry->member && entry->member->container.cgroup_id == cgroup_id) {
		entry->member->container.removed_unix_ns = now_unix_ns();
		return; /* late events still find it */
	}
	HASH_DEL(registry->entries, entry);
	free(entry);
}

struct container *registry_find(struct registry *registry, uint64_t cgroup_id)
{
	struct entry *entry = entry_find(registry, cgroup_id);

	return entry && entry->member ? &entry->member->container : NULL;
}

bool registry_knows(struct registry *registry, uint64_t cgroup_id)
{
	return entry_find(registry, cgroup_id) != NULL;
}

static bool name_matches(const struct container *container, const char *name)
{
	size_t size = strlen(name);

	return strcmp(container->name, name) == 0 || strcmp(container->id, name) == 0 ||
	       (size >= ID_PREFIX_MIN && strncmp(container->id, name, size) == 0);
}

struct container *registry_find_by_name(struct registry *registry, const char *name)
{
	for (int live = 1; live >= 0; live--) {
		struct container *found = NULL;
		unsigned int count = 0;

		if (!*name)
			return NULL;
		for (size_t i = 0; i < registry->member_count; i++) {
			struct container *container = &registry->members[i]->container;

			if ((container->removed_unix_ns == 0) == live && name_matches(container, name)) {
				found = container;
				count++;
			}
		}
		if (count)
			return count == 1 ? found : NULL;
	}
	return NULL;
}

static void release_slot(struct registry *registry, uint32_t slot, void (*free_slot)(void *context, uint32_t slot),
			 void *context)
{
	if (slot < PICKET_SLOT_FIRST)
		return;
	free_slot(context, slot);
	registry->free_slots.items[registry->free_slots.count++] = slot;
}

static void release_waiting(struct registry *registry, int64_t now, void (*free_slot)(void *context, uint32_t slot),
			    void *context)
{
	size_t kept = 0;

	for (size_t i = 0; i < registry->waiting_count; i++) {
		if (now - registry->waiting[i].since_ns < SLOT_GRACE_NS)
			registry->waiting[kept++] = registry->waiting[i];
		else
			release_slot(registry, registry->waiting[i].slot, free_slot, context);
	}
	registry->waiting_count = kept;
}

static bool is_over(const struct registry *registry, const struct container *container, int64_t now)
{
	int64_t gone_ns = now - container->removed_unix_ns;

	return container->removed_unix_ns &&
	       ((container->exposed_after_removal && gone_ns >= SLOT_GRACE_NS) ||
		gone_ns >= registry->options.retention_ns);
}

unsigned int registry_expire(struct registry *registry, int64_t now_unix_ns_,
			     void (*free_slot)(void *context, uint32_t slot), void *context)
{
	struct entry *entry, *next;
	unsigned int forgotten = 0;
	size_t kept = 0;

	release_waiting(registry, now_unix_ns_, free_slot, context);
	for (size_t i = 0; i < registry->member_count; i++) {
		registry->members[i]->expired = is_over(registry, &registry->members[i]->container, now_unix_ns_);
		forgotten += registry->members[i]->expired;
	}
	if (!forgotten)
		return 0;
	HASH_ITER(hh, registry->entries, entry, next) {
		if (entry->member && entry->member->expired) {
			HASH_DEL(registry->entries, entry);
			free(entry);
		}
	}
	for (size_t i = 0; i < registry->member_count; i++) {
		struct member *member = registry->members[i];

		if (!member->expired) {
			registry->members[kept++] = member;
			continue;
		}
		release_slot(registry, member->container.slot, free_slot, context);
		for (size_t j = 0; j < member->folded.count; j++)
			release_slot(registry, member->folded.items[j], free_slot, context);
		member_free(member);
	}
	registry->member_count = kept;
	registry->version++;
	return forgotten;
}

unsigned int registry_retry_names(struct registry *registry)
{
	unsigned int found = 0;

	for (size_t i = 0; i < registry->member_count; i++) {
		struct member *member = registry->members[i];

		if (!member->container.named && !member->container.removed_unix_ns &&
		    member->name_attempts < NAME_ATTEMPTS)
			found += read_names(registry, member);
	}
	return found;
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

size_t registry_folded_slots(const struct registry *registry, const struct container *container,
			     const uint32_t **ret_slots)
{
	const struct member *member = (const struct member *)container;

	(void)registry;
	*ret_slots = member->folded.items;
	return member->folded.count;
}

int registry_reset_rules(struct registry *registry, size_t rule_count, const int *map, size_t map_count)
{
	for (size_t i = 0; i < registry->member_count; i++) {
		struct container *container = &registry->members[i]->container;
		uint64_t *matches = calloc(rule_count + 1, sizeof(*matches));

		if (!matches)
			return -ENOMEM;
		for (size_t old = 0; old < map_count && old < registry->rule_count; old++)
			if (map[old] >= 0 && (size_t)map[old] < rule_count)
				matches[map[old]] = container->rule_matches[old];
		free(container->rule_matches);
		container->rule_matches = matches;
	}
	registry->rule_count = rule_count;
	return 0;
}
