/* SPDX-License-Identifier: GPL-2.0-only */
#include "registry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "container_labels.h"
#include "picket/counters.h"
#include "registry_internal.h"
#include "runtime_files.h"

int registry_new(const struct registry_options *options, struct registry **ret_registry)
{
	struct registry *registry = calloc(1, sizeof(*registry));

	if (!registry)
		return -ENOMEM;
	registry->options = *options;
	registry->root_path = strdup(options->root_path);
	if (!registry->root_path || slot_pool_new(options->max_slots, &registry->slots)) {
		registry_free(registry);
		return -ENOMEM;
	}
	*ret_registry = registry;
	return 0;
}

void registry_free(struct registry *registry)
{
	struct entry *entry, *next;

	if (!registry)
		return;
	HASH_ITER (hh, registry->entries, entry, next)
		entry_forget(registry, entry);
	HASH_CLEAR(hh, registry->by_key);
	for (size_t i = 0; i < registry->member_count; i++)
		member_free(registry->members[i]);
	free(registry->members);
	slot_pool_free(registry->slots);
	free(registry->root_path);
	free(registry);
}

void registry_use_counters(struct registry *registry, const struct counter_table *counters)
{
	registry->counters = counters;
}

void registry_on_change(struct registry *registry, void (*changed)(void *context, const struct container *container),
			void *context)
{
	registry->changed = changed;
	registry->changed_context = context;
}

static void verdict_set(struct registry_verdict *verdict, struct member *member)
{
	verdict->container = member ? &member->container : NULL;
	verdict->slot = member ? member->container.slot : PICKET_SLOT_HOST;
	verdict->class = member ? PICKET_CGROUP_CONTAINER : PICKET_CGROUP_HOST;
	verdict->created = false;
}

static bool read_names(struct registry *registry, struct member *member)
{
	bool read = member_read_names(member, registry->root_path);

	registry->version += read;
	return read;
}

static int add_known(struct registry *registry, struct entry *entry, struct registry_verdict *ret_verdict)
{
	if (entry->member && !entry->member->container.named && read_names(registry, entry->member))
		registry_changed(registry, entry->member);
	verdict_set(ret_verdict, entry->member);
	return 0;
}

static int add_host(struct registry *registry, const struct addition *addition, struct registry_verdict *ret_verdict)
{
	if (!entry_add(registry, addition->cgroup_id, NULL))
		return -ENOMEM;
	slot_pool_rest(registry->slots, addition->kernel_slot);
	verdict_set(ret_verdict, NULL);
	return 0;
}

/* A further cgroup of a container, most often a nested one. */
static int add_to(struct registry *registry, struct member *member, const struct addition *addition, bool own,
		  struct registry_verdict *ret_verdict)
{
	struct entry *entry;

	if (member_reserve_fold(member))
		return -ENOMEM;
	entry = entry_add(registry, addition->cgroup_id, member);
	if (!entry)
		return -ENOMEM;
	if (own) {
		entry->path = strdup(addition->path);
		if (!entry->path) {
			entry_forget(registry, entry);
			return -ENOMEM;
		}
	}
	entry->own = own;
	member->own_live += own;
	member->live++;
	if (slot_pool_own(registry->slots, addition->kernel_slot)) {
		member_fold(member, addition->kernel_slot);
		registry_changed(registry, member);
	}
	verdict_set(ret_verdict, member);
	return 0;
}

/* A new directory of the container's own takes the place of the one that stood for it. */
static int replace_cgroup(struct registry *registry, struct member *member, const struct addition *addition)
{
	struct entry *old = entry_find(registry, member->container.cgroup_id), *entry;

	entry = entry_add(registry, addition->cgroup_id, member);
	if (!entry)
		return -ENOMEM;
	if (member_set_cgroup(member, addition->cgroup_id, addition->path)) {
		entry_forget(registry, entry);
		return -ENOMEM;
	}
	entry->own = true;
	member->own_live++;
	member->live++;
	if (old && !old->gone && old->own)
		entry_remove(registry, old); /* no event said so, but two directories cannot have one path */
	else if (old && old->gone)
		entry_linger(registry, old);
	registry->version++;
	return 0;
}

