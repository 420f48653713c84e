/* SPDX-License-Identifier: GPL-2.0-only */
/* response: and limit: of rules, and what of them the kernel may do alone. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cleanup.h"
#include "rules_text.h"
#include "state/policy_compile.h"

#define MINUTE_NS 60000000000ULL
#define RULE(response) "rules: [{name: r, event: file_open, where: {file.path: /x}, " response "}]"

static struct reports reports;

static struct rule_set *loaded(const char *text)
{
	struct rule_set *set = NULL;
	int error = load_text(text, &reports, &set);

	if (error)
		print_error("%s%s", text, reports.text);
	assert_int_equal(error, 0);
	return set;
}

static void responses_take_settings(void **state)
{
	struct rule_set *set =
		loaded(RULE("response: [investigate, {isolate: {timeout: 10m}}, {pause: {timeout: 30s}}, "
			    "{kill: {scope: tree}}]"));
	const struct rule *rule = rules_at(set, 0);

	(void)state;
	assert_int_equal(rule->responses, 1U << RESPONSE_INVESTIGATE | 1U << RESPONSE_ISOLATE | 1U << RESPONSE_PAUSE |
						  1U << RESPONSE_KILL);
	assert_int_equal(rule->timeouts_ns[RESPONSE_ISOLATE], 10 * MINUTE_NS);
	assert_int_equal(rule->timeouts_ns[RESPONSE_PAUSE], MINUTE_NS / 2);
	assert_int_equal(rule->kill_scope, KILL_TREE);
	assert_int_equal(rule->limit.interval_ns, 0);
	rules_free(set);
}

static void a_response_without_settings_is_what_it_was(void **state)
{
	struct rule_set *set = loaded(RULE("response: kill"));

	(void)state;
	assert_int_equal(rules_at(set, 0)->kill_scope, KILL_PROCESS);
	rules_free(set);
	set = loaded(RULE("response: {kill: {scope: container}}"));
	assert_int_equal(rules_at(set, 0)->responses, 1U << RESPONSE_KILL);
	assert_int_equal(rules_at(set, 0)->kill_scope, KILL_CONTAINER);
	rules_free(set);
	set = loaded(RULE("response: [isolate]"));
	assert_int_equal(rules_at(set, 0)->timeouts_ns[RESPONSE_ISOLATE], 0);
	rules_free(set);
}

static void responses_are_bounded_by_a_limit(void **state)
{
	struct rule_set *set = loaded(RULE("response: kill, limit: {per: rule, burst: 3, interval: 1m}"));
	const struct rule_rate *limit = &rules_at(set, 0)->limit;

	(void)state;
	assert_int_equal(limit->interval_ns, MINUTE_NS);
	assert_int_equal(limit->burst, 3);
	assert_false(limit->per_container);
	assert_int_equal(rules_at(set, 0)->throttle_interval_ns, 0);
	rules_free(set);
}

static void wrong_settings_are_reported_where_they_stand(void **state)
{
	static const struct {
		const char *text, *report;
	} cases[] = {
		{ "response: {kill: {scope: pod}}", "1:86: kill: scope is never \"pod\"" },
		{ "response: {kill: {scop: tree}}", "did you mean \"scope\"" },
		{ "response: {kill: {timeout: 1m}}", "timeout" },
		{ "response: {isolate: {timeout: soon}}", "isolate: timeout is a duration" },
		{ "response: {isolate: {timeout: 0s}}", "isolate: timeout is a duration" },
		{ "response: {pause: 10m}", "pause" },
		{ "response: {investigate: {timeout: 1m}}", "investigate takes no settings" },
		{ "response: {deny: {}}", "deny takes no settings" },
		{ "response: {none: {}}", "none takes no settings" },
		{ "response: {kill: {scope: tree}, pause: {timeout: 1m}}", "several responses are a sequence" },
		{ "response: {}", "several responses are a sequence" },
		{ "response: [[kill]]", "response" },
		{ "response: {kil: {scope: tree}}", "did you mean \"kill\"" },
		{ "response: kill, limit: {burst: 3}", "limit has no interval" },
		{ "response: kill, limit: {burst: 0, interval: 1m}", "limit: burst is a number" },
		{ "response: kill, limit: {per: pod, interval: 1m}", "limit: per is never \"pod\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rule_set *set = NULL;
		char text[512];

		snprintf(text, sizeof(text), "rules: [{name: r, event: file_open, where: {file.path: /x}, %s}]",
			 cases[i].text);
		assert_int_equal(load_text(text, &reports, &set), -EINVAL);
		if (!strstr(reports.text, cases[i].report))
			print_error("%s -> %s", cases[i].text, reports.text);
		assert_non_null(strstr(reports.text, cases[i].report));
	}
}

static unsigned int kernel_action(const char *response)
{
	char text[512];
	struct rule_set *set;
	struct compiled_policy *policy = NULL;
	unsigned int action;

	snprintf(text, sizeof(text), "rules: [{name: r, event: file_open, where: {file.path: /x}, %s}]", response);
	set = loaded(text);
	assert_int_equal(policy_compile(set, POLICY_ENFORCE, &policy), 0);
	action = policy->notes[0].reach == POLICY_KERNEL ? policy->policy.rules[0].action : PICKET_KERNEL_NONE;
	assert_int_equal(!!(policy->policy.flags & PICKET_POLICY_STOP), action == PICKET_KERNEL_STOP);
	if (action == PICKET_KERNEL_NONE)
		assert_true(*policy->notes[0].reason);
	policy_free(policy);
	rules_free(set);
	return action;
}

static void the_kernel_stops_what_the_daemon_looks_at_before_it_kills(void **state)
{
	(void)state;
	assert_int_equal(kernel_action("response: kill"), PICKET_KERNEL_KILL);
	assert_int_equal(kernel_action("response: {kill: {scope: container}}"), PICKET_KERNEL_KILL);
	assert_int_equal(kernel_action("response: [kill, investigate]"), PICKET_KERNEL_STOP);
	assert_int_equal(kernel_action("response: {kill: {scope: tree}}"), PICKET_KERNEL_STOP);
	assert_int_equal(kernel_action("response: [{kill: {scope: container}}, investigate]"), PICKET_KERNEL_STOP);
}

static void the_kernel_leaves_limits_to_the_daemon(void **state)
{
	(void)state;
	assert_int_equal(kernel_action("response: kill, limit: {interval: 1m}"), PICKET_KERNEL_NONE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(responses_take_settings),
		cmocka_unit_test(a_response_without_settings_is_what_it_was),
		cmocka_unit_test(responses_are_bounded_by_a_limit),
		cmocka_unit_test(wrong_settings_are_reported_where_they_stand),
		cmocka_unit_test(the_kernel_stops_what_the_daemon_looks_at_before_it_kills),
		cmocka_unit_test(the_kernel_leaves_limits_to_the_daemon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
