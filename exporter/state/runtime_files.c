/* SPDX-License-Identifier: GPL-2.0-only */
#include "runtime_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "cleanup.h"
#include "isolation.h"
#include "oci_devices.h"
#include "runtime_json.h"
#include "runtime_places.h"
#include "runtime_sources.h"
#include "utf8.h"

#define ANNOTATION_CRI "io.kubernetes.cri."
#define ANNOTATION_CRIO "io.kubernetes.cri-o."
#define NAME_OF_SANDBOX "POD" /* as Kubernetes' own metrics call a pod's pause container */

/* An id becomes part of a path: nothing that could lead elsewhere. */
static bool id_is_safe(const char *id)
{
	return *id && strlen(id) <= NAME_MAX && !strchr(id, '/') && strcmp(id, ".") != 0 && strcmp(id, "..") != 0;
}

int container_names_init(struct container_names *names)
{
	memset(names, 0, sizeof(*names));
	names->posture.weaknesses = 1U << WEAKNESS_UNKNOWN;
	names->isolation = ISOLATION_UNKNOWN;
	names->name = strdup("");
	names->image = strdup("");
	names->pod = strdup("");
	names->namespace = strdup("");
	names->pod_uid = strdup("");
	if (names->name && names->image && names->pod && names->namespace && names->pod_uid)
		return 0;
	container_names_free(names);
	return -ENOMEM;
}

void container_names_free(struct container_names *names)
{
	free(names->name);
	free(names->image);
	free(names->pod);
	free(names->namespace);
	free(names->pod_uid);
	json_decref(names->annotations);
	memset(names, 0, sizeof(*names));
}

void reading_set(struct reading *reading, char **target, const char *text)
{
	size_t size = strlen(text);
	char *copy;

	if (!size)
		return;
	if (size > RUNTIME_TEXT_MAX)
		size = utf8_valid_size(text, RUNTIME_TEXT_MAX);
	copy = strndup(text, size);
	if (!copy) {
		reading->no_memory = true;
		return;
	}
	free(*target);
	*target = copy;
}

void reading_take(struct reading *reading, const json_t *object, const struct reading_key *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		reading_set(reading, (char **)((char *)reading->names + keys[i].offset),
			    runtime_json_text(object, keys[i].key));
}

void reading_take_handler(struct reading *reading, const char *name)
{
	isolation_raise(&reading->names->isolation, isolation_of_runtime(name, EVIDENCE_RUNTIME_TYPE));
}

/* The same facts under each runtime's annotations. */
static const struct reading_key annotations[] = {
	{ "nerdctl/name", offsetof(struct container_names, name) },
	{ ANNOTATION_CRI "container-name", offsetof(struct container_names, name) },
	{ ANNOTATION_CRI "image-name", offsetof(struct container_names, image) },
	{ ANNOTATION_CRI "sandbox-name", offsetof(struct container_names, pod) },
	{ ANNOTATION_CRI "sandbox-namespace", offsetof(struct container_names, namespace) },
	{ ANNOTATION_CRI "sandbox-uid", offsetof(struct container_names, pod_uid) },
	{ ANNOTATION_CRIO "KubeName", offsetof(struct container_names, pod) },
	{ ANNOTATION_CRIO "Namespace", offsetof(struct container_names, namespace) },
	{ ANNOTATION_CRIO "ImageRef", offsetof(struct container_names, image) },
	{ ANNOTATION_CRIO "Image", offsetof(struct container_names, image) },
	{ ANNOTATION_CRIO "ImageName", offsetof(struct container_names, image) },
	{ "io.kubernetes.container.name", offsetof(struct container_names, name) },
	{ "io.kubernetes.pod.name", offsetof(struct container_names, pod) },
	{ "io.kubernetes.pod.namespace", offsetof(struct container_names, namespace) },
	{ "io.kubernetes.pod.uid", offsetof(struct container_names, pod_uid) },
};

/* Annotations that tell a pod's own container from the workload's. */
static const char *const container_types[] = { ANNOTATION_CRI "container-type", ANNOTATION_CRIO "ContainerType" };

static bool is_sandbox(const json_t *found)
{
	for (size_t i = 0; i < ARRAY_SIZE(container_types); i++)
		if (strcmp(runtime_json_text(found, container_types[i]), "sandbox") == 0)
			return true;
	return false;
}

/* CRI-O's Metadata is JSON in a string; it has the name that containers without labels lack. */
static void take_metadata(struct reading *reading, const char *text)
{
	static const struct reading_key keys[] = { { "name", offsetof(struct container_names, name) } };
	AUTO_JSON json_t *metadata = NULL;
	AUTO_FREE char *copy = NULL;

	if (!*text)
		return;
	copy = strdup(text);
	if (!copy)
		reading->no_memory = true;
	else if (!runtime_json_parse(copy, strlen(copy), &metadata))
		reading_take(reading, metadata, keys, ARRAY_SIZE(keys));
}

