/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a cgroup path says about its owner: runtime, container id, pod uid.
 * Pure text; the grammar's table of runtimes is in the unit test.
 */
#ifndef CGROUP_PATH_H
#define CGROUP_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CGROUP_ID_SIZE 129 /* longest container id taken, with its NUL */
#define CGROUP_POD_SIZE 37
#define CGROUP_NO_USER UINT32_MAX

enum cgroup_owner {
	CGROUP_OWNER_NONE, /* a slice or directory that groups others; pid 1's own */
	CGROUP_OWNER_CONTAINER,
	CGROUP_OWNER_MONITOR, /* conmon, lxc.monitor: the runtime's own */
	CGROUP_OWNER_SYSTEMD, /* a service, scope or session of the host */
};

struct cgroup_identity {
	enum cgroup_owner owner;
	const char *runtime;	   /* static: docker, cri-containerd, cri, cri-o, podman, ecs, lxc, ... ; "" unknown */
	const char *manager;	   /* static: whose files describe it, and the label runtime: docker, containerd, ... */
	char id[CGROUP_ID_SIZE];   /* container id as the runtime knows it; unit name for systemd */
	char name[CGROUP_ID_SIZE]; /* where the path tells more than the id (Nomad's task), else "" */
	char namespace
		[CGROUP_ID_SIZE]; /* containerd namespace where the path tells it; a user unit's manager; else "" */
	char pod_uid[CGROUP_POD_SIZE]; /* with dashes; "" when none */
	uint32_t user;		       /* whose rootless container or unit it is; CGROUP_NO_USER: the system's */
	size_t path_size;	       /* the owner's own directory is this much of the path */
	bool nested;		       /* components follow the owner's own: a cgroup inside a container */
	bool by_process;	       /* a service of the host, whose process tells the runtime; the path does not */
	bool guessed;		       /* a bare top directory: runc and crun make such, but so may anybody */
};

/**
 * cgroup_path_identify() - parse a cgroup v2 path.
 * @path: absolute within the cgroup2 mount, "/docker/<id>".
 * Always fills @ret_identity; unknown shapes become CGROUP_OWNER_NONE. An id is never ".", ".." and holds no "/".
 */
void cgroup_path_identify(const char *path, struct cgroup_identity *ret_identity);

#endif
