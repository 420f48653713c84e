/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Going on from an earlier daemon, however it ended: no count may be lost, and none may come to another container.
 *
 * The kernel still knows which cgroup is counted on which slot, and which slots wait in its queue; the journal knows of
 * containers that were gone already and of values that belong to another slot. A slot that none of them knows is empty.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup_sync_internal.h"
#include "cleanup.h"
#include "state/runtime_files.h"

static void note_cgroup(void *context, uint64_t cgroup_id, uint32_t slot)
{
	struct cgroup_heritage *heritage = context;
	size_t capacity = heritage->cgroup_capacity ? heritage->cgroup_capacity * 2 : 256;
	struct inherited_cgroup *cgroups;

	heritage->slots[slot] |= SLOT_MAPPED;
	if (heritage->cgroup_count == heritage->cgroup_capacity) {
		cgroups = reallocarray(heritage->cgroups, capacity, sizeof(*cgroups));
		if (!cgroups)
			return; /* it is not let go of, should it be gone */
		heritage->cgroups = cgroups;
		heritage->cgroup_capacity = capacity;
	}
	heritage->cgroups[heritage->cgroup_count++] = (struct inherited_cgroup){ .id = cgroup_id };
}

static void note_slots(struct cgroup_heritage *heritage, const struct cgroup_record *record)
{
	heritage->slots[record->slot] |= SLOT_NOTED;
	for (size_t i = 0; i < record->folded_count; i++)
		heritage->slots[record->folded[i]] |= SLOT_NOTED;
}

/* The queue first: slots move from there to cgroups meanwhile, never back. */
static int note_waiting(struct cgroup_sync *sync)
{
	struct cgroup_heritage *heritage = &sync->heritage;
	AUTO_FREE uint32_t *waiting = calloc(sync->options.slot_count, sizeof(*waiting));
	size_t count;

	if (!waiting)
		return -ENOMEM;
	count = kernel_waiting_slots(sync->options.kernel, waiting, sync->options.slot_count);
	for (size_t i = 0; i < count; i++)
		if (waiting[i] < sync->options.slot_count)
			heritage->slots[waiting[i]] |= SLOT_WAITING;
	return 0;
}

int cgroup_heritage_open(struct cgroup_sync *sync)
{
	const struct cgroup_sync_options *options = &sync->options;
	struct cgroup_heritage *heritage = &sync->heritage;
	int error;

	heritage->slots = calloc(options->slot_count, sizeof(*heritage->slots));
	if (!heritage->slots)
		return -ENOMEM;
	if (options->journal_path) {
		error = cgroup_history_read(options->journal_path, options->slot_count, &heritage->history);
		if (error == -ENOMEM)
			return error;
	}
	for (size_t i = 0; i < heritage->history.count; i++)
		note_slots(heritage, &heritage->history.records[i]);
	error = note_waiting(sync);
	if (error)
		return error;
	kernel_each_cgroup(options->kernel, note_cgroup, heritage);
	for (uint32_t slot = PICKET_SLOT_FIRST; slot < options->slot_count; slot++) {
		if (heritage->slots[slot])
			registry_hold_slot(options->registry, slot);
		else
			kernel_clear_slot(options->kernel, slot);
	}
	return 0;
}

void cgroup_heritage_close(struct cgroup_heritage *heritage)
{
	cgroup_history_free(&heritage->history);
	free(heritage->slots);
	free(heritage->cgroups);
	*heritage = (struct cgroup_heritage){ 0 };
}

static bool is_free_for(const struct cgroup_sync *sync, uint32_t slot)
{
	return sync->heritage.slots[slot] == SLOT_NOTED; /* nobody else has got it since */
}

static void recall_names(struct cgroup_sync *sync, const struct cgroup_record *record)
{
	struct container_names names = {
		.name = strdup(record->name),
		.image = strdup(record->image),
		.pod = strdup(record->pod),
		.namespace = strdup(record->namespace),
		.pod_uid = strdup(record->pod_uid),
		.isolation = record->isolation,
	};

	if (*record->name && names.name && names.image && names.pod && names.namespace && names.pod_uid)
		registry_recall_names(sync->options.registry, record->cgroup_id, &names);
	container_names_free(&names);
}

/* Values that waited to be added to the container's own. */
static void recall_folded(struct cgroup_sync *sync, const struct cgroup_record *record)
{
	struct container *container = registry_find(sync->options.registry, record->cgroup_id);
	struct counter_table counters = kernel_counters(sync->options.kernel);

	if (!container || container->slot < PICKET_SLOT_FIRST)
		return;
	for (size_t i = 0; i < record->folded_count; i++)
		if (is_free_for(sync, record->folded[i]))
			counter_table_move(&counters, record->folded[i], container->slot);
}

