/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Snapshots of incidents, each taken by a child process of its own.
 *
 * What a workload has made can hold up whoever looks at it: reading a command
 * line waits for the memory it lies in, an executable may lie on a file system
 * that never answers. A child can be killed, and its faults are its own; the
 * event loop only waits for its end. It is forked with all that is known of
 * the finding in its memory.
 */
#ifndef INVESTIGATOR_H
#define INVESTIGATOR_H

#include "event_loop.h"
#include "state/finding.h"
#include "state/self_metrics.h"

struct investigator;

struct investigator_options {
	struct event_loop *loop;
	const char *procfs_path, *rootfs_path, *cgroup2_path;
	const char *path;	 /* directory of incidents, made when it is needed */
	unsigned int max_count;	 /* incidents kept; the oldest go */
	uint64_t max_bytes;	 /* all files together */
	unsigned int timeout_ms; /* for one snapshot */
	/* what was written, as JSON; also when the file could not be */
	void (*on_document)(void *context, const char *document, size_t size);
	void *context;
};

/* @detail: where it is, or why not; borrowed. Called once, never from within investigator_start(). */
typedef void investigator_done(void *context, enum response_outcome outcome, const char *detail);

int investigator_new(const struct investigator_options *options, struct self_metrics *metrics,
		     struct investigator **ret_investigator);

/** investigator_free() - ends those under way and tells so. NULL is fine. */
void investigator_free(struct investigator *investigator);

/**
 * investigator_start() - everything that @finding points to is used before this returns, or in the child.
 * Return: 0: @done will be called; -EBUSY while too many are under way; -errno.
 */
int investigator_start(struct investigator *investigator, const struct finding *finding, investigator_done *done,
		       void *context);

#endif
