/* SPDX-License-Identifier: GPL-2.0-only */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(item) ((item)->name = NULL)
#include "import/falco_file.h"

#include <errno.h>
#include <string.h>

#include "cleanup.h"

/* One entry of a file that is being read. */
struct entry {
	struct falco_rules *rules;
	const struct rule_file *file;
	const yaml_node_t *node;
	bool append; /* all of it is added to the earlier one */
};

/* What may stand in an entry; the others change nothing of what a condition means. */
static const char *const known_keys[] = {
	"rule",
	"macro",
	"list",
	"items",
	"condition",
	"desc",
	"output",
	"tags",
	"append",
	"source",
	"priority",
	"enabled",
	"exceptions",
	"override",
	"capture",
	"warn_evttypes",
	"skip-if-unknown-filter",
	"capture_duration",
};

const struct falco_list *falco_rules_list(const struct falco_rules *rules, const char *name)
{
	struct falco_list *list;

	HASH_FIND_STR(rules->lists, name, list);
	return list;
}

struct falco_macro *falco_rules_macro(const struct falco_rules *rules, const char *name)
{
	struct falco_macro *macro;

	HASH_FIND_STR(rules->macros, name, macro);
	return macro;
}

static const yaml_node_t *get(const struct entry *entry, const yaml_node_t *mapping, const char *key)
{
	if (!mapping || mapping->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start; pair < mapping->data.mapping.pairs.top;
	     pair++) {
		const yaml_node_t *node = rule_node(entry->file, pair->key);

		if (node->type == YAML_SCALAR_NODE && strcmp((const char *)node->data.scalar.value, key) == 0)
			return rule_node(entry->file, pair->value);
	}
	return NULL;
}

/* NULL: no scalar, or a NUL byte in it. */
static const char *text_of(const yaml_node_t *node)
{
	const char *text;

	if (!node || node->type != YAML_SCALAR_NODE)
		return NULL;
	text = (const char *)node->data.scalar.value;
	return strlen(text) == node->data.scalar.length ? text : NULL;
}

static const char *get_text(const struct entry *entry, const char *key)
{
	return text_of(get(entry, entry->node, key));
}

/* YAML 1.1's words. Return: @otherwise when it is none of them. */
static bool truth_of(const char *text, bool otherwise)
{
	static const char *const words[][2] = { { "true", "false" }, { "yes", "no" }, { "on", "off" } };

	for (size_t i = 0; text && i < ARRAY_SIZE(words); i++)
		for (size_t j = 0; j < 2; j++)
			if (strcasecmp(words[i][j], text) == 0)
				return j == 0;
	return otherwise;
}

static bool appends(const struct entry *entry, const char *key)
{
	const char *how = text_of(get(entry, get(entry, entry->node, "override"), key));

	return entry->append || (how && strcmp(how, "append") == 0);
}

static int keep(struct falco_rules *rules, const char ***values, size_t *count, const char *value)
{
	const char **larger = arena_grow(&rules->arena, *values, *count, sizeof(*larger));
	const char *copy = arena_copy(&rules->arena, value, strlen(value));

	if (!larger || !copy || ++rules->value_count > FALCO_MAX_VALUES)
		return -ENOMEM;
	*values = larger;
	larger[(*count)++] = copy;
	return 0;
}

/* Scalars of a sequence. Return: 0; -EINVAL: not such; -ENOMEM. */
static int add_values(const struct entry *entry, const yaml_node_t *node, const char ***values, size_t *count)
{
	if (!node || rule_node_empty(node))
		return 0;
	if (node->type != YAML_SEQUENCE_NODE)
		return -EINVAL;
	for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
		const char *value = text_of(rule_node(entry->file, *item));

		if (!value)
			return -EINVAL;
		if (keep(entry->rules, values, count, value))
			return -ENOMEM;
	}
	return 0;
}

static void complain(const struct entry *entry, const char *what)
{
	rule_report_at(&entry->rules->report, entry->file, entry->node, "%s", what);
}

static int read_list(const struct entry *entry, const char *name)
{
	struct falco_rules *rules = entry->rules;
	struct falco_list *list;
	int error;

	HASH_FIND_STR(rules->lists, name, list);
	if (!list) {
		list = arena_take(&rules->arena, 1, sizeof(*list));
		if (!list)
			return -ENOMEM;
		list->name = name;
		HASH_ADD_KEYPTR(hh, rules->lists, name, strlen(name), list);
		if (!list->name)
			return -ENOMEM;
	} else if (!appends(entry, "items")) {
		list->count = 0;
		list->values = NULL;
	}
	error = add_values(entry, get(entry, entry->node, "items"), &list->values, &list->count);
	if (error == -EINVAL)
		complain(entry, "the list's items are no list of values");
	return error;
}

/* @old with @text behind it, as one condition. */
static const char *joined(struct falco_rules *rules, const char *old, const char *text, bool append)
{
	if (append && old)
		return arena_print(&rules->arena, "%s %s", old, text);
	return arena_copy(&rules->arena, text, strlen(text));
}