/* The kernel's, when nobody else has it; else a free one. */
static uint32_t claim_slot(struct registry *registry, uint32_t kernel_slot)
{
	uint32_t slot;

	if (slot_pool_own(registry->slots, kernel_slot))
		return kernel_slot;
	slot = slot_pool_take(registry->slots);
	return slot_pool_own(registry->slots, slot) ? slot : PICKET_SLOT_OVERFLOW;
}

static int start_again(struct registry *registry, struct member *member, const struct addition *addition,
		       struct registry_verdict *ret_verdict)
{
	struct container *container = &member->container;
	uint32_t old_slot = container->slot;

	if (member_reserve_fold(member) || replace_cgroup(registry, member, addition))
		return -ENOMEM;
	/* the kernel counts on its slot already, and knows there of the runtime's set-up */
	if (old_slot < PICKET_SLOT_FIRST) {
		container->slot = claim_slot(registry, addition->kernel_slot);
	} else if (slot_pool_own(registry->slots, addition->kernel_slot)) {
		container->slot = addition->kernel_slot;
		member_fold(member, old_slot);
	}
	container->removed_unix_ns = 0;
	container->exposed_after_removal = false;
	container->quarantine = NULL;
	member->retries = 0;
	read_names(registry, member);
	registry_changed(registry, member);
	verdict_set(ret_verdict, member);
	ret_verdict->created = true;
	return 0;
}

/* The directory of a container that is known already. */
static int add_own(struct registry *registry, struct member *member, const struct addition *addition,
		   struct registry_verdict *ret_verdict)
{
	bool same_path = strcmp(member->container.cgroup_path, addition->path) == 0;

	if (member->container.removed_unix_ns || (member->own_live && same_path))
		return start_again(registry, member, addition, ret_verdict);
	if (member->own_live)
		return add_to(registry, member, addition, true, ret_verdict);
	/* only cgroups inside of it were seen so far */
	if (member_reserve_fold(member) || replace_cgroup(registry, member, addition))
		return -ENOMEM;
	if (slot_pool_own(registry->slots, addition->kernel_slot))
		member_fold(member, addition->kernel_slot);
	registry_changed(registry, member);
	verdict_set(ret_verdict, member);
	return 0;
}

/* The container that is directly the host's; services of the host are no containers. */
static struct member *outermost(struct member *outer)
{
	if (!outer || outer->identity.owner != CGROUP_OWNER_CONTAINER)
		return NULL;
	return outer->outer ? outer->outer : outer;
}

static int member_enter(struct registry *registry, struct member *member, const struct addition *addition)
{
	size_t capacity = registry->member_capacity ? registry->member_capacity * 2 : 64;
	struct entry *entry;

	if (registry->member_count == registry->member_capacity) {
		struct member **members = reallocarray(registry->members, capacity, sizeof(*members));

		if (!members)
			return -ENOMEM;
		registry->members = members;
		registry->member_capacity = capacity;
	}
	entry = entry_add(registry, addition->cgroup_id, member);
	if (!entry)
		return -ENOMEM;
	entry->own = !addition->identity.nested;
	member->own_live += entry->own;
	member->live++;
	HASH_ADD_KEYPTR(hh, registry->by_key, member->key, strlen(member->key), member);
	if (!member->hh.tbl) {
		entry_forget(registry, entry);
		return -ENOMEM;
	}
	member->outer = outermost(addition->outer);
	if (member->outer)
		member->outer->inner_count++;
	registry->rootless_count += member->identity.user != CGROUP_NO_USER;
	registry->members[registry->member_count++] = member;
	return 0;
}

