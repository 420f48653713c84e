/* SPDX-License-Identifier: GPL-2.0-only */
/* The keys where: and unless: of a rule. */
#include "state/rule_read.h"

#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "state/near.h"
#include "state/rule_compile.h"

struct operator_name {
	const char *name;
	enum condition_operator op;
	bool one_value;
};

static const struct operator_name operators[] = {
	{ "equals", OPERATOR_EQUALS, false }, { "in", OPERATOR_EQUALS, false }, { "prefix", OPERATOR_PREFIX, false },
	{ "suffix", OPERATOR_SUFFIX, false }, { "glob", OPERATOR_GLOB, false }, { "regex", OPERATOR_REGEX, false },
	{ "cidr", OPERATOR_CIDR, false },     { "<", OPERATOR_LESS, true },	{ ">", OPERATOR_GREATER, true },
};

static const char *const type_names[] = {
	[FIELD_STRING] = "a text",
	[FIELD_INTEGER] = "a number",
	[FIELD_BOOLEAN] = "true or false",
	[FIELD_ADDRESS] = "an IP address",
};

/* One condition that is being read. */
struct condition_reader {
	struct rule_context *context;
	struct condition condition;
	bool failed;
};

static void add_value(void *context, const yaml_node_t *node, const char *value)
{
	struct condition_reader *state = context;
	struct rule_reader *reader = state->context->reader;
	char problem[CONDITION_ERROR_SIZE];
	int error;

	if (++reader->value_count > RULE_SET_MAX_VALUES) {
		if (reader->value_count == RULE_SET_MAX_VALUES + 1)
			rule_report_at(&reader->report, state->context->file, node, "more than %d values in all rules",
				       RULE_SET_MAX_VALUES);
		return;
	}
	error = condition_add(&state->condition, value, problem);
	if (error == -ENOMEM)
		reader->report.failure = error;
	else if (error)
		rule_report_at(&reader->report, state->context->file, node, "%s", problem);
	state->failed |= error != 0;
}

static void keep_condition(struct condition_reader *state, struct condition **conditions, size_t *count)
{
	struct condition *larger;

	if (condition_finish(&state->condition))
		goto fail;
	larger = reallocarray(*conditions, *count + 1, sizeof(*larger));
	if (!larger)
		goto fail;
	*conditions = larger;
	larger[(*count)++] = state->condition;
	return;
fail:
	condition_clear(&state->condition);
	state->context->reader->report.failure = -ENOMEM;
}

/* The values behind one operator. */
static void read_values(struct rule_context *context, const struct field *field, const struct operator_name *operator,
			bool negate, const yaml_node_t *node, struct condition **conditions, size_t *count)
{
	struct condition_reader state = { .context = context };
	struct rule_report *report = &context->reader->report;

	if (!condition_operator_takes(operator->op, field->type)) {
		rule_report_at(report, context->file, node, "%s is %s: it has no operator \"%s\"", field->name,
			       type_names[field->type], operator->name);
		return;
	}
	if (operator->one_value && node->type != YAML_SCALAR_NODE) {
		rule_report_at(report, context->file, node, "\"%s\" takes a single number", operator->name);
		return;
	}
	if (node->type == YAML_SEQUENCE_NODE && node->data.sequence.items.start == node->data.sequence.items.top) {
		rule_report_at(report, context->file, node, "%s: an empty list never matches", field->name);
		return;
	}
	if (condition_start(&state.condition, field, operator->op, negate)) {
		report->failure = -ENOMEM;
		return;
	}
	rule_for_each_value(context->reader, context->file, node, field->name, operator->op != OPERATOR_REGEX,
			    add_value, &state);
	if (state.failed || report->failure)
		condition_clear(&state.condition);
	else
		keep_condition(&state, conditions, count);
}

static const struct operator_name *find_operator(struct rule_context *context, const yaml_node_t *key)
{
	struct rule_report *report = &context->reader->report;
	const char *name = rule_scalar(context->file, key, report, "an operator");
	struct near near;

	if (!name)
		return NULL;
	near = near_start(name);
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		if (strcmp(operators[i].name, name) == 0)
			return &operators[i];
		near_offer(&near, operators[i].name);
	}
	rule_report_at(report, context->file, key,
		       "no operator is called \"%s\"%s%s%s; there are equals, in, prefix, suffix, glob, regex, cidr, "
		       "\"<\", \">\" and not",
		       rule_quote(name).text, near.best ? "; did you mean \"" : "", near.best ? near.best : "",
		       near.best ? "\"?" : "");
	return NULL;
}

