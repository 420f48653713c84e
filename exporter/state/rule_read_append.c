/* SPDX-License-Identifier: GPL-2.0-only */
/* The key append: of a rule: more for a rule of an earlier file. */
#include "state/rule_read.h"

#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "state/rule_compile.h"

static void read_where(void *context, const yaml_node_t *node)
{
	((struct rule_context *)context)->where = node;
}

static void read_unless(void *context, const yaml_node_t *node)
{
	((struct rule_context *)context)->unless = node;
}

/* Conditions that change hands. */
struct condition_list {
	struct condition *conditions;
	size_t count;
};

/* The condition that asks the same of the same field, so that its values can grow; NULL: none. */
static struct condition *find_like(const struct condition_list *list, const struct condition *like)
{
	for (size_t i = 0; i < list->count; i++) {
		struct condition *condition = &list->conditions[i];

		if (condition->field == like->field && condition->op == like->op && condition->negate == like->negate)
			return condition;
	}
	return NULL;
}

/* What was accepted for @from is accepted again. */
static int add_values(struct condition *condition, const struct condition *from)
{
	char problem[CONDITION_ERROR_SIZE];
	int error = 0;

	for (size_t i = 0; i < from->value_count && !error; i++)
		error = condition_add(condition, from->values[i], problem);
	return error ? error : condition_finish(condition);
}

static int add_condition(struct condition_list *list, struct condition *condition)
{
	struct condition *larger = reallocarray(list->conditions, list->count + 1, sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	larger[list->count++] = *condition;
	memset(condition, 0, sizeof(*condition));
	list->conditions = larger;
	return 0;
}

/* One more exception, or more values of what where: asks for; of what it does not ask for yet, one more condition. */
static void merge(struct rule_context *context, struct condition_list *list, struct condition_list *added, bool grow)
{
	int error = 0;

	for (size_t i = 0; i < added->count && !error; i++) {
		struct condition *like = grow ? find_like(list, &added->conditions[i]) : NULL;

		error = like ? add_values(like, &added->conditions[i]) : add_condition(list, &added->conditions[i]);
	}
	if (error)
		context->reader->report.failure = -ENOMEM;
	for (size_t i = 0; i < added->count; i++)
		if (added->conditions[i].field)
			condition_clear(&added->conditions[i]);
	free(added->conditions);
}

static void append_conditions(struct rule_context *context, struct rule *rule)
{
	struct condition_list where = { rule->where, rule->where_count }, more_where = { NULL, 0 };
	struct condition_list unless = { rule->unless, rule->unless_count }, more_unless = { NULL, 0 };

	rule_read_conditions(context, context->where, "append: where", &more_where.conditions, &more_where.count);
	rule_read_conditions(context, context->unless, "append: unless", &more_unless.conditions, &more_unless.count);
	merge(context, &where, &more_where, true);
	merge(context, &unless, &more_unless, false);
	rule->where = where.conditions;
	rule->where_count = where.count;
	rule->unless = unless.conditions;
	rule->unless_count = unless.count;
	rule_find_refused(rule);
}

void rule_read_append(struct rule_context *context, struct rule *rule)
{
	static const struct rule_key keys[] = { { "where", read_where },
						{ "unless", read_unless },
						{ "tags", rule_read_tags },
						{ "response", rule_read_response } };
	struct rule_context target = { .reader = context->reader, .file = context->file, .rule = *rule };

	rule_read_mapping(context->file, context->append, &context->reader->report, "append", keys, ARRAY_SIZE(keys),
			  &target);
	*rule = target.rule;
	if (rule->step_count > 1 && (target.where || target.unless))
		CONTEXT_REPORT(context, context->append,
			       "\"%s\" is a sequence: append cannot say to which step, only tags and response",
			       rule->name);
	else
		append_conditions(&target, rule->step_count ? &rule->steps[0] : rule);
	target.rule = *rule;
	rule_check_response(&target, context->append);
}