static int read_macro(const struct entry *entry, const char *name)
{
	struct falco_rules *rules = entry->rules;
	const char *condition = get_text(entry, "condition");
	struct falco_macro *macro = falco_rules_macro(rules, name);

	if (!condition) {
		complain(entry, "the macro has no condition");
		return -EINVAL;
	}
	if (!macro) {
		macro = arena_take(&rules->arena, 1, sizeof(*macro));
		if (!macro)
			return -ENOMEM;
		macro->name = name;
		HASH_ADD_KEYPTR(hh, rules->macros, name, strlen(name), macro);
		if (!macro->name)
			return -ENOMEM;
	}
	macro->condition = joined(rules, macro->condition, condition, appends(entry, "condition"));
	return macro->condition ? 0 : -ENOMEM;
}

static void set_problem(struct falco_rule *rule, const char *problem)
{
	if (!rule->problem)
		rule->problem = problem;
}

static int read_text(const struct entry *entry, const char *key, const char **text)
{
	const yaml_node_t *node = get(entry, entry->node, key);
	const char *value = text_of(node);

	if (!node)
		return 0;
	if (!value)
		return -EINVAL;
	*text = joined(entry->rules, *text, value, appends(entry, key));
	return *text ? 0 : -ENOMEM;
}

static struct falco_exception *find_exception(struct falco_rule *rule, const char *name)
{
	for (size_t i = 0; i < rule->exception_count; i++)
		if (strcmp(rule->exceptions[i].name, name) == 0)
			return &rule->exceptions[i];
	return NULL;
}

static int read_exception(const struct entry *entry, struct falco_rule *rule, const yaml_node_t *node)
{
	const char *name = text_of(get(entry, node, "name"));
	const yaml_node_t *values = get(entry, node, "values"), *fields = get(entry, node, "fields");
	struct arena *arena = &entry->rules->arena;
	struct falco_exception *exception;
	void *larger;

	if (!name)
		return -EINVAL;
	exception = find_exception(rule, name);
	if (!exception) {
		larger = arena_grow(arena, rule->exceptions, rule->exception_count, sizeof(*exception));
		if (!larger)
			return -ENOMEM;
		rule->exceptions = larger;
		exception = &rule->exceptions[rule->exception_count++];
		*exception = (struct falco_exception){ .name = name };
	}
	if (fields) {
		exception->file = entry->file;
		exception->fields = fields;
		exception->comps = get(entry, node, "comps");
	}
	if (!values || rule_node_empty(values))
		return 0;
	larger = arena_grow(arena, exception->values, exception->count, sizeof(*exception->values));
	if (!larger)
		return -ENOMEM;
	exception->values = larger;
	exception->values[exception->count].file = entry->file;
	exception->values[exception->count++].node = values;
	return 0;
}

static int read_exceptions(const struct entry *entry, struct falco_rule *rule)
{
	const yaml_node_t *node = get(entry, entry->node, "exceptions");
	int error = 0;

	if (!node || rule_node_empty(node))
		return 0;
	if (node->type != YAML_SEQUENCE_NODE)
		return -EINVAL;
	if (!appends(entry, "exceptions"))
		rule->exception_count = 0;
	for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top && !error;
	     item++)
		error = read_exception(entry, rule, rule_node(entry->file, *item));
	return error;
}

static int read_tags(const struct entry *entry, struct falco_rule *rule)
{
	const yaml_node_t *node = get(entry, entry->node, "tags");

	if (node && !appends(entry, "tags")) {
		rule->tag_count = 0;
		rule->tags = NULL;
	}
	return add_values(entry, node, &rule->tags, &rule->tag_count);
}

/* Keys that nobody here knows could mean anything. */
static void check_keys(const struct entry *entry, struct falco_rule *rule)
{
	const yaml_node_t *node = entry->node;

	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
		const char *key = text_of(rule_node(entry->file, pair->key));
		bool known = false;

		for (size_t i = 0; key && i < ARRAY_SIZE(known_keys); i++)
			known |= strcmp(known_keys[i], key) == 0;
		if (!known)
			set_problem(rule, arena_print(&entry->rules->arena, "it has an unknown key \"%s\"",
						      rule_quote(key ? key : "?").text));
	}
}

static int add_rule(const struct entry *entry, const char *name, struct falco_rule **ret_rule)
{
	struct falco_rules *rules = entry->rules;
	struct falco_rule *rule = arena_take(&rules->arena, 1, sizeof(*rule));

	if (!rule)
		return -ENOMEM;
	rule->name = name;
	HASH_ADD_KEYPTR(hh, rules->rules, name, strlen(name), rule);
	*ret_rule = rule;
	return rule->name ? 0 : -ENOMEM;
}

