/* SPDX-License-Identifier: GPL-2.0-only */
/* Conditions that ask for a field more than once, and the fields about arguments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cleanup.h"
#include "event_builder.h"
#include "rules_text.h"
#include "state/policy_compile.h"

static struct reports reports;

static struct rule_set *loaded(const char *rest)
{
	struct rule_set *set = NULL;
	char text[4096];

	snprintf(text, sizeof(text), "rules: [{name: r, event: process_exec, scope: any, %s}]", rest);
	if (load_text(text, &reports, &set))
		fail_msg("%s", reports.text);
	return set;
}

static bool matches(const char *rest, const struct event_builder *builder)
{
	struct event_context context = { .event = &builder->event };
	struct rule_set *set = loaded(rest);
	const struct rule *matched[1];
	size_t count = rules_judge(set, &context, matched, 1);

	rules_free(set);
	return count == 1;
}

static void start(struct event_builder *builder, const void *arguments, size_t size)
{
	builder_start(builder, PICKET_KIND_PROCESS_EXEC, "/usr/bin/curl");
	if (size)
		builder_add_bytes(builder, PICKET_TEXT_ARGS, arguments, size);
}

#define START(builder, arguments) start(builder, arguments, sizeof(arguments) - 1)

static void a_list_of_mappings_asks_for_a_field_more_than_once(void **state)
{
	struct event_builder builder;

	(void)state;
	START(&builder, "curl\0-k\0http://a/x");
	assert_true(matches("where: [{process.args: {glob: '*-k*'}}, {process.args: {glob: '*http*'}}]", &builder));
	assert_false(matches("where: [{process.args: {glob: '*-k*'}}, {process.args: {glob: '*ftp*'}}]", &builder));
	assert_true(matches("where: [{process.ancestors: bash}, {process.ancestors: tini}]", &builder));
	assert_false(matches("where: [{process.ancestors: bash}, {process.ancestors: sshd}]", &builder));
	assert_true(matches("where: []", &builder));
}

static void any_condition_of_a_list_below_unless_spares(void **state)
{
	struct event_builder builder;

	(void)state;
	START(&builder, "curl\0-k\0http://a/x");
	assert_false(matches("unless: [{process.args: {glob: '*-k*'}}, {process.args: {glob: '*ftp*'}}]", &builder));
	assert_true(matches("unless: [{process.args: {glob: '*-z*'}}, {process.args: {glob: '*ftp*'}}]", &builder));
}

static void one_mapping_of_a_list_has_each_field_once(void **state)
{
	static const struct {
		const char *where, *says;
	} wrong[] = {
		{ "[{process.args: a, process.args: b}]", "where: has the field \"process.command_line\" twice" },
		{ "[{process.args: a}, {process.agrs: b}]", "did you mean \"process.args\"?" },
		{ "[process.args]", "where: must be a mapping of fields to values" },
		{ "[[{process.args: a}]]", "where: must be a mapping of fields to values" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct rule_set *set = NULL;
		char text[512];

		snprintf(text, sizeof(text), "rules: [{name: r, event: process_exec, where: %s}]", wrong[i].where);
		assert_int_not_equal(load_text(text, &reports, &set), 0);
		assert_int_equal(reports.count, 1);
		if (!strstr(reports.text, wrong[i].says))
			fail_msg("\"%s\" does not say \"%s\"", reports.text, wrong[i].says);
	}
}

static void arguments_are_known_without_the_program_and_behind_its_name(void **state)
{
	struct event_builder builder;

	(void)state;
	START(&builder, "/opt/renamed\0-k\0http://a/x");
	assert_true(matches("where: {process.arguments: '-k http://a/x'}", &builder));
	assert_true(matches("where: {process.name_and_arguments: 'curl -k http://a/x'}", &builder));
	START(&builder, "/opt/renamed");
	assert_false(matches("where: {process.arguments: {glob: '*'}}", &builder));
	assert_true(matches("where: {process.name_and_arguments: curl}", &builder));
	START(&builder, "");
	assert_false(matches("where: {process.arguments: {glob: '*'}}", &builder));
	assert_true(matches("where: {process.name_and_arguments: curl}", &builder));
	START(&builder, "\0-k\0\0");
	assert_true(matches("where: {process.arguments: '-k'}", &builder));
}

static void rules_about_arguments_have_the_kernel_read_them(void **state)
{
	static const char *const fields[] = { "arguments", "name_and_arguments", "command_line", "args" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		struct compiled_policy *policy;
		struct rule_set *set;
		char rest[128];

		snprintf(rest, sizeof(rest), "unless: [{process.%s: x}]", fields[i]);
		set = loaded(rest);
		assert_int_equal(policy_compile(set, 0, &policy), 0);
		assert_true(policy->policy.flags & PICKET_POLICY_ARGS);
		policy_free(policy);
		rules_free(set);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_of_mappings_asks_for_a_field_more_than_once),
		cmocka_unit_test(any_condition_of_a_list_below_unless_spares),
		cmocka_unit_test(one_mapping_of_a_list_has_each_field_once),
		cmocka_unit_test(arguments_are_known_without_the_program_and_behind_its_name),
		cmocka_unit_test(rules_about_arguments_have_the_kernel_read_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