/* A container that has ended: before the scan, which may find another one at the same place. */
static void recall_ended(struct cgroup_sync *sync, const struct cgroup_record *record)
{
	struct kernel *kernel = sync->options.kernel;
	uint32_t slot = kernel_find_cgroup(kernel, record->cgroup_id);

	if (slot < PICKET_SLOT_FIRST && !is_free_for(sync, record->slot))
		return; /* its values are gone */
	cgroup_sync_take_in(sync, record->cgroup_id, 0, record->path, slot < PICKET_SLOT_FIRST ? record->slot : slot);
	registry_remove(sync->options.registry, record->cgroup_id);
	kernel_set_cgroup(kernel, record->cgroup_id, PICKET_SLOT_HOST);
}

void cgroup_sync_recall(struct cgroup_sync *sync)
{
	const struct cgroup_history *history = &sync->heritage.history;

	for (size_t i = 0; i < history->count; i++) {
		const struct cgroup_record *record = &history->records[i];

		if (record->removed || !cgroup_sync_exists(sync, record->path, record->cgroup_id))
			recall_ended(sync, record);
	}
}

/* By slot, who has it or its values; NULL: nobody. */
static const struct container **owners_new(const struct cgroup_sync *sync)
{
	const struct container **owners = calloc(sync->options.slot_count, sizeof(*owners));
	const struct registry *registry = sync->options.registry;

	for (size_t i = 0; owners && i < registry_count(registry); i++) {
		const struct container *container = registry_at(registry, i);

		if (container->slot >= PICKET_SLOT_FIRST && container->slot < sync->options.slot_count)
			owners[container->slot] = container;
	}
	return owners;
}

/* Gone cgroups inside of containers: events that wait may still be theirs. */
static void adopt(struct cgroup_sync *sync, struct inherited_cgroup *cgroup, const struct container **owners)
{
	uint32_t slot = kernel_find_cgroup(sync->options.kernel, cgroup->id);
	char path[PATH_MAX];

	if (registry_knows(sync->options.registry, cgroup->id) || slot >= sync->options.slot_count || !owners[slot])
		return;
	snprintf(path, sizeof(path), "%s/gone", owners[slot]->cgroup_path);
	cgroup_sync_take_in(sync, cgroup->id, owners[slot]->cgroup_id, path, slot);
	cgroup->adopted = true;
}

void cgroup_sync_adopt(struct cgroup_sync *sync)
{
	AUTO_FREE const struct container **owners = owners_new(sync);

	for (size_t i = 0; owners && i < sync->heritage.cgroup_count; i++)
		adopt(sync, &sync->heritage.cgroups[i], owners);
}

/* A cgroup that went while no daemon ran, and that neither event nor journal tells of: counted, but without a name. */
static void let_go(struct cgroup_sync *sync, const struct inherited_cgroup *cgroup)
{
	const struct cgroup_sync_options *options = &sync->options;
	struct counter_table counters = kernel_counters(options->kernel);
	uint32_t slot = kernel_find_cgroup(options->kernel, cgroup->id);

	if (cgroup->adopted)
		registry_remove(options->registry, cgroup->id);
	else if (registry_knows(options->registry, cgroup->id))
		return;
	kernel_set_cgroup(options->kernel, cgroup->id, PICKET_SLOT_HOST);
	if (cgroup->adopted || slot < PICKET_SLOT_FIRST)
		return;
	counter_table_move(&counters, slot, PICKET_SLOT_OVERFLOW);
	registry_return_slot(options->registry, slot);
}

int cgroup_sync_settle(struct cgroup_sync *sync)
{
	struct cgroup_heritage *heritage = &sync->heritage;

	for (size_t i = 0; i < heritage->history.count; i++) {
		recall_names(sync, &heritage->history.records[i]);
		recall_folded(sync, &heritage->history.records[i]);
	}
	registry_check(sync->options.registry, cgroup_sync_exists, sync);
	for (size_t i = 0; i < heritage->cgroup_count; i++)
		let_go(sync, &heritage->cgroups[i]);
	for (uint32_t slot = PICKET_SLOT_FIRST; heritage->slots && slot < sync->options.slot_count; slot++)
		if (is_free_for(sync, slot))
			registry_return_slot(sync->options.registry, slot); /* unless it has an owner again */
	cgroup_heritage_close(heritage);
	sync->settled = true;
	return cgroup_sync_keep(sync);
}
