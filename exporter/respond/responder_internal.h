/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the responder share: for responder*.c only. */
#ifndef RESPONDER_INTERNAL_H
#define RESPONDER_INTERNAL_H

#include <time.h>

#include "respond/container_pause.h"
#include "respond/responder.h"
#include "respond/response_holds.h"
#include "state/throttle.h"

struct responder {
	struct responder_options options;
	struct registry *registry;
	struct self_metrics *metrics;
	struct container_pause *pauses;
	struct response_holds *holds;
	struct investigator *investigator; /* NULL: none are made */
	struct throttle *limits, *investigations;
	time_t second; /* of the rate limit, CLOCK_MONOTONIC */
	unsigned int this_second;
};

/** responder_count() - one response by its outcome. */
void responder_count(struct responder *responder, enum response_action which, enum response_outcome outcome);

void responder_audit(struct responder *responder, const struct response_audit *record);

/** responder_on_pause_end() - a container_pause_end. */
void responder_on_pause_end(void *context, bool pause, const struct container *container, enum response_outcome outcome,
			    const char *detail);

/** responder_on_timeout() - a response_hold_over. */
bool responder_on_timeout(void *context, uint64_t cgroup_id, enum response_action action);

#endif
