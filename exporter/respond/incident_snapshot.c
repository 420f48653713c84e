/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/incident_snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "cleanup.h"
#include "respond/cgroup_processes.h"
#include "respond/incident_memory.h"
#include "respond/incident_process.h"
#include "respond/proc_read.h"
#include "state/container_text.h"
#include "state/runtime_files.h"

#define TEXT_MAX_BYTES (192 << 10) /* of all texts; as JSON they grow a little */
#define COLLECT_MS 1500
#define MOUNT_NAMESPACES_MAX 4
#define ANNOTATIONS_MAX 64

struct incident_snapshot {
	const struct investigator_options *options;
	const struct finding *finding;
	struct incident_bounds bounds;
	struct incident_sockets *sockets;
	json_t *document, *processes, *mounts;
	int fds[INCIDENT_PROCESSES_MAX]; /* of /proc/<pid>, by index in processes */
	struct timespec begun;
};

static void set_time(json_t *object, const char *key)
{
	struct timespec now;
	char text[64];
	struct tm parts;

	clock_gettime(CLOCK_REALTIME, &now);
	if (gmtime_r(&now.tv_sec, &parts) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts))
		json_object_set_new(object, key, json_sprintf("%s.%03ldZ", text, now.tv_nsec / 1000000));
}

static json_t *host_json(struct incident_bounds *bounds)
{
	json_t *host = json_object();
	struct utsname name;

	if (!uname(&name)) {
		incident_set_text(bounds, host, "name", name.nodename, sizeof(name.nodename));
		incident_set_text(bounds, host, "kernel", name.release, sizeof(name.release));
		incident_set_text(bounds, host, "machine", name.machine, sizeof(name.machine));
	}
	return host;
}

static void add_weakness(void *context, const char *weakness)
{
	json_array_append_new(context, json_string(weakness));
}

struct text_object {
	struct incident_bounds *bounds;
	json_t *object;
};

static void add_text(void *context, const char *key, const char *text)
{
	struct text_object *into = context;

	incident_set_text(into->bounds, into->object, key, text, INCIDENT_PATH_MAX);
}

static json_t *container_json(struct incident_bounds *bounds, const struct container *container)
{
	struct text_object into = { bounds, json_object() };
	json_t *weaknesses = json_array();

	container_each_text(container, add_text, &into);
	posture_visit(&container->posture, add_weakness, weaknesses);
	json_object_set_new(into.object, "weaknesses", weaknesses);
	return into.object;
}

/* Of the OCI configuration; they are anybody's texts, and may hold a secret under a telling name. */
static json_t *annotations_json(struct incident_snapshot *snapshot, const struct container *container)
{
	json_t *object = json_object(), *value;
	struct cgroup_identity identity;
	struct container_names names;
	const char *name;

	cgroup_path_identify(container->cgroup_path, &identity);
	if (runtime_files_read(snapshot->options->rootfs_path, &identity, &names))
		return object;
	json_object_foreach (names.annotations, name, value) {
		const char *text = json_string_value(value);

		if (json_object_size(object) == ANNOTATIONS_MAX || incident_bounds_over(&snapshot->bounds))
			break;
		if (incident_is_secret_name(name, strlen(name)))
			text = "[redacted]";
		if (text)
			incident_set_text(&snapshot->bounds, object, name, text, INCIDENT_PATH_MAX);
	}
	container_names_free(&names);
	return object;
}

static void add_finding(struct incident_snapshot *snapshot)
{
	AUTO_FREE char *text = finding_to_json(snapshot->finding);

	json_object_set_new(snapshot->document, "finding", text ? json_loads(text, 0, NULL) : json_null());
}

/* Those before it are in the finding by name only: of the host, and perhaps gone. */
static void add_ancestors(struct incident_snapshot *snapshot)
{
	const struct picket_event *event = snapshot->finding->context.event;
	json_t *list = json_array();

	for (size_t i = 0; i < PICKET_ANCESTORS && event->ancestors[i].pid; i++) {
		json_t *ancestor = json_pack("{s:I}", "pid", (json_int_t)event->ancestors[i].pid);

		json_object_set_new(ancestor, "name",
				    incident_text(&snapshot->bounds, event->ancestors[i].comm,
						  strnlen(event->ancestors[i].comm, PICKET_COMM_SIZE),
						  PICKET_COMM_SIZE));
		json_array_append_new(list, ancestor);
	}
	json_object_set_new(snapshot->document, "ancestors", list);
}

static void add_mounts(struct incident_snapshot *snapshot, const json_t *process, int process_fd)
{
	const char *namespace = json_string_value(
		json_object_get(json_object_get(json_object_get(process, "namespaces"), "mnt"), "id"));
	json_t *mounts;

	if (!namespace || json_object_get(snapshot->mounts, namespace))
		return;
	if (json_object_size(snapshot->mounts) == MOUNT_NAMESPACES_MAX) {
		incident_left_out(&snapshot->bounds, "mounts of more than %d namespaces", MOUNT_NAMESPACES_MAX);
		return;
	}
	mounts = incident_mounts(process_fd, &snapshot->bounds);
	if (mounts)
		json_object_set_new(snapshot->mounts, namespace, mounts);
}

