/* SPDX-License-Identifier: GPL-2.0-only */
#include "runtime_files.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "isolation.h"

#define ANNOTATION_CRI "io.kubernetes.cri."
#define ANNOTATION_CRIO "io.kubernetes.cri-o."

static void json_unref(json_t **json)
{
	json_decref(*json);
}
#define AUTO_JSON __attribute__((cleanup(json_unref)))

/* An id becomes part of a path: nothing that could lead elsewhere. */
static bool id_is_safe(const char *id)
{
	return *id && !strchr(id, '/') && strcmp(id, ".") != 0 && strcmp(id, "..") != 0;
}

/* Regular files of bounded size only. */
static int read_file(const char *path, char **ret_text, size_t *ret_size)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	AUTO_FREE char *text = NULL;
	struct stat status;
	size_t used = 0;
	ssize_t size;

	if (fd < 0 || fstat(fd, &status))
		return errno == ENOTDIR ? -ENOENT : -errno;
	if (!S_ISREG(status.st_mode))
		return -EBADMSG;
	if (status.st_size > RUNTIME_FILES_MAX_BYTES)
		return -EFBIG;
	text = malloc(status.st_size + 1);
	if (!text)
		return -ENOMEM;
	while (used < (size_t)status.st_size && (size = read(fd, text + used, status.st_size - used)) > 0)
		used += size;
	text[used] = '\0';
	*ret_text = text;
	*ret_size = used;
	text = NULL;
	return 0;
}

static int load_json(const char *path, json_t **ret_json)
{
	AUTO_FREE char *text = NULL;
	json_error_t error;
	json_t *json;
	size_t size;
	int result = read_file(path, &text, &size);

	if (result)
		return result;
	json = json_loadb(text, size, JSON_ALLOW_NUL, &error);
	if (!json)
		return -EBADMSG;
	*ret_json = json;
	return 0;
}

