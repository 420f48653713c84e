/* SPDX-License-Identifier: GPL-2.0-only */
/* Keeps the registry of workloads and the kernel's map of cgroups the same. */
#ifndef CGROUP_SYNC_H
#define CGROUP_SYNC_H

#include "kernel/kernel.h"
#include "state/registry.h"
#include "state/self_metrics.h"

struct cgroup_sync;

/* @on_container: called once for each new workload; may be NULL. */
struct cgroup_sync_options {
	struct kernel *kernel;
	struct registry *registry;
	struct self_metrics *metrics;
	const char *cgroup2_path;
	uint32_t slot_count; /* size of the array of counters */
	void (*on_container)(void *context, struct container *container);
	void *context;
};

int cgroup_sync_new(const struct cgroup_sync_options *options, struct cgroup_sync **ret_sync);
void cgroup_sync_free(struct cgroup_sync *sync);

/** cgroup_sync_scan() - take in every cgroup that exists. Cost: one readdir(3) each. Return: 0, -errno. */
int cgroup_sync_scan(struct cgroup_sync *sync);

/**
 * cgroup_sync_remember() - a container that an earlier daemon knew. One that the scan did not find is gone: its last
 * values wait for a scrape as those of any other. Ignored when the kernel has no counters of it.
 */
void cgroup_sync_remember(struct cgroup_sync *sync, uint64_t cgroup_id, const char *path);

/**
 * cgroup_sync_settle() - let go of cgroups that an earlier daemon knew and that are gone. Once, after the scan and after
 * the events that waited were read, which may still tell of some.
 */
void cgroup_sync_settle(struct cgroup_sync *sync);

/** cgroup_sync_created(), cgroup_sync_removed() - what a lifecycle event says; @event is valid. */
void cgroup_sync_created(struct cgroup_sync *sync, const struct picket_event *event);
void cgroup_sync_removed(struct cgroup_sync *sync, const struct picket_event *event);

/**
 * cgroup_sync_resolve() - workload of a cgroup; an unknown one is looked for, at most once a second.
 * Return: borrowed, NULL for the host's.
 */
struct container *cgroup_sync_resolve(struct cgroup_sync *sync, uint64_t cgroup_id);

/** cgroup_sync_tick() - every second: expire the dead, recycle their slots, read missing names. */
void cgroup_sync_tick(struct cgroup_sync *sync);

#endif