static void add_process(struct incident_snapshot *snapshot, uint32_t pid)
{
	size_t index = json_array_size(snapshot->processes);
	char name[16];
	json_t *process;
	int fd;

	if (incident_bounds_over(&snapshot->bounds))
		return;
	if (index == INCIDENT_PROCESSES_MAX) {
		incident_left_out(&snapshot->bounds, "more than %d processes", INCIDENT_PROCESSES_MAX);
		return;
	}
	snprintf(name, sizeof(name), "%u", pid);
	fd = proc_open(snapshot->options->procfs_path, name);
	process = fd < 0 ? NULL
			 : incident_process(snapshot->options->procfs_path, fd, pid, snapshot->sockets,
					    &snapshot->bounds);
	if (!process) {
		if (fd >= 0)
			close(fd);
		return;
	}
	add_mounts(snapshot, process, fd);
	json_array_append_new(snapshot->processes, process);
	snapshot->fds[index] = fd;
}

/* Whether the process of the finding still is that one, and not a later one with its pid. */
static bool subject_lives(const struct incident_snapshot *snapshot)
{
	const struct picket_event *event = snapshot->finding->context.event;
	struct proc_stat stat;
	AUTO_CLOSE int fd = -1;
	char name[16];

	snprintf(name, sizeof(name), "%u", event->pid);
	fd = proc_open(snapshot->options->procfs_path, name);
	return fd >= 0 && !proc_read_stat(fd, &stat) &&
	       stat.start_ticks == event->start_time_ns / (1000000000ULL / sysconf(_SC_CLK_TCK)) && stat.state != 'Z';
}

/* The finding's process first, so that no bound leaves it out. */
static void add_processes(struct incident_snapshot *snapshot)
{
	const struct event_context *context = &snapshot->finding->context;
	struct cgroup_processes processes = { 0 };
	bool lives = subject_lives(snapshot);

	json_object_set_new(snapshot->document, "subject",
			    json_pack("{s:I, s:b}", "pid", (json_int_t)context->event->pid, "alive", lives));
	if (lives)
		add_process(snapshot, context->event->pid);
	if (context->container) {
		struct cgroup_place place = { snapshot->options->cgroup2_path, context->container->cgroup_path,
					      context->container->cgroup_id };

		if (cgroup_processes_read(&place, &processes))
			incident_left_out(&snapshot->bounds, "the container's processes: its cgroup is gone");
	}
	for (size_t i = 0; i < processes.count; i++)
		if (processes.pids[i] != context->event->pid)
			add_process(snapshot, processes.pids[i]);
	cgroup_processes_free(&processes);
}

static void set_duration(struct incident_snapshot *snapshot)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	json_object_set_new(snapshot->document, "duration_ms",
			    json_integer((now.tv_sec - snapshot->begun.tv_sec) * 1000 +
					 (now.tv_nsec - snapshot->begun.tv_nsec) / 1000000));
}

struct incident_snapshot *incident_snapshot_begin(const struct investigator_options *options,
						  const struct finding *finding)
{
	struct incident_snapshot *snapshot = calloc(1, sizeof(*snapshot));
	const struct container *container = finding->context.container;

	if (!snapshot)
		return NULL;
	snapshot->options = options;
	snapshot->finding = finding;
	clock_gettime(CLOCK_MONOTONIC, &snapshot->begun);
	snapshot->sockets = incident_sockets_new();
	snapshot->document = json_pack("{s:i, s:s}", "version", INCIDENT_VERSION, "id", finding->id);
	if (!incident_bounds_new(&snapshot->bounds, TEXT_MAX_BYTES, COLLECT_MS) || !snapshot->sockets ||
	    !snapshot->document) {
		incident_snapshot_free(snapshot);
		return NULL;
	}
	snapshot->bounds.keep_secrets = finding->context.keep_secrets;
	set_time(snapshot->document, "time");
	json_object_set_new(snapshot->document, "host", host_json(&snapshot->bounds));
	add_finding(snapshot);
	json_object_set_new(snapshot->document, "container",
			    container ? container_json(&snapshot->bounds, container) : json_null());
	json_object_set_new(snapshot->document, "annotations",
			    container ? annotations_json(snapshot, container) : json_object());
	add_ancestors(snapshot);
	snapshot->processes = json_array();
	snapshot->mounts = json_object();
	json_object_set_new(snapshot->document, "processes", snapshot->processes);
	json_object_set_new(snapshot->document, "mounts", snapshot->mounts);
	json_object_set(snapshot->document, "left_out", snapshot->bounds.left_out);
	add_processes(snapshot);
	set_duration(snapshot);
	return snapshot;
}

void incident_snapshot_finish(struct incident_snapshot *snapshot)
{
	size_t index;
	json_t *process;

	json_array_foreach (snapshot->processes, index, process)
		if (!incident_bounds_over(&snapshot->bounds))
			incident_memory(process, snapshot->fds[index], &snapshot->bounds);
	set_duration(snapshot);
}

char *incident_snapshot_text(struct incident_snapshot *snapshot, const char *left_out)
{
	char *text;

	if (left_out)
		json_array_append_new(snapshot->bounds.left_out, json_string(left_out));
	text = json_dumps(snapshot->document, JSON_COMPACT);
	if (left_out)
		json_array_remove(snapshot->bounds.left_out, json_array_size(snapshot->bounds.left_out) - 1);
	return text;
}

void incident_snapshot_free(struct incident_snapshot *snapshot)
{
	if (!snapshot)
		return;
	for (size_t i = 0; i < json_array_size(snapshot->processes); i++)
		close(snapshot->fds[i]);
	json_decref(snapshot->document);
	json_decref(snapshot->bounds.left_out);
	incident_sockets_free(snapshot->sockets);
	free(snapshot);
}
