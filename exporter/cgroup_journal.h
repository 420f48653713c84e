/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which container has which cgroup, kept in a file from one daemon to the
 * next: a container that ends in between would else have counts and no name.
 */
#ifndef CGROUP_JOURNAL_H
#define CGROUP_JOURNAL_H

#include "state/registry.h"

/** cgroup_journal_write() - all live containers, atomically. Return: 0, -errno; the old file stays then. */
int cgroup_journal_write(const char *path, const struct registry *registry);

/**
 * cgroup_journal_read() - each container of the file. A file that is cut, or no file, gives what it can.
 * Return: how many, -errno.
 */
int cgroup_journal_read(const char *path, void (*each)(void *context, uint64_t cgroup_id, const char *cgroup_path),
			void *context);

#endif
