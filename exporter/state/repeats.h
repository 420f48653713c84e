/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Findings that say the same again: the first is sent at once, those that
 * follow within an interval are counted, and a summary with their number is
 * sent at its end. Two findings are the same when they differ in nothing but
 * pids, times, ports of clients and the like. What a throttle holds back is
 * counted alike, per rule and container.
 *
 * Memory is bounded; when it is used up the oldest summary is sent early.
 */
#ifndef REPEATS_H
#define REPEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "finding.h"

struct repeats;

/* Why a finding was not sent by itself. */
enum repeat_reason { REPEAT_SAME, REPEAT_THROTTLED };

/** repeats_summary - sends a summary: a finding with repeats; borrowed for the call. */
typedef void repeats_summary(void *context, const struct finding *finding);

/* All borrowed. */
struct repeats_options {
	bool keep_secrets;    /* see struct event_context */
	uint64_t interval_ns; /* 0: findings are not grouped; of a throttle it is a minute then */
	size_t max_bytes;
	repeats_summary *send;
	/* The workload of a cgroup, NULL when it is gone. */
	const struct container *(*find_container)(void *context, uint64_t cgroup_id);
	void *context;
};

int repeats_new(const struct repeats_options *options, struct repeats **ret_repeats);

/** repeats_free() - without a summary; see repeats_flush(). */
void repeats_free(struct repeats *repeats);

/**
 * repeats_hold() - Return: true when @finding says the same as an earlier one: it was counted and is not to be sent.
 * False: send it; unless it is to be throttled, tell so with repeats_sent().
 */
bool repeats_hold(struct repeats *repeats, const struct finding *finding);

/** repeats_sent() - @finding was sent; the same again is held from now on. */
void repeats_sent(struct repeats *repeats, const struct finding *finding);

/** repeats_throttled() - @finding was held back by its rule's throttle. */
void repeats_throttled(struct repeats *repeats, const struct finding *finding);

/** repeats_tick() - send the summaries that are due. @now_ns: CLOCK_BOOTTIME, as events have it. */
void repeats_tick(struct repeats *repeats, uint64_t now_ns);

/** repeats_flush() - send all summaries now; before the rules go, and at the end. */
void repeats_flush(struct repeats *repeats);

size_t repeats_bytes(const struct repeats *repeats);

#endif
