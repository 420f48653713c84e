/* SPDX-License-Identifier: GPL-2.0-only */
/* The keys of one rule. */
#include "state/rule_read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "state/near.h"

#define DESCRIPTION_MAX_SIZE 1024
#define TAGS_MAX_COUNT 32
#define TAG_MAX_SIZE 64
#define BURST_MAX 100000
#define INTERVAL_MAX_NS (366ULL * 86400 * 1000000000)

static const char *context_scalar(struct rule_context *context, const yaml_node_t *node, const char *what)
{
	return rule_scalar(context->file, node, &context->reader->report, what);
}

static void set_copy(struct rule_context *context, char **target, const char *text)
{
	*target = strdup(text);
	if (!*target)
		context->reader->report.failure = -ENOMEM;
}

int rule_read_choice(struct rule_context *context, const yaml_node_t *node, const char *what,
		     const char *(*name_of)(unsigned int), unsigned int count)
{
	const char *name = context_scalar(context, node, what);
	struct near near;

	if (!name)
		return -1;
	near = near_start(name);
	for (unsigned int i = 0; i < count; i++) {
		if (strcmp(name, name_of(i)) == 0)
			return i;
		near_offer(&near, name_of(i));
	}
	CONTEXT_REPORT(context, node, "%s is never \"%s\"%s%s%s", what, rule_quote(name).text,
		       near.best ? "; did you mean \"" : "", near.best ? near.best : "", near.best ? "\"?" : "");
	return -1;
}

static const char *severity_at(unsigned int index)
{
	return severity_name(index);
}

static const char *kind_at(unsigned int index)
{
	return catalogue_kind_name(index);
}

static const char *scope_at(unsigned int index)
{
	static const char *const names[] = { "container", "host", "any" };

	return names[index];
}

static const char *per_at(unsigned int index)
{
	return index ? "rule" : "container";
}

static const char *enabled_at(unsigned int index)
{
	return index ? "true" : "false";
}

static bool name_valid(const char *name)
{
	size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return !name[size] && size <= RULE_NAME_SIZE;
}

static void read_name(void *context_pointer, const yaml_node_t *node)
{
	struct rule_context *context = context_pointer;
	const char *name = context_scalar(context, node, "name");

	if (!name)
		return;
	if (name_valid(name))
		set_copy(context, &context->rule.name, name);
	else
		CONTEXT_REPORT(context, node, "the name \"%s\" is not 1 to %d of a-z, 0-9 and \"_\"",
			       rule_quote(name).text, RULE_NAME_SIZE);
}

static void read_description(void *context_pointer, const yaml_node_t *node)
{
	struct rule_context *context = context_pointer;
	const char *text = context_scalar(context, node, "description");

	if (text && strlen(text) > DESCRIPTION_MAX_SIZE)
		CONTEXT_REPORT(context, node, "description is longer than %d bytes", DESCRIPTION_MAX_SIZE);
	else if (text)
		set_copy(context, &context->rule.description, text);
}

static void read_severity(void *context_pointer, const yaml_node_t *node)
{
	struct rule_context *context = context_pointer;
	int severity = rule_read_choice(context, node, "severity", severity_at, SEVERITY_COUNT);

	if (severity >= 0)
		context->rule.severity = severity;
}

void rule_read_event(void *context_pointer, const yaml_node_t *node)
{
	struct rule_context *context = context_pointer;
	int kind = rule_read_choice(context, node, "event", kind_at, PICKET_KIND_COUNT);

	if (kind < 0)
		return;
	context->rule.kind = kind;
	context->kind_known = true;
}

static void read_scope(void *context_pointer, const yaml_node_t *node)
{
	struct rule_context *context = context_pointer;
	int scope = rule_read_choice(context, node, "scope", scope_at, RULE_SCOPE_ANY + 1);

	if (scope >= 0)
		context->rule.scope = scope;
}

static void read_enabled(void *context_pointer, const yaml_node_t *node)
{
	struct rule_context *context = context_pointer;
	int enabled = rule_read_choice(context, node, "enabled", enabled_at, 2);

	if (enabled >= 0)
		context->rule.enabled = enabled;
}

#define READ_NODE(key) \
	static void read_##key(void *context_pointer, const yaml_node_t *node) \
	{ \
		((struct rule_context *)context_pointer)->key = node; \
	}
READ_NODE(where)
READ_NODE(unless)
READ_NODE(sequence)
READ_NODE(within)
READ_NODE(by)
READ_NODE(order)
READ_NODE(count)
READ_NODE(append)
#undef READ_NODE

