/* SPDX-License-Identifier: GPL-2.0-only */
#include "cgroup_sync.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "cleanup.h"
#include "kernel/cgroup_fs.h"

#define RESCAN_INTERVAL_S 1
#define CHECK_INTERVAL_S 60

struct cgroup_sync {
	struct cgroup_sync_options options;
	uint32_t spare_slot; /* taken, but the kernel's queue was full; 0: none */
	time_t last_rescan, last_check;
	uint64_t lost_seen; /* events lost when cgroups were looked at last */
};

/* Keep the kernel's queue of free slots filled. */
static void offer_slots(struct cgroup_sync *sync)
{
	for (;;) {
		uint32_t slot = sync->spare_slot ? sync->spare_slot : registry_take_slot(sync->options.registry);

		sync->spare_slot = 0;
		if (!slot)
			return;
		if (kernel_offer_slot(sync->options.kernel, slot)) {
			sync->spare_slot = slot;
			return;
		}
	}
}

/* Slots that an earlier daemon gave away: the kernel's queue holds some, cgroups have the others. */
static void mark_slot(void *context, uint64_t cgroup_id, uint32_t slot)
{
	bool *taken = context;

	(void)cgroup_id;
	taken[slot] = true;
}

/* Go on from an earlier daemon's slots. Those that nobody has any more are emptied and free after a rest. */
static int inherit_slots(struct cgroup_sync *sync)
{
	uint32_t count = sync->options.slot_count, slot;
	AUTO_FREE bool *taken = calloc(count, sizeof(*taken));
	AUTO_FREE uint32_t *waiting = calloc(count, sizeof(*waiting));
	size_t waiting_count;

	if (!taken || !waiting)
		return -ENOMEM;
	waiting_count = kernel_waiting_slots(sync->options.kernel, waiting, count);
	for (size_t i = 0; i < waiting_count; i++)
		taken[waiting[i]] = true;
	kernel_each_cgroup(sync->options.kernel, mark_slot, taken);
	while ((slot = registry_take_slot(sync->options.registry)))
		if (!taken[slot])
			registry_return_slot(sync->options.registry, slot);
	return 0;
}

int cgroup_sync_new(const struct cgroup_sync_options *options, struct cgroup_sync **ret_sync)
{
	struct cgroup_sync *sync = calloc(1, sizeof(*sync));
	int error;

	if (!sync)
		return -ENOMEM;
	sync->options = *options;
	if (kernel_inherits(options->kernel, false)) {
		error = inherit_slots(sync);
		if (error) {
			free(sync);
			return error;
		}
	}
	offer_slots(sync);
	*ret_sync = sync;
	return 0;
}

void cgroup_sync_free(struct cgroup_sync *sync)
{
	free(sync);
}

static void take_in(struct cgroup_sync *sync, uint64_t id, uint64_t parent_id, const char *path, uint32_t kernel_slot)
{
	const struct cgroup_sync_options *options = &sync->options;
	struct registry_verdict verdict;

	if (registry_add(options->registry, id, parent_id, path, kernel_slot, &verdict) == -ENOSPC)
		options->metrics->slots_exhausted++;
	if (verdict.class == PICKET_CGROUP_CONTAINER)
		kernel_set_class(options->kernel, verdict.slot, PICKET_CGROUP_CONTAINER);
	if (verdict.slot != kernel_slot) {
		kernel_carry_setup(options->kernel, kernel_slot, verdict.slot);
		kernel_set_cgroup(options->kernel, id, verdict.slot);
	}
	if (verdict.created && options->on_container)
		options->on_container(options->context, verdict.container);
}

static int visit(void *context, uint64_t id, uint64_t parent_id, const char *path)
{
	struct cgroup_sync *sync = context;

	if (!registry_knows(sync->options.registry, id))
		take_in(sync, id, parent_id, path, kernel_find_cgroup(sync->options.kernel, id));
	return 0;
}

/* A cgroup that went while no daemon ran, and that no event will tell of: nothing leads to its name any more. */
static void forget_unknown(void *context, uint64_t cgroup_id, uint32_t slot)
{
	struct cgroup_sync *sync = context;

	if (registry_knows(sync->options.registry, cgroup_id))
		return;
	kernel_set_cgroup(sync->options.kernel, cgroup_id, PICKET_SLOT_HOST);
	registry_return_slot(sync->options.registry, slot);
}

int cgroup_sync_scan(struct cgroup_sync *sync)
{
	return cgroup_fs_walk(sync->options.cgroup2_path, visit, sync);
}

void cgroup_sync_remember(struct cgroup_sync *sync, uint64_t cgroup_id, const char *path)
{
	uint32_t slot = kernel_find_cgroup(sync->options.kernel, cgroup_id);

	if (registry_knows(sync->options.registry, cgroup_id) || slot < PICKET_SLOT_FIRST)
		return;
	take_in(sync, cgroup_id, 0, path, slot);
	registry_remove(sync->options.registry, cgroup_id);
	kernel_set_cgroup(sync->options.kernel, cgroup_id, PICKET_SLOT_HOST);
}

void cgroup_sync_settle(struct cgroup_sync *sync)
{
	kernel_each_cgroup(sync->options.kernel, forget_unknown, sync);
}

void cgroup_sync_created(struct cgroup_sync *sync, const struct picket_event *event)
{
	take_in(sync, event->cgroup_id, event->cgroup.parent_id, event_text(event, PICKET_TEXT_PATH), event->slot);
	offer_slots(sync);
}

void cgroup_sync_removed(struct cgroup_sync *sync, const struct picket_event *event)
{
	registry_remove(sync->options.registry, event->cgroup_id);
	kernel_set_cgroup(sync->options.kernel, event->cgroup_id, PICKET_SLOT_HOST);
}

struct container *cgroup_sync_resolve(struct cgroup_sync *sync, uint64_t cgroup_id)
{
	time_t now = time(NULL);

	if (!registry_knows(sync->options.registry, cgroup_id) && now - sync->last_rescan >= RESCAN_INTERVAL_S) {
		sync->last_rescan = now;
		cgroup_sync_scan(sync);
	}
	return registry_find(sync->options.registry, cgroup_id);
}

static void free_slot(void *context, uint32_t slot)
{
	struct cgroup_sync *sync = context;

	kernel_clear_slot(sync->options.kernel, slot);
}

static bool cgroup_exists(void *context, const char *path, uint64_t cgroup_id)
{
	struct cgroup_sync *sync = context;
	uint64_t id;
	int error = cgroup_fs_id(sync->options.cgroup2_path, path, &id);

	return error ? error != -ENOENT : id == cgroup_id;
}

/* What lifecycle events would have told, had they not been lost. */
static void look_again(struct cgroup_sync *sync, time_t now)
{
	uint64_t lost = sync->options.metrics->lost[LOST_TRANSPORT];

	if (lost == sync->lost_seen && now - sync->last_check < CHECK_INTERVAL_S)
		return;
	if (lost != sync->lost_seen)
		cgroup_sync_scan(sync);
	registry_check(sync->options.registry, cgroup_exists, sync);
	sync->lost_seen = lost;
	sync->last_check = now;
}

void cgroup_sync_tick(struct cgroup_sync *sync)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	look_again(sync, now.tv_sec);
	registry_expire(sync->options.registry, now.tv_sec * 1000000000LL + now.tv_nsec, free_slot, sync);
	registry_retry_names(sync->options.registry);
	offer_slots(sync);
	sync->options.metrics->slots_used = registry_slots_used(sync->options.registry);
}
