/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A workload as picket knows it. Owned by the registry; everybody else borrows.
 */
#ifndef CONTAINER_H
#define CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "isolation.h"
#include "module_files.h"
#include "posture.h"

/* All texts are NUL-terminated, never NULL, "" when unknown, and may hold any byte but NUL. */
struct container {
	uint64_t cgroup_id;
	uint32_t slot; /* in the counter array */
	char *labels;  /* ready for the text format: container_id="..",container="..",pod="..",namespace=".." */
	size_t labels_size;
	/* up to here, what a scrape reads of each container for each family */
	char *cgroup_path; /* within the cgroup2 mount */
	char *id;	   /* full container id */
	char *name;	   /* Docker: without the slash; Kubernetes: container name */
	char *image;
	char *pod;
	char *namespace; /* Kubernetes namespace, else containerd's, else "" */
	char *pod_uid;
	const char *runtime; /* static: docker, containerd, cri-o, podman, ... */
	struct isolation isolation;
	unsigned int inspections;   /* how often its processes were looked at for evidence */
	struct module_list modules; /* of a process that runs those of a whole node */
	struct posture posture;	    /* nothing before it is named */
	uint32_t devices;	    /* 1 << enum picket_device: given to it by its configuration */
	int64_t created_unix_ns;    /* when picket saw its cgroup; start of its counters */
	int64_t removed_unix_ns;    /* 0 while it lives */
	bool exposed_after_removal; /* its last values were scraped */
	bool named;		    /* the runtime's files were read */
	unsigned int labels_cut;    /* values, of these and of info_labels, that were longer than CONTAINER_LABEL_MAX */
	char *info_labels;	    /* extra labels of picket_container_info: image="..",runtime=".." ... */
	uint64_t *rule_matches;	    /* per rule index of the loaded set; registry_reset_rules() sizes it */
	const char *quarantine;	    /* static: "pause", "kill", ... or NULL */
};

#endif
