/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a cgroup path says about its owner: runtime, container id, pod uid.
 * Pure text; the grammar's table of runtimes is in the unit test.
 */
#ifndef CGROUP_PATH_H
#define CGROUP_PATH_H

#include <stdbool.h>

#define CGROUP_ID_SIZE 129 /* longest container id taken, with its NUL */
#define CGROUP_POD_SIZE 37

enum cgroup_owner {
	CGROUP_OWNER_NONE,	/* a slice or directory that groups others */
	CGROUP_OWNER_CONTAINER,
	CGROUP_OWNER_MONITOR,	/* conmon, lxc.monitor: the runtime's own */
	CGROUP_OWNER_SYSTEMD,	/* a service, scope or session of the host */
};

struct cgroup_identity {
	enum cgroup_owner owner;
	const char *runtime;	  /* static: docker, containerd, cri-containerd, cri-o, podman, lxc, ... ; "" unknown */
	const char *manager;	  /* static: value of the label runtime's family in runtime_files, same set */
	char id[CGROUP_ID_SIZE];  /* container id as the runtime knows it; unit name for systemd */
	char namespace[CGROUP_ID_SIZE]; /* containerd namespace where the path tells it, else "" */
	char pod_uid[CGROUP_POD_SIZE];	/* with dashes; "" when none */
	bool nested; /* components follow the container's own: a cgroup inside a container */
};

/**
 * cgroup_path_identify() - parse a cgroup v2 path.
 * @path: absolute within the cgroup2 mount, "/docker/<id>".
 * Always fills @ret_identity; unknown shapes become CGROUP_OWNER_NONE.
 */
void cgroup_path_identify(const char *path, struct cgroup_identity *ret_identity);

#endif
