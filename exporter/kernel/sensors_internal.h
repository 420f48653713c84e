/* SPDX-License-Identifier: GPL-2.0-only */
/* What sensors.c, sensors_load.c and sensors_pinned.c share: for them only. */
#ifndef SENSORS_INTERNAL_H
#define SENSORS_INTERNAL_H

#include "kernel/sensors.h"

#define LINKS_MAX 16

struct attached {
	const struct object_info *info;
	struct bpf_object *object;
	struct bpf_link *links[LINKS_MAX];
	size_t link_count;
};

#define PROGRAMS_MAX 96

/* A program that an earlier daemon loaded. */
struct inherited_program {
	char name[PINS_NAME_SIZE];
	int fd;
};

#define ON_DEMAND_MAX 4

struct sensors {
	struct attached objects[PICKET_SENSOR_COUNT + 1]; /* the last: shared dispatcher of system calls */
	struct object_maps maps;
	int cgroup2_fd;
	const char *pin_path;
	struct pins_meta meta;
	enum pins_state inherited;
	struct inherited_program programs[PROGRAMS_MAX];
	size_t program_count;
	int wanted_fds[ON_DEMAND_MAX]; /* links of programs attached on demand; 0: none */
	int pin_lock_fd;	       /* -1: nothing is pinned */
};

/**
 * sensors_load_objects() - the dispatcher, and of each sensor the best backend that this kernel takes.
 * Return: 0, also when sensors are blind; -errno with a sentence in @reason when nothing works.
 */
int sensors_load_objects(struct sensors *sensors, const struct sensors_options *options,
			 struct sensor_status status[PICKET_SENSOR_COUNT], char *reason, size_t reason_size);

/**
 * sensors_inherit() - go on from what is pinned, as far as that can be.
 * Return: 0, also when nothing is; -EBUSY: another daemon uses it.
 */
int sensors_inherit(struct sensors *sensors, const struct sensors_options *options,
		    struct sensor_status status[PICKET_SENSOR_COUNT]);
void sensors_disinherit(struct sensors *sensors);

/** sensors_pin_begin() - from here on, a daemon killed at any moment leaves its counters. Return: 0, -errno. */
int sensors_pin_begin(struct sensors *sensors);

/** sensors_pin_end() - pin programs and links, too; what is there goes on as it is from now on. Return: 0, -errno. */
int sensors_pin_end(struct sensors *sensors, const struct sensor_status status[PICKET_SENSOR_COUNT]);

#endif
