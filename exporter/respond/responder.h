/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What picket does about a finding: kill, pause, isolate, and their release.
 *
 * Never touched: the host's processes, pid 1, kernel threads, picket itself,
 * the runtimes' own processes. A process is compared with its start time and
 * its cgroup before a signal is sent, through one descriptor that cannot come
 * to mean another one. investigate is not available yet and fails. What
 * could not be denied in the kernel is killed.
 */
#ifndef RESPONDER_H
#define RESPONDER_H

#include "event_loop.h"
#include "http_client.h"
#include "state/finding.h"
#include "state/registry.h"
#include "state/self_metrics.h"

struct responder;

/* What cuts cgroups off from the network; all NULL: nothing does. */
struct isolator {
	int (*apply)(void *context, uint64_t cgroup_id, int cgroup_fd);
	int (*release)(void *context, uint64_t cgroup_id); /* -ENOENT: it was not cut off */
	bool (*holds)(void *context, uint64_t cgroup_id);
	void *context;
};

struct responder_options {
	struct event_loop *loop;
	bool enforce;
	const char *procfs_path;
	const char *cgroup2_path;  /* where cgroup v2 is mounted, e.g. /sys/fs/cgroup/unified */
	const char *docker_socket; /* host path of the Docker API; NULL: none */
	const char *podman_socket; /* of Podman's; NULL: /run/podman/podman.sock */
	struct isolator isolator;
	/* one audit record for each response and its outcome */
	void (*audit)(void *context, const char *action, const struct container *container, uint32_t pid,
		      enum response_outcome outcome, const char *detail);
	void *audit_context;
};

/** responder_new() - Return: 0, -ENOMEM, -errno. */
int responder_new(const struct responder_options *options, struct http_client *http, struct registry *registry,
		  struct self_metrics *metrics, struct responder **ret_responder);

/** responder_free() - after http_client_free(), which cancels what is under way. NULL is fine. */
void responder_free(struct responder *responder);

/**
 * responder_act() - carry out (or, without enforce, only report) what the rule asks for, at most 100 a second.
 * Fills finding->outcomes; what ends later (OUTCOME_PENDING) is audited and counted again when it does.
 */
void responder_act(struct responder *responder, struct finding *finding);

/* @error: 0, or -errno with @text as the reason; @text is borrowed. */
typedef void responder_released(void *context, int error, const char *text);

/**
 * responder_release() - undo a pause or an isolation, by whatever way it was made, also one from before a restart.
 * @done is called once, perhaps from within this call, perhaps later; not at all when the daemon ends before.
 */
void responder_release(struct responder *responder, struct container *container, responder_released *done,
		       void *context);

#endif
