/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BPF objects embedded in the binary: one per sensor and backend, sharing
 * their maps by name.
 */
#ifndef OBJECTS_H
#define OBJECTS_H

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/pins.h"
#include "picket/sensors.h"

#define OBJECTS_SHARED PICKET_SENSOR_COUNT /* sensor of an object that serves several */

typedef const void *(*object_bytes)(size_t *ret_size);

struct object_info {
	enum picket_sensor sensor;
	enum picket_backend backend;
	const char *name;
	object_bytes bytes;
	object_bytes cast_bytes; /* the same for kernels with bpf_rdonly_cast(); NULL: none */
};

extern const struct object_info object_infos[];
extern const size_t object_info_count;

/** object_find() - NULL when this sensor has no such backend. */
const struct object_info *object_find(enum picket_sensor sensor, enum picket_backend backend);

/* Maps that exist already: every object uses the same ones. */
#define OBJECT_MAPS_MAX 128
struct object_maps {
	struct {
		char name[32];
		int fd;
	} items[OBJECT_MAPS_MAX];
	size_t count;
};

/** object_maps_fd() - borrowed descriptor of a map; -ENOENT. */
int object_maps_fd(const struct object_maps *maps, const char *name);
void object_maps_close(struct object_maps *maps);

/** object_maps_take() - add a map; takes @fd, also when it fails. Return: 0, -E2BIG. */
int object_maps_take(struct object_maps *maps, const char *name, int fd);

struct object_options {
	uint32_t max_slots;
	uint32_t buffer_bytes; /* of the ring buffer; a power of two and a multiple of the page size */
	bool use_perf_buffer;
	const struct btf *kernel_btf; /* some 6 MB to parse: once for all objects; NULL: there is none */
	uint32_t perf_events;	      /* bit per enum picket_perf_event that processors count */
	bool watch_tsm;		      /* configfs offers proofs of a trusted execution environment */
};

/**
 * object_fingerprint() - what these objects, loaded with @options, leave behind.
 * @backends: as they were asked for, per sensor.
 */
void object_fingerprint(const struct object_options *options, const enum picket_backend backends[PICKET_SENSOR_COUNT],
			struct pins_meta *ret_meta);

/**
 * object_load() - open, size, share and load one object.
 * @reason: filled with a sentence when it fails.
 * Return: 0 and an object for bpf_object__close(), or -errno; new maps stay in @maps.
 */
int object_load(const struct object_info *info, const struct object_options *options, struct object_maps *maps,
		struct bpf_object **ret_object, char *reason, size_t reason_size);

#endif
