/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which cgroup belongs to which workload, and which counter slot it owns.
 *
 * Pure state: it is told of cgroups (by kernel/) and reads the runtimes'
 * files below a root given at creation, so tests run without root.
 *
 * A container whose cgroup is made again within the retention (docker
 * restart) stays the same struct container: the new cgroup's slot becomes its
 * own, the old one is folded, its counters go on, and no series appears twice.
 * Containers are the same when their cgroup's path is; never by id alone,
 * which a workload could copy by naming a cgroup of its own so.
 */
#ifndef REGISTRY_H
#define REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "container.h"

struct container_names;
struct counter_table;
struct module_list;
struct registry;

/*
 * Containers inside one container (kind, Docker in Docker) get at most this part of the slots; further ones are
 * counted for the outer one. Else a workload that may make cgroups could blind picket for all others.
 */
#define REGISTRY_INNER_PART 4

/* The same for the rootless containers of all users together; further ones are the host's. */
#define REGISTRY_ROOTLESS_PART 2

struct registry_options {
	const char *root_path;	      /* host's root, "/" or "/host"; runtimes' files are read below it */
	unsigned int max_slots;	      /* size of the counter array */
	bool systemd_services;	      /* services and sessions of the host are workloads too */
	int64_t retention_ns;	      /* how long a removed container waits for a scrape (5 minutes) */
	int64_t exposed_retention_ns; /* how long one that was scraped stays, for a second Prometheus */
};

/* What the kernel's map must say of a cgroup after registry_add(). */
struct registry_verdict {
	uint32_t slot;
	uint32_t class;		     /* PICKET_CGROUP_*; UNKNOWN after an error: leave all as it is */
	struct container *container; /* borrowed; NULL for the host's */
	bool created;		     /* this call made the container, or started it again */
};

/** registry_new() - all slots are the registry's at first. Return: 0, -ENOMEM. */
int registry_new(const struct registry_options *options, struct registry **ret_registry);
void registry_free(struct registry *registry);

/**
 * registry_use_counters() - let values of folded slots move to their container's own slot, after which the folded
 * ones are free again. Without it they stay folded until the container is forgotten.
 * @counters: borrowed until registry_free(); NULL: no more.
 */
void registry_use_counters(struct registry *registry, const struct counter_table *counters);

/**
 * registry_on_change() - be told of a container that was created, started again, named or removed, and when its slots
 * have changed; before anybody acts on that. Slots that become free are told by registry_expire().
 */
void registry_on_change(struct registry *registry, void (*changed)(void *context, const struct container *container),
			void *context);

/**
 * registry_add() - a cgroup exists.
 * @cgroup_id: inode of its v2 directory. @parent_id: of its parent, 0 unknown.
 * @path: within the cgroup2 mount.
 * @kernel_slot: slot that the kernel gave it at mkdir, 0 if none. It is kept
 *	for a new container; a nested cgroup's slot is folded into its container's;
 *	the host's comes back through registry_expire(). One that another container
 *	owns (the kernel lets children inherit) is not taken.
 * Reads the runtime's files for a new container. Calling it again for a known
 * cgroup answers the same and reads the names again if they were missing.
 * Return: 0, -ENOMEM, -EINVAL (no path: the cgroup stays unknown), -ENOSPC (no
 * slot: verdict says PICKET_SLOT_OVERFLOW, and the container exists).
 */
int registry_add(struct registry *registry, uint64_t cgroup_id, uint64_t parent_id, const char *path,
		 uint32_t kernel_slot, struct registry_verdict *ret_verdict);

/**
 * registry_add_service() - a service of the host that turned out to run workloads within its own process, as Krustlet
 * does: from now on it is a workload, also where services are none. As registry_add() otherwise.
 * @runtime: static; whose process it is.
 * Return: as registry_add(); -EINVAL: @path is not of a service, or lies within a container.
 */
int registry_add_service(struct registry *registry, uint64_t cgroup_id, const char *path, uint32_t kernel_slot,
			 const char *runtime, struct registry_verdict *ret_verdict);

/**
 * registry_set_modules() - the modules that @container's process runs, as far as they can be seen.
 * @list: taken.
 */