__attribute__((format(printf, 2, 3))) static int load_json_at(json_t **ret_json, const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	return size < (int)sizeof(path) ? load_json(path, ret_json) : -ENAMETOOLONG;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void set(char **target, const char *text)
{
	char *copy;

	if (!*text)
		return;
	copy = strdup(text);
	if (copy) {
		free(*target);
		*target = copy;
	}
}

static int names_init(struct container_names *names)
{
	memset(names, 0, sizeof(*names));
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
	memset(names, 0, sizeof(*names));
}

/* The same facts under each runtime's annotation. */
static const struct {
	const char *key;
	size_t offset;
} annotations[] = {
	{ ANNOTATION_CRI "container-name", offsetof(struct container_names, name) },
	{ ANNOTATION_CRI "image-name", offsetof(struct container_names, image) },
	{ ANNOTATION_CRI "sandbox-name", offsetof(struct container_names, pod) },
	{ ANNOTATION_CRI "sandbox-namespace", offsetof(struct container_names, namespace) },
	{ ANNOTATION_CRI "sandbox-uid", offsetof(struct container_names, pod_uid) },
	{ "io.kubernetes.container.name", offsetof(struct container_names, name) },
	{ "io.kubernetes.pod.name", offsetof(struct container_names, pod) },
	{ "io.kubernetes.pod.namespace", offsetof(struct container_names, namespace) },
	{ "io.kubernetes.pod.uid", offsetof(struct container_names, pod_uid) },
	{ ANNOTATION_CRIO "ImageName", offsetof(struct container_names, image) },
	{ "nerdctl/name", offsetof(struct container_names, name) },
};

static void take_annotations(const json_t *config, struct container_names *names)
{
	const json_t *found = json_object_get(config, "annotations");

	for (size_t i = 0; i < ARRAY_SIZE(annotations); i++)
		set((char **)((char *)names + annotations[i].offset), text_of(found, annotations[i].key));
	/* the pod's own (pause) container has no name */
	if (strcmp(text_of(found, ANNOTATION_CRI "container-type"), "sandbox") == 0 ||
	    strcmp(text_of(found, ANNOTATION_CRIO "ContainerType"), "sandbox") == 0)
		set(&names->name, "POD");
}

static void take_oci(const json_t *config, struct container_names *names)
{
	enum container_isolation isolation = isolation_of_oci(config);

	take_annotations(config, names);
	if (isolation != ISOLATION_NAMESPACE)
		names->isolation = isolation;
}

/* One line beside the bundle's config.json. */
static void take_shim(const char *bundle, struct container_names *names)
{
	static const char *const files[] = { "shim-binary-path", "runtime" };
	char path[PATH_MAX];
	size_t size;

	for (size_t i = 0; i < ARRAY_SIZE(files) && names->isolation == ISOLATION_NAMESPACE; i++) {
		AUTO_FREE char *text = NULL;

		if (snprintf(path, sizeof(path), "%s/%s", bundle, files[i]) < (int)sizeof(path) &&
		    read_file(path, &text, &size) == 0)
			names->isolation = isolation_of_runtime(text);
	}
}

static const char *const containerd_states[] = { "run/containerd", "run/docker/containerd/daemon",
						 "run/k3s/containerd" };
static const char *const containerd_namespaces[] = { "k8s.io", "moby", "default" };

/* <state>/io.containerd.runtime.v2.task/<namespace>/<id>/ */
static int read_bundle(const char *root, const struct cgroup_identity *identity, struct container_names *names)
{
	int worst = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(containerd_states); i++)
		for (size_t j = 0; j <= ARRAY_SIZE(containerd_namespaces); j++) {
			const char *namespace = j ? containerd_namespaces[j - 1] : identity->namespace;
			AUTO_JSON json_t *config = NULL;
			char bundle[PATH_MAX - 32];
			int error;

			if (!id_is_safe(namespace))
				continue;
			snprintf(bundle, sizeof(bundle), "%s/%s/io.containerd.runtime.v2.task/%s/%s", root,
				 containerd_states[i], namespace, identity->id);
			error = load_json_at(&config, "%s/config.json", bundle);
			if (error == 0) {
				take_oci(config, names);
				take_shim(bundle, names);
				if (!*names->namespace && *identity->namespace)
					set(&names->namespace, identity->namespace);
				return 0;
			}
			if (error != -ENOENT)
				worst = error;
		}
	return worst;
}

static int read_docker(const char *root, const struct cgroup_identity *identity, struct container_names *names)
{
	AUTO_JSON json_t *config = NULL, *host = NULL;
	const json_t *labels;
	const char *name;
	int error = load_json_at(&config, "%s/var/lib/docker/containers/%s/config.v2.json", root, identity->id);

	if (error)
		return error;
	name = text_of(config, "Name");
	set(&names->name, *name == '/' ? name + 1 : name);
	set(&names->image, text_of(json_object_get(config, "Config"), "Image"));
	labels = json_object_get(json_object_get(config, "Config"), "Labels");
	set(&names->pod, text_of(labels, "io.kubernetes.pod.name"));
	set(&names->namespace, text_of(labels, "io.kubernetes.pod.namespace"));
	set(&names->pod_uid, text_of(labels, "io.kubernetes.pod.uid"));
	if (load_json_at(&host, "%s/var/lib/docker/containers/%s/hostconfig.json", root, identity->id) == 0)
		names->isolation = isolation_of_runtime(text_of(host, "Runtime"));
	names->runtime = "docker";
	return 0;
}

/* Storage roots and drivers whose <driver>-containers hold what Podman and CRI-O know. */
static const char *const storage_roots[] = { "run/containers/storage", "var/lib/containers/storage" };
static const char *const storage_drivers[] = { "overlay", "vfs", "btrfs", "zfs" };

static int take_podman_entry(const json_t *list, const char *id, struct container_names *names)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry) {
		AUTO_JSON json_t *metadata = NULL;

		if (strcmp(text_of(entry, "id"), id) != 0)
			continue;
		metadata = json_loads(text_of(entry, "metadata"), 0, NULL);
		set(&names->name, text_of(metadata, "name"));
		set(&names->image, text_of(metadata, "image-name"));
		return 0;
	}
	return -ENOENT;
}

