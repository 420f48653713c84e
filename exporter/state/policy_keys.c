/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/policy_keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define UNMERGED_MAX 400000 /* keys before the same ones are merged: a bound for the memory */

static int compare_entries(const void *left, const void *right)
{
	const struct policy_entry *a = left, *b = right;
	int order = memcmp(a->text, b->text, a->size < b->size ? a->size : b->size);

	return order ? order : (a->size > b->size) - (a->size < b->size);
}

static int add_entry(struct policy_keys *keys, const char *text, size_t size, const struct picket_path_policy *value)
{
	struct policy_entry *entry;

	if (keys->count == UNMERGED_MAX) {
		keys->full = true;
		return 0;
	}
	if (keys->count == keys->room) {
		size_t room = keys->room ? 2 * keys->room : 64;
		struct policy_entry *larger = reallocarray(keys->entries, room, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		keys->entries = larger;
		keys->room = room;
	}
	entry = &keys->entries[keys->count++];
	*entry = (struct policy_entry){ .text = text, .size = size, .value = *value };
	entry->value.size = size;
	return 0;
}

static const char *keep_text(struct policy_keys *keys, const char *text, size_t size)
{
	char *copy;

	if (keys->text_count == keys->text_room) {
		size_t room = keys->text_room ? 2 * keys->text_room : 64;
		char **larger = reallocarray(keys->texts, room, sizeof(*larger));

		if (!larger)
			return NULL;
		keys->texts = larger;
		keys->text_room = room;
	}
	copy = malloc(size);
	if (copy)
		keys->texts[keys->text_count++] = memcpy(copy, text, size);
	return copy;
}

int policy_keys_add(struct policy_keys *keys, const char *text, size_t size, const struct picket_path_policy *value,
		    bool directories)
{
	static const struct picket_path_policy inside = { .inside = 1 };
	struct picket_path_policy cut = *value;
	int error;

	if (keys->full)
		return 0;
	if (size > PICKET_POLICY_KEY_SIZE) {
		size = PICKET_POLICY_KEY_SIZE;
		cut.prefix |= cut.exact;
		cut.exact = 0;
	}
	text = keep_text(keys, text, size);
	if (!text)
		return -ENOMEM;
	error = add_entry(keys, text, size, &cut);
	for (size_t i = 0; directories && i + 1 < size && !error; i++)
		if (text[i] == '/')
			error = add_entry(keys, text, i + 1, &inside);
	return error;
}

static void merge_same(struct policy_keys *keys)
{
	size_t kept = 0;

	for (size_t i = 0; i < keys->count; i++) {
		struct policy_entry *entry = &keys->entries[i], *last = kept ? &keys->entries[kept - 1] : NULL;

		if (!last || compare_entries(last, entry) != 0) {
			keys->entries[kept++] = *entry;
			continue;
		}
		last->value.exact |= entry->value.exact;
		last->value.prefix |= entry->value.prefix;
		last->value.subject |= entry->value.subject;
		last->value.inside |= entry->value.inside;
	}
	keys->count = kept;
}

static bool continues(const struct policy_entry *longer, const struct policy_entry *shorter)
{
	return longer->size >= shorter->size && memcmp(longer->text, shorter->text, shorter->size) == 0;
}

/* In order of text, all keys that one begins with lie before it: the last of them, its own, theirs, ... */
static void fold_prefixes(struct policy_keys *keys)
{
	size_t open[PICKET_POLICY_KEY_SIZE + 1], depth = 0; /* each one longer than the one before */

	for (size_t i = 0; i < keys->count; i++) {
		struct policy_entry *entry = &keys->entries[i];

		while (depth && !continues(entry, &keys->entries[open[depth - 1]]))
			depth--;
		if (depth)
			entry->value.prefix |= keys->entries[open[depth - 1]].value.prefix;
		open[depth++] = i;
	}
}

void policy_keys_finish(struct policy_keys *keys)
{
	if (keys->full || !keys->count)
		return;
	qsort(keys->entries, keys->count, sizeof(*keys->entries), compare_entries);
	merge_same(keys);
	fold_prefixes(keys);
	keys->full = keys->count > POLICY_MAX_ENTRIES;
}

void policy_keys_clear(struct policy_keys *keys)
{
	for (size_t i = 0; i < keys->text_count; i++)
		free(keys->texts[i]);
	free(keys->texts);
	free(keys->entries);
	memset(keys, 0, sizeof(*keys));
}
