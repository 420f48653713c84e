/* SPDX-License-Identifier: GPL-2.0-only */
/* containerd's bundles, and OCI runtimes that were called without a manager. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "cleanup.h"
#include "isolation.h"
#include "runtime_json.h"
#include "runtime_places.h"
#include "runtime_sources.h"

#define TASKS "io.containerd.runtime.v2.task"

/* Files beside the bundle's config.json that name the runtime in one line. */
static const char *const runtime_lines[] = { "runtime", "shim-binary-path" };

static void take_runtime(struct reading *reading, int root_fd, const char *bundle)
{
	AUTO_JSON json_t *options = NULL;
	char path[PATH_MAX];
	size_t size;

	for (size_t i = 0; i < ARRAY_SIZE(runtime_lines); i++) {
		AUTO_FREE char *line = NULL;

		if (snprintf(path, sizeof(path), "%s/%s", bundle, runtime_lines[i]) < (int)sizeof(path) &&
		    !runtime_file_read(root_fd, path, &line, &size))
			reading_take_handler(reading, line);
	}
	if (!runtime_json_loadf(root_fd, &options, "%s/options.json", bundle))
		reading_take_handler(reading, runtime_json_text(options, "binary_name"));
}

/* <state>/io.containerd.runtime.v2.task/<namespace>/<id> */
static int read_bundle(struct reading *reading, int root_fd, const char *state, const char *namespace)
{
	AUTO_JSON json_t *config = NULL;
	char bundle[PATH_MAX];
	int error;

	if (snprintf(bundle, sizeof(bundle), "%s/" TASKS "/%s/%s", state, namespace, reading->identity->id) >=
	    (int)sizeof(bundle))
		return -ENAMETOOLONG;
	error = runtime_json_loadf(root_fd, &config, "%s/config.json", bundle);
	if (error)
		return error;
	reading_take_oci(reading, config);
	take_runtime(reading, root_fd, bundle);
	reading_take_entrypoint(reading, root_fd, bundle, config);
	if (!*reading->names->namespace)
		reading_set(reading, &reading->names->namespace, reading->identity->namespace);
	if (strcmp(reading->identity->manager, "kata") != 0)
		reading->names->runtime = strcmp(namespace, "moby") == 0 ? "docker" : "containerd";
	return 0;
}

/* The path does not always tell the namespace. */
static int search_namespaces(struct reading *reading, int root_fd, const char *state)
{
	int fd, error = -ENOENT;
	AUTO_CLOSEDIR DIR *tasks = NULL;
	const struct dirent *entry;
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/" TASKS, state) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = runtime_file_open(root_fd, path, O_DIRECTORY);
	if (fd < 0)
		return fd;
	tasks = fdopendir(fd);
	if (!tasks) {
		close(fd);
		return -ENOMEM;
	}
	while (error == -ENOENT && (entry = readdir(tasks)))
		if (entry->d_name[0] != '.')
			error = read_bundle(reading, root_fd, state, entry->d_name);
	return error;
}

static int visit_state(void *context, int root_fd, const char *state)
{
	struct reading *reading = context;

	if (*reading->identity->namespace)
		return read_bundle(reading, root_fd, state, reading->identity->namespace);
	return search_namespaces(reading, root_fd, state);
}

int source_bundle(struct reading *reading)
{
	return runtime_places_visit(reading->root_fd, reading->identity, PLACE_CONTAINERD, visit_state, reading);
}

/* What each OCI runtime has in <state>/<id>/ before it makes the cgroup. */
static const struct {
	enum runtime_place place;
	const char *runtime;
	const char *config; /* NULL: only that the directory is there */
} oci_states[] = {
	{ PLACE_CRUN, "crun", "config.json" },
	{ PLACE_RUNC, "runc", NULL },
	{ PLACE_YOUKI, "youki", "config.json" },
};

/* runsc's own: <root>/<id>_sandbox:<id>.state, of a container that is not the sandbox's first, <id>_sandbox:<its id>.state */
static int visit_runsc_state(void *context, int root_fd, const char *directory)
{
	struct reading *reading = context;
	size_t size = strlen(reading->identity->id);
	AUTO_CLOSEDIR DIR *states = NULL;
	const struct dirent *entry;
	int fd = runtime_file_open(root_fd, directory, O_DIRECTORY);

	if (fd < 0)
		return fd;
	states = fdopendir(fd);
	if (!states) {
		close(fd);
		return -ENOMEM;
	}
	while ((entry = readdir(states)))
		if (strncmp(entry->d_name, reading->identity->id, size) == 0 &&
		    strncmp(entry->d_name + size, "_sandbox:", 9) == 0)
			break;
	if (!entry)
		return -ENOENT;
	reading->names->runtime = "runsc";
	reading_take_handler(reading, "runsc");
	return 0;
}

int source_runsc_state(struct reading *reading)
{
	int error = runtime_places_visit(reading->root_fd, reading->identity, PLACE_RUNSC, visit_runsc_state, reading);

	if (!error && !*reading->names->name)
		reading_set(reading, &reading->names->name, reading->identity->id);
	return error;
}

struct oci_visit {
	struct reading *reading;
	size_t state; /* in oci_states */
};

static int visit_oci_state(void *context, int root_fd, const char *directory)
{
	struct oci_visit *visit = context;
	struct reading *reading = visit->reading;
	AUTO_JSON json_t *config = NULL;
	char path[PATH_MAX];
	int fd, error;

	if (snprintf(path, sizeof(path), "%s/%s", directory, reading->identity->id) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = runtime_file_open(root_fd, path, O_DIRECTORY);
	if (fd < 0)
		return fd;
	close(fd);
	if (oci_states[visit->state].config) {
		error = runtime_json_loadf(root_fd, &config, "%s/%s", path, oci_states[visit->state].config);
		if (error)
			return error;
		reading_take_oci(reading, config);
	}
	reading->names->runtime = oci_states[visit->state].runtime;
	return 0;
}

/* The id is the name. */
int source_oci_state(struct reading *reading)
{
	int result = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(oci_states); i++) {
		struct oci_visit visit = { reading, i };
		int error = runtime_places_visit(reading->root_fd, reading->identity, oci_states[i].place,
						 visit_oci_state, &visit);

		if (!error) {
			if (!*reading->names->name)
				reading_set(reading, &reading->names->name, reading->identity->id);
			return 0;
		}
		if (error != -ENOENT)
			result = error;
	}
	return result;
}
