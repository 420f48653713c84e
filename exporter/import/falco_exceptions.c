/* SPDX-License-Identifier: GPL-2.0-only */
/* The key exceptions: of Falco's rules. */
#include <string.h>

#include "import/falco_expand.h"

struct exceptions {
	struct falco_rules *rules;
	const char **ret_error;
	struct falco_node *any; /* or: what spares */
};

static bool refuse(struct exceptions *exceptions, const struct falco_exception *exception, const char *what)
{
	*exceptions->ret_error =
		arena_print(&exceptions->rules->arena, "exception %s: %s", rule_quote(exception->name).text, what);
	return false;
}

static const char *text_of(const yaml_node_t *node)
{
	if (!node || node->type != YAML_SCALAR_NODE ||
	    strlen((char *)node->data.scalar.value) != node->data.scalar.length)
		return NULL;
	return (const char *)node->data.scalar.value;
}

static const yaml_node_t *item_of(const struct rule_file *file, const yaml_node_t *node, size_t i)
{
	return rule_node(file, node->data.sequence.items.start[i]);
}

static size_t count_of(const yaml_node_t *node)
{
	return node->data.sequence.items.top - node->data.sequence.items.start;
}

static bool add_child(struct exceptions *exceptions, struct falco_node *node, const struct falco_node *child)
{
	const struct falco_node **larger;

	if (!child)
		return false;
	larger = arena_grow(&exceptions->rules->arena, node->children, node->child_count, sizeof(*larger));
	if (!larger)
		return false;
	node->children = larger;
	larger[node->child_count++] = child;
	return true;
}

/* A field's name as conditions have it: with "[1]" perhaps. */
static struct falco_node *new_check(struct exceptions *exceptions, const char *field, enum falco_operator op)
{
	struct arena *arena = &exceptions->rules->arena;
	struct falco_node *check = falco_node_new(arena, FALCO_CHECK, 0);
	size_t size = strcspn(field, "[");

	if (!check)
		return NULL;
	check->op = op;
	check->name = arena_copy(arena, field, size);
	if (field[size])
		check->argument = arena_copy(arena, field + size + 1, strcspn(field + size + 1, "]"));
	return check->name && (!field[size] || check->argument) ? check : NULL;
}

static bool add_value(struct exceptions *exceptions, struct falco_node *check, const char *value)
{
	const char **larger = arena_grow(&exceptions->rules->arena, check->values, check->value_count, sizeof(*larger));

	if (!larger)
		return false;
	check->values = larger;
	larger[check->value_count++] = value;
	return true;
}

/* A value, or a list of them. */
static bool add_values(struct exceptions *exceptions, const struct falco_exception *exception, struct falco_node *check,
		       const struct rule_file *file, const yaml_node_t *node)
{
	if (text_of(node))
		return add_value(exceptions, check, text_of(node));
	if (node->type != YAML_SEQUENCE_NODE || !falco_operator_takes_list(check->op))
		return refuse(exceptions, exception, "a value is missing, or a list of them stands in its place");
	for (size_t i = 0; i < count_of(node); i++) {
		const char *value = text_of(item_of(file, node, i));

		if (!value)
			return refuse(exceptions, exception, "a list of values holds something else");
		if (!add_value(exceptions, check, value))
			return false;
	}
	return true;
}

/* Return: FALCO_OPERATOR_COUNT after a refusal. */
static enum falco_operator operator_of(struct exceptions *exceptions, const struct falco_exception *exception,
				       const yaml_node_t *node, enum falco_operator otherwise)
{
	enum falco_operator op = otherwise;

	if (node)
		op = text_of(node) ? falco_operator_find(text_of(node)) : FALCO_OPERATOR_COUNT;
	if (op == FALCO_OPERATOR_COUNT || op == FALCO_EXISTS) {
		refuse(exceptions, exception, "comps: names no operator that takes a value");
		return FALCO_OPERATOR_COUNT;
	}
	return op;
}

