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
	uint64_t build;	 /* hash of the programs and of all that they were loaded with; 0: not all is pinned yet */
	uint64_t layout; /* hash of what lies in the maps that outlive an upgrade */
	uint32_t sensor_count;
	uint32_t pinned;      /* programs and links */
	uint8_t backends[32]; /* enum picket_backend per sensor */
};
_Static_assert(PICKET_SENSOR_COUNT <= 32, "no room for all sensors");

enum pins_state {
	PINS_NONE,   /* nothing is there */
	PINS_SAME,   /* left by this very build and configuration: all of it goes on */
	PINS_LAYOUT, /* by another build, or not complete: its counters go on, its programs are replaced */
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

/**
 * pins_lock() - make the directory, and be the only one who uses it until the descriptor is closed.
 * Return: a descriptor, -EBUSY: another daemon does; -ENOTSUP: no bpf file system; -errno.
 */
int pins_lock(const char *directory);

/**
 * pins_begin() - what is pinned is not complete from now on: programs and links of an earlier daemon go, maps stay.
 * Whoever is killed before pins_finish() leaves PINS_LAYOUT.
 * Return: 0, -ENOTSUP: no bpf file system; -errno.
 */
int pins_begin(const char *directory, const struct pins_meta *meta);

/** pins_add() - pin one object, instead of another of that name. @kind: "maps", "programs", "links". Return: 0, -errno. */
int pins_add(const char *directory, const char *kind, const char *name, int fd);

/** pins_finish() - all is pinned that @meta tells of. Return: 0, -errno. */
int pins_finish(const char *directory, const struct pins_meta *meta);

/**
 * pins_each() - open what is pinned, in the order of names.
 * @each: takes the descriptor; its error ends the walk and is returned.
 * Return: 0, -errno.
 */
int pins_each(const char *directory, const char *kind, int (*each)(void *context, const char *name, int fd),
	      void *context);

/** pins_clear() - pins_remove() but for the directory itself. Return: objects removed, -errno. */
int pins_clear(const char *directory);

/**
 * pins_remove() - unpin all; what no daemon holds is gone then.
 * Return: objects removed; -ENOENT: nothing is there; -ENOTSUP: no bpf file system, nothing was touched; -errno.
 */
int pins_remove(const char *directory);

#endif
