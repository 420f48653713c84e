/* SPDX-License-Identifier: GPL-2.0-only */
#include "cgroup_sync.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cgroup_sync_internal.h"
#include "cleanup.h"
#include "clock.h"
#include "kernel/cgroup_fs.h"

#define RESCAN_INTERVAL_S 1
#define CHECK_INTERVAL_S 60

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

/* Written down before it holds, so that a daemon that is killed at any moment has said it. */
static void on_change(void *context, const struct container *container)
{
	struct cgroup_sync *sync = context;
	int error = sync->journal ? cgroup_journal_add(sync->journal, sync->options.registry, container) : 0;

	if (error)
		sync->journal_error = error;
}

/* The old journal goes on until all that it says is taken over. */
static int open_journal(struct cgroup_sync *sync)
{
	int error;

	if (!sync->options.journal_path)
		return 0;
	error = cgroup_journal_open(sync->options.journal_path, sync->heritage.history.valid_bytes, &sync->journal);
	sync->journal_error = error;
	return error == -ENOMEM ? error : 0;
}

int cgroup_sync_new(const struct cgroup_sync_options *options, struct cgroup_sync **ret_sync)
{
	struct cgroup_sync *sync = calloc(1, sizeof(*sync));
	int error;

	if (!sync)
		return -ENOMEM;
	sync->options = *options;
	error = kernel_inherits(options->kernel, false) ? cgroup_heritage_open(sync) : 0;
	if (!error)
		error = open_journal(sync);
	if (error) {
		cgroup_sync_free(sync);
		return error;
	}
	registry_on_change(options->registry, on_change, sync);
	offer_slots(sync);
	*ret_sync = sync;
	return 0;
}

void cgroup_sync_free(struct cgroup_sync *sync)
{
	if (!sync)
		return;
	registry_on_change(sync->options.registry, NULL, NULL);
	cgroup_heritage_close(&sync->heritage);
	cgroup_journal_close(sync->journal);
	free(sync);
}

int cgroup_sync_keep(struct cgroup_sync *sync)
{
	int error = sync->journal_error;

	/* before that, what an earlier daemon wrote is not all taken over, and must stay */
	if (!sync->journal || !sync->settled)
		return error;
	sync->journal_error = cgroup_journal_rewrite(sync->journal, sync->options.registry);
	return sync->journal_error ? sync->journal_error : error;
}

/* What the kernel part may do to a container; anew when its names are known. */
static void classify(const struct cgroup_sync *sync, const struct container *container, uint32_t slot)
{
	const struct cgroup_sync_options *options = &sync->options;
	bool spared = options->spared && container && options->spared(options->context, container);

	kernel_set_class(options->kernel, slot, spared ? PICKET_CGROUP_SPARED : PICKET_CGROUP_CONTAINER);
}

static void classify_all(const struct cgroup_sync *sync)
{
	for (size_t i = 0; i < registry_count(sync->options.registry); i++) {
		const struct container *container = registry_at(sync->options.registry, i);

		if (!container->removed_unix_ns && container->slot >= PICKET_SLOT_FIRST)
			classify(sync, container, container->slot);
	}
}

/* What the registry answered, carried to the kernel. */
static void apply(struct cgroup_sync *sync, uint64_t id, uint32_t kernel_slot, int error,
		  struct registry_verdict verdict)
{
	const struct cgroup_sync_options *options = &sync->options;

	if (error == -ENOSPC)
		options->metrics->slots_exhausted++;
	if (verdict.class == PICKET_CGROUP_CONTAINER)
		classify(sync, verdict.container, verdict.slot);
	if (verdict.slot != kernel_slot) {
		kernel_carry_setup(options->kernel, kernel_slot, verdict.slot);
		kernel_set_cgroup(options->kernel, id, verdict.slot);
	}
	if (verdict.created && options->on_container)
		options->on_container(options->context, verdict.container);
}

/* Its processes were the host's up to now, and the kernel takes those that come from there for a runtime's. */
static void end_setup(const struct cgroup_sync *sync, const char *path)
{
	AUTO_FCLOSE FILE *file = NULL;
	char name[PATH_MAX];
	unsigned int pid;

	if (snprintf(name, sizeof(name), "%s%s/cgroup.procs", sync->options.cgroup2_path, path) >= (int)sizeof(name))
		return;
	file = fopen(name, "re");
	while (file && fscanf(file, "%u", &pid) == 1)
		kernel_end_setup(sync->options.kernel, pid);
}

int cgroup_sync_add_service(struct cgroup_sync *sync, uint64_t id, const char *path, const char *runtime)
{
	uint32_t kernel_slot = kernel_find_cgroup(sync->options.kernel, id);
	struct registry_verdict verdict;
	int error = registry_add_service(sync->options.registry, id, path, kernel_slot, runtime, &verdict);

	if (error == -EINVAL)
		return error;
	kernel_give_namespaces(sync->options.kernel, verdict.slot); /* it is a process of the host's */
	end_setup(sync, path);
	apply(sync, id, kernel_slot, error, verdict);
	end_setup(sync, path); /* those that were born meanwhile */
	return error;
}

void cgroup_sync_take_in(struct cgroup_sync *sync, uint64_t id, uint64_t parent_id, const char *path,
			 uint32_t kernel_slot)
{
	const struct cgroup_sync_options *options = &sync->options;
	const char *runtime = options->service_runtime ? options->service_runtime(options->context, path) : NULL;
	struct registry_verdict verdict;
	int error;

	if (runtime && cgroup_sync_add_service(sync, id, path, runtime) != -EINVAL)
		return;
	error = registry_add(options->registry, id, parent_id, path, kernel_slot, &verdict);
	apply(sync, id, kernel_slot, error, verdict);
}

static int visit(void *context, uint64_t id, uint64_t parent_id, const char *path)
{
	struct cgroup_sync *sync = context;

	if (!registry_knows(sync->options.registry, id))
		cgroup_sync_take_in(sync, id, parent_id, path, kernel_find_cgroup(sync->options.kernel, id));
	return 0;
}

int cgroup_sync_scan(struct cgroup_sync *sync)
{
	return cgroup_fs_walk(sync->options.cgroup2_path, visit, sync);
}

void cgroup_sync_created(struct cgroup_sync *sync, const struct picket_event *event)
{
	cgroup_sync_take_in(sync, event->cgroup_id, event->cgroup.parent_id, event_text(event, PICKET_TEXT_PATH),
			    event->slot);
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
	int error = sync->journal ? cgroup_journal_free_slot(sync->journal, slot) : 0;

	if (error)
		sync->journal_error = error;
	kernel_clear_slot(sync->options.kernel, slot);
}

bool cgroup_sync_exists(void *context, const char *path, uint64_t cgroup_id)
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
	registry_check(sync->options.registry, cgroup_sync_exists, sync);
	sync->lost_seen = lost;
	sync->last_check = now;
}

void cgroup_sync_tick(struct cgroup_sync *sync)
{
	const int64_t now_ns = clock_ns(CLOCK_REALTIME);

	look_again(sync, now_ns / 1000000000);
	registry_expire(sync->options.registry, now_ns, free_slot, sync);
	if (registry_retry_names(sync->options.registry) && sync->options.spared)
		classify_all(sync);
	offer_slots(sync);
	if (sync->journal && cgroup_journal_is_long(sync->journal))
		cgroup_sync_keep(sync);
	sync->options.metrics->slots_used = registry_slots_used(sync->options.registry);
}
