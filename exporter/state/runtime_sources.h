/* SPDX-License-Identifier: GPL-2.0-only */
/* The readers behind runtime_files_read(), one file for each family of runtimes. */
#ifndef RUNTIME_SOURCES_H
#define RUNTIME_SOURCES_H

#include <jansson.h>
#include <stdbool.h>

#include "runtime_files.h"

#define RUNTIME_TEXT_MAX 4096 /* bytes of one name; more is cut between characters */

/* One run of runtime_files_read(). */
struct reading {
	int root_fd;
	const struct cgroup_identity *identity;
	struct container_names *names;
	bool found;	/* some file told of the container */
	bool no_memory; /* a text could not be copied */
};

/** container_names_init() - all "". Return: 0, -ENOMEM. */
int container_names_init(struct container_names *names);

/** reading_set() - keep a copy of @text, unless it is empty. */
void reading_set(struct reading *reading, char **target, const char *text);

/* One text of the names, by the key that some runtime has for it. */
struct reading_key {
	const char *key;
	size_t offset; /* of the char * in struct container_names */
};

/** reading_take() - all of @keys that @object has; a later one wins. */
void reading_take(struct reading *reading, const json_t *object, const struct reading_key *keys, size_t count);

/** reading_take_handler() - a name that the runtime, its shim or handler goes by; "" tells nothing. */
void reading_take_handler(struct reading *reading, const char *name);

/** reading_take_entrypoint() - what kind of program @config starts. @bundle: where its relative paths begin. */
void reading_take_entrypoint(struct reading *reading, int root_fd, const char *bundle, const json_t *config);

/** reading_take_oci() - what an OCI config.json tells: annotations, isolation, posture, devices. */
void reading_take_oci(struct reading *reading, const json_t *config);

/* Return: 0; -ENOENT when this source has nothing about the container; -EBADMSG, -EFBIG, -errno. */
typedef int runtime_source(struct reading *reading);

runtime_source source_bundle;	   /* containerd's bundle */
runtime_source source_docker;	   /* config.v2.json, then the bundle for what it adds */
runtime_source source_storage;	   /* Podman and CRI-O */
runtime_source source_oci_state;   /* runc, crun and youki without a manager */
runtime_source source_runsc_state; /* runsc without a manager */

#endif
