/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the daemon share: for daemon.c and daemon_*.c only. */
#ifndef DAEMON_INTERNAL_H
#define DAEMON_INTERNAL_H

#include <limits.h>

#include "cgroup_sync.h"
#include "config.h"
#include "export/http_server.h"
#include "export/otlp_metrics.h"
#include "isolation_watch.h"
#include "module_hosts.h"
#include "pod_resources_watch.h"
#include "judge.h"
#include "rules_watch.h"
#include "kernel/isolation_network.h"
#include "kernel/kernel.h"
#include "respond/never_touch.h"
#include "state/device_names.h"
#include "state/node_tee.h"

struct daemon {
	const struct config *config;
	struct self_metrics metrics;
	struct event_loop *loop;
	struct rule_set *rules;
	struct rule_set *old_rules; /* before the last reload, while events of theirs may be in the buffer */
	int *old_places;	    /* struct judge_old_rules.places */
	time_t old_since;
	struct rules_watch *rules_watch; /* NULL: no files, or inotify is refused */
	struct registry *registry;
	struct kernel *kernel;
	struct counter_table counters;
	struct cgroup_sync *cgroups;
	struct http_client *http_client;
	struct network_isolation *isolation; /* NULL: this kernel did not take its programs */
	struct never_touch *never_touch;
	struct responder *responder;
	struct otlp_sender *otlp;
	struct otlp_metrics *otlp_metrics;
	struct control_server *control;
	struct judge *judge;
	struct http_server *http_server;
	char *cgroup2_path;
	struct device_names devices;
	struct node_tee tee;
	struct isolation_watch isolation_watch;
	struct module_hosts module_hosts;
	struct pod_resources_watch pod_resources;
	char journal_path[PATH_MAX]; /* beside the control socket */
	char collector_error[256];   /* as logged last; "" while all is well */
};

/** daemon_start_failed() - log what failed, with what to do; @text may be NULL. Return: @error. */
int daemon_start_failed(const char *what, int error, const char *text);

/** daemon_start_rules() - load the rules and put them in force. Return: 0; -errno, logged. */
int daemon_start_rules(struct daemon *daemon);

/**
 * daemon_reload() - load the rules anew; the old ones stay in force when that fails.
 * @text: what came of it, one sentence.
 */
int daemon_reload(void *daemon, char *text, size_t text_size);

/** daemon_forget_old_rules() - when their last events have been read; @now: at once. */
void daemon_forget_old_rules(struct daemon *daemon, bool now);

/** daemon_start_sensors() - attach, take in what is there, go on from an earlier daemon. Return: 0; -errno, logged. */
int daemon_start_sensors(struct daemon *daemon);

/** daemon_check_sensors() - fly the canaries; readiness follows. */
void daemon_check_sensors(void *daemon);

/**
 * daemon_name_devices() - tell the kernel part which device numbers are which, when they have changed; see which
 * trusted execution environments the machine has.
 */
void daemon_name_devices(void *daemon);

/** daemon_keep_journal() - note down whose counters are whose, for the next daemon. */
void daemon_keep_journal(struct daemon *daemon);

/** daemon_start_never_touch() - who is spared, from the flags. Return: 0; -errno, logged. */
int daemon_start_never_touch(struct daemon *daemon);

/** daemon_spares() - whether the kernel part must leave a container alone as well. */
bool daemon_spares(void *daemon, const struct container *container);

/** daemon_start_responder() - Return: 0; -errno, logged. */
int daemon_start_responder(struct daemon *daemon);

/** daemon_go_on_responding() - with what an earlier daemon did for a time; once the containers are known. */
void daemon_go_on_responding(struct daemon *daemon);

/** daemon_release() - what `picket release` asks for. */
void daemon_release(void *daemon, struct container *container,
		    void (*done)(void *done_context, int error, const char *text), void *done_context);

/** daemon_state_path() - of a file @name that the next daemon reads, beside the control socket. */
void daemon_state_path(const struct daemon *daemon, const char *name, char path[PATH_MAX]);

/** daemon_start_isolation() - @ret_isolator: left alone where this kernel has none. Return: 0; -errno, logged. */
int daemon_start_isolation(struct daemon *daemon, struct isolator *ret_isolator);

/** daemon_take_over_isolation() - those from before a restart go on, but for containers that have ended meanwhile. */
void daemon_take_over_isolation(struct daemon *daemon);

/** daemon_end_isolation() - the cgroup is gone. */
void daemon_end_isolation(struct daemon *daemon, uint64_t cgroup_id);

#endif
