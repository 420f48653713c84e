/* SPDX-License-Identifier: GPL-2.0-only */
/* The key lists:, and values that may be "$name" of a list. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(list) ((list)->count = SIZE_MAX)
#include "state/rule_read.h"

#include <errno.h>
#include <string.h>

#include "state/near.h"

static struct value_list *find_list(struct rule_reader *reader, const char *name)
{
	struct value_list *list;

	HASH_FIND_STR(reader->lists, name, list);
	return list;
}

static void report_unknown_list(struct rule_reader *reader, const struct rule_file *file, const yaml_node_t *node,
				const char *name)
{
	struct near near = near_start(name);

	for (struct value_list *list = reader->lists; list; list = list->hh.next)
		near_offer(&near, list->name);
	rule_report_at(&reader->report, file, node, "no list is called \"%s\"%s%s%s", rule_quote(name).text,
		       near.best ? "; did you mean \"$" : "", near.best ? near.best : "", near.best ? "\"?" : "");
}

/* "$name" is the list of that name, "$$text" the text "$text". */
static void each_scalar(struct rule_reader *reader, const struct rule_file *file, const yaml_node_t *node,
			const char *what, bool lists, rule_each_value *each, void *context)
{
	const char *value = rule_scalar(file, node, &reader->report, what);
	const struct value_list *list;

	if (!value)
		return;
	if (!lists || value[0] != '$') {
		each(context, node, value);
		return;
	}
	if (value[1] == '$') {
		each(context, node, value + 1);
		return;
	}
	list = find_list(reader, value + 1);
	if (!list) {
		report_unknown_list(reader, file, node, value + 1);
		return;
	}
	for (size_t i = 0; i < list->count && !reader->report.failure; i++)
		each(context, node, list->values[i]);
}

void rule_for_each_value(struct rule_reader *reader, const struct rule_file *file, const yaml_node_t *node,
			 const char *what, bool lists, rule_each_value *each, void *context)
{
	if (node->type != YAML_SEQUENCE_NODE) {
		each_scalar(reader, file, node, what, lists, each, context);
		return;
	}
	for (yaml_node_item_t *item = node->data.sequence.items.start;
	     item < node->data.sequence.items.top && !reader->report.failure; item++)
		each_scalar(reader, file, rule_node(file, *item), what, lists, each, context);
}

static void free_list(struct value_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->values[i]);
	free(list->values);
	free(list->name);
	free(list);
}

struct list_reader {
	struct rule_reader *reader;
	const struct rule_file *file;
	struct value_list *list;
	size_t room;
	bool full;
};

static void add_list_value(void *context, const yaml_node_t *node, const char *value)
{
	struct list_reader *state = context;
	struct value_list *list = state->list;
	struct rule_report *report = &state->reader->report;

	if (list->count == RULE_LIST_MAX_VALUES || state->reader->list_value_count == RULE_SET_MAX_VALUES) {
		if (!state->full)
			rule_report_at(report, state->file, node, "more than %d values in a list or %d in all lists",
				       RULE_LIST_MAX_VALUES, RULE_SET_MAX_VALUES);
		state->full = true;
		return;
	}
	if (list->count == state->room) {
		size_t room = state->room ? 2 * state->room : 8;
		char **larger = reallocarray(list->values, room, sizeof(*larger));

		if (!larger) {
			report->failure = -ENOMEM;
			return;
		}
		list->values = larger;
		state->room = room;
	}
	list->values[list->count] = strdup(value);
	if (!list->values[list->count]) {
		report->failure = -ENOMEM;
		return;
	}
	list->count++;
	state->reader->list_value_count++;
}

static bool list_name_valid(const char *name)
{
	size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	return !name[size] && size >= 1 && size <= RULE_NAME_SIZE;
}

/* In place of an older one of the same name. */
static void keep_list(struct rule_reader *reader, struct value_list *list)
{
	struct value_list *old = find_list(reader, list->name);
	size_t count = list->count;

	if (old) {
		HASH_DEL(reader->lists, old);
		free_list(old);
	}
	HASH_ADD_KEYPTR(hh, reader->lists, list->name, strlen(list->name), list);
	if (list->count != count) {
		list->count = count;
		free_list(list);
		reader->report.failure = -ENOMEM;
	}
}