static void add_tag(void *context_pointer, const yaml_node_t *node, const char *tag)
{
	struct rule_context *context = context_pointer;
	size_t size = strspn(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/-");
	char **larger;

	if (tag[size] || size > TAG_MAX_SIZE || context->rule.tag_count == TAGS_MAX_COUNT) {
		CONTEXT_REPORT(context, node,
			       "tags: at most %d, each of 1 to %d letters, digits, \".\", \"_\", \":\", \"/\" "
			       "and \"-\"",
			       TAGS_MAX_COUNT, TAG_MAX_SIZE);
		return;
	}
	larger = reallocarray(context->rule.tags, context->rule.tag_count + 1, sizeof(*larger));
	if (!larger) {
		context->reader->report.failure = -ENOMEM;
		return;
	}
	context->rule.tags = larger;
	set_copy(context, &larger[context->rule.tag_count], tag);
	context->rule.tag_count += larger[context->rule.tag_count] != NULL;
}

void rule_read_tags(void *context_pointer, const yaml_node_t *node)
{
	struct rule_context *context = context_pointer;

	rule_for_each_value(context->reader, context->file, node, "a tag", false, add_tag, context);
}

/* A rate that is being read: throttle: or limit:. */
struct rate_context {
	struct rule_context *rule;
	const char *what;
	struct rule_rate rate;
};

static void read_per(void *context_pointer, const yaml_node_t *node)
{
	struct rate_context *context = context_pointer;
	char what[32];

	snprintf(what, sizeof(what), "%s: per", context->what);
	context->rate.per_container = rule_read_choice(context->rule, node, what, per_at, 2) == 0;
}

static void read_burst(void *context_pointer, const yaml_node_t *node)
{
	struct rate_context *context = context_pointer;
	char what[32];
	const char *text;
	unsigned long burst;

	snprintf(what, sizeof(what), "%s: burst", context->what);
	text = context_scalar(context->rule, node, what);
	if (!text)
		return;
	burst = strlen(text) == strspn(text, "0123456789") && strlen(text) < 10 ? strtoul(text, NULL, 10) : 0;
	if (burst < 1 || burst > BURST_MAX)
		CONTEXT_REPORT(context->rule, node, "%s is a number from 1 to %d", what, BURST_MAX);
	else
		context->rate.burst = burst;
}

uint64_t rule_parse_duration(const char *text)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = { { "ms", 1000000ULL },
		      { "s", 1000000000ULL },
		      { "m", 60000000000ULL },
		      { "h", 3600000000000ULL },
		      { "d", 86400000000000ULL } };
	size_t digits = strspn(text, "0123456789");
	uint64_t number = digits && digits < 10 ? strtoull(text, NULL, 10) : 0;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strcmp(text + digits, units[i].unit) == 0 && number <= INTERVAL_MAX_NS / units[i].ns)
			return number * units[i].ns;
	return 0;
}

uint64_t rule_read_duration(struct rule_context *context, const yaml_node_t *node, const char *what)
{
	const char *text = context_scalar(context, node, what);
	uint64_t duration = text ? rule_parse_duration(text) : 0;

	if (text && duration < RULE_DURATION_MIN_NS)
		CONTEXT_REPORT(context, node, "%s is a duration such as 500ms, 30s, 1m, 2h or 1d", what);
	return duration;
}

static void read_interval(void *context_pointer, const yaml_node_t *node)
{
	struct rate_context *context = context_pointer;
	char what[32];

	snprintf(what, sizeof(what), "%s: interval", context->what);
	context->rate.interval_ns = rule_read_duration(context->rule, node, what);
}

static struct rule_rate read_rate(struct rule_context *context, const yaml_node_t *node, const char *what)
{
	static const struct rule_key keys[] = { { "per", read_per },
						{ "burst", read_burst },
						{ "interval", read_interval } };
	struct rate_context rate = { context, what, { .per_container = true, .burst = 1 } };
	uint64_t seen =
		rule_read_mapping(context->file, node, &context->reader->report, what, keys, ARRAY_SIZE(keys), &rate);

	if (node->type == YAML_MAPPING_NODE && !(seen & 4))
		CONTEXT_REPORT(context, node, "%s has no interval", what);
	return rate.rate;
}

static void read_throttle(void *context_pointer, const yaml_node_t *node)
{
	struct rule_context *context = context_pointer;
	struct rule_rate rate = read_rate(context, node, "throttle");

	context->rule.throttle_per_container = rate.per_container;
	context->rule.throttle_burst = rate.burst;
	context->rule.throttle_interval_ns = rate.interval_ns;
}

static void read_limit(void *context_pointer, const yaml_node_t *node)
{
	struct rule_context *context = context_pointer;

	context->rule.limit = read_rate(context, node, "limit");
}

static void read_grouped(void *context_pointer, const yaml_node_t *node)
{
	struct rule_context *context = context_pointer;

	context->rule.ungrouped = rule_read_choice(context, node, "grouped", enabled_at, 2) == 0;
}

static const struct rule_key rule_keys[] = {
	[RULE_KEY_NAME] = { "name", read_name },
	[RULE_KEY_ENABLED] = { "enabled", read_enabled },
	[RULE_KEY_EVENT] = { "event", rule_read_event },
	[RULE_KEY_WHERE] = { "where", read_where },
	[RULE_KEY_UNLESS] = { "unless", read_unless },
	[RULE_KEY_DESCRIPTION] = { "description", read_description },
	[RULE_KEY_SCOPE] = { "scope", read_scope },
	[RULE_KEY_SEVERITY] = { "severity", read_severity },
	[RULE_KEY_RESPONSE] = { "response", rule_read_response },
	[RULE_KEY_TAGS] = { "tags", rule_read_tags },
	[RULE_KEY_THROTTLE] = { "throttle", read_throttle },
	[RULE_KEY_GROUPED] = { "grouped", read_grouped },
	[RULE_KEY_SEQUENCE] = { "sequence", read_sequence },
	[RULE_KEY_WITHIN] = { "within", read_within },
	[RULE_KEY_BY] = { "by", read_by },
	[RULE_KEY_ORDER] = { "order", read_order },
	[RULE_KEY_COUNT_OF] = { "count", read_count },
	[RULE_KEY_APPEND] = { "append", read_append },
	[RULE_KEY_LIMIT] = { "limit", read_limit },
};

uint64_t rule_read_keys(struct rule_context *context, const yaml_node_t *node)
{
	_Static_assert(ARRAY_SIZE(rule_keys) == RULE_KEY_COUNT, "a key has no reader");
	return rule_read_mapping(context->file, node, &context->reader->report, "a rule", rule_keys,
				 ARRAY_SIZE(rule_keys), context);
}
