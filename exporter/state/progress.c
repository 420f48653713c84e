/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/progress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(state) ((state)->known = false)
#include <uthash.h>
#include <utlist.h>

#include "state/finding.h"
#include "state/progress_internal.h"
#include "state/rule_compile.h"

#define GROUPS_MAX (1 + PICKET_ANCESTORS) /* that one event can belong to */
#define INIT_PID_MAX 2			  /* pids of init and of the kernel's threads: everybody descends from them */
#define RULE_SHARE 4			  /* a rule may use this part of the memory before it forgets its own */

/* Whose events: {cgroup id, 0}, {start, pid}, or {cgroup id, pid and start of a process whose tree it is}. */
struct state_key {
	uint64_t rule;
	uint64_t group[2];
	uint64_t value; /* hash of the field that must be the same; 0: none */
};

/* A rule's progress with one group of events. */
struct state {
	struct state_key key;
	bool known; /* in the hash table */
	bool begun; /* has seen a first step; what has not is cheap to forget */
	size_t bytes;
	struct state *prev, *next;
	UT_hash_handle hh;
	union {
		struct sequence sequence;
		struct window window;
	};
};

/* Of one rule: used last comes last. */
struct rule_states {
	struct state *begun, *early;
	size_t early_count, bytes;
	bool is_count;
};

struct progress {
	struct state *table;
	struct rule_states *rules;
	size_t rule_count;
	size_t bytes, max_bytes;
	uint64_t forgotten;
};

int progress_new(size_t max_bytes, struct progress **ret_progress)
{
	struct progress *progress = calloc(1, sizeof(*progress));

	if (!progress)
		return -ENOMEM;
	progress->max_bytes = max_bytes;
	*ret_progress = progress;
	return 0;
}

static struct rule_states *states_of(struct progress *progress, const struct state *state)
{
	return &progress->rules[state->key.rule];
}

static void charge(struct progress *progress, struct state *state, size_t bytes)
{
	struct rule_states *rule = states_of(progress, state);

	progress->bytes += bytes - state->bytes;
	rule->bytes += bytes - state->bytes;
	state->bytes = bytes;
}

static void state_free(struct progress *progress, struct state *state)
{
	struct rule_states *rule = states_of(progress, state);

	if (state->known)
		HASH_DEL(progress->table, state);
	if (state->begun) {
		DL_DELETE(rule->begun, state);
	} else {
		DL_DELETE(rule->early, state);
		rule->early_count--;
	}
	charge(progress, state, 0);
	if (rule->is_count)
		free(state->window.entries);
	else
		sequence_forget(&state->sequence, UINT64_MAX);
	free(state);
}

static void clear(struct progress *progress)
{
	for (size_t i = 0; i < progress->rule_count; i++) {
		while (progress->rules[i].begun)
			state_free(progress, progress->rules[i].begun);
		while (progress->rules[i].early)
			state_free(progress, progress->rules[i].early);
	}
	free(progress->rules);
	progress->rules = NULL;
	progress->rule_count = 0;
}

int progress_reset(struct progress *progress, size_t rule_count)
{
	struct rule_states *rules = calloc(rule_count + 1, sizeof(*rules));

	clear(progress);
	progress->rules = rules;
	progress->rule_count = rules ? rule_count : 0;
	return rules ? 0 : -ENOMEM;
}

void progress_free(struct progress *progress)
{
	if (!progress)
		return;
	clear(progress);
	free(progress);
}

size_t progress_bytes(const struct progress *progress)
{
	return progress->bytes;
}

uint64_t progress_forgotten(const struct progress *progress)
{
	return progress->forgotten;
}

static uint64_t process_id(uint32_t pid, uint32_t start_ms)
{
	return (uint64_t)pid << 32 | start_ms;
}

