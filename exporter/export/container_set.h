/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The containers of one scrape, as they were when it began.
 *
 * A scrape is read in pieces, and the registry changes between them: a
 * container that ends meanwhile drops out, one that begins waits for the next
 * scrape. Containers with the same labels (one that was restarted, with its
 * forerunner not yet forgotten) are one group, since they are one series.
 */
#ifndef CONTAINER_SET_H
#define CONTAINER_SET_H

#include "state/registry.h"

#define CONTAINER_SET_END UINT32_MAX

struct container_entry {
	struct container *container; /* borrowed; NULL: forgotten meanwhile */
	uint64_t cgroup_id;
	uint32_t next; /* in its group, or CONTAINER_SET_END */
	bool first;    /* of its group */
	bool removed;  /* gone already when the scrape began: what is read now is final */
};

struct container_set {
	struct registry *registry;
	uint64_t version;
	struct container_entry *entries;
	size_t count;
};

/** container_set_open() - Return: 0, -ENOMEM. */
int container_set_open(struct registry *registry, struct container_set *ret_set);

/** container_set_open_group() - of another set only the group that begins at @index; SIZE_MAX: none. Return: 0, -ENOMEM. */
int container_set_open_group(const struct container_set *all, size_t index, struct container_set *ret_set);
void container_set_close(struct container_set *set);

/** container_set_refresh() - before use, after the event loop may have run. Return: 0, -ENOMEM. */
int container_set_refresh(struct container_set *set);

/**
 * container_set_group() - the group that begins at @index.
 * Return: the container whose labels stand for it; NULL when no group begins here or all of it is gone.
 */
const struct container *container_set_group(const struct container_set *set, size_t index);

/** container_set_each() - walk a group: start with its index, until CONTAINER_SET_END. Skips those that are gone. */
const struct container *container_set_each(const struct container_set *set, uint32_t *index);

/** container_set_confirm() - the scrape was delivered: what was final may be forgotten. */
void container_set_confirm(struct container_set *set);

#endif
