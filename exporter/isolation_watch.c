/* SPDX-License-Identifier: GPL-2.0-only */
#include "isolation_watch.h"

#include <limits.h>
#include <stdio.h>
#include <time.h>

#include "cleanup.h"
#include "kernel/cgroup_fs.h"
#include "state/isolation_process.h"

#define INSPECTIONS_MAX 7
#define CONTAINERS_EACH 64 /* looked at in one tick */
#define NEW_ONES 256	   /* made last */
#define NEW_EACH 32	   /* of them in one tick, before all others */
#define NEW_LOOKS 3
#define PROCESSES_EACH 8 /* of one container: a sandbox has helpers beside it */

static int64_t unix_now_s(void)
{
	return time(NULL);
}

/* What files told for sure needs no process to prove it; which guest a microVM holds, they may not tell. */
static bool is_due(const struct container *container, int64_t now_s)
{
	enum container_isolation class = container->isolation.class;
	int64_t age_s = now_s - container->created_unix_ns / 1000000000;

	if (container->removed_unix_ns || container->inspections >= INSPECTIONS_MAX ||
	    age_s < (int64_t)1 << container->inspections)
		return false;
	return class <= ISOLATION_USERNS || class == ISOLATION_MICROVM || !container->isolation.engine;
}

struct inspection {
	const struct isolation_watch *watch;
	char path[PATH_MAX]; /* of the container's cgroup */
	struct isolation found;
	struct isolation monitor; /* what the monitor of its first process was told */
	unsigned int processes;
};

static int visit_cgroup(void *context, uint64_t id, uint64_t parent_id, const char *path)
{
	struct inspection *inspection = context;
	const struct isolation_watch *watch = inspection->watch;
	AUTO_FCLOSE FILE *file = NULL;
	char name[2 * PATH_MAX];
	unsigned int pid;

	(void)id, (void)parent_id;
	snprintf(name, sizeof(name), "%s%s/cgroup.procs", inspection->path, path);
	file = fopen(name, "re");
	while (file && inspection->processes < PROCESSES_EACH && fscanf(file, "%u", &pid) == 1) {
		if (!*inspection->monitor.handler)
			inspection->monitor = isolation_of_monitor(watch->procfs_path, watch->root_path, pid);
		isolation_raise(&inspection->found, isolation_of_process(watch->procfs_path, watch->root_path, pid));
		inspection->processes++;
	}
	return inspection->processes < PROCESSES_EACH ? 0 : -1;
}

static void inspect(struct isolation_watch *watch, struct container *container)
{
	struct inspection inspection = { .watch = watch, .found = ISOLATION_UNKNOWN, .monitor = ISOLATION_UNKNOWN };

	container->inspections++;
	if (snprintf(inspection.path, sizeof(inspection.path), "%s%s", watch->cgroup2_path, container->cgroup_path) >=
	    (int)sizeof(inspection.path))
		return;
	cgroup_fs_walk(inspection.path, visit_cgroup, &inspection);
	if (*inspection.monitor.handler)
		registry_raise_isolation(watch->registry, container, inspection.monitor);
	if (inspection.found.class != ISOLATION_NAMESPACE)
		registry_raise_isolation(watch->registry, container, inspection.found);
}

void isolation_watch_mark(struct isolation_watch *watch, const struct container *container)
{
	kernel_set_isolated(watch->kernel, container->slot, container->isolation.class >= ISOLATION_GVISOR);
}

/* However many wait for their next look, those that were made last have their first ones in time. */
static size_t look_at_new(struct isolation_watch *watch, int64_t now_s)
{
	size_t count = registry_count(watch->registry), looked_at = 0;

	for (size_t i = count; i > 0 && count - i < NEW_ONES && looked_at < NEW_EACH; i--) {
		struct container *container = registry_at(watch->registry, i - 1);

		if (container->inspections >= NEW_LOOKS || !is_due(container, now_s))
			continue;
		inspect(watch, container);
		isolation_watch_mark(watch, container);
		looked_at++;
	}
	return looked_at;
}

void isolation_watch_tick(struct isolation_watch *watch)
{
	int64_t now_s = unix_now_s();
	size_t count = registry_count(watch->registry), looked_at = look_at_new(watch, now_s);

	for (size_t i = 0; i < count && looked_at < CONTAINERS_EACH; i++, watch->next++) {
		struct container *container = registry_at(watch->registry, watch->next % count);

		if (is_due(container, now_s)) {
			inspect(watch, container);
			looked_at++;
		}
		isolation_watch_mark(watch, container);
	}
	watch->next = count ? watch->next % count : 0;
}