static int read_storage(const char *root, const struct cgroup_identity *identity, struct container_names *names)
{
	int worst = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(storage_roots); i++)
		for (size_t j = 0; j < ARRAY_SIZE(storage_drivers); j++) {
			AUTO_JSON json_t *config = NULL, *list = NULL;
			int error = load_json_at(&config, "%s/%s/%s-containers/%s/userdata/config.json", root,
						 storage_roots[i], storage_drivers[j], identity->id);

			if (error == 0) {
				take_oci(config, names);
				worst = 0;
			} else if (error != -ENOENT && worst) {
				worst = error;
			}
			if (load_json_at(&list, "%s/%s/%s-containers/containers.json", root, storage_roots[i],
					 storage_drivers[j]) == 0 &&
			    take_podman_entry(list, identity->id, names) == 0)
				worst = 0;
		}
	return worst;
}

/* runc and crun without a manager: the id is the name. */
static int read_plain(const char *root, const struct cgroup_identity *identity, struct container_names *names)
{
	AUTO_JSON json_t *config = NULL, *state = NULL;

	if (load_json_at(&config, "%s/run/crun/%s/config.json", root, identity->id) == 0) {
		take_oci(config, names);
		names->runtime = "crun";
	} else if (load_json_at(&state, "%s/run/runc/%s/state.json", root, identity->id)) {
		return -ENOENT;
	}
	set(&names->name, identity->id);
	return 0;
}

static int read_by_id(const char *root, const struct cgroup_identity *identity, struct container_names *names)
{
	(void)root;
	set(&names->name, identity->id);
	return 0;
}

typedef int reader(const char *root, const struct cgroup_identity *identity, struct container_names *names);

/* Where to look, by the runtime that the path told; in this order, the first that has a file wins. */
static const struct {
	const char *runtime;
	reader *readers[3];
} sources[] = {
	{ "docker", { read_docker, read_bundle } },
	{ "ecs", { read_docker, read_bundle } },
	{ "containerd", { read_bundle } },
	{ "cri-containerd", { read_bundle } },
	{ "cri", { read_bundle, read_storage, read_docker } },
	{ "nerdctl", { read_bundle } },
	{ "buildkit", { read_by_id } },
	{ "cri-o", { read_storage } },
	{ "podman", { read_storage } },
	{ "runc", { read_plain } },
	{ "crun", { read_plain } },
	{ "youki", { read_plain } },
	{ "lxc", { read_by_id } },
	{ "nspawn", { read_by_id } },
	{ "systemd", { read_by_id } },
	{ "nomad", { read_by_id } },
	{ "garden", { read_by_id } },
	{ "kata", { read_bundle, read_storage } },
	{ "firecracker", { read_by_id } },
};

static int read_sources(const char *root, const struct cgroup_identity *identity, struct container_names *names)
{
	int error = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		if (strcmp(sources[i].runtime, identity->runtime) != 0)
			continue;
		for (size_t j = 0; j < ARRAY_SIZE(sources[i].readers) && sources[i].readers[j]; j++) {
			int tried = sources[i].readers[j](root, identity, names);

			if (tried == 0)
				return 0;
			if (tried != -ENOENT)
				error = tried;
		}
	}
	return error;
}

int runtime_files_read(const char *root_path, const struct cgroup_identity *identity,
		       struct container_names *ret_names)
{
	struct container_names names;
	int error;

	if (!id_is_safe(identity->id))
		return -EBADMSG;
	error = names_init(&names);
	if (error)
		return error;
	error = read_sources(root_path, identity, &names);
	if (error) {
		container_names_free(&names);
		return error;
	}
	if (!*names.pod_uid)
		set(&names.pod_uid, identity->pod_uid);
	if (strcmp(identity->runtime, "kata") == 0 && names.isolation == ISOLATION_NAMESPACE)
		names.isolation = ISOLATION_MICROVM;
	if (strcmp(identity->runtime, "firecracker") == 0)
		names.isolation = ISOLATION_MICROVM;
	*ret_names = names;
	return 0;
}
