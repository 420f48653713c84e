/* SPDX-License-Identifier: GPL-2.0-only */
/* The keys of a rule that asks for several events (sequence, within, by) or for many (count). */
#include "state/rule_read.h"

#include <errno.h>
#include <string.h>

#include "cleanup.h"

#define WITHIN_MAX_NS (3600ULL * 1000000000)

static const char *group_at(unsigned int index)
{
	static const char *const names[RULE_GROUP_COUNT] = {
		[RULE_GROUP_CONTAINER] = "container",
		[RULE_GROUP_PROCESS] = "process",
		[RULE_GROUP_TREE] = "process_tree",
	};

	return names[index];
}

static void read_group(struct rule_context *context, const yaml_node_t *node, const char *what)
{
	int group = rule_read_choice(context, node, what, group_at, RULE_GROUP_COUNT);

	if (group >= 0)
		context->rule.group = group;
}

static void read_within(struct rule_context *context, const yaml_node_t *node)
{
	const char *text = rule_scalar(context->file, node, &context->reader->report, "within");
	uint64_t ns = text ? rule_parse_duration(text) : 0;

	if (text && (ns < RULE_DURATION_MIN_NS || ns > WITHIN_MAX_NS))
		CONTEXT_REPORT(context, node, "within is a duration up to 1h, such as 500ms, 30s or 5m");
	else
		context->rule.within_ns = ns;
}

/* One step that is being read. */
struct step_reader {
	struct rule_context context;
	const yaml_node_t *same;
};

static void read_step_event(void *reader, const yaml_node_t *node)
{
	rule_read_event(&((struct step_reader *)reader)->context, node);
}

static void read_step_where(void *reader, const yaml_node_t *node)
{
	((struct step_reader *)reader)->context.where = node;
}

static void read_step_unless(void *reader, const yaml_node_t *node)
{
	((struct step_reader *)reader)->context.unless = node;
}

static void read_step_same(void *reader, const yaml_node_t *node)
{
	((struct step_reader *)reader)->same = node;
}

/* A field whose single value can be compared. */
static const struct field *read_picked(struct rule_context *context, const yaml_node_t *node, const char *what)
{
	const struct field *field = rule_read_field(context, node);

	if (!field || !field->get_all)
		return field;
	CONTEXT_REPORT(context, node, "%s: \"%s\" can have several values at once", what, field->name);
	return NULL;
}

static void read_step(struct rule_context *context, const yaml_node_t *node)
{
	static const struct rule_key keys[] = { { "event", read_step_event },
						{ "where", read_step_where },
						{ "unless", read_step_unless },
						{ "same", read_step_same } };
	struct step_reader step = {
		.context = { .reader = context->reader, .file = context->file, .rule.scope = context->rule.scope },
	};
	struct rule *rule = &context->rule;
	uint64_t seen = rule_read_mapping(context->file, node, &context->reader->report, "a step", keys,
					  ARRAY_SIZE(keys), &step);

	if (node->type == YAML_MAPPING_NODE && !(seen & 1))
		CONTEXT_REPORT(context, node, "the step has no event");
	context->kind_known = step.context.kind_known;
	if (step.context.kind_known) {
		rule_read_where_unless(&step.context);
		if (step.same)
			step.context.rule.picked = read_picked(&step.context, step.same, "same");
	}
	rule->kind = step.context.rule.kind;
	rule->steps[rule->step_count++] = step.context.rule;
}

static int make_steps(struct rule_context *context, size_t count)
{
	context->rule.steps = calloc(count, sizeof(*context->rule.steps));
	if (!context->rule.steps)
		context->reader->report.failure = -ENOMEM;
	return context->reader->report.failure;
}

static void check_same(struct rule_context *context, const yaml_node_t *node)
{
	const struct rule *rule = &context->rule;
	const struct field *first = rule->steps[0].picked;
	bool missing = false, differs = false;

	for (size_t i = 1; i < rule->step_count; i++) {
		const struct field *field = rule->steps[i].picked;

		missing |= !field != !first;
		differs |= field && first && field->type != first->type;
	}
	if (missing)
		CONTEXT_REPORT(context, node, "sequence: same belongs into each step or into none");
	if (differs)
		CONTEXT_REPORT(context, node, "sequence: the fields of same are of different types");
}

static const char *order_at(unsigned int index)
{
	return index ? "any" : "written";
}

