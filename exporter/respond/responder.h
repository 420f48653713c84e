/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What picket does about a finding: kill, pause, isolate, investigate, and the release of what lasts.
 *
 * Never touched: the host's processes, pid 1, kernel threads, picket itself,
 * the runtimes' own processes, and what the operator has listed. A process is
 * compared with its start time and its cgroup before a signal is sent, through
 * one descriptor that cannot come to mean another one. What could not be
 * denied in the kernel is killed.
 *
 * Several responses of one rule: the network is cut first; then, what is to be
 * killed stands still while it is looked at; then it is killed.
 */
#ifndef RESPONDER_H
#define RESPONDER_H

#include "event_loop.h"
#include "http_client.h"
#include "state/finding.h"
#include "state/registry.h"
#include "state/self_metrics.h"

struct responder;
struct investigator_options;
struct never_touch;

/* What cuts cgroups off from the network; all NULL: nothing does. */
struct isolator {
	int (*apply)(void *context, uint64_t cgroup_id, int cgroup_fd);
	int (*release)(void *context, uint64_t cgroup_id); /* -ENOENT: it was not cut off */
	bool (*holds)(void *context, uint64_t cgroup_id);
	void *context;
};

/* One response and its outcome, or a release. All borrowed. */
struct response_audit {
	const char *action;
	const struct container *container; /* NULL: none, or it is forgotten by now */
	uint32_t pid;			   /* 0: no single process */
	enum response_outcome outcome;
	const char *detail;
	const char *rule, *finding_id; /* "" for a release */
};

struct responder_options {
	struct event_loop *loop;
	bool enforce;
	unsigned int max_per_second; /* findings that are responded to; 0: 100 */
	const char *procfs_path;
	const char *cgroup2_path;  /* where cgroup v2 is mounted, e.g. /sys/fs/cgroup/unified */
	const char *docker_socket; /* host path of the Docker API; NULL: none */
	const char *podman_socket; /* of Podman's; NULL: /run/podman/podman.sock */
	const char *holds_path;	   /* where timeouts are kept over a restart; NULL: nowhere */
	struct isolator isolator;
	const struct never_touch *never_touch;		   /* NULL: nobody is on the list */
	const struct investigator_options *investigations; /* NULL: none are made */
	void (*audit)(void *context, const struct response_audit *audit);
	void *audit_context;
};

/** responder_new() - Return: 0, -ENOMEM, -errno. */
int responder_new(const struct responder_options *options, struct http_client *http, struct registry *registry,
		  struct self_metrics *metrics, struct responder **ret_responder);

/** responder_free() - after http_client_free(), which cancels what is under way. NULL is fine. */
void responder_free(struct responder *responder);

/** responder_go_on() - with what an earlier daemon did for a time; once the containers are known. Return: how many. */
int responder_go_on(struct responder *responder);

/** responder_rules_changed() - rules are others now: their limits begin anew. */
void responder_rules_changed(struct responder *responder);

/** responder_container_gone() - nothing is left to release. */
void responder_container_gone(struct responder *responder, uint64_t cgroup_id);

/**
 * responder_act() - carry out (or, without enforce, only report) what the rule asks for, within its limit.
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