void registry_set_modules(struct registry *registry, struct container *container, struct module_list *list);

/** registry_remove() - the cgroup's directory is gone. Its container, if it was the owner, starts its retention. */
void registry_remove(struct registry *registry, uint64_t cgroup_id);

/**
 * registry_check() - remove the containers whose cgroups are gone though no event said so.
 * @exists: whether @path within the cgroup2 mount still is the cgroup of that id; true when that cannot be told.
 * Cost: one call for each live container. Return: containers removed.
 */
unsigned int registry_check(struct registry *registry,
			    bool (*exists)(void *context, const char *path, uint64_t cgroup_id), void *context);

/** registry_find() - the workload that owns a cgroup (descendants too), dead ones within retention as well. */
struct container *registry_find(struct registry *registry, uint64_t cgroup_id);

/**
 * registry_find_by_name() - by full id, else by name, else by id prefix (>= 12); live ones first.
 * Return: borrowed; NULL also when ambiguous.
 */
struct container *registry_find_by_name(struct registry *registry, const char *name);

/** registry_knows() - whether registry_add() was called for this cgroup, container or not. */
bool registry_knows(struct registry *registry, uint64_t cgroup_id);

/**
 * registry_expire() - forget containers whose retention is over or whose last values were exposed; free slots that
 * were taken from a cgroup at least 1 s ago. Call it every second.
 * @now_unix_ns: CLOCK_REALTIME.
 * @free_slot: called for each slot that is free again, folded ones too, so that
 *	kernel/ can zero it and hand it out anew.
 * Return: containers forgotten.
 */
unsigned int registry_expire(struct registry *registry, int64_t now_unix_ns,
			     void (*free_slot)(void *context, uint32_t slot), void *context);

/** registry_retry_names() - read the files of containers that have no name yet. Return: how many got one. */
unsigned int registry_retry_names(struct registry *registry);

/**
 * registry_recall_names() - names that were known once, for a container that has none: its runtime's files may be gone.
 * @names: the caller frees them as before; the old ones may be there then.
 */
void registry_recall_names(struct registry *registry, uint64_t cgroup_id, struct container_names *names);

/**
 * registry_raise_isolation() - further evidence of how @container is kept apart, beyond its runtime's files.
 * Return: 0; -ENOMEM and nothing has changed.
 */
int registry_raise_isolation(struct registry *registry, struct container *container, struct isolation found);

/* Iteration in creation order; stable while nothing is added or expired. */
size_t registry_count(const struct registry *registry);
struct container *registry_at(const struct registry *registry, size_t index);

/** registry_version() - changes whenever containers were added, expired, started again or renamed. */
uint64_t registry_version(const struct registry *registry);

/** registry_take_slot() - hand out a free slot, to the kernel's queue or for a cgroup found at start. 0: none. */
uint32_t registry_take_slot(struct registry *registry);

/** registry_hold_slot() - this very slot is handed out already; ignored unless it is free. */
void registry_hold_slot(struct registry *registry, uint32_t slot);

/** registry_return_slot() - a slot that was taken and that nobody has: it is freed by registry_expire() after a rest. */
void registry_return_slot(struct registry *registry, uint32_t slot);

/** registry_take_slots() - as many as are free, up to @max. Return: how many. */
size_t registry_take_slots(struct registry *registry, uint32_t *ret_slots, size_t max);

/** registry_slots_used() - slots that containers own, and those that are not free again yet. */
size_t registry_slots_used(const struct registry *registry);

/**
 * registry_folded_slots() - slots of nested cgroups that were counted apart before
 * they were known to belong to @container; their values belong to its totals.
 * Return: number of slots; *ret_slots borrowed until the next registry call.
 */
size_t registry_folded_slots(const struct registry *registry, const struct container *container,
			     const uint32_t **ret_slots);

/** registry_prefetch() - @container's slots and labels will be asked for soon. */
void registry_prefetch(const struct container *container);

/**
 * registry_reset_rules() - size every container's rule_matches for a new rule set.
 * @map: [old index] = new index or -1.
 * Return: 0; -ENOMEM and nothing has changed.
 */
int registry_reset_rules(struct registry *registry, size_t rule_count, const int *map, size_t map_count);

#endif