static void read_test(struct rule_context *context, const struct field *field, bool negate, const yaml_node_t *node,
		      struct condition **conditions, size_t *count);

/* Several operators of one field must all hold. */
static void read_operators(struct rule_context *context, const struct field *field, bool negate,
			   const yaml_node_t *node, struct condition **conditions, size_t *count)
{
	yaml_node_pair_t *pair = node->data.mapping.pairs.start, *top = node->data.mapping.pairs.top;
	struct rule_report *report = &context->reader->report;
	unsigned int seen = 0;

	if (pair == top)
		rule_report_at(report, context->file, node, "%s: an operator and a value are missing", field->name);
	if (negate && top - pair > 1)
		rule_report_at(report, context->file, node, "not takes one operator");
	for (; pair < top && !report->failure; pair++) {
		const yaml_node_t *key = rule_node(context->file, pair->key);
		const yaml_node_t *value = rule_node(context->file, pair->value);
		const struct operator_name *operator;

		if (!negate && key->type == YAML_SCALAR_NODE &&
		    strcmp((const char *)key->data.scalar.value, "not") == 0) {
			read_test(context, field, true, value, conditions, count);
			continue;
		}
		operator= find_operator(context, key);
		if (!operator)
			continue;
		if (seen & 1U << (operator- operators))
			rule_report_at(report, context->file, key, "%s: has \"%s\" twice", field->name, operator->name);
		seen |= 1U << (operator- operators);
		read_values(context, field, operator, negate, value, conditions, count);
	}
}

static void read_test(struct rule_context *context, const struct field *field, bool negate, const yaml_node_t *node,
		      struct condition **conditions, size_t *count)
{
	if (node->type == YAML_MAPPING_NODE)
		read_operators(context, field, negate, node, conditions, count);
	else
		read_values(context, field, &operators[0], negate, node, conditions, count);
}

const struct field *rule_read_field(struct rule_context *context, const yaml_node_t *key)
{
	struct rule_report *report = &context->reader->report;
	const char *name = rule_scalar(context->file, key, report, "a field"), *near;
	const struct field *field;

	if (!name)
		return NULL;
	field = catalogue_find_field(name);
	if (!field) {
		near = catalogue_suggest_field(name);
		rule_report_at(report, context->file, key, "no field is called \"%s\"%s%s%s", rule_quote(name).text,
			       near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
		return NULL;
	}
	if (!(field->kinds & 1ULL << context->rule.kind)) {
		rule_report_at(report, context->file, key, "%s events have no field \"%s\"",
			       catalogue_kind_name(context->rule.kind), name);
		return NULL;
	}
	return field;
}

static bool has_field(const struct condition *conditions, size_t count, const struct field *field)
{
	for (size_t i = 0; i < count; i++)
		if (conditions[i].field == field)
			return true;
	return false;
}

/* One mapping; all of it is about different fields. */
static void read_fields(struct rule_context *context, const yaml_node_t *node, const char *what,
			struct condition **conditions, size_t *count)
{
	struct rule_report *report = &context->reader->report;
	size_t first = *count;

	if (node->type != YAML_MAPPING_NODE) {
		rule_report_at(report, context->file, node, "%s: must be a mapping of fields to values", what);
		return;
	}
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top && !report->failure; pair++) {
		const yaml_node_t *key = rule_node(context->file, pair->key);
		const struct field *field = rule_read_field(context, key);

		if (!field)
			continue;
		if (has_field(*conditions + first, *count - first, field))
			rule_report_at(report, context->file, key, "%s: has the field \"%s\" twice", what, field->name);
		else
			read_test(context, field, false, rule_node(context->file, pair->value), conditions, count);
	}
}

void rule_read_conditions(struct rule_context *context, const yaml_node_t *node, const char *what,
			  struct condition **conditions, size_t *count)
{
	struct rule_report *report = &context->reader->report;

	if (!node)
		return;
	if (node->type != YAML_SEQUENCE_NODE) {
		read_fields(context, node, what, conditions, count);
		return;
	}
	for (yaml_node_item_t *item = node->data.sequence.items.start;
	     item < node->data.sequence.items.top && !report->failure; item++)
		read_fields(context, rule_node(context->file, *item), what, conditions, count);
}
