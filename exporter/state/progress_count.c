/* SPDX-License-Identifier: GPL-2.0-only */
/* Many events within a time: the window slides with the newest. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/progress_internal.h"

static void forget_before(struct window *window, uint64_t time_ns)
{
	while (window->used && window->entries[window->first].time_ns < time_ns) {
		window->first++;
		window->used--;
	}
}

/* A value that is there already: only its newest event counts. Return: whether @entry adds nothing. */
static bool replace(struct window *window, const struct window_entry *entry)
{
	struct window_entry *entries = window->entries + window->first;

	for (size_t i = 0; entry->value && i < window->used; i++) {
		if (entries[i].value != entry->value)
			continue;
		if (entries[i].time_ns >= entry->time_ns)
			return true;
		memmove(&entries[i], &entries[i + 1], (--window->used - i) * sizeof(*entries));
		return false;
	}
	return false;
}

/* Room for one more behind the last. It is more than twice what is in use, so moving costs little. */
static int make_room(struct window *window)
{
	struct window_entry *larger;
	size_t room;

	if (window->first + window->used < window->room)
		return 0;
	if (window->first > window->used) {
		memmove(window->entries, window->entries + window->first, window->used * sizeof(*window->entries));
		window->first = 0;
		return 0;
	}
	room = window->room ? 2 * window->room : 8;
	larger = reallocarray(window->entries, room, sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	window->entries = larger;
	window->room = room;
	return 0;
}

static void insert(struct window *window, const struct window_entry *entry)
{
	struct window_entry *entries = window->entries + window->first;
	size_t at = window->used++;

	for (; at && entries[at - 1].time_ns > entry->time_ns; at--)
		entries[at] = entries[at - 1];
	entries[at] = *entry;
}

static uint64_t newest(const struct window *window)
{
	return window->used ? window->entries[window->first + window->used - 1].time_ns : 0;
}

bool window_add(struct window *window, const struct rule *rule, const struct window_entry *entry,
		struct progress_match *ret_match)
{
	uint64_t end = entry->time_ns > newest(window) ? entry->time_ns : newest(window);
	uint64_t start = end > rule->within_ns ? end - rule->within_ns : 0;

	forget_before(window, start);
	if (entry->time_ns < start || replace(window, entry) || make_room(window))
		return false;
	insert(window, entry);
	if (window->used <= rule->count_over)
		return false;
	*ret_match = (struct progress_match){
		.count = window->used,
		.first_ns = window->entries[window->first].time_ns,
		.last_ns = end,
	};
	window->first = window->used = 0;
	return true;
}