static void read_sequence(struct rule_context *context, const yaml_node_t *node)
{
	const yaml_node_t *list = context->sequence;
	yaml_node_item_t *first = list->data.sequence.items.start, *end = list->data.sequence.items.top;

	if (list->type != YAML_SEQUENCE_NODE || end - first < 2 || end - first > RULE_STEPS_MAX) {
		CONTEXT_REPORT(context, list, "sequence: must be 2 to %d steps, each after a \"-\"", RULE_STEPS_MAX);
		return;
	}
	if (make_steps(context, end - first))
		return;
	for (yaml_node_item_t *item = first; item < end && !context->reader->report.failure; item++)
		read_step(context, rule_node(context->file, *item));
	check_same(context, list);
	context->rule.group = RULE_GROUP_TREE;
	if (context->by)
		read_group(context, context->by, "by");
	if (context->order)
		context->rule.any_order = rule_read_choice(context, context->order, "order", order_at, 2) == 1;
	if (context->within)
		read_within(context, context->within);
	else
		CONTEXT_REPORT(context, node, "the rule has a sequence but no within: a time such as 30s");
}

/* A count that is being read. */
struct count_reader {
	struct rule_context *context;
	const struct field *distinct;
};

static void read_over(void *reader, const yaml_node_t *node)
{
	struct rule_context *context = ((struct count_reader *)reader)->context;
	const char *text = rule_scalar(context->file, node, &context->reader->report, "count: over");
	unsigned long over;

	if (!text)
		return;
	over = strlen(text) == strspn(text, "0123456789") && strlen(text) < 10 ? strtoul(text, NULL, 10) : 0;
	if (over < 1 || over > RULE_COUNT_MAX)
		CONTEXT_REPORT(context, node, "count: over is a number from 1 to %d", RULE_COUNT_MAX);
	else
		context->rule.count_over = over;
}

static void read_count_within(void *reader, const yaml_node_t *node)
{
	read_within(((struct count_reader *)reader)->context, node);
}

static void read_count_per(void *reader, const yaml_node_t *node)
{
	read_group(((struct count_reader *)reader)->context, node, "count: per");
}

static void read_distinct(void *reader, const yaml_node_t *node)
{
	struct count_reader *count = reader;

	count->distinct = read_picked(count->context, node, "distinct");
}

/* What the rule asks for becomes its only step. */
static void move_into_step(struct rule_context *context, const struct field *distinct)
{
	struct rule *rule = &context->rule, *step;

	if (make_steps(context, 1))
		return;
	step = &rule->steps[0];
	*step = (struct rule){ .kind = rule->kind, .scope = rule->scope, .refused = rule->refused, .picked = distinct };
	step->where = rule->where;
	step->where_count = rule->where_count;
	step->unless = rule->unless;
	step->unless_count = rule->unless_count;
	rule->where = rule->unless = NULL;
	rule->where_count = rule->unless_count = 0;
	rule->refused = false;
	rule->step_count = 1;
}

static void read_count(struct rule_context *context)
{
	static const struct rule_key keys[] = { { "over", read_over },
						{ "within", read_count_within },
						{ "per", read_count_per },
						{ "distinct", read_distinct } };
	struct count_reader count = { .context = context };
	uint64_t seen;

	if (!context->kind_known)
		return;
	context->rule.group = RULE_GROUP_CONTAINER;
	seen = rule_read_mapping(context->file, context->count, &context->reader->report, "count", keys,
				 ARRAY_SIZE(keys), &count);
	if (context->count->type == YAML_MAPPING_NODE && (seen & 3) != 3)
		CONTEXT_REPORT(context, context->count, "count has no %s", seen & 1 ? "within" : "over");
	if (context->rule.group == RULE_GROUP_TREE)
		CONTEXT_REPORT(context, context->count, "count: per is container or process");
	move_into_step(context, count.distinct);
}

/* Keys that do not go with what the rule is. */
static void check_keys(struct rule_context *context)
{
	const struct {
		const yaml_node_t *node;
		bool refused;
		const char *message;
	} keys[] = {
		{ context->where, context->sequence, "where: of a sequence belongs into its steps" },
		{ context->unless, context->sequence, "unless: of a sequence belongs into its steps" },
		{ context->sequence, context->sequence && context->kind_known,
		  "a sequence has its events in its steps" },
		{ context->count, context->sequence, "a rule has a sequence or a count, not both" },
		{ context->within, !context->sequence,
		  "within: goes with a sequence; of a count it is count: {within}" },
		{ context->order, !context->sequence, "order: goes with a sequence" },
		{ context->by, !context->sequence, "by: goes with a sequence; of a count it is count: {per}" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].node && keys[i].refused)
			CONTEXT_REPORT(context, keys[i].node, "%s", keys[i].message);
}

void rule_read_steps(struct rule_context *context, const yaml_node_t *node)
{
	check_keys(context);
	if (context->sequence)
		read_sequence(context, node);
	else if (context->count)
		read_count(context);
}