static void read_list_append(void *context, const yaml_node_t *node)
{
	*(const yaml_node_t **)context = node;
}

/* {append: [...]}: the values to add to those of an earlier file's list. NULL after a report. */
static const yaml_node_t *appended_values(struct list_reader *state, const yaml_node_t *node,
					  const struct value_list *old, const char *name)
{
	static const struct rule_key keys[] = { { "append", read_list_append } };
	struct rule_report *report = &state->reader->report;
	const yaml_node_t *values = NULL;

	rule_read_mapping(state->file, node, report, "a list", keys, 1, &values);
	if (!values)
		return NULL;
	if (!old) {
		report_unknown_list(state->reader, state->file, node, name);
		return NULL;
	}
	for (size_t i = 0; i < old->count && !report->failure; i++)
		add_list_value(state, node, old->values[i]);
	return values;
}

static void read_list(struct rule_reader *reader, const struct rule_file *file, const yaml_node_t *key,
		      const yaml_node_t *value)
{
	const char *name = rule_scalar(file, key, &reader->report, "a list's name");
	struct list_reader state = { .reader = reader, .file = file };
	const struct value_list *old;

	if (!name)
		return;
	if (!list_name_valid(name)) {
		rule_report_at(&reader->report, file, key, "a list's name is 1 to %d letters, digits, \"_\" or \"-\"",
			       RULE_NAME_SIZE);
		return;
	}
	old = find_list(reader, name);
	if (old && old->file == file) {
		rule_report_at(&reader->report, file, key, "the list \"%s\" is here twice", name);
		return;
	}
	if (value->type == YAML_SCALAR_NODE) {
		rule_report_at(&reader->report, file, value,
			       "the list \"%s\" must be a sequence, [a, b], or {append: [a, b]}", name);
		return;
	}
	state.list = calloc(1, sizeof(*state.list));
	if (state.list)
		state.list->name = strdup(name);
	if (!state.list || !state.list->name) {
		free(state.list);
		reader->report.failure = -ENOMEM;
		return;
	}
	state.list->file = file;
	if (value->type == YAML_MAPPING_NODE)
		value = appended_values(&state, value, old, name);
	if (!value) {
		free_list(state.list);
		return;
	}
	rule_for_each_value(reader, file, value, "a value", true, add_list_value, &state);
	keep_list(reader, state.list);
}

static const yaml_node_t *find_lists(const struct rule_file *file)
{
	const yaml_node_t *root = yaml_document_get_root_node((yaml_document_t *)&file->document);

	if (!root || root->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *pair = root->data.mapping.pairs.start; pair < root->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = rule_node(file, pair->key);

		if (key->type == YAML_SCALAR_NODE && strcmp((const char *)key->data.scalar.value, "lists") == 0)
			return rule_node(file, pair->value);
	}
	return NULL;
}

void rule_read_lists(struct rule_reader *reader, const struct rule_file *file)
{
	const yaml_node_t *lists = find_lists(file);

	if (!lists || rule_node_empty(lists))
		return;
	if (lists->type != YAML_MAPPING_NODE) {
		rule_report_at(&reader->report, file, lists, "lists: must be a mapping of names to lists");
		return;
	}
	for (yaml_node_pair_t *pair = lists->data.mapping.pairs.start;
	     pair < lists->data.mapping.pairs.top && !reader->report.failure; pair++)
		read_list(reader, file, rule_node(file, pair->key), rule_node(file, pair->value));
}

void rule_reader_clear(struct rule_reader *reader)
{
	struct value_list *list, *next_list;
	struct rule_entry *entry, *next_entry;

	HASH_ITER (hh, reader->lists, list, next_list) {
		HASH_DEL(reader->lists, list);
		free_list(list);
	}
	HASH_ITER (hh, reader->entries, entry, next_entry) {
		HASH_DEL(reader->entries, entry);
		rule_clear(&entry->rule);
		free(entry);
	}
}