/* A beginning belongs to the trees of its process and of that one's parent. Later steps may be of any descendant. */
static size_t tree_groups(const struct event_context *context, bool beginning, struct state_key *keys)
{
	const struct picket_event *event = context->event;
	size_t count = 0;

	keys[count++].group[1] = process_id(event->pid, event->start_time_ns / 1000000);
	for (size_t i = 0; i < (beginning ? 1 : PICKET_ANCESTORS) && event->ancestors[i].pid > INIT_PID_MAX; i++)
		keys[count++].group[1] = process_id(event->ancestors[i].pid, event->ancestors[i].start_ms);
	for (size_t i = 0; i < count; i++)
		keys[i].group[0] = event->cgroup_id;
	return count;
}

static bool begins(const struct rule *step)
{
	return step->owner->any_order || step == step->owner->steps;
}

/* Return: how many groups the event belongs to. */
static size_t find_groups(const struct rule *step, const struct event_context *context, struct state_key *keys)
{
	const struct picket_event *event = context->event;

	switch (step->owner->group) {
	case RULE_GROUP_PROCESS:
		keys[0].group[0] = event->start_time_ns;
		keys[0].group[1] = event->pid;
		return 1;
	case RULE_GROUP_TREE:
		return tree_groups(context, begins(step), keys);
	default:
		keys[0].group[0] = context->container ? context->container->cgroup_id : 0;
		return 1;
	}
}

/* Return: false when the event has no such value. Never 0, which means that none is asked for. */
static bool hash_picked(const struct rule *step, const struct event_context *context, uint64_t *ret_hash)
{
	char buffer[FIELD_BUFFER_SIZE], text[FIELD_BUFFER_SIZE];
	struct field_value value;

	if (!step->picked->get(context, buffer, &value))
		return false;
	*ret_hash = condition_hash(text, field_format(&value, text, sizeof(text))) | 1;
	return true;
}

static struct state *state_find(struct progress *progress, const struct state_key *key)
{
	struct state *state;

	HASH_FIND(hh, progress->table, key, sizeof(*key), state);
	return state;
}

static struct state *fullest(struct progress *progress)
{
	struct rule_states *most = NULL;

	for (size_t i = 0; i < progress->rule_count; i++)
		if (progress->rules[i].begun && (!most || progress->rules[i].bytes > most->bytes))
			most = &progress->rules[i];
	return most ? most->begun : NULL;
}

/* Forget until all is within its bounds, but never @kept. */
static void make_room(struct progress *progress, struct state *kept)
{
	struct rule_states *own = states_of(progress, kept);

	while (own->early_count > PROGRESS_EARLY_MAX && own->early != kept)
		state_free(progress, own->early);
	while (progress->bytes > progress->max_bytes) {
		struct state *oldest = own->bytes > progress->max_bytes / RULE_SHARE ? own->begun : fullest(progress);

		if (!oldest || oldest == kept)
			oldest = own->begun && own->begun != kept ? own->begun : NULL;
		if (!oldest)
			return;
		state_free(progress, oldest);
		progress->forgotten++;
	}
}

/* What has not been touched for longer than the rule's time leads nowhere. */
static void expire(struct progress *progress, struct rule_states *rule, uint64_t newest_ns, const struct rule *owner)
{
	struct state *oldest = rule->begun;
	uint64_t last = 0;

	if (!oldest)
		return;
	if (rule->is_count) {
		const struct window *window = &oldest->window;

		last = window->used ? window->entries[window->first + window->used - 1].time_ns : 0;
	} else {
		for (size_t i = 0; i < owner->step_count; i++)
			for (size_t j = 0; j < oldest->sequence.used[i]; j++)
				if (oldest->sequence.records[i][j].chain[i]->step.time_ns > last)
					last = oldest->sequence.records[i][j].chain[i]->step.time_ns;
	}
	if (last + 2 * owner->within_ns < newest_ns)
		state_free(progress, oldest);
}

/* NULL: no memory. */
static struct state *state_add(struct progress *progress, const struct state_key *key, bool is_count)
{
	struct rule_states *rule = &progress->rules[key->rule];
	struct state *state = calloc(1, sizeof(*state));

