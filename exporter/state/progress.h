/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far rules have come that ask for several events, or for many.
 *
 * Time is the events' own, so the order in which they arrive does not matter:
 * each step keeps its last few events, and a sequence is complete when some
 * of them lie in the right order. What came too early waits for its beginning,
 * up to PROGRESS_EARLY_MAX of a rule.
 *
 * Processes are told apart by pid and start, so a pid used again is another
 * one. Memory is bounded: when it is used up, what was touched last longest
 * ago is forgotten, first of the rule that asks for more, and counted.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "catalogue.h"
#include "rules.h"

#define PROGRESS_TEXT_SIZE 128
#define PROGRESS_EARLY_MAX 128

struct progress;

/* One event that a rule is made up of. */
struct progress_step {
	uint64_t time_ns; /* CLOCK_BOOTTIME */
	enum picket_kind kind;
	char text[PROGRESS_TEXT_SIZE]; /* for people: finding_event_summary() */
};

/* A rule that is complete. */
struct progress_match {
	uint64_t first_ns, last_ns; /* of its events, CLOCK_BOOTTIME */
	unsigned int count;	    /* of a count: the events, or the different values; of a sequence 0 */
	size_t step_count;	    /* of a sequence; of a count 0 */
	struct progress_step steps[RULE_STEPS_MAX];
};

/** progress_new() - @max_bytes for all rules together. Return: 0, -ENOMEM. */
int progress_new(size_t max_bytes, struct progress **ret_progress);
void progress_free(struct progress *progress);

/** progress_reset() - forget all, and be ready for @rule_count rules; rules are known by their index. Return: 0, -ENOMEM. */
int progress_reset(struct progress *progress, size_t rule_count);

/**
 * progress_take() - an event matched @step, which has an owner.
 * Return: true and @ret_match when that makes the owner complete; it then begins anew. False without memory.
 */
bool progress_take(struct progress *progress, const struct rule *step, const struct event_context *context,
		   struct progress_match *ret_match);

size_t progress_bytes(const struct progress *progress);

/** progress_forgotten() - beginnings that were forgotten for want of room, ever. */
uint64_t progress_forgotten(const struct progress *progress);

#endif
