/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loading the objects of all sensors, several at a time: the kernel verifies each by itself, which is nearly all of the
 * time that picket takes to start.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "kernel/probe.h"
#include "kernel/sensors_internal.h"
#include "log.h"

#define THREADS_MAX 4

/* Whether the kernel's code is changed for it, which many machines refuse. */
static bool changes_code(enum picket_backend backend)
{
	return backend == PICKET_BACKEND_LSM || backend == PICKET_BACKEND_FENTRY || backend == PICKET_BACKEND_KPROBE;
}

/* Try the backends of one sensor, best first, or only the one that was asked for. */
static int load_sensor(struct sensors *sensors, enum picket_sensor sensor, enum picket_backend wanted,
		       const struct object_options *options, struct sensor_status *status)
{
	struct attached *slot = &sensors->objects[sensor];
	int error = -ENOENT;

	snprintf(status->reason, sizeof(status->reason), "switched off");
	status->backend = PICKET_BACKEND_NONE;
	for (int backend = 0; backend < PICKET_BACKEND_NONE; backend++) {
		const struct object_info *info = object_find(sensor, backend);

		if (!info || (wanted != PICKET_BACKEND_COUNT && (int)wanted != backend))
			continue;
		error = changes_code(backend) && !probe_loads(options->kernel_btf, backend, status->reason,
							      sizeof(status->reason))
				? -EOPNOTSUPP
				: object_load(info, options, &sensors->maps, &slot->object, status->reason,
					      sizeof(status->reason));
		if (error)
			continue;
		slot->info = info;
		status->backend = backend;
		status->reason[0] = '\0';
		return 0;
	}
	if (error == -ENOENT && wanted != PICKET_BACKEND_NONE)
		snprintf(status->reason, sizeof(status->reason), "this sensor has no backend \"%s\"",
			 picket_backend_name(wanted));
	return error;
}

/* What the threads share. */
struct loading {
	struct sensors *sensors;
	const struct sensors_options *options;
	struct object_options objects;
	struct sensor_status *status;
	int errors[PICKET_SENSOR_COUNT];
	atomic_int next; /* sensor that nobody has taken yet */
};

static void *load_some(void *context)
{
	struct loading *loading = context;
	int sensor;

	while ((sensor = atomic_fetch_add(&loading->next, 1)) < PICKET_SENSOR_COUNT)
		loading->errors[sensor] = load_sensor(loading->sensors, sensor, loading->options->backends[sensor],
						      &loading->objects, &loading->status[sensor]);
	return NULL;
}

/* Whoever debugs wants what libbpf says in order. */
static size_t thread_count(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (processors < 1 || log_enabled(LOG_DEBUG))
		return 1;
	return processors < THREADS_MAX ? processors : THREADS_MAX;
}

static void load_sensors(struct loading *loading)
{
	pthread_t threads[THREADS_MAX];
	size_t count = 0, wanted = thread_count() - 1;

	while (count < wanted && pthread_create(&threads[count], NULL, load_some, loading) == 0)
		count++;
	load_some(loading);
	while (count)
		pthread_join(threads[--count], NULL);
}

int sensors_load_objects(struct sensors *sensors, const struct sensors_options *options,
			 struct sensor_status status[PICKET_SENSOR_COUNT], char *reason, size_t reason_size)
{
	struct attached *dispatcher = &sensors->objects[OBJECTS_SHARED];
	struct btf *kernel = btf__load_vmlinux_btf();
	struct loading loading = {
		.sensors = sensors, .options = options, .objects = options->objects, .status = status
	};
	int error;

	loading.objects.kernel_btf = kernel;
	dispatcher->info = object_find(OBJECTS_SHARED, PICKET_BACKEND_TRACEPOINT);
	/* first and alone: it makes the maps that all share */
	error = object_load(dispatcher->info, &loading.objects, &sensors->maps, &dispatcher->object, reason,
			    reason_size);
	if (!error)
		load_sensors(&loading);
	btf__free(kernel);
	if (error || !loading.errors[PICKET_SENSOR_LIFECYCLE])
		return error;
	/* without the sensor that tells of new cgroups nothing works */
	snprintf(reason, reason_size, "lifecycle sensor: %s", status[PICKET_SENSOR_LIFECYCLE].reason);
	return loading.errors[PICKET_SENSOR_LIFECYCLE];
}
