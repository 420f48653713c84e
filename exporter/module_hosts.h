/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Services of the host that run WebAssembly modules within their own process: Krustlet, wasmCloud. They have no
 * containers; the process is recognised, its service becomes a workload, and its modules are listed.
 *
 * A service that is new is looked at 1, 2, 4, ... 64 s after its cgroup was made; one that was there before, at once.
 */
#ifndef MODULE_HOSTS_H
#define MODULE_HOSTS_H

#include "cgroup_sync.h"

#define MODULE_HOST_CANDIDATES 256 /* new services that are looked at; the oldest gives way */

struct module_host_candidate {
	uint64_t cgroup_id; /* 0: free */
	char *path;
	time_t since;
	unsigned int looks;
};

struct module_hosts {
	const char *procfs_path, *cgroup2_path;
	const char *root_path; /* NULL: "/" */
	struct registry *registry;
	struct module_host_candidate candidates[MODULE_HOST_CANDIDATES];
	unsigned int next;  /* place for the next one */
	time_t listed_last; /* when modules were listed */
};

/**
 * module_hosts_look() - whose process a service's is.
 * @path: of its cgroup. @ret_pid: of the process; may be NULL.
 * Return: "krustlet", "wasmcloud"; NULL: neither, or no service.
 */
const char *module_hosts_look(const struct module_hosts *hosts, const char *path, uint32_t *ret_pid);

/** module_hosts_note() - a cgroup of the host's was made. */
void module_hosts_note(struct module_hosts *hosts, uint64_t cgroup_id, const char *path);

/** module_hosts_tick() - every second: look at new services; list the modules of known ones every 10 s. */
void module_hosts_tick(struct module_hosts *hosts, struct cgroup_sync *sync);

void module_hosts_close(struct module_hosts *hosts);

#endif
