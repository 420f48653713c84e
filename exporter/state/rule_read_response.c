/* SPDX-License-Identifier: GPL-2.0-only */
/* The key response: of a rule: which responses, and their settings. */
#include "state/rule_read.h"

#include <string.h>

#include "cleanup.h"

#define CONTEXT_REPORT(context, node, ...) \
	rule_report_at(&(context)->reader->report, (context)->file, (node), __VA_ARGS__)

static const char *response_at(unsigned int index)
{
	return index == RESPONSE_COUNT ? "none" : response_name(index);
}

static const char *scope_at(unsigned int index)
{
	return kill_scope_name(index);
}

static void read_kill_scope(void *context_pointer, const yaml_node_t *node)
{
	struct rule_context *context = context_pointer;
	int scope = rule_read_choice(context, node, "kill: scope", scope_at, KILL_SCOPE_COUNT);

	if (scope >= 0)
		context->rule.kill_scope = scope;
}

static void read_pause_timeout(void *context_pointer, const yaml_node_t *node)
{
	struct rule_context *context = context_pointer;

	context->rule.timeouts_ns[RESPONSE_PAUSE] = rule_read_duration(context, node, "pause: timeout");
}

static void read_isolate_timeout(void *context_pointer, const yaml_node_t *node)
{
	struct rule_context *context = context_pointer;

	context->rule.timeouts_ns[RESPONSE_ISOLATE] = rule_read_duration(context, node, "isolate: timeout");
}

/* The settings that each response takes; name NULL: none. */
static const struct rule_key settings[RESPONSE_COUNT] = {
	[RESPONSE_KILL] = { "scope", read_kill_scope },
	[RESPONSE_PAUSE] = { "timeout", read_pause_timeout },
	[RESPONSE_ISOLATE] = { "timeout", read_isolate_timeout },
};

static void read_settings(struct rule_context *context, unsigned int response, const yaml_node_t *node)
{
	const struct rule_key *keys = &settings[response];

	if (keys->name)
		rule_read_mapping(context->file, node, &context->reader->report, response_at(response), keys, 1,
				  context);
	else
		CONTEXT_REPORT(context, node, "%s takes no settings", response_at(response));
}

/* "kill", or {kill: {scope: tree}}. */
static void add_response(struct rule_context *context, const yaml_node_t *node)
{
	const yaml_node_t *name = node, *value = NULL;
	int response;

	if (node->type == YAML_MAPPING_NODE) {
		const yaml_node_pair_t *pair = node->data.mapping.pairs.start;

		if (node->data.mapping.pairs.top - pair != 1) {
			CONTEXT_REPORT(context, node,
				       "a response with settings is a mapping of its name alone; "
				       "several responses are a sequence");
			return;
		}
		name = rule_node(context->file, pair->key);
		value = rule_node(context->file, pair->value);
	}
	response = rule_read_choice(context, name, "response", response_at, RESPONSE_COUNT + 1);
	if (response < 0)
		return;
	if (value && response == RESPONSE_COUNT)
		CONTEXT_REPORT(context, value, "none takes no settings");
	else if (value)
		read_settings(context, response, value);
	if (response < RESPONSE_COUNT)
		context->rule.responses |= 1U << response;
}

void rule_read_response(void *context_pointer, const yaml_node_t *node)
{
	struct rule_context *context = context_pointer;

	if (node->type != YAML_SEQUENCE_NODE) {
		add_response(context, node);
		return;
	}
	for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++)
		add_response(context, rule_node(context->file, *item));
}
