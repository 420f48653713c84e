/* SPDX-License-Identifier: GPL-2.0-only */
/* The key rules: of a file. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(entry) ((entry)->file = NULL)
#include "state/rule_read.h"

#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "state/near.h"
#include "state/rule_compile.h"

#define PROCESS_RESPONSES (1U << RESPONSE_DENY | 1U << RESPONSE_KILL)
#define HOST_SPARED_RESPONSES (PROCESS_RESPONSES | 1U << RESPONSE_PAUSE | 1U << RESPONSE_ISOLATE)

void rule_clear(struct rule *rule)
{
	for (size_t i = 0; i < rule->step_count; i++)
		rule_clear(&rule->steps[i]);
	free(rule->steps);
	for (size_t i = 0; i < rule->where_count; i++)
		condition_clear(&rule->where[i]);
	for (size_t i = 0; i < rule->unless_count; i++)
		condition_clear(&rule->unless[i]);
	for (size_t i = 0; i < rule->tag_count; i++)
		free(rule->tags[i]);
	free(rule->where);
	free(rule->unless);
	free(rule->tags);
	free(rule->name);
	free(rule->description);
	free(rule->source);
	memset(rule, 0, sizeof(*rule));
}

void rule_check_response(struct rule_context *context, const yaml_node_t *node)
{
	const struct rule *rule = &context->rule;
	bool has_process = rule->kind != PICKET_KIND_CGROUP_CREATE && rule->kind != PICKET_KIND_CGROUP_REMOVE;

	if (!has_process && (rule->responses & PROCESS_RESPONSES))
		CONTEXT_REPORT(context, node, "%s events have no process that could be killed or denied anything",
			       catalogue_kind_name(rule->kind));
	if (rule->step_count && (rule->responses & 1U << RESPONSE_DENY))
		CONTEXT_REPORT(context, node,
			       "what is made up of several events cannot be denied: the last one has been done when it "
			       "is known; use kill");
	if (rule->scope == RULE_SCOPE_HOST && (rule->responses & HOST_SPARED_RESPONSES))
		CONTEXT_REPORT(context, node,
			       "scope host: the only response is investigate, for the host is never a target");
}

/* Where and unless need the event, and the keys come in any order. */
void rule_read_where_unless(struct rule_context *context)
{
	struct rule *rule = &context->rule;

	rule_read_conditions(context, context->where, "where", &rule->where, &rule->where_count);
	rule_read_conditions(context, context->unless, "unless", &rule->unless, &rule->unless_count);
	rule_find_refused(rule);
}

void rule_find_refused(struct rule *rule)
{
	for (size_t i = 0; i < rule->where_count; i++)
		rule->refused |= catalogue_kind_has_refusals(rule->kind) &&
				 rule->where[i].field->syntax == SYNTAX_ERROR_NAME;
}

/* What rules_load() promises of every rule. */
static int complete_rule(struct rule_context *context, const yaml_node_t *node)
{
	struct rule *rule = &context->rule;

	if (!rule->description)
		rule->description = strdup("");
	if (asprintf(&rule->source, "%s:%zu", context->file->name, node->start_mark.line + 1) < 0)
		rule->source = NULL;
	return rule->description && rule->source ? 0 : -ENOMEM;
}

static struct rule_entry *find_entry(struct rule_reader *reader, const char *name)
{
	struct rule_entry *entry;

	HASH_FIND_STR(reader->entries, name, entry);
	return entry;
}

static struct rule_entry *add_entry(struct rule_context *context)
{
	struct rule_reader *reader = context->reader;
	struct rule_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	strcpy(entry->name, context->rule.name);
	entry->file = context->file;
	HASH_ADD_STR(reader->entries, name, entry);
	if (entry->file)
		return entry;
	free(entry);
	return NULL;
}

/* Takes context->rule, in place of an older one of the same name. */
static void keep_rule(struct rule_context *context, const yaml_node_t *node)
{
	struct rule_reader *reader = context->reader;
	struct rule_entry *entry = find_entry(reader, context->rule.name);

	if (entry && entry->file == context->file)
		CONTEXT_REPORT(context, node, "the rule \"%s\" is in this file twice", entry->name);
	if (!entry && HASH_COUNT(reader->entries) >= RULE_MAX_COUNT) {
		CONTEXT_REPORT(context, node, "more than %d rules", RULE_MAX_COUNT);
		rule_clear(&context->rule);
		return;
	}
	if (!entry)
		entry = add_entry(context);
	if (!entry || complete_rule(context, node)) {
		rule_clear(&context->rule);
		reader->report.failure = -ENOMEM;
		return;
	}
	rule_clear(&entry->rule);
	entry->rule = context->rule;
	entry->file = context->file;
}

