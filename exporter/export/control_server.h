/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The root-only Unix socket behind `picket events`, `containers`, `sensors`, `release`, `status`.
 *
 * Protocol: the client sends one line of JSON {"command": "...", ...}; the
 * server answers with lines of JSON. {"error": "..."} ends a refused request;
 * {"end": true} ends an answer; `events` with "follow" goes on until the client closes.
 */
#ifndef CONTROL_SERVER_H
#define CONTROL_SERVER_H

#include <stddef.h>

#include "event_loop.h"
#include "state/counter_table.h"
#include "state/finding.h"
#include "state/registry.h"
#include "state/rules.h"
#include "state/self_metrics.h"

struct control_server;

struct control_server_options {
	const char *
		path; /* made with mode 0600 in a directory of mode 0700; a stale socket is replaced, a live one is not */
	struct registry *registry;
	struct self_metrics *metrics;
	struct rule_set *const *rules;
	const struct counter_table *counters;
	/* "release": answer through @done exactly once, perhaps later, even after control_server_close() */
	void (*release)(void *context, struct container *container,
			void (*done)(void *done_context, int error, const char *text), void *done_context);
	const char *incidents_path; /* told to `picket incidents`; NULL: none */
	void *context;
};

/** control_server_open() - Return: 0, -EADDRINUSE when another picket answers there, -errno; *ret_error: free(3). */
int control_server_open(struct event_loop *loop, const struct control_server_options *options,
			struct control_server **ret_server, char **ret_error);
void control_server_close(struct control_server *server);

/**
 * control_server_publish() - a finding, to every follower whose filter takes it; also kept (the last 1,000)
 * for `picket events` without -f. A follower with more than 1 MiB unread that is 1,000 findings behind loses
 * the oldest, which is counted and told to it by a line {"lost": N}.
 */
void control_server_publish(struct control_server *server, const struct finding *finding);

#endif
