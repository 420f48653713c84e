/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/policy_narrow.h"

#include <string.h>

#include "cleanup.h"
#include "state/glob.h"

void policy_fields_find(struct policy_fields *ret_fields)
{
	*ret_fields = (struct policy_fields){
		.path = catalogue_find_field("file.path"),
		.name = catalogue_find_field("file.name"),
		.directory = catalogue_find_field("file.directory"),
		.access = catalogue_find_field("file.access"),
		.error = catalogue_find_field("file.error"),
		.executable_path = catalogue_find_field("process.executable.path"),
		.executable_name = catalogue_find_field("process.executable.name"),
		.command_line = catalogue_find_field("process.args"),
		.arguments = catalogue_find_field("process.arguments"),
		.name_and_arguments = catalogue_find_field("process.name_and_arguments"),
		.device = catalogue_find_field("file.device"),
		.device_node = catalogue_find_field("file.device_node"),
		.programs = catalogue_find_field("process.programs"),
		.via_proc = catalogue_find_field("file.via_proc"),
		.foreign_mount = catalogue_find_field("file.foreign_mount"),
		.outside_container = catalogue_find_field("file.outside_container"),
		.memfd = catalogue_find_field("process.memfd"),
		.program_deleted = catalogue_find_field("process.deleted"),
		.upper_layer = catalogue_find_field("process.upper_layer"),
		.isolation = catalogue_find_field("container.isolation"),
		.socket_descriptors = catalogue_find_field("process.socket_descriptors"),
	};
}

static struct target target(enum narrowing narrowing, const char *text, size_t size)
{
	static const struct target nothing = { NARROW_NOTHING, "", 0 };

	/* every path begins with "/" */
	if (!size || (narrowing == NARROW_PREFIX && size == 1))
		return nothing;
	return (struct target){ narrowing, text, size };
}

static struct target narrow_name_glob(const char *pattern, char *buffer)
{
	size_t size;
	bool whole = glob_literal(pattern, buffer, &size);

	return target(whole ? NARROW_NAME : NARROW_NAME_PREFIX, buffer, size);
}

static struct target narrow_path_glob(const char *pattern, char *buffer)
{
	const char *last = glob_last_component(pattern);
	size_t size;
	bool whole = glob_literal(pattern, buffer, &size);

	if (whole || size > 1 || !last)
		return target(whole ? NARROW_PATH : NARROW_PREFIX, buffer, size);
	return narrow_name_glob(last, buffer);
}

static struct target narrow_path(enum condition_operator op, const char *value, char *buffer)
{
	const char *slash = strrchr(value, '/');

	switch (op) {
	case OPERATOR_EQUALS:
		return target(NARROW_PATH, value, strlen(value));
	case OPERATOR_PREFIX:
		return target(NARROW_PREFIX, value, strlen(value));
	case OPERATOR_GLOB:
		return narrow_path_glob(value, buffer);
	case OPERATOR_SUFFIX:
		return slash ? target(NARROW_NAME, slash + 1, strlen(slash + 1)) : target(NARROW_NOTHING, "", 0);
	default:
		return target(NARROW_NOTHING, "", 0);
	}
}

static struct target narrow_name(enum condition_operator op, const char *value, char *buffer)
{
	switch (op) {
	case OPERATOR_EQUALS:
		return target(NARROW_NAME, value, strlen(value));
	case OPERATOR_PREFIX:
		return target(NARROW_NAME_PREFIX, value, strlen(value));
	case OPERATOR_GLOB:
		return narrow_name_glob(value, buffer);
	default:
		return target(NARROW_NOTHING, "", 0);
	}
}

/* A directory says how the paths of its files begin; a whole one, up to the "/" behind it. */
static struct target narrow_directory(enum condition_operator op, const char *value, char *buffer)
{
	size_t size = strlen(value);
	bool whole = op == OPERATOR_EQUALS;

	if (op == OPERATOR_GLOB)
		whole = glob_literal(value, buffer, &size);
	else if (op == OPERATOR_EQUALS || op == OPERATOR_PREFIX)
		memcpy(buffer, value, size);
	else
		return target(NARROW_NOTHING, "", 0);
	if (whole && size > 1)
		buffer[size++] = '/';
	return target(NARROW_PREFIX, buffer, size);
}

/* Of a program's path its name, where the kernel looks at no more. */
static struct target narrow_path_to_name(enum condition_operator op, const char *value, char *buffer)
{
	const char *slash = strrchr(value, '/'), *last;

	switch (op) {
	case OPERATOR_EQUALS:
	case OPERATOR_SUFFIX:
		return slash ? target(NARROW_NAME, slash + 1, strlen(slash + 1)) : target(NARROW_NOTHING, "", 0);
	case OPERATOR_GLOB:
		last = glob_last_component(value);
		return last ? narrow_name_glob(last, buffer) : target(NARROW_NOTHING, "", 0);
	default:
		return target(NARROW_NOTHING, "", 0);
	}
}

static bool is_network(enum picket_kind kind)
{
	return kind == PICKET_KIND_NETWORK_CONNECT || kind == PICKET_KIND_NETWORK_SEND;
}

struct target policy_narrow_value(const struct policy_fields *fields, enum picket_kind kind,
				  const struct condition *condition, size_t i, char buffer[NARROW_BUFFER_SIZE])
{
	const struct field *field = condition->field;
	const char *value = condition->values[i];

	if (field == fields->executable_path && is_network(kind))
		return narrow_path_to_name(condition->op, value, buffer);
	if (field == fields->path || field == fields->executable_path)
		return narrow_path(condition->op, value, buffer);
	if (field == fields->name || field == fields->executable_name || field == fields->programs)
		return narrow_name(condition->op, value, buffer);
	if (field == fields->directory)
		return narrow_directory(condition->op, value, buffer);
	return target(NARROW_NOTHING, "", 0);
}