/* The rule of an earlier file that is changed here; NULL after a report. */
static struct rule_entry *earlier_rule(struct rule_context *context, const yaml_node_t *node, const char *what)
{
	struct rule_entry *entry = find_entry(context->reader, context->rule.name);
	struct near near = near_start(context->rule.name);

	if (entry && entry->file != context->file)
		return entry;
	if (entry) {
		CONTEXT_REPORT(context, node, "the rule \"%s\" is in this file twice", entry->name);
		return NULL;
	}
	for (entry = context->reader->entries; entry; entry = entry->hh.next)
		near_offer(&near, entry->name);
	CONTEXT_REPORT(context, node, "there is no rule \"%s\" to %s%s%s%s", context->rule.name, what,
		       near.best ? "; did you mean \"" : "", near.best ? near.best : "", near.best ? "\"?" : "");
	return NULL;
}

/* Only a name and enabled or append: a rule of an earlier file, on or off, or with something added. */
static void change_rule(struct rule_context *context, const yaml_node_t *node, uint64_t seen)
{
	struct rule_entry *entry = earlier_rule(context, node, context->append ? "append to" : "switch on or off");

	if (entry) {
		if (seen & 1 << RULE_KEY_ENABLED)
			entry->rule.enabled = context->rule.enabled;
		if (context->append)
			rule_read_append(context, &entry->rule);
		entry->file = context->file;
	}
	rule_clear(&context->rule);
}

/* Return: whether the keys are those of a change. */
static bool changes_rule(struct rule_context *context, uint64_t seen)
{
	uint64_t keys = 1 << RULE_KEY_NAME | 1 << RULE_KEY_ENABLED | 1 << RULE_KEY_APPEND;

	if (!context->rule.name || (seen & ~keys)) {
		if (context->append)
			CONTEXT_REPORT(context, context->append,
				       "append goes with name and enabled only: the rest is the earlier rule's");
		return false;
	}
	return seen & (1 << RULE_KEY_ENABLED | 1 << RULE_KEY_APPEND);
}

static void read_rule(struct rule_reader *reader, const struct rule_file *file, const yaml_node_t *node)
{
	struct rule_context context = {
		.reader = reader,
		.file = file,
		.rule = { .severity = SEVERITY_WARNING, .enabled = true },
	};
	uint64_t seen = rule_read_keys(&context, node);

	if (node->type == YAML_MAPPING_NODE && !(seen & 1 << RULE_KEY_NAME))
		CONTEXT_REPORT(&context, node, "the rule has no name");
	if (changes_rule(&context, seen)) {
		change_rule(&context, node, seen);
		return;
	}
	if (node->type == YAML_MAPPING_NODE && !(seen & (1 << RULE_KEY_EVENT | 1 << RULE_KEY_SEQUENCE)))
		CONTEXT_REPORT(&context, node, "the rule has no event");
	if (context.kind_known && !context.sequence)
		rule_read_where_unless(&context);
	rule_read_steps(&context, node);
	if (context.kind_known)
		rule_check_response(&context, node);
	if (context.rule.name)
		keep_rule(&context, node);
	else
		rule_clear(&context.rule);
}

static void read_rules(void *context_pointer, const yaml_node_t *node)
{
	struct rule_context *context = context_pointer;
	struct rule_reader *reader = context->reader;

	if (rule_node_empty(node))
		return;
	if (node->type != YAML_SEQUENCE_NODE) {
		CONTEXT_REPORT(context, node, "rules: must be a sequence, each rule after a \"-\"");
		return;
	}
	for (yaml_node_item_t *item = node->data.sequence.items.start;
	     item < node->data.sequence.items.top && !reader->report.failure; item++)
		read_rule(reader, context->file, rule_node(context->file, *item));
}

/* Read before, by rule_read_lists(). */
static void skip_lists(void *context, const yaml_node_t *node)
{
	(void)context;
	(void)node;
}

void rule_read_rules(struct rule_reader *reader, const struct rule_file *file)
{
	static const struct rule_key keys[] = { { "lists", skip_lists }, { "rules", read_rules } };
	const yaml_node_t *root = yaml_document_get_root_node((yaml_document_t *)&file->document);
	struct rule_context context = { .reader = reader, .file = file };

	if (root && !rule_node_empty(root))
		rule_read_mapping(file, root, &reader->report, "a rule file", keys, ARRAY_SIZE(keys), &context);
}
