/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cutting a cgroup, with all below it, off from the network: programs of its
 * own attached to it, so that nobody else pays for it.
 *
 * They are pinned where the BPF file system is mounted: a container stays cut
 * off when the daemon ends or is restarted, until it is released or removed.
 */
#ifndef ISOLATION_NETWORK_H
#define ISOLATION_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETWORK_ISOLATION_PIN_SUFFIX "-isolated" /* of the directory, beside what else is pinned */

struct network_isolation;

struct network_isolation_options {
	const char *const *allowed; /* networks that stay within reach: "10.0.0.0/8", "::1" */
	size_t allowed_count;
	const char *pin_path; /* directory in the BPF file system; NULL: nothing is pinned */
};

/**
 * network_isolation_open() - load the programs; takes over what an earlier daemon left pinned.
 * @reason: a sentence when it fails.
 * Return: 0; -EINVAL for a network that is none; -errno.
 */
int network_isolation_open(const struct network_isolation_options *options, struct network_isolation **ret_isolation,
			   char *reason, size_t reason_size);

/** network_isolation_close() - what is pinned stays in force, the rest ends. NULL is fine. */
void network_isolation_close(struct network_isolation *isolation);

/**
 * network_isolation_apply() - cut off, connections that exist included. Again: nothing.
 * @cgroup_fd: its directory; O_PATH will do.
 * Return: 0; -errno and nothing is attached.
 */
int network_isolation_apply(struct network_isolation *isolation, uint64_t cgroup_id, int cgroup_fd);

/** network_isolation_release() - Return: 0, -ENOENT when it is not cut off, -errno. */
int network_isolation_release(struct network_isolation *isolation, uint64_t cgroup_id);
bool network_isolation_holds(const struct network_isolation *isolation, uint64_t cgroup_id);

/* @each: of every cgroup that is cut off. */
void network_isolation_visit(const struct network_isolation *isolation, void (*each)(void *context, uint64_t cgroup_id),
			     void *context);

/** network_isolation_unload() - release all that is pinned in @pin_path. Return: how many cgroups; -errno. */
int network_isolation_unload(const char *pin_path);

#endif