/* A definition starts anew; what appends, overrides or only switches goes on from what is there. */
static int begin_rule(const struct entry *entry, struct falco_rule *rule, bool whole)
{
	struct falco_rules *rules = entry->rules;

	if (whole) {
		const char *name = rule->name;
		UT_hash_handle hh = rule->hh;

		*rule = (struct falco_rule){ .name = name, .enabled = true, .hh = hh };
	}
	if (whole || !rule->place)
		rule->place = arena_print(&rules->arena, "%s:%zu", entry->file->name, entry->node->start_mark.line + 1);
	return rule->place ? 0 : -ENOMEM;
}

static int read_rule(const struct entry *entry, const char *name)
{
	bool partial = entry->append || get(entry, entry->node, "override"), only_switch;
	const char *source = get_text(entry, "source");
	struct falco_rule *rule;
	int error = 0;

	only_switch = !get(entry, entry->node, "condition") && !get(entry, entry->node, "exceptions");
	HASH_FIND_STR(entry->rules->rules, name, rule);
	if (!rule) {
		error = add_rule(entry, name, &rule);
		if (error)
			return error;
		if (partial || only_switch)
			set_problem(rule, "it changes a rule that is in none of these files");
		rule->enabled = true;
	}
	error = begin_rule(entry, rule, !partial && !only_switch);
	if (!error)
		error = read_text(entry, "condition", &rule->condition);
	if (!error)
		error = read_text(entry, "desc", &rule->description);
	if (!error)
		error = read_text(entry, "output", &rule->output);
	if (!error)
		error = read_text(entry, "priority", &rule->priority);
	if (!error)
		error = read_tags(entry, rule);
	if (!error)
		error = read_exceptions(entry, rule);
	rule->enabled = truth_of(get_text(entry, "enabled"), rule->enabled);
	if (source && strcmp(source, "syscall") != 0)
		set_problem(rule, arena_print(&entry->rules->arena, "its source is %s, picket sees system calls",
					      rule_quote(source).text));
	check_keys(entry, rule);
	if (error == -EINVAL)
		set_problem(rule, "one of its keys has a value of the wrong form");
	return error == -EINVAL ? 0 : error;
}

static int read_entry(struct falco_rules *rules, const struct rule_file *file, const yaml_node_t *node)
{
	static const struct {
		const char *key;
		int (*read)(const struct entry *entry, const char *name);
	} kinds[] = { { "rule", read_rule }, { "macro", read_macro }, { "list", read_list } };
	struct entry entry = { .rules = rules, .file = file, .node = node };

	if (node->type != YAML_MAPPING_NODE) {
		complain(&entry, "a mapping with rule, macro or list is missing");
		return -EINVAL;
	}
	entry.append = truth_of(get_text(&entry, "append"), false);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *name = get_text(&entry, kinds[i].key);

		if (name)
			return kinds[i].read(&entry, name);
	}
	if (get(&entry, node, "required_engine_version") || get(&entry, node, "required_plugin_versions"))
		return 0;
	complain(&entry, "neither rule, macro nor list");
	return -EINVAL;
}

static int read_file(struct falco_rules *rules, const struct rule_file *file)
{
	const yaml_node_t *root = yaml_document_get_root_node((yaml_document_t *)&file->document);
	int worst = 0, error;

	if (!root || rule_node_empty(root))
		return 0;
	if (root->type != YAML_SEQUENCE_NODE) {
		rule_report_at(&rules->report, file, root,
			       "no rule file of Falco: it must be a list of rules, macros and lists");
		return -EINVAL;
	}
	for (yaml_node_item_t *item = root->data.sequence.items.start; item < root->data.sequence.items.top; item++) {
		error = read_entry(rules, file, rule_node(file, *item));
		if (error == -ENOMEM)
			return error;
		worst = error ? error : worst;
	}
	return worst;
}

static int keep_file(struct falco_rules *rules, struct rule_file *file, int error)
{
	if (error) {
		free(file);
		return error;
	}
	rules->files[rules->file_count++] = file;
	return read_file(rules, file);
}

static struct rule_file *new_file(struct falco_rules *rules, const char *name)
{
	if (rules->file_count == FALCO_MAX_FILES) {
		rule_report_file(&rules->report, name, "more than %d files", FALCO_MAX_FILES);
		return NULL;
	}
	return calloc(1, sizeof(struct rule_file));
}

int falco_rules_load(struct falco_rules *rules, const char *path)
{
	struct rule_file *file = new_file(rules, path);

	return file ? keep_file(rules, file, rule_file_load(path, &rules->report, file)) : -ENOMEM;
}

int falco_rules_parse(struct falco_rules *rules, const char *name, const void *bytes, size_t size)
{
	struct rule_file *file = new_file(rules, name);

	return file ? keep_file(rules, file, rule_file_parse(name, bytes, size, &rules->report, file)) : -ENOMEM;
}

void falco_rules_clear(struct falco_rules *rules)
{
	HASH_CLEAR(hh, rules->lists);
	HASH_CLEAR(hh, rules->macros);
	HASH_CLEAR(hh, rules->rules);
	for (size_t i = 0; i < rules->file_count; i++) {
		rule_file_close(rules->files[i]);
		free(rules->files[i]);
	}
	rules->file_count = 0;
	arena_clear(&rules->arena);
}
