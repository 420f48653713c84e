/* SPDX-License-Identifier: GPL-2.0-only */
/* What the registry's files share: the cgroups that were told of, and what becomes of them. */
#ifndef REGISTRY_INTERNAL_H
#define REGISTRY_INTERNAL_H

#include "registry.h"
#include "registry_member.h"
#include "slot_pool.h"

#define LINGER_NS (10 * 1000000000LL) /* a removed cgroup is known so long: its last events may come late */
#define LINGER_MAX 4096		      /* of them at most, since a workload can make and remove any number */

/* One cgroup that was told of. */
struct entry {
	uint64_t cgroup_id;    /* key */
	struct member *member; /* NULL: the host's */
	char *path;	       /* of a container's own cgroup that does not stand for it; else NULL */
	bool own;	       /* the container's own directory, not one below it */
	bool gone;
	bool lingers;		  /* is in the list */
	int64_t lingers_since_ns; /* 0: not seen by an expiry yet */
	struct entry *previous, *next;
	UT_hash_handle hh;
};

struct registry {
	struct registry_options options;
	char *root_path;
	size_t rootless_count; /* members that belong to users */
	struct entry *entries;
	struct entry *lingering; /* oldest first */
	size_t lingering_count;
	struct member *by_key;
	struct member **members;
	size_t member_count, member_capacity;
	struct slot_pool *slots;
	const struct counter_table *counters;
	size_t rule_count;
	uint64_t version;
	void (*changed)(void *context, const struct container *container); /* NULL: nobody asked */
	void *changed_context;
};

static inline void registry_changed(const struct registry *registry, const struct member *member)
{
	if (registry->changed)
		registry->changed(registry->changed_context, &member->container);
}

struct entry *entry_find(struct registry *registry, uint64_t cgroup_id);

/** entry_add() - NULL: no memory. */
struct entry *entry_add(struct registry *registry, uint64_t cgroup_id, struct member *member);
void entry_forget(struct registry *registry, struct entry *entry);

/** entry_linger() - forget it, but not yet. May forget it, and others, at once when there are too many. */
void entry_linger(struct registry *registry, struct entry *entry);

/** entry_remove() - the directory is gone: another one stands for the container, or its retention starts. */
void entry_remove(struct registry *registry, struct entry *entry);

/** entry_return() - the removed cgroup that stands for a container is there after all. */
void entry_return(struct registry *registry, struct entry *entry);

#endif
