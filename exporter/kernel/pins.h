/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stays in the kernel while no daemon runs: maps, programs and links,
 * pinned in a directory of a bpf file system. Counting, isolation and
 * in-kernel kills go on, and the next daemon continues where this one ended.
 *
 * <directory>/{meta, maps/<name>, programs/<number>_<name>, links/<number>}
 */
#ifndef PINS_H
#define PINS_H

#include <stddef.h>
#include <stdint.h>

#include "picket/sensors.h"

#define PINS_NAME_SIZE 64

/* Who left the pins, and how. */
struct pins_meta {
	uint64_t build;	 /* hash of the programs and of all that they were loaded with */
	uint64_t layout; /* hash of what lies in the maps that outlive an upgrade */
	uint32_t sensor_count;
	uint8_t backends[32]; /* enum picket_backend per sensor */
};
_Static_assert(PICKET_SENSOR_COUNT <= 32, "no room for all sensors");

enum pins_state {
	PINS_NONE,   /* nothing is there */
	PINS_SAME,   /* left by this very build and configuration: all of it goes on */
	PINS_LAYOUT, /* by another build: its counters go on, its programs are replaced */
	PINS_OTHER,  /* of no use */
};

/**
 * pins_find() - what is pinned in @directory, compared with @own.
 * @ret_meta: of what is there; only for PINS_SAME and PINS_LAYOUT.
 */
enum pins_state pins_find(const char *directory, const struct pins_meta *own, struct pins_meta *ret_meta);

/** pins_make_directory() - with all above it. Return: 0, -EEXIST, -errno. */
int pins_make_directory(const char *path);

/** pins_remove_directory() - with the files in it, not those below. Return: files removed, -ENOENT, -errno. */
int pins_remove_directory(const char *path);

/** pins_begin() - make the empty directory, and pin @meta. Return: 0, -EEXIST, -ENOTSUP: no bpf file system; -errno. */
int pins_begin(const char *directory, const struct pins_meta *meta);

/** pins_add() - pin one object. @kind: "maps", "programs" or "links". Return: 0, -errno. */
int pins_add(const char *directory, const char *kind, const char *name, int fd);

/**
 * pins_each() - open what is pinned, in the order of names.
 * @each: takes the descriptor; its error ends the walk and is returned.
 * Return: 0, -errno.
 */
int pins_each(const char *directory, const char *kind, int (*each)(void *context, const char *name, int fd),
	      void *context);

/**
 * pins_remove() - unpin all; what no daemon holds is gone then.
 * Return: objects removed; -ENOENT: nothing is there; -ENOTSUP: no bpf file system, nothing was touched; -errno.
 */
int pins_remove(const char *directory);

#endif