/* Takes @key. */
static int add_new(struct registry *registry, const struct addition *addition, char *key,
		   struct registry_verdict *ret_verdict)
{
	struct member *member = member_new(addition, key, registry->rule_count);

	if (!member) {
		free(key);
		return -ENOMEM;
	}
	if (member_enter(registry, member, addition)) {
		member_free(member);
		return -ENOMEM;
	}
	member->container.slot = claim_slot(registry, addition->kernel_slot);
	registry->version++;
	read_names(registry, member);
	registry_changed(registry, member);
	verdict_set(ret_verdict, member);
	ret_verdict->created = true;
	return member->container.slot == PICKET_SLOT_OVERFLOW ? -ENOSPC : 0;
}

static bool is_workload(const struct registry *registry, const struct cgroup_identity *identity)
{
	return identity->owner == CGROUP_OWNER_CONTAINER ||
	       (identity->owner == CGROUP_OWNER_SYSTEMD && registry->options.systemd_services);
}

/* Whoever may make cgroups without being root gets only a part of the slots. */
static bool is_crowded(const struct registry *registry, const struct addition *addition)
{
	const struct member *outer = outermost(addition->outer);

	if (addition->identity.user != CGROUP_NO_USER &&
	    registry->rootless_count >= registry->options.max_slots / REGISTRY_ROOTLESS_PART)
		return true;
	return outer && outer->inner_count >= registry->options.max_slots / REGISTRY_INNER_PART;
}

static int add_workload(struct registry *registry, struct addition *addition, struct registry_verdict *ret_verdict)
{
	char *key = member_key(addition->path, &addition->identity);
	struct member *member;

	if (!key)
		return -ENOMEM;
	HASH_FIND_STR(registry->by_key, key, member);
	if (!member && !is_crowded(registry, addition) &&
	    !(addition->identity.guessed && runtime_files_is_group(registry->root_path, addition->identity.id)))
		return add_new(registry, addition, key, ret_verdict);
	free(key);
	if (member)
		return addition->identity.nested ? add_to(registry, member, addition, false, ret_verdict)
						 : add_own(registry, member, addition, ret_verdict);
	if (addition->outer)
		return add_to(registry, addition->outer, addition, false, ret_verdict);
	return add_host(registry, addition, ret_verdict);
}

/* It stands for its container. */
static bool is_main(const struct entry *entry)
{
	return entry->member && entry->member->container.cgroup_id == entry->cgroup_id;
}

int registry_add(struct registry *registry, uint64_t cgroup_id, uint64_t parent_id, const char *path,
		 uint32_t kernel_slot, struct registry_verdict *ret_verdict)
{
	struct entry *known = entry_find(registry, cgroup_id), *parent = entry_find(registry, parent_id);
	struct addition addition = { .cgroup_id = cgroup_id, .path = path, .kernel_slot = kernel_slot };

	*ret_verdict = (struct registry_verdict){ .slot = kernel_slot, .class = PICKET_CGROUP_UNKNOWN };
	if (known && known->gone && is_main(known))
		entry_return(registry, known);
	if (known && !known->gone)
		return add_known(registry, known, ret_verdict);
	if (path[0] != '/')
		return -EINVAL;
	if (known)
		entry_forget(registry, known); /* the number is in use again */
	cgroup_path_identify(path, &addition.identity);
	addition.outer = parent ? parent->member : NULL;
	/* the parent tells better than the path, since it cannot be made up */
	if (addition.outer && (!is_workload(registry, &addition.identity) || addition.identity.nested))
		return add_to(registry, addition.outer, &addition, false, ret_verdict);
	if (!is_workload(registry, &addition.identity))
		return add_host(registry, &addition, ret_verdict);
	return add_workload(registry, &addition, ret_verdict);
}

