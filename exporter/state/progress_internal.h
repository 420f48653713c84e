/* SPDX-License-Identifier: GPL-2.0-only */
/* What progress*.c share: the state of one rule for one group of events. */
#ifndef PROGRESS_INTERNAL_H
#define PROGRESS_INTERNAL_H

#include "progress.h"

#define SEQUENCE_RECORDS 4 /* events that a step keeps */

/* An event that a sequence may be made up of; shared by all that refer to it. */
struct progress_mark {
	unsigned int references;
	struct progress_step step;
};
void progress_mark_drop(struct progress_mark *mark);

/* One event at its step, with the earlier steps' that lead to it. */
struct sequence_record {
	struct progress_mark *chain[RULE_STEPS_MAX]; /* its own is the last; [0] is NULL when nothing leads to it */
};

struct sequence {
	size_t used[RULE_STEPS_MAX];
	struct sequence_record records[RULE_STEPS_MAX][SEQUENCE_RECORDS]; /* by time */
};

/** sequence_add() - Return: whether it is complete now; then @ret_match is set. */
bool sequence_add(struct sequence *sequence, const struct rule *rule, size_t step, struct progress_mark *mark,
		  struct progress_match *ret_match);

/** sequence_forget() - all events up to @time_ns; they have been told of. */
void sequence_forget(struct sequence *sequence, uint64_t time_ns);

struct window_entry {
	uint64_t time_ns;
	uint64_t value; /* hash of the value that is counted; 0: each event counts */
};

/* The events of a count that lie within its time. */
struct window {
	struct window_entry *entries; /* by time */
	size_t first, used, room;
};

/**
 * window_add() - Return: whether there are more than the rule allows; then @ret_match is set and the window is empty.
 * Events are not counted when there is no memory.
 */
bool window_add(struct window *window, const struct rule *rule, const struct window_entry *entry,
		struct progress_match *ret_match);

#endif
