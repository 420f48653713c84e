/* SPDX-License-Identifier: GPL-2.0-only */
/* Sensors that outlive the daemon: what is pinned, and how the next one goes on from it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "kernel/sensors_internal.h"

static int inherit_map(void *context, const char *name, int fd)
{
	return object_maps_take(&((struct sensors *)context)->maps, name, fd);
}

/* What outlives another build's programs: the counters, who has which, and what was sent and not read yet. */
static const char *const lasting_maps[] = { "cgroups", "counters", "events", "free_slots", "lost", "setup_tasks" };

static bool is_lasting(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(lasting_maps); i++)
		if (strcmp(name, lasting_maps[i]) == 0)
			return true;
	return false;
}

static int inherit_lasting_map(void *context, const char *name, int fd)
{
	if (is_lasting(name))
		return inherit_map(context, name, fd);
	close(fd);
	return 0;
}

/* A daemon that was killed at its very first start may have left some only. */
static int check_lasting(const struct sensors *sensors)
{
	for (size_t i = 0; i < ARRAY_SIZE(lasting_maps); i++)
		if (object_maps_fd(&sensors->maps, lasting_maps[i]) < 0)
			return -ENOENT;
	return 0;
}

static int inherit_program(void *context, const char *name, int fd)
{
	struct sensors *sensors = context;
	struct inherited_program *program = &sensors->programs[sensors->program_count];

	if (sensors->program_count == PROGRAMS_MAX) {
		close(fd);
		return -E2BIG;
	}
	program->fd = fd;
	snprintf(program->name, sizeof(program->name), "%s", name + strcspn(name, "_") + 1);
	sensors->program_count++;
	return 0;
}

void sensors_disinherit(struct sensors *sensors)
{
	object_maps_close(&sensors->maps);
	while (sensors->program_count)
		close(sensors->programs[--sensors->program_count].fd);
}

static int inherit_all(struct sensors *sensors, const char *path)
{
	int error = pins_each(path, "maps", inherit_map, sensors);

	return error ? error : pins_each(path, "programs", inherit_program, sensors);
}

static int inherit_counters(struct sensors *sensors, const char *path)
{
	int error = pins_each(path, "maps", inherit_lasting_map, sensors);

	return error ? error : check_lasting(sensors);
}

int sensors_inherit(struct sensors *sensors, const struct sensors_options *options,
		    struct sensor_status status[PICKET_SENSOR_COUNT])
{
	struct pins_meta found = {};
	int error = 0;

	if (!options->pin_path)
		return 0;
	object_fingerprint(&options->objects, options->backends, &sensors->meta);
	sensors->pin_lock_fd = pins_lock(options->pin_path);
	if (sensors->pin_lock_fd == -EBUSY)
		return -EBUSY;
	sensors->inherited = pins_find(options->pin_path, &sensors->meta, &found);
	if (sensors->inherited == PINS_SAME)
		error = inherit_all(sensors, options->pin_path);
	else if (sensors->inherited == PINS_LAYOUT)
		error = inherit_counters(sensors, options->pin_path);
	for (int sensor = 0; sensor < PICKET_SENSOR_COUNT && sensors->inherited == PINS_SAME; sensor++)
		status[sensor].backend = found.backends[sensor];
	if (error) {
		sensors_disinherit(sensors);
		sensors->inherited = PINS_OTHER;
	}
	return 0;
}

int sensors_pin_begin(struct sensors *sensors)
{
	int error = 0;

	if (!sensors->pin_path)
		return 0;
	if (sensors->inherited == PINS_OTHER)
		error = pins_clear(sensors->pin_path);
	if (error < 0)
		return error;
	error = pins_begin(sensors->pin_path, &sensors->meta);
	for (size_t i = 0; i < sensors->maps.count && !error; i++)
		error = pins_add(sensors->pin_path, "maps", sensors->maps.items[i].name, sensors->maps.items[i].fd);
	return error;
}

static int pin_object(struct sensors *sensors, const struct attached *attached, unsigned int *number)
{
	struct bpf_program *program;
	char name[PINS_NAME_SIZE];
	int error = 0;

	for (size_t i = 0; i < attached->link_count && !error; i++) {
		snprintf(name, sizeof(name), "%03u", (*number)++);
		error = pins_add(sensors->pin_path, "links", name, bpf_link__fd(attached->links[i]));
	}
	if (!attached->object)
		return error;
	bpf_object__for_each_program(program, attached->object)
	{
		if (error || !bpf_program__autoload(program))
			continue;
		snprintf(name, sizeof(name), "%03u_%s", (*number)++, bpf_program__name(program));
		error = pins_add(sensors->pin_path, "programs", name, bpf_program__fd(program));
	}
	return error;
}

int sensors_pin_end(struct sensors *sensors, const struct sensor_status status[PICKET_SENSOR_COUNT])
{
	unsigned int number = 0;
	int error = 0;

	for (int sensor = 0; sensor < PICKET_SENSOR_COUNT; sensor++)
		sensors->meta.backends[sensor] = status[sensor].backend;
	for (size_t i = 0; i < ARRAY_SIZE(sensors->objects) && !error; i++)
		error = pin_object(sensors, &sensors->objects[i], &number);
	sensors->meta.pinned = number;
	return error ? error : pins_finish(sensors->pin_path, &sensors->meta);
}
