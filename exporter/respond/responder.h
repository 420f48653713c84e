/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What picket does about a finding: kill, pause, and their release.
 *
 * Never touched: the host's processes, pid 1, kernel threads, picket itself,
 * the runtimes' own processes. A pid is compared with its start time through a
 * pidfd before a signal is sent.
 */
#ifndef RESPONDER_H
#define RESPONDER_H

#include "event_loop.h"
#include "http_client.h"
#include "state/finding.h"
#include "state/registry.h"
#include "state/self_metrics.h"

struct responder;

struct responder_options {
	bool enforce;
	const char *procfs_path;
	const char *cgroup2_path;  /* where cgroup v2 is mounted, e.g. /sys/fs/cgroup/unified */
	const char *docker_socket; /* host path of the Docker API */
	/* one audit record for each response and its outcome */
	void (*audit)(void *context, const char *action, const struct container *container, uint32_t pid,
		      enum response_outcome outcome, const char *detail);
	void *audit_context;
};

int responder_new(const struct responder_options *options, struct http_client *http, struct registry *registry,
		  struct self_metrics *metrics, struct responder **ret_responder);
void responder_free(struct responder *responder);

/**
 * responder_act() - carry out (or, without enforce, only report) what the rule asks for.
 * Fills finding->outcomes; an answer that comes later (Docker) is audited when it is there.
 */
void responder_act(struct responder *responder, struct finding *finding);

/**
 * responder_release() - undo a pause.
 * @done is called once, perhaps later, with 0 or -errno and a sentence.
 */
void responder_release(struct responder *responder, struct container *container,
		       void (*done)(void *context, int error, const char *text), void *context);

#endif
