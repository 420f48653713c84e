/* SPDX-License-Identifier: GPL-2.0-only */
/* Podman and CRI-O: <storage>/<driver>-containers/. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "cleanup.h"
#include "runtime_json.h"
#include "runtime_places.h"
#include "runtime_sources.h"

static const char *const drivers[] = { "overlay", "vfs", "btrfs", "zfs", "overlay2", "aufs", "devmapper" };

/* Keys of the JSON in a containers.json entry's "metadata". */
static const struct reading_key metadata_keys[] = {
	{ "name", offsetof(struct container_names, name) },
	{ "image-name", offsetof(struct container_names, image) },
};

static void take_entry(struct reading *reading, const json_t *entry)
{
	const char *first = json_string_value(json_array_get(json_object_get(entry, "names"), 0));
	const char *text = runtime_json_text(entry, "metadata");
	AUTO_JSON json_t *metadata = NULL;
	AUTO_FREE char *copy = strdup(text);

	/* CRI-O's annotations name the container as Kubernetes knows it, and its pod's own container */
	if (*reading->names->name && strcmp(reading->identity->manager, "podman") != 0)
		return;
	reading_set(reading, &reading->names->name, first ? first : "");
	if (!copy)
		reading->no_memory = true;
	else if (!runtime_json_parse(copy, strlen(copy), &metadata))
		reading_take(reading, metadata, metadata_keys, ARRAY_SIZE(metadata_keys));
}

static int take_list(struct reading *reading, int root_fd, const char *storage, const char *driver)
{
	AUTO_JSON json_t *list = NULL;
	const json_t *entry;
	size_t i;
	int error = runtime_json_loadf(root_fd, &list, "%s/%s-containers/containers.json", storage, driver);

	if (error)
		return error;
	json_array_foreach (list, i, entry) {
		if (strcmp(runtime_json_text(entry, "id"), reading->identity->id) != 0)
			continue;
		take_entry(reading, entry);
		return 0;
	}
	return -ENOENT;
}

/* Of what made the container: Podman says so, and CRI-O's annotations are its own. */
static const char *runtime_of(const json_t *config)
{
	const json_t *annotations = json_object_get(config, "annotations");

	if (strcmp(runtime_json_text(annotations, "io.container.manager"), "libpod") == 0)
		return "podman";
	return *runtime_json_text(annotations, "io.kubernetes.cri-o.ContainerType") ? "cri-o" : NULL;
}

static int take_userdata(struct reading *reading, int root_fd, const char *storage, const char *driver)
{
	AUTO_JSON json_t *config = NULL;
	const char *runtime;
	int error = runtime_json_loadf(root_fd, &config, "%s/%s-containers/%s/userdata/config.json", storage, driver,
				       reading->identity->id);

	if (error)
		return error;
	reading_take_oci(reading, config);
	runtime = runtime_of(config);
	if (runtime && strcmp(reading->identity->manager, "kata") != 0)
		reading->names->runtime = runtime;
	return 0;
}

/* The name, the image and the configuration may lie in different storages: all are looked at. */
static int visit_storage(void *context, int root_fd, const char *storage)
{
	struct reading *reading = context;
	int result = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		int errors[2];

		errors[0] = take_userdata(reading, root_fd, storage, drivers[i]);
		errors[1] = take_list(reading, root_fd, storage, drivers[i]);

		for (size_t j = 0; j < ARRAY_SIZE(errors); j++) {
			reading->found |= !errors[j];
			if (errors[j] && errors[j] != -ENOENT)
				result = errors[j];
		}
	}
	return result;
}

int source_storage(struct reading *reading)
{
	int error = runtime_places_visit(reading->root_fd, reading->identity, PLACE_STORAGE, visit_storage, reading);

	return reading->found ? 0 : error;
}