/* Whether the field is what the kernel looks up for this kind of event. */
static bool is_object(const struct policy_fields *fields, enum picket_kind kind, const struct field *field)
{
	bool executable = field == fields->executable_path || field == fields->executable_name;

	if (kind == PICKET_KIND_FILE_OPEN || kind == PICKET_KIND_UNIX_CONNECT)
		return field == fields->path || field == fields->name || field == fields->directory;
	if (kind == PICKET_KIND_PROCESS_EXEC)
		return executable || field == fields->programs;
	return is_network(kind) && executable;
}

/* As good as the worst of its values. */
static enum narrowing narrow_condition(const struct policy_fields *fields, enum picket_kind kind,
				       const struct condition *condition)
{
	enum narrowing worst = NARROW_PATH;
	char buffer[NARROW_BUFFER_SIZE];

	if (condition->negate || !is_object(fields, kind, condition->field))
		return NARROW_NOTHING;
	for (size_t i = 0; i < condition->value_count; i++) {
		struct target found = policy_narrow_value(fields, kind, condition, i, buffer);

		worst = found.narrowing > worst ? found.narrowing : worst;
	}
	return worst;
}

const struct condition *policy_narrow_rule(const struct policy_fields *fields, const struct rule *rule)
{
	const struct condition *best = NULL;
	enum narrowing best_narrowing = NARROW_NOTHING;

	for (size_t i = 0; i < rule->where_count; i++) {
		enum narrowing narrowing = narrow_condition(fields, rule->kind, &rule->where[i]);

		if (narrowing < best_narrowing) {
			best_narrowing = narrowing;
			best = &rule->where[i];
		}
	}
	return best;
}

static bool all_true(const struct condition *condition)
{
	for (size_t i = 0; i < condition->value_count; i++)
		if (!condition->integers[i])
			return false;
	return !condition->negate;
}

bool policy_only_detours(const struct policy_fields *fields, const struct rule *rule)
{
	for (size_t i = 0; i < rule->where_count; i++) {
		const struct condition *condition = &rule->where[i];
		bool detour = condition->field == fields->via_proc || condition->field == fields->foreign_mount ||
			      condition->field == fields->outside_container;

		if (detour && all_true(condition))
			return true;
	}
	return false;
}

/* What a device is asked to be, not what it is not: other files have no such field. */
bool policy_only_devices(const struct policy_fields *fields, const struct rule *rule)
{
	for (size_t i = 0; i < rule->where_count && rule->kind == PICKET_KIND_FILE_OPEN; i++) {
		const struct condition *condition = &rule->where[i];

		if (!condition->negate &&
		    (condition->field == fields->device || condition->field == fields->device_node))
			return true;
	}
	return false;
}

/* Every value that it allows is one of those of which the kernel knows. */
static bool only_isolated(const struct policy_fields *fields, const struct condition *condition)
{
	if (condition->field != fields->isolation || condition->negate || condition->op != OPERATOR_EQUALS)
		return false;
	for (size_t i = 0; i < condition->value_count; i++)
		if (strcmp(condition->values[i], "namespace") == 0 || strcmp(condition->values[i], "userns") == 0)
			return false;
	return true;
}

uint32_t policy_only_programs(const struct policy_fields *fields, const struct rule *rule)
{
	const struct {
		const struct field *field;
		uint32_t flag;
	} flags[] = {
		{ fields->memfd, PICKET_EVENT_MEMFD },
		{ fields->program_deleted, PICKET_EVENT_DELETED },
		{ fields->upper_layer, PICKET_EVENT_UPPER },
	};

	for (size_t i = 0; i < rule->where_count && rule->kind == PICKET_KIND_PROCESS_EXEC; i++)
		for (size_t j = 0; j < ARRAY_SIZE(flags); j++)
			if (rule->where[i].field == flags[j].field && all_true(&rule->where[i]))
				return flags[j].flag;
	for (size_t i = 0; i < rule->where_count && rule->kind == PICKET_KIND_PROCESS_EXEC; i++)
		if (only_isolated(fields, &rule->where[i]))
			return PICKET_EVENT_ISOLATED;
	return 0;
}

static uint32_t socket_bits(const struct condition *condition)
{
	static const char *const names[] = { "stdin", "stdout", "stderr" };
	uint32_t bits = 0;

	for (size_t i = 0; i < condition->value_count; i++)
		for (size_t j = 0; j < ARRAY_SIZE(names); j++)
			bits |= (uint32_t)(strcmp(condition->values[i], names[j]) == 0) << j;
	return bits;
}

uint32_t policy_only_sockets(const struct policy_fields *fields, const struct rule *rule)
{
	for (size_t i = 0; i < rule->where_count && rule->kind == PICKET_KIND_PROCESS_EXEC; i++) {
		const struct condition *condition = &rule->where[i];

		if (condition->field == fields->socket_descriptors && condition->op == OPERATOR_EQUALS &&
		    !condition->negate)
			return socket_bits(condition);
	}
	return 0;
}

static bool tests_field(const struct condition *conditions, size_t count, const struct field *field)
{
	for (size_t i = 0; i < count; i++)
		if (conditions[i].field == field)
			return true;
	return false;
}

bool policy_mentions(const struct rule *rule, const struct field *field)
{
	return rule->picked == field || tests_field(rule->where, rule->where_count, field) ||
	       tests_field(rule->unless, rule->unless_count, field);
}

bool policy_mentions_arguments(const struct policy_fields *fields, const struct rule *rule)
{
	return policy_mentions(rule, fields->command_line) || policy_mentions(rule, fields->arguments) ||
	       policy_mentions(rule, fields->name_and_arguments) || policy_mentions(rule, fields->programs);
}