/* fields: is one field, and values: a list of its values. */
static bool add_single(struct exceptions *exceptions, const struct falco_exception *exception, size_t i)
{
	enum falco_operator op = operator_of(exceptions, exception, exception->comps, FALCO_IN);
	struct falco_node *check;

	if (op == FALCO_OPERATOR_COUNT)
		return false;
	if (!falco_operator_takes_list(op))
		return refuse(exceptions, exception, "comps: of a single field is in, intersects or pmatch");
	check = new_check(exceptions, text_of(exception->fields), op);
	if (!check || !add_values(exceptions, exception, check, exception->values[i].file, exception->values[i].node))
		return false;
	return add_child(exceptions, exceptions->any,
			 falco_expand_check(exceptions->rules, check, exceptions->ret_error));
}

/* One of values:, each of whose parts belongs to one of fields:. */
static bool add_tuple(struct exceptions *exceptions, const struct falco_exception *exception,
		      const struct rule_file *file, const yaml_node_t *tuple)
{
	size_t count = count_of(exception->fields);
	struct falco_node *all = falco_node_new(&exceptions->rules->arena, FALCO_AND, 0);

	if (tuple->type != YAML_SEQUENCE_NODE || count_of(tuple) != count)
		return refuse(exceptions, exception, "values: has not one value for each field");
	for (size_t i = 0; i < count; i++) {
		const char *field = text_of(item_of(exception->file, exception->fields, i));
		const yaml_node_t *comp = exception->comps ? item_of(exception->file, exception->comps, i) : NULL;
		enum falco_operator op = operator_of(exceptions, exception, comp, FALCO_EQ);
		struct falco_node *check;

		if (op == FALCO_OPERATOR_COUNT)
			return false;
		if (!field)
			return refuse(exceptions, exception, "fields: must be names of fields");
		check = new_check(exceptions, field, op);
		if (!check || !add_values(exceptions, exception, check, file, item_of(file, tuple, i)))
			return false;
		if (!add_child(exceptions, all, falco_expand_check(exceptions->rules, check, exceptions->ret_error)))
			return false;
	}
	return all && add_child(exceptions, exceptions->any, all);
}

static bool add_tuples(struct exceptions *exceptions, const struct falco_exception *exception, size_t i)
{
	const yaml_node_t *values = exception->values[i].node;
	size_t fields = count_of(exception->fields);

	if (!fields)
		return refuse(exceptions, exception, "fields: is empty");
	if (exception->comps && (exception->comps->type != YAML_SEQUENCE_NODE || count_of(exception->comps) != fields))
		return refuse(exceptions, exception, "comps: has not one operator for each field");
	if (values->type != YAML_SEQUENCE_NODE)
		return refuse(exceptions, exception, "values: must be a list");
	for (size_t j = 0; j < count_of(values); j++)
		if (!add_tuple(exceptions, exception, exception->values[i].file,
			       item_of(exception->values[i].file, values, j)))
			return false;
	return true;
}

static bool add_exception(struct exceptions *exceptions, const struct falco_exception *exception)
{
	bool good = true;

	if (!exception->fields)
		return refuse(exceptions, exception, "it has no fields");
	for (size_t i = 0; i < exception->count && good; i++) {
		if (text_of(exception->fields))
			good = add_single(exceptions, exception, i);
		else if (exception->fields->type == YAML_SEQUENCE_NODE)
			good = add_tuples(exceptions, exception, i);
		else
			good = refuse(exceptions, exception, "fields: must be a field or a list of them");
	}
	return good;
}

const struct falco_node *falco_exceptions(struct falco_rules *rules, const struct falco_rule *rule,
					  const char **ret_error)
{
	struct exceptions exceptions = {
		.rules = rules,
		.ret_error = ret_error,
		.any = falco_node_new(&rules->arena, FALCO_OR, 0),
	};

	if (!exceptions.any)
		return NULL;
	for (size_t i = 0; i < rule->exception_count; i++)
		if (!add_exception(&exceptions, &rule->exceptions[i]))
			return NULL;
	return exceptions.any;
}
