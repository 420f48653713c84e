/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steps in their order. Each event of a step points to the best way that led
 * to it: the one whose beginning is latest, since that leaves most time. Of
 * two events of a step the later one has the better way, so a flood of events
 * pushes out only what is worse.
 */
#include <stdlib.h>
#include <string.h>

#include "state/progress_internal.h"

void progress_mark_drop(struct progress_mark *mark)
{
	if (mark && !--mark->references)
		free(mark);
}

static void chain_drop(struct sequence_record *record)
{
	for (size_t i = 0; i < RULE_STEPS_MAX; i++)
		progress_mark_drop(record->chain[i]);
	memset(record, 0, sizeof(*record));
}

static uint64_t record_time(const struct sequence_record *record, size_t step)
{
	return record->chain[step]->step.time_ns;
}

static void drop_first(struct sequence *sequence, size_t step)
{
	struct sequence_record *records = sequence->records[step];

	chain_drop(&records[0]);
	memmove(&records[0], &records[1], --sequence->used[step] * sizeof(*records));
	memset(&records[sequence->used[step]], 0, sizeof(*records));
}

/* Return: false when it is older than all of a step that is full. */
static bool insert(struct sequence *sequence, size_t step, struct progress_mark *mark)
{
	struct sequence_record *records = sequence->records[step];
	size_t at;

	if (sequence->used[step] == SEQUENCE_RECORDS) {
		if (mark->step.time_ns < record_time(&records[0], step))
			return false;
		drop_first(sequence, step);
	}
	at = sequence->used[step]++;
	for (; at && record_time(&records[at - 1], step) > mark->step.time_ns; at--)
		records[at] = records[at - 1];
	memset(&records[at], 0, sizeof(*records));
	records[at].chain[step] = mark;
	mark->references++;
	return true;
}

/* The last event of the step before that lies before this one, and may begin it. */
static const struct sequence_record *way_to(const struct sequence *sequence, size_t step, uint64_t time_ns,
					    uint64_t within_ns)
{
	for (size_t i = sequence->used[step - 1]; i--;) {
		const struct sequence_record *record = &sequence->records[step - 1][i];

		if (record_time(record, step - 1) < time_ns && record->chain[0])
			return time_ns - record->chain[0]->step.time_ns <= within_ns ? record : NULL;
	}
	return NULL;
}

static void connect(struct sequence *sequence, size_t step, struct sequence_record *record, uint64_t within_ns)
{
	const struct sequence_record *way = way_to(sequence, step, record_time(record, step), within_ns);

	if (!way || (record->chain[0] && record->chain[0]->step.time_ns >= way->chain[0]->step.time_ns))
		return;
	for (size_t i = 0; i < step; i++) {
		way->chain[i]->references++;
		progress_mark_drop(record->chain[i]);
		record->chain[i] = way->chain[i];
	}
}

/* A late event may be what later steps have waited for. */
static void connect_all(struct sequence *sequence, size_t first_step, const struct rule *rule)
{
	for (size_t step = first_step ? first_step : 1; step < rule->step_count; step++)
		for (size_t i = 0; i < sequence->used[step]; i++)
			connect(sequence, step, &sequence->records[step][i], rule->within_ns);
}

static const struct sequence_record *complete(const struct sequence *sequence, size_t last)
{
	for (size_t i = 0; i < sequence->used[last]; i++)
		if (sequence->records[last][i].chain[0])
			return &sequence->records[last][i];
	return NULL;
}

static bool find_ordered(struct sequence *sequence, const struct rule *rule, size_t step,
			 struct progress_match *ret_match)
{
	const struct sequence_record *found;

	connect_all(sequence, step, rule);
	found = complete(sequence, rule->step_count - 1);
	if (!found)
		return false;
	for (size_t i = 0; i < rule->step_count; i++)
		ret_match->steps[i] = found->chain[i]->step;
	return true;
}

static uint64_t distance(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns > b_ns ? a_ns - b_ns : b_ns - a_ns;
}

/* Of another step, the event nearest to one, which must be another event; NULL: there is none. */
static const struct progress_step *nearest(const struct sequence *sequence, size_t step, uint64_t time_ns)
{
	const struct progress_step *best = NULL;

	for (size_t i = 0; i < sequence->used[step]; i++) {
		const struct progress_step *one = &sequence->records[step][i].chain[step]->step;

		if (one->time_ns != time_ns &&
		    (!best || distance(one->time_ns, time_ns) < distance(best->time_ns, time_ns)))
			best = one;
	}
	return best;
}

/* The new event with the nearest ones of all other steps, in the order of time. */
static bool find_unordered(const struct sequence *sequence, const struct rule *rule, size_t step,
			   const struct progress_step *added, struct progress_match *ret_match)
{
	size_t used = 0;

	for (size_t i = 0; i < rule->step_count; i++) {
		const struct progress_step *one = i == step ? added : nearest(sequence, i, added->time_ns);
		size_t at = used++;

		if (!one)
			return false;
		for (; at && ret_match->steps[at - 1].time_ns > one->time_ns; at--)
			ret_match->steps[at] = ret_match->steps[at - 1];
		ret_match->steps[at] = *one;
	}
	return ret_match->steps[used - 1].time_ns - ret_match->steps[0].time_ns <= rule->within_ns;
}

bool sequence_add(struct sequence *sequence, const struct rule *rule, size_t step, struct progress_mark *mark,
		  struct progress_match *ret_match)
{
	if (!insert(sequence, step, mark))
		return false;
	if (rule->any_order ? !find_unordered(sequence, rule, step, &mark->step, ret_match)
			    : !find_ordered(sequence, rule, step, ret_match))
		return false;
	ret_match->step_count = rule->step_count;
	ret_match->count = 0;
	ret_match->first_ns = ret_match->steps[0].time_ns;
	ret_match->last_ns = ret_match->steps[rule->step_count - 1].time_ns;
	return true;
}

void sequence_forget(struct sequence *sequence, uint64_t time_ns)
{
	for (size_t step = 0; step < RULE_STEPS_MAX; step++)
		while (sequence->used[step] && record_time(&sequence->records[step][0], step) <= time_ns)
			drop_first(sequence, step);
}
