/* SPDX-License-Identifier: GPL-2.0-only */
/* What a rule file must not hold, and where the report about it points. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cleanup.h"
#include "rules_text.h"

static struct reports reports;

static void assert_refused(const char *text, const char *place, const char *message)
{
	struct rule_set *set = (struct rule_set *)&reports;
	char wanted[256];

	assert_int_equal(load_text(text, &reports, &set), -EINVAL);
	assert_ptr_equal(set, &reports);
	snprintf(wanted, sizeof(wanted), ":%s:", place);
	if (reports.count != 1 || !strstr(reports.text, wanted) || !strstr(reports.text, message))
		fail_msg("wanted one report \"%s%s\", got:\n%s", wanted, message, reports.text);
}

static void assert_where_refused(const char *where, const char *message)
{
	char text[8192];

	snprintf(text, sizeof(text), "rules:\n- name: r\n  event: file_open\n  where: %s\n", where);
	assert_refused(text, "4", message);
}

static void all_errors_of_all_files_are_reported_at_their_place(void **state)
{
	static const char *const texts[] = {
		"rules:\n"
		"- name: one\n"
		"  event: file_opens\n"
		"  severty: high\n"
		"- event: process_exec\n"
		"  where: {process.executable.pth: /bin/sh}\n",
		"list: {}\n",
	};
	static const char *const wanted[] = {
		":3:10: event is never \"file_opens\"; did you mean \"file_open\"?\n",
		":4:3: a rule has no key \"severty\"; did you mean \"severity\"?\n",
		":5:3: the rule has no name\n",
		":6:11: no field is called \"process.executable.pth\"; did you mean \"process.executable.path\"?\n",
		":1:1: a rule file has no key \"list\"; did you mean \"lists\"?\n",
	};
	struct rule_set *set = NULL;

	(void)state;
	assert_int_equal(load_texts(texts, 2, true, &reports, &set), -EINVAL);
	assert_null(set);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!strstr(reports.text, wanted[i]))
			fail_msg("missing %s in:\n%s", wanted[i], reports.text);
	assert_int_equal(reports.count, ARRAY_SIZE(wanted));
}

static void refuses_what_a_rule_must_not_be(void **state)
{
	static const char *const cases[][3] = {
		{ "rules: [{name: a, event: file_open}, {name: a, event: file_open}]", "1:38", "in this file twice" },
		{ "rules: [{name: a, name: b, event: file_open}]", "1:19", "has the key \"name\" twice" },
		{ "rules: [{name: A, event: file_open}]", "1:16", "is not 1 to 64 of a-z" },
		{ "rules: [{name: a-b, event: file_open}]", "1:16", "is not 1 to 64 of a-z" },
		{ "rules: [{name: [a], event: file_open}]", "1:16", "must be a single value" },
		{ "rules: [{name: a}]", "1:9", "the rule has no event" },
		{ "rules: [{event: file_open}]", "1:9", "the rule has no name" },
		{ "rules: [a]", "1:9", "a rule must be a mapping" },
		{ "rules: {a: b}", "1:8", "must be a sequence" },
		{ "[a]", "1:1", "a rule file must be a mapping" },
		{ "rules: [{name: a, enabled: false}]", "1:9", "no rule \"a\" to switch" },
		{ "rules: [{name: a, event: file_open, enabled: no}]", "1:46", "enabled is never \"no\"" },
		{ "rules: [{name: a, event: file_open, severity: hihg}]", "1:47", "severity is never \"hihg\"" },
		{ "rules: [{name: a, event: file_open, scope: pod}]", "1:44", "scope is never \"pod\"" },
		{ "rules: [{name: a, event: file_open, response: [kil]}]", "1:48", "did you mean \"kill\"?" },
		{ "rules: [{name: a, event: cgroup_create, response: kill}]", "1:9", "no process" },
		{ "rules: [{name: a, event: file_open, scope: host, response: kill}]", "1:9", "never a target" },
		{ "rules: [{name: a, event: file_open, tags: ['a b']}]", "1:44", "tags: at most" },
		{ "rules: [{name: a, event: file_open, throttle: {burst: 2}}]", "1:47", "has no interval" },
		{ "rules: [{name: a, event: file_open, throttle: 5}]", "1:47", "must be a mapping" },
		{ "rules: [{name: a, event: file_open, throttle: {interval: 1}}]", "1:58", "is a duration" },
		{ "rules: [{name: a, event: file_open, throttle: {interval: 0s}}]", "1:58", "is a duration" },
		{ "rules: [{name: a, event: file_open, throttle: {interval: 99999999999d}}]", "1:58", "is a duration" },
		{ "rules: [{name: a, event: file_open, throttle: {interval: 1s, burst: 0}}]", "1:69",
		  "a number from 1" },
		{ "rules: [{name: a, event: file_open, throttle: {interval: 1s, per: pod}}]", "1:67", "per is never" },
		{ "rules: [{name: a, event: file_open, where: x}]", "1:44", "must be a mapping" },
		{ "rules: [{name: a, event: process_exec, where: {file.path: /x}}]", "1:48",
		  "process_exec events have no field \"file.path\"" },
		{ "lists: [a]", "1:8", "must be a mapping" },
		{ "lists: {a: b}", "1:12", "must be a sequence" },
		{ "lists: {'a b': [c]}", "1:9", "a list's name" },
		{ "lists: {a: [b], a: [c]}", "1:17", "is here twice" },
		{ "lists: {a: [[b]]}", "1:13", "must be a single value" },
		{ "lists: {a: [$b]}", "1:13", "no list is called \"b\"" },
		{ "lists: {shells: [sh]}\nrules: [{name: a, event: file_open, where: {file.name: $shels}}]", "2:56",
		  "did you mean \"$shells\"?" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_refused(cases[i][0], cases[i][1], cases[i][2]);
}

static void refuses_conditions_that_cannot_be_meant(void **state)
{
	static const char *const cases[][2] = {
		{ "{file.path: []}", "an empty list never matches" },
		{ "{file.path: {}}", "an operator and a value are missing" },
		{ "{file.path: ''}", "must not be empty" },
		{ "{file.path: }", "must not be empty" },
		{ "{file.path: ~}", "must not be empty" },
		{ "{file.path: \"/a\\0b\"}", "NUL" },
		{ "{file.path: etc/shadow}", "must begin with \"/\"" },
		{ "{file.path: {prefix: etc}}", "must begin with \"/\"" },
		{ "{file.path: /etc/}", "is never" },
		{ "{file.path: /etc//shadow}", "is never" },
		{ "{file.path: /etc/../shadow}", "is never" },
		{ "{file.path: {glob: '*.conf'}}", "must begin with \"/\" or \"**\"" },
		{ "{file.path: {glob: '/[a'}}", "no \"]\"" },
		{ "{file.path: {glob: '/a\\'}}", "stands before nothing" },
		{ "{file.path: {regex: '('}}", "bad regex" },
		{ "{file.path: {regex: '(a)\\1'}}", "back references" },
		{ "{file.path: {regex: '((a{99}){99}){99}'}}", "repeats are too many" },
		{ "{file.path: {regex: 'a{1,99999}'}}", "repeats are too many" },
		{ "{file.path: {cidr: 10.0.0.0/8}}", "has no operator \"cidr\"" },
		{ "{file.path: {<: 5}}", "has no operator \"<\"" },
		{ "{file.path: {equal: /a}}", "did you mean \"equals\"?" },
		{ "{file.path: {prefix: /a, prefix: /b}}", "has \"prefix\" twice" },
		{ "{file.path: {not: {not: /a}}}", "no operator is called \"not\"" },
		{ "{file.path: {not: {prefix: /a, suffix: b}}}", "not takes one operator" },
		{ "{file.path: [[/a]]}", "must be a single value" },
		{ "{file.path: {in: {a: b}}}", "must be a single value" },
		{ "{file.access: reed}", "did you mean \"read\"?" },
		{ "{file.error: EACCESS}", "did you mean \"EACCES\"?" },
		{ "{process.pid: x}", "is a number" },
		{ "{process.pid: 1x}", "is a number" },
		{ "{process.pid: 99999999999999999999}", "is a number" },
		{ "{process.pid: {prefix: 1}}", "has no operator" },
		{ "{process.pid: {<: [1, 2]}}", "takes a single number" },
		{ "{file.via_proc: yes}", "is true or false" },
		{ "{file.path: /a, file.path: /b}", "twice" },
		{ "{process.executable: /a, process.executable.path: /b}", "twice" },
		{ "{[a]: /b}", "must be a single value" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_where_refused(cases[i][0], cases[i][1]);
}

static void refuses_bad_networks(void **state)
{
	static const char *const cases[][2] = {
		{ "10.0.0.0/33", "is no IP address" },	{ "10.0.0.0/", "is no IP address" },
		{ "10.0.0.0/8/8", "is no IP address" }, { "10.0.0/8", "is no IP address" },
		{ "'::/129'", "is no IP address" },	{ "host.example", "is no IP address" },
		{ "10.1.0.0/8", "behind its prefix" },	{ "'fd00::1/64'", "behind its prefix" },
		{ "10.0.0.0/-1", "is no IP address" },	{ "10.0.0.0/+8", "is no IP address" },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text),
			 "rules: [{name: a, event: network_connect, where: {destination.address: {cidr: %s}}}]",
			 cases[i][0]);
		assert_refused(text, "1:79", cases[i][1]);
	}
	assert_refused("rules: [{name: a, event: network_connect, where: {destination.address: 10.0.0.0/8}}]", "1:72",
		       "write {cidr: ...}");
}

static void refuses_yaml_that_is_none_or_grows(void **state)
{
	char deep[400];

	(void)state;
	assert_refused("rules: [", "2:1", "not YAML");
	assert_refused("rules: \"\\xzz\"", "1:11", "not YAML");
	assert_refused("a: &a [x]\nrules: *a\n", "2:8", "aliases are refused");
	assert_refused("rules: []\n---\nrules: []\n", "2:1", "a second document");
	snprintf(deep, sizeof(deep), "rules: %.*s%.*s", 100,
		 "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
		 "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
		 100,
		 "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
		 "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
	assert_refused(deep, "1:23", "nested too deeply");
	assert_refused("rules: [\x80\x81]", "1:1", "not YAML");
}

static void refuses_lists_that_multiply(void **state)
{
	char text[4096];
	size_t used = sprintf(text, "lists:\n  l0: [a, b, c, d, e, f, g, h, i, j]\n");

	(void)state;
	for (int i = 1; i < 8; i++)
		used += sprintf(text + used, "  l%d: [$l%d, $l%d, $l%d, $l%d, $l%d, $l%d, $l%d, $l%d, $l%d, $l%d]\n", i,
				i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	{
		struct rule_set *set = NULL;

		assert_int_equal(load_text(text, &reports, &set), -EINVAL);
		assert_non_null(strstr(reports.text, "more than 10000 values in a list"));
	}
}

static void refuses_files_that_are_too_large_or_none(void **state)
{
	static const char *const missing = "/nonexistent/rules.yaml", *const device = "/dev/null";
	struct rule_set *set = NULL;
	size_t size = (4 << 20) + 1;
	char *large = malloc(size + 1);

	(void)state;
	assert_non_null(large);
	memset(large, '#', size);
	large[size] = '\0';
	assert_refused(large, "1:1", "cannot be read: File too large");
	free(large);
	memset(&reports, 0, sizeof(reports));
	assert_int_equal(rules_load(&missing, 1, false, keep_report, &reports, &set), -EINVAL);
	assert_string_equal(reports.text, "/nonexistent/rules.yaml:1:1: cannot be read: No such file or directory\n");
	memset(&reports, 0, sizeof(reports));
	assert_int_equal(rules_load(&device, 1, false, keep_report, &reports, &set), -EINVAL);
	assert_non_null(strstr(reports.text, "it is no file"));
}

static void thousands_of_errors_are_counted_and_not_all_shown(void **state)
{
	size_t size = 8 * 3000 + 16, used;
	char *text = malloc(size);
	struct rule_set *set = NULL;

	(void)state;
	assert_non_null(text);
	used = sprintf(text, "rules:\n");
	for (int i = 0; i < 3000; i++)
		used += sprintf(text + used, "- x\n");
	assert_int_equal(load_text(text, &reports, &set), -EINVAL);
	assert_int_equal(reports.count, 1001);
	free(text);
}

static void more_than_ten_thousand_rules_are_refused(void **state)
{
	size_t size = 48 * 10001 + 16, used;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	used = sprintf(text, "rules:\n");
	for (int i = 0; i < 10001; i++)
		used += sprintf(text + used, "- {name: r%d, event: file_open}\n", i);
	assert_refused(text, "10002:3", "more than 10000 rules");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_errors_of_all_files_are_reported_at_their_place),
		cmocka_unit_test(refuses_what_a_rule_must_not_be),
		cmocka_unit_test(refuses_conditions_that_cannot_be_meant),
		cmocka_unit_test(refuses_bad_networks),
		cmocka_unit_test(refuses_yaml_that_is_none_or_grows),
		cmocka_unit_test(refuses_lists_that_multiply),
		cmocka_unit_test(refuses_files_that_are_too_large_or_none),
		cmocka_unit_test(thousands_of_errors_are_counted_and_not_all_shown),
		cmocka_unit_test(more_than_ten_thousand_rules_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
