/* SPDX-License-Identifier: GPL-2.0-only */
/* Keeps the registry of workloads and the kernel's map of cgroups the same. */
#ifndef CGROUP_SYNC_H
#define CGROUP_SYNC_H

#include "kernel/kernel.h"
#include "state/registry.h"
#include "state/self_metrics.h"

struct cgroup_sync;

/*
 * @journal_path: for the next daemon, see state/cgroup_journal.h; NULL: nothing outlives this one.
 * @on_container: called once for each new workload; may be NULL.
 */
struct cgroup_sync_options {
	struct kernel *kernel;
	struct registry *registry;
	struct self_metrics *metrics;
	const char *cgroup2_path, *journal_path;
	uint32_t slot_count; /* size of the array of counters */
	void (*on_container)(void *context, struct container *container);
	const char *(*service_runtime)(void *context, const char *path);  /* see registry_add_service(); may be NULL */
	bool (*spared)(void *context, const struct container *container); /* nothing is done to it; may be NULL */
	void *context;
};

int cgroup_sync_new(const struct cgroup_sync_options *options, struct cgroup_sync **ret_sync);
void cgroup_sync_free(struct cgroup_sync *sync);

/** cgroup_sync_scan() - take in every cgroup that exists. Cost: one readdir(3) each. Return: 0, -errno. */
int cgroup_sync_scan(struct cgroup_sync *sync);

/**
 * cgroup_sync_recall() - the containers that an earlier daemon knew and that are gone: their last values wait for a
 * scrape as those of any other. Before the scan. Nothing to do where no daemon was.
 */
void cgroup_sync_recall(struct cgroup_sync *sync);

/** cgroup_sync_adopt() - whose the cgroups were that the scan did not find. Between the scan and reading what waited. */
void cgroup_sync_adopt(struct cgroup_sync *sync);

/**
 * cgroup_sync_settle() - take over the rest of what an earlier daemon left, and begin a journal of our own. Once, after
 * the scan and after the events that waited were read, which may still tell of some.
 * Return: see cgroup_sync_keep().
 */
int cgroup_sync_settle(struct cgroup_sync *sync);

/** cgroup_sync_keep() - write the journal anew. Return: 0; -errno: this, or something since the last call, failed. */
int cgroup_sync_keep(struct cgroup_sync *sync);

/** cgroup_sync_add_service() - a cgroup of the host's turned out to be that of a workload; see registry_add_service(). */
int cgroup_sync_add_service(struct cgroup_sync *sync, uint64_t id, const char *path, const char *runtime);

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
