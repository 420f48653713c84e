/* SPDX-License-Identifier: GPL-2.0-only */
#include "module_hosts.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "log.h"
#include "state/isolation_process.h"
#include "state/module_files.h"

#define LOOKS_MAX 7
#define PROCESSES_EACH 8 /* of one service */
#define LIST_INTERVAL_S 10

static bool is_service(const char *path)
{
	const char *end = strrchr(path, '.');

	return end && strcmp(end, ".service") == 0;
}

const char *module_hosts_look(const struct module_hosts *hosts, const char *path, uint32_t *ret_pid)
{
	AUTO_FCLOSE FILE *file = NULL;
	char name[PATH_MAX];
	uint32_t pid;

	if (!is_service(path) ||
	    snprintf(name, sizeof(name), "%s%s/cgroup.procs", hosts->cgroup2_path, path) >= (int)sizeof(name))
		return NULL;
	file = fopen(name, "re");
	for (int i = 0; file && i < PROCESSES_EACH && fscanf(file, "%u", &pid) == 1; i++) {
		struct isolation found = isolation_of_process(hosts->procfs_path, hosts->root_path, pid);

		if (!isolation_is_shared(&found))
			continue;
		if (ret_pid)
			*ret_pid = pid;
		return found.engine;
	}
	return NULL;
}

static void forget(struct module_host_candidate *candidate)
{
	free(candidate->path);
	*candidate = (struct module_host_candidate){ .cgroup_id = 0 };
}

void module_hosts_note(struct module_hosts *hosts, uint64_t cgroup_id, const char *path)
{
	struct module_host_candidate *candidate = &hosts->candidates[hosts->next];
	char *copy = is_service(path) ? strdup(path) : NULL;

	if (!copy)
		return;
	forget(candidate);
	*candidate = (struct module_host_candidate){ .cgroup_id = cgroup_id, .path = copy, .since = time(NULL) };
	hosts->next = (hosts->next + 1) % MODULE_HOST_CANDIDATES;
}

static void list_modules(struct module_hosts *hosts, struct container *container)
{
	struct module_list list;
	uint32_t pid;

	if (!module_hosts_look(hosts, container->cgroup_path, &pid) ||
	    module_files_list(hosts->procfs_path, pid, &list))
		return;
	registry_set_modules(hosts->registry, container, &list);
}

static void list_all(struct module_hosts *hosts)
{
	for (size_t i = 0; i < registry_count(hosts->registry); i++) {
		struct container *container = registry_at(hosts->registry, i);

		if (!container->removed_unix_ns && isolation_is_shared(&container->isolation))
			list_modules(hosts, container);
	}
}

/* Return: whether the service is a workload now. */
static bool look_at(struct module_hosts *hosts, struct cgroup_sync *sync, struct module_host_candidate *candidate)
{
	const char *runtime = module_hosts_look(hosts, candidate->path, NULL);

	candidate->looks++;
	if (!runtime)
		return false;
	log_info("registry", "%s runs WebAssembly modules within its process (%s)", candidate->path, runtime);
	return cgroup_sync_add_service(sync, candidate->cgroup_id, candidate->path, runtime) != -EINVAL;
}

void module_hosts_tick(struct module_hosts *hosts, struct cgroup_sync *sync)
{
	time_t now = time(NULL);
	bool added = false;

	for (size_t i = 0; i < MODULE_HOST_CANDIDATES; i++) {
		struct module_host_candidate *candidate = &hosts->candidates[i];

		if (!candidate->cgroup_id || now - candidate->since < (time_t)1 << candidate->looks)
			continue;
		if (look_at(hosts, sync, candidate)) {
			added = true;
			forget(candidate);
		} else if (candidate->looks >= LOOKS_MAX) {
			forget(candidate);
		}
	}
	if (!added && now - hosts->listed_last < LIST_INTERVAL_S)
		return;
	hosts->listed_last = now;
	list_all(hosts);
}

void module_hosts_close(struct module_hosts *hosts)
{
	for (size_t i = 0; i < MODULE_HOST_CANDIDATES; i++)
		forget(&hosts->candidates[i]);
}
