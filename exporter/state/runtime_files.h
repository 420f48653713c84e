/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names, images and isolation of containers from what their runtimes leave on
 * disk: containerd's bundle config.json, Docker's config.v2.json, Podman's
 * containers.json, CRI-O's userdata. Files are untrusted: bounded in size,
 * parsed strictly, never followed as instructions.
 */
#ifndef RUNTIME_FILES_H
#define RUNTIME_FILES_H

#include "cgroup_path.h"
#include "container.h"

#define RUNTIME_FILES_MAX_BYTES (4 << 20) /* a larger file is refused */

/* All allocated, "" when absent; free with container_names_free(). */
struct container_names {
	char *name;
	char *image;
	char *pod;
	char *namespace;
	char *pod_uid;
	struct isolation isolation;
	struct posture posture;
	uint32_t devices;    /* 1 << enum picket_device: given to it by its configuration */
	const char *runtime; /* static; better than the path's, or NULL */
	json_t *annotations; /* of the OCI configuration; NULL: none was found */
};

/**
 * runtime_files_read() - what is known of a container.
 * @root_path: "/" or where the host's root is mounted; symbolic links stay below it.
 * Return: 0; -ENOENT when no runtime has a file for it (yet); -EBADMSG for a
 * file that is not what it should be, or an id that is no file name; -EFBIG;
 * -ENOMEM. @ret_names untouched on failure.
 */
int runtime_files_read(const char *root_path, const struct cgroup_identity *identity,
		       struct container_names *ret_names);

void container_names_free(struct container_names *names);

/**
 * runtime_files_is_group() - whether a top directory of the cgroup tree groups the containers of a containerd
 * namespace of that name; from the path alone it looks like a container of runc.
 */
bool runtime_files_is_group(const char *root_path, const char *name);

#endif