void reading_take_oci(struct reading *reading, const json_t *config)
{
	const json_t *found = json_object_get(config, "annotations");

	reading_take(reading, found, annotations, ARRAY_SIZE(annotations));
	if (found && !reading->names->annotations)
		reading->names->annotations = json_incref((json_t *)found);
	if (!*reading->names->name && is_sandbox(found))
		reading_set(reading, &reading->names->name, NAME_OF_SANDBOX);
	if (!*reading->names->name)
		take_metadata(reading, runtime_json_text(found, ANNOTATION_CRIO "Metadata"));
	reading->names->posture = posture_of_oci(config);
	reading->names->devices = oci_devices(config);
	reading_take_handler(reading, runtime_json_text(found, ANNOTATION_CRIO "RuntimeHandler"));
	isolation_raise(&reading->names->isolation, isolation_of_oci(config));
}

/* Some have no files, or none that tell more than the path. */
static int source_path(struct reading *reading)
{
	const struct cgroup_identity *identity = reading->identity;

	reading_set(reading, &reading->names->name, *identity->name ? identity->name : identity->id);
	reading_set(reading, &reading->names->namespace, identity->namespace);
	return 0;
}

/* Where to look, by who manages the container; the first that has a file wins. */
static const struct {
	const char *manager;
	runtime_source *sources[3];
} managers[] = {
	{ "docker", { source_docker } },
	{ "containerd", { source_bundle, source_docker } },
	{ "cri", { source_bundle, source_storage, source_docker } },
	{ "cri-o", { source_storage } },
	{ "podman", { source_storage } },
	{ "kata", { source_bundle, source_storage } },
	{ "runc", { source_oci_state, source_runsc_state } },
	{ "crun", { source_oci_state } },
	{ "youki", { source_oci_state } },
	{ "buildkit", { source_path } },
	{ "lxc", { source_path } },
	{ "nspawn", { source_path } },
	{ "nomad", { source_path } },
	{ "garden", { source_path } },
	{ "firecracker", { source_path } },
	{ "systemd", { source_path } },
	{ "krustlet", { source_path } },
	{ "wasmcloud", { source_path } },
	{ "", { source_docker, source_bundle, source_storage } },
};

static int read_sources(struct reading *reading)
{
	int result = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(managers); i++) {
		if (strcmp(managers[i].manager, reading->identity->manager) != 0)
			continue;
		for (size_t j = 0; j < ARRAY_SIZE(managers[i].sources) && managers[i].sources[j]; j++) {
			int error = managers[i].sources[j](reading);

			if (!error)
				return 0;
			if (error != -ENOENT)
				result = error;
		}
	}
	return result;
}

/* What the path alone proves, whatever the files say. */
static void take_path(struct reading *reading)
{
	const struct cgroup_identity *identity = reading->identity;
	struct isolation by_path =
		isolation_of_runtime(identity->runtime, identity->by_process ? EVIDENCE_EXE : EVIDENCE_CGROUP);
	const struct isolation by_owner = { .class = ISOLATION_USERNS, .evidence = EVIDENCE_CGROUP };

	if (!*reading->names->pod_uid)
		reading_set(reading, &reading->names->pod_uid, identity->pod_uid);
	*by_path.handler = '\0'; /* who manages the container, not what runs it */
	isolation_raise(&reading->names->isolation, by_path);
	/* nobody but root runs containers outside of a user namespace */
	if (identity->owner == CGROUP_OWNER_CONTAINER && identity->user != CGROUP_NO_USER)
		isolation_raise(&reading->names->isolation, by_owner);
}

int runtime_files_read(const char *root_path, const struct cgroup_identity *identity, struct container_names *ret_names)
{
	AUTO_CLOSE int root_fd = open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct container_names names;
	struct reading reading = { .root_fd = root_fd, .identity = identity, .names = &names };
	int error;

	if (!id_is_safe(identity->id) || strchr(identity->namespace, '/'))
		return -EBADMSG;
	if (root_fd < 0)
		return -errno;
	error = container_names_init(&names);
	if (error)
		return error;
	error = read_sources(&reading);
	if (!error)
		take_path(&reading);
	if (error || reading.no_memory) {
		container_names_free(&names);
		return error ? error : -ENOMEM;
	}
	*ret_names = names;
	return 0;
}

static int find_namespace(void *context, int root_fd, const char *directory)
{
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s/io.containerd.runtime.v2.task/%s", directory, (const char *)context) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = runtime_file_open(root_fd, path, O_DIRECTORY);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

bool runtime_files_is_group(const char *root_path, const char *name)
{
	AUTO_CLOSE int root_fd = open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct cgroup_identity identity = { .user = CGROUP_NO_USER };
	AUTO_FREE char *copy = strdup(name);

	return root_fd >= 0 && copy && id_is_safe(name) &&
	       !runtime_places_visit(root_fd, &identity, PLACE_CONTAINERD, find_namespace, copy);
}
