/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Chooses for each sensor the best backend that this kernel lets load and
 * attach, and keeps it attached.
 */
#ifndef SENSORS_H
#define SENSORS_H

#include "kernel/objects.h"
#include "kernel/pins.h"
#include "picket/operations.h"
#include "state/self_metrics.h"

struct sensors;

struct sensors_options {
	struct object_options objects;
	const char *cgroup2_path;
	const char *pin_path; /* keep what was loaded there, and go on from it; NULL: nothing outlives the daemon */
	/* wanted backend per sensor; PICKET_BACKEND_COUNT: the best; PICKET_BACKEND_NONE: off */
	enum picket_backend backends[PICKET_SENSOR_COUNT];
};

/**
 * sensors_load() - load what this kernel allows; nothing is attached yet.
 * Where an earlier daemon of the same build left all of it pinned, that goes on and nothing is loaded.
 * @status: backend and reason per sensor are filled in.
 * Return: 0 when at least the lifecycle sensor loaded, -errno and a sentence in @reason else.
 */
int sensors_load(const struct sensors_options *options, struct sensor_status status[PICKET_SENSOR_COUNT],
		 struct sensors **ret_sensors, char *reason, size_t reason_size);

/** How much of what an earlier daemon left goes on. */
enum pins_state sensors_inherited(const struct sensors *sensors);

/**
 * sensors_attach() - start seeing. A sensor that fails is down with its reason; the others go on.
 * Return: 0; why nothing was pinned: -ENOTSUP for no bpf file system, -errno. All is attached even so.
 */
int sensors_attach(struct sensors *sensors, struct sensor_status status[PICKET_SENSOR_COUNT]);

/**
 * sensors_set_device() - which kind of device a number stands for that only this machine can name; once attached.
 * @node: kernel encoding, major << 20 | minor.
 * Requests to trusted execution environments are looked at from the first such device on.
 */
int sensors_set_device(struct sensors *sensors, uint32_t node, enum picket_device device);

/**
 * sensors_want() - attach what is needed for events of @kinds alone (bit per enum picket_kind), detach the rest of it.
 * Return: 0, -errno when some could not be attached.
 */
int sensors_want(struct sensors *sensors, uint64_t kinds);

/** sensors_maps() - the shared maps; borrowed. */
const struct object_maps *sensors_maps(const struct sensors *sensors);

/** sensors_find_program() - the descriptor of a loaded program, by this daemon or by an earlier one; -ENOENT. */
int sensors_find_program(const struct sensors *sensors, const char *name);

/** sensors_for_each_program() - name and file descriptor of every loaded program. */
void sensors_for_each_program(struct sensors *sensors, void (*each)(void *context, const char *name, int fd),
			      void *context);

/** sensors_close() - detach and unload. NULL and half-built are fine. */
void sensors_close(struct sensors *sensors);

#endif
