/* SPDX-License-Identifier: GPL-2.0-only */
/* Docker: <data root>/containers/<id>/. */
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "isolation.h"
#include "runtime_json.h"
#include "runtime_places.h"
#include "runtime_sources.h"

/* Labels of the containers that Docker runs for Kubernetes. */
static const struct reading_key labels[] = {
	{ "io.kubernetes.container.name", offsetof(struct container_names, name) },
	{ "io.kubernetes.pod.name", offsetof(struct container_names, pod) },
	{ "io.kubernetes.pod.namespace", offsetof(struct container_names, namespace) },
	{ "io.kubernetes.pod.uid", offsetof(struct container_names, pod_uid) },
};

static int visit_data_root(void *context, int root_fd, const char *data_root)
{
	struct reading *reading = context;
	const char *id = reading->identity->id, *name;
	AUTO_JSON json_t *config = NULL, *host = NULL;
	const json_t *settings;
	int error = runtime_json_loadf(root_fd, &config, "%s/containers/%s/config.v2.json", data_root, id);

	if (error)
		return error;
	name = runtime_json_text(config, "Name");
	settings = json_object_get(config, "Config");
	reading_set(reading, &reading->names->name, *name == '/' ? name + 1 : name);
	reading_set(reading, &reading->names->image, runtime_json_text(config, "Image"));
	reading_set(reading, &reading->names->image, runtime_json_text(settings, "Image"));
	/* anybody can give an image such labels: believed only where the path says Kubernetes */
	if (*reading->identity->pod_uid)
		reading_take(reading, json_object_get(settings, "Labels"), labels, ARRAY_SIZE(labels));
	if (!runtime_json_loadf(root_fd, &host, "%s/containers/%s/hostconfig.json", data_root, id))
		reading_take_handler(reading, runtime_json_text(host, "Runtime"));
	return 0;
}

/* The bundle adds what Docker's own files do not tell: the shim, user namespaces, and how it was started. */
static void take_bundle(struct reading *reading)
{
	struct cgroup_identity identity = *reading->identity;
	struct container_names names;
	struct reading bundle = { .root_fd = reading->root_fd, .identity = &identity, .names = &names };

	if (container_names_init(&names))
		return;
	strcpy(identity.namespace, "moby");
	if (!source_bundle(&bundle)) {
		isolation_raise(&reading->names->isolation, names.isolation);
		reading->names->posture = names.posture;
		reading->names->devices = names.devices;
	}
	container_names_free(&names);
}

int source_docker(struct reading *reading)
{
	int error = runtime_places_visit(reading->root_fd, reading->identity, PLACE_DOCKER, visit_data_root, reading);

	if (error)
		return error;
	reading->names->runtime = "docker";
	take_bundle(reading);
	return 0;
}