	if (!state)
		return NULL;
	rule->is_count = is_count;
	state->key = *key;
	state->known = true;
	HASH_ADD(hh, progress->table, key, sizeof(state->key), state);
	DL_APPEND(rule->early, state);
	rule->early_count++;
	if (state->known)
		return state;
	state_free(progress, state);
	return NULL;
}

/* Used now; @beginning: and by a step that can be the first. */
static void touch(struct progress *progress, struct state *state, bool beginning)
{
	struct rule_states *rule = states_of(progress, state);

	if (state->begun) {
		DL_DELETE(rule->begun, state);
	} else {
		DL_DELETE(rule->early, state);
		rule->early_count--;
	}
	state->begun |= beginning;
	if (state->begun) {
		DL_APPEND(rule->begun, state);
	} else {
		DL_APPEND(rule->early, state);
		rule->early_count++;
	}
}

static struct state *state_use(struct progress *progress, const struct state_key *key, const struct rule *step)
{
	struct state *state = state_find(progress, key);

	if (!state)
		state = state_add(progress, key, step->owner->count_over);
	if (state)
		touch(progress, state, begins(step));
	return state;
}

static bool take_count(struct progress *progress, const struct rule *step, const struct event_context *context,
		       const struct state_key *key, uint64_t value, struct progress_match *ret_match)
{
	struct window_entry entry = { .time_ns = context->event->time_ns, .value = value };
	struct state *state = state_use(progress, key, step);
	bool complete;

	if (!state)
		return false;
	complete = window_add(&state->window, step->owner, &entry, ret_match);
	charge(progress, state, sizeof(*state) + state->window.room * sizeof(entry));
	make_room(progress, state);
	return complete;
}

static size_t sequence_bytes(const struct state *state, const struct rule *owner)
{
	size_t marks = 0;

	for (size_t i = 0; i < owner->step_count; i++)
		marks += state->sequence.used[i];
	return sizeof(*state) + marks * sizeof(struct progress_mark);
}

static struct progress_mark *mark_new(const struct event_context *context)
{
	struct progress_mark *mark = calloc(1, sizeof(*mark));

	if (!mark)
		return NULL;
	mark->references = 1;
	mark->step.time_ns = context->event->time_ns;
	mark->step.kind = context->event->kind;
	finding_event_summary(context, mark->step.text, sizeof(mark->step.text));
	return mark;
}

static bool take_sequence(struct progress *progress, const struct rule *step, const struct event_context *context,
			  const struct state_key *keys, size_t key_count, struct progress_match *ret_match)
{
	struct progress_mark *mark = mark_new(context);
	bool complete = false;

	if (!mark)
		return false;
	for (size_t i = 0; i < key_count && !complete; i++) {
		struct state *state = state_use(progress, &keys[i], step);

		if (!state)
			continue;
		complete = sequence_add(&state->sequence, step->owner, step - step->owner->steps, mark, ret_match);
		charge(progress, state, sequence_bytes(state, step->owner));
		make_room(progress, state);
	}
	for (size_t i = 0; i < key_count && complete; i++) {
		struct state *state = state_find(progress, &keys[i]);

		if (state)
			sequence_forget(&state->sequence, ret_match->last_ns);
	}
	progress_mark_drop(mark);
	return complete;
}

bool progress_take(struct progress *progress, const struct rule *step, const struct event_context *context,
		   struct progress_match *ret_match)
{
	struct state_key keys[GROUPS_MAX] = { 0 };
	const struct rule *owner = step->owner;
	uint64_t value = 0;
	size_t count;

	if (owner->index >= progress->rule_count || (step->picked && !hash_picked(step, context, &value)))
		return false;
	count = find_groups(step, context, keys);
	expire(progress, &progress->rules[owner->index], context->event->time_ns, owner);
	for (size_t i = 0; i < count; i++) {
		keys[i].rule = owner->index;
		keys[i].value = owner->count_over ? 0 : value;
	}
	if (owner->count_over)
		return take_count(progress, step, context, keys, value, ret_match);
	return take_sequence(progress, step, context, keys, count, ret_match);
}
