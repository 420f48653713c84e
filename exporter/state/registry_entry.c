/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "clock.h"
#include "registry_internal.h"

struct entry *entry_find(struct registry *registry, uint64_t cgroup_id)
{
	struct entry *entry;

	HASH_FIND(hh, registry->entries, &cgroup_id, sizeof(cgroup_id), entry);
	return entry;
}

struct entry *entry_add(struct registry *registry, uint64_t cgroup_id, struct member *member)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->cgroup_id = cgroup_id;
	entry->member = member;
	HASH_ADD(hh, registry->entries, cgroup_id, sizeof(entry->cgroup_id), entry);
	if (entry->hh.tbl)
		return entry;
	free(entry);
	return NULL;
}

void entry_forget(struct registry *registry, struct entry *entry)
{
	if (entry->lingers) {
		DL_DELETE2(registry->lingering, entry, previous, next);
		registry->lingering_count--;
	}
	HASH_DEL(registry->entries, entry);
	free(entry->path);
	free(entry);
}

void entry_linger(struct registry *registry, struct entry *entry)
{
	if (entry->lingers)
		return;
	entry->lingers = true;
	DL_APPEND2(registry->lingering, entry, previous, next);
	registry->lingering_count++;
	if (registry->lingering_count > LINGER_MAX)
		entry_forget(registry, registry->lingering);
}

void entry_return(struct registry *registry, struct entry *entry)
{
	struct member *member = entry->member;

	entry->gone = false;
	member->live++;
	member->own_live += entry->own;
	member->container.removed_unix_ns = 0;
	member->container.exposed_after_removal = false;
	registry_changed(registry, member);
}

/* Another cgroup of the container that exists; @own: one that is not nested. */
static struct entry *find_live(struct registry *registry, const struct member *member, bool own)
{
	struct entry *entry, *next;

	HASH_ITER (hh, registry->entries, entry, next)
		if (entry->member == member && !entry->gone && (entry->own || !own))
			return entry;
	return NULL;
}

/* Return: false when nothing else can stand for the container. */
static bool hand_over(struct registry *registry, struct member *member, const struct entry *removed)
{
	struct entry *heir;

	if (removed->own ? !member->own_live : !member->live)
		return false;
	heir = find_live(registry, member, removed->own);
	if (!heir ||
	    member_set_cgroup(member, heir->cgroup_id, heir->path ? heir->path : member->container.cgroup_path))
		return false;
	registry->version++;
	registry_changed(registry, member);
	return true;
}

void entry_remove(struct registry *registry, struct entry *entry)
{
	struct member *member = entry->member;

	entry->gone = true;
	if (member) {
		member->live--;
		member->own_live -= entry->own;
	}
	if (!member || member->container.cgroup_id != entry->cgroup_id || hand_over(registry, member, entry)) {
		entry_linger(registry, entry);
		return;
	}
	/* it stays known as long as the container */
	member->container.removed_unix_ns = clock_ns(CLOCK_REALTIME);
	member->container.exposed_after_removal = false;
	registry_changed(registry, member);
}