int registry_add_service(struct registry *registry, uint64_t cgroup_id, const char *path, uint32_t kernel_slot,
			 const char *runtime, struct registry_verdict *ret_verdict)
{
	struct entry *known = entry_find(registry, cgroup_id);
	struct addition addition = { .cgroup_id = cgroup_id, .path = path, .kernel_slot = kernel_slot };

	*ret_verdict = (struct registry_verdict){ .slot = kernel_slot, .class = PICKET_CGROUP_UNKNOWN };
	if (known && known->member)
		return add_known(registry, known, ret_verdict);
	cgroup_path_identify(path, &addition.identity);
	if (addition.identity.owner != CGROUP_OWNER_SYSTEMD || addition.identity.nested)
		return -EINVAL;
	addition.identity.owner = CGROUP_OWNER_CONTAINER;
	addition.identity.runtime = addition.identity.manager = runtime;
	addition.identity.by_process = true;
	if (known)
		entry_forget(registry, known);
	return add_workload(registry, &addition, ret_verdict);
}

void registry_set_modules(struct registry *registry, struct container *container, struct module_list *list)
{
	module_list_free(&container->modules);
	container->modules = *list;
	*list = (struct module_list){ .count = 0 };
	registry->version++;
}

void registry_remove(struct registry *registry, uint64_t cgroup_id)
{
	struct entry *entry = entry_find(registry, cgroup_id);

	if (entry && !entry->gone)
		entry_remove(registry, entry);
}

unsigned int registry_check(struct registry *registry,
			    bool (*exists)(void *context, const char *path, uint64_t cgroup_id), void *context)
{
	unsigned int removed = 0;

	for (size_t i = 0; i < registry->member_count; i++) {
		struct container *container = &registry->members[i]->container;

		if (container->removed_unix_ns || exists(context, container->cgroup_path, container->cgroup_id))
			continue;
		registry_remove(registry, container->cgroup_id);
		removed += container->removed_unix_ns != 0;
	}
	return removed;
}

unsigned int registry_retry_names(struct registry *registry)
{
	unsigned int found = 0;

	for (size_t i = 0; i < registry->member_count; i++) {
		struct member *member = registry->members[i];

		if (!member_retry_names(member, registry->root_path))
			continue;
		registry_changed(registry, member);
		found++;
	}
	registry->version += found != 0;
	return found;
}

void registry_recall_names(struct registry *registry, uint64_t cgroup_id, struct container_names *names)
{
	struct entry *entry = entry_find(registry, cgroup_id);

	if (!entry || !entry->member || entry->member->container.named || !member_set_names(entry->member, names))
		return;
	registry->version++;
	registry_changed(registry, entry->member);
}

static bool is_same(const struct isolation *a, const struct isolation *b)
{
	return a->class == b->class && a->evidence == b->evidence && a->engine == b->engine && a->tee == b->tee &&
	       strcmp(a->handler, b->handler) == 0;
}

int registry_raise_isolation(struct registry *registry, struct container *container, struct isolation found)
{
	struct isolation before = container->isolation;

	isolation_raise(&container->isolation, found);
	if (is_same(&before, &container->isolation))
		return 0;
	if (container_render_labels(container)) {
		container->isolation = before;
		return -ENOMEM;
	}
	registry->version++;
	registry_changed(registry, (struct member *)container);
	return 0;
}

int registry_reset_rules(struct registry *registry, size_t rule_count, const int *map, size_t map_count)
{
	uint64_t **matches = calloc(registry->member_count + 1, sizeof(*matches));
	bool complete = matches;

	for (size_t i = 0; complete && i < registry->member_count; i++) {
		matches[i] = calloc(rule_count + 1, sizeof(**matches));
		complete = matches[i];
	}
	for (size_t i = 0; matches && i < registry->member_count; i++) {
		if (complete)
			member_reset_rules(registry->members[i], matches[i], registry->rule_count, rule_count, map,
					   map_count);
		else
			free(matches[i]);
	}
	free(matches);
	if (!complete)
		return -ENOMEM;
	registry->rule_count = rule_count;
	return 0;
}
