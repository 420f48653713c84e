/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules of several events, and rules and lists that add to earlier ones: how they are read, and how refused. */
#include <errno.h>
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

static struct rule_set *load_two(const char *first, const char *second)
{
	const char *texts[] = { first, second };
	struct rule_set *set = NULL;

	if (load_texts(texts, 2, false, &reports, &set))
		fail_msg("%s", reports.text);
	return set;
}

/* The last of the texts is refused at @place, with @words. */
static void assert_refused(const char *first, const char *text, const char *place, const char *words)
{
	const char *texts[] = { first, text };
	struct rule_set *set = NULL;
	char wanted[64];

	assert_int_equal(load_texts(first ? texts : texts + 1, first ? 2 : 1, false, &reports, &set), -EINVAL);
	snprintf(wanted, sizeof(wanted), ":%s: ", place);
	if (!strstr(reports.text, wanted) || !strstr(reports.text, words))
		fail_msg("%s\nwas refused with\n%swanted: %s %s", text, reports.text, place, words);
}

static bool matches(const struct rule_set *set, const char *executable, const char *path)
{
	struct container container = builder_container();
	struct event_builder builder;
	const struct rule *found[8];

	builder_open(&builder, executable, path, PICKET_ACCESS_READ);
	return rules_judge(set, &(struct event_context){ .event = &builder.event, .container = &container }, found, 8) >
	       0;
}

#define BASE \
	"lists: {mine: [/usr/bin/a]}\n" \
	"rules:\n" \
	"- {name: base, event: file_open, where: {file.path: {in: [/etc/one, /etc/two, /etc/3, /etc/4, /etc/5]}}, " \
	"unless: {process.executable: $mine}, tags: [T1], response: [kill]}\n"

static void append_adds_exceptions_values_conditions_tags_and_responses(void **state)
{
	struct rule_set *set = load_two(BASE, "rules: [{name: base, append: {unless: {process.executable: /usr/bin/b}, "
					      "where: {file.path: [/etc/six]}, tags: [T2], response: pause}}]");
	const struct rule *rule = rules_find(set, "base");

	(void)state;
	assert_false(matches(set, "/usr/bin/a", "/etc/one"));
	assert_false(matches(set, "/usr/bin/b", "/etc/one"));
	assert_true(matches(set, "/usr/bin/c", "/etc/one"));
	assert_true(matches(set, "/usr/bin/c", "/etc/six"));
	assert_false(matches(set, "/usr/bin/c", "/etc/seven"));
	assert_int_equal(rule->tag_count, 2);
	assert_int_equal(rule->responses, 1 << RESPONSE_KILL | 1 << RESPONSE_PAUSE);
	rules_free(set);
	set = load_two(BASE, "rules: [{name: base, enabled: true, append: {where: {file.access: write}}}]");
	assert_false(matches(set, "/usr/bin/c", "/etc/one"));
	rules_free(set);
	set = load_two(BASE, "rules: [{name: base, append: {where: {file.path: {not: /etc/two}}}}]");
	assert_true(matches(set, "/usr/bin/c", "/etc/one"));
	assert_false(matches(set, "/usr/bin/c", "/etc/two"));
	rules_free(set);
}

static void append_adds_values_to_a_list_for_the_rules_of_all_files(void **state)
{
	struct rule_set *set = load_two(BASE, "lists: {mine: {append: [/usr/bin/b]}}");

	(void)state;
	assert_false(matches(set, "/usr/bin/a", "/etc/one"));
	assert_false(matches(set, "/usr/bin/b", "/etc/one"));
	assert_true(matches(set, "/usr/bin/c", "/etc/one"));
	rules_free(set);
}

static void append_that_cannot_be_meant_is_refused(void **state)
{
	(void)state;
	assert_refused(BASE, "rules: [{name: bass, append: {tags: [T2]}}]", "1:9",
		       "there is no rule \"bass\" to append to; did you mean \"base\"?");
	assert_refused(BASE, "rules: [{name: base, severity: info, append: {tags: [T2]}}]", "1:46",
		       "append goes with name and enabled only");
	assert_refused(BASE, "rules: [{name: base, append: {unles: {}}}]", "1:31", "did you mean \"unless\"?");
	assert_refused(BASE, "rules: [{name: base, append: [x]}]", "1:30", "append must be a mapping");
	assert_refused(BASE, "rules: [{name: base, append: {where: {file.pth: /a}}}]", "1:39",
		       "did you mean \"file.path\"?");
	assert_refused(BASE, "rules: [{name: base, append: {where: {dns.question.name: a}}}]", "1:39", "have no field");
	assert_refused(BASE, "rules: [{name: base, append: {unless: {process.executable: $mind}}}]", "1:60",
		       "did you mean \"$mine\"?");
	assert_refused(BASE, "lists: {mind: {append: [a]}}", "1:15",
		       "no list is called \"mind\"; did you mean \"$mine\"?");
	assert_refused(BASE, "lists: {mine: {apend: [a]}}", "1:16", "did you mean \"append\"?");
	assert_refused(NULL, "rules:\n- {name: a, event: file_open}\n- {name: a, append: {tags: [x]}}\n", "3:3",
		       "in this file twice");
	assert_refused("rules: [{name: s, within: 1s, sequence: [{event: file_open}, {event: process_exec}]}]",
		       "rules: [{name: s, append: {unless: {process.pid: 1}}}]", "1:27", "is a sequence");
}

#define SEQUENCE(more) "rules: [{name: a, " more "}]"

static void sequences_that_cannot_be_meant_are_refused(void **state)
{
	static const char *const cases[][3] = {
		{ SEQUENCE("sequence: [{event: file_open}, {event: process_exec}]"), "1:9", "no within" },
		{ SEQUENCE("within: 1s, sequence: [{event: file_open}]"), "1:41", "must be 2 to 5 steps" },
		{ SEQUENCE("within: 1s, sequence: x"), "1:41", "must be 2 to 5 steps" },
		{ SEQUENCE("within: 1s, sequence: [{}, {}, {}, {}, {}, {}]"), "1:41", "must be 2 to 5 steps" },
		{ SEQUENCE("within: 2h, sequence: [{event: file_open}, {event: process_exec}]"), "1:27", "up to 1h" },
		{ SEQUENCE("within: 1, sequence: [{event: file_open}, {event: process_exec}]"), "1:27", "a duration" },
		{ SEQUENCE("within: 1s, by: proces, sequence: [{event: file_open}, {event: process_exec}]"), "1:35",
		  "did you mean \"process\"?" },
		{ SEQUENCE("within: 1s, order: ani, sequence: [{event: file_open}, {event: process_exec}]"), "1:38",
		  "did you mean \"any\"?" },
		{ SEQUENCE("within: 1s, sequence: [{event: file_opened}, {event: process_exec}]"), "1:50",
		  "did you mean \"file_open\"?" },
		{ SEQUENCE("within: 1s, sequence: [{evnt: file_open}, {event: process_exec}]"), "1:43",
		  "did you mean \"event\"?" },
		{ SEQUENCE("within: 1s, sequence: [{where: {}}, {event: process_exec}]"), "1:42",
		  "the step has no event" },
		{ SEQUENCE("within: 1s, sequence: [{event: file_open, where: {file.pat: /a}}, {event: process_exec}]"),
		  "1:69", "did you mean \"file.path\"?" },
		{ SEQUENCE("within: 1s, sequence: [{event: file_open, same: file.path}, {event: process_exec}]"),
		  "1:41", "each step or into none" },
		{ SEQUENCE("within: 1s, sequence: [{event: file_open}, {event: process_exec, same: process.pid}]"),
		  "1:41", "each step or into none" },
		{ SEQUENCE("within: 1s, sequence: [{event: file_open, same: file.path}, {event: process_exec, same: "
			   "process.pid}]"),
		  "1:41", "different types" },
		{ SEQUENCE("within: 1s, sequence: [{event: file_open, same: process.ancestors}, {event: file_open}]"),
		  "1:67", "several values at once" },
		{ SEQUENCE("event: file_open, within: 1s, sequence: [{event: file_open}, {event: file_open}]"), "1:59",
		  "has its events in its steps" },
		{ SEQUENCE("where: {}, within: 1s, sequence: [{event: file_open}, {event: file_open}]"), "1:26",
		  "belongs into its steps" },
		{ SEQUENCE("within: 1s, response: deny, sequence: [{event: file_open}, {event: file_open}]"), "1:9",
		  "cannot be denied" },
		{ SEQUENCE("event: file_open, within: 1s"), "1:45", "goes with a sequence" },
		{ SEQUENCE("event: file_open, count: {over: 0, within: 1s}"), "1:51", "from 1 to 1000" },
		{ SEQUENCE("event: file_open, count: {over: 1001, within: 1s}"), "1:51", "from 1 to 1000" },
		{ SEQUENCE("event: file_open, count: {over: 5}"), "1:44", "count has no within" },
		{ SEQUENCE("event: file_open, count: {within: 5s}"), "1:44", "count has no over" },
		{ SEQUENCE("event: file_open, count: {over: 5, within: 5s, per: process_tree}"), "1:44",
		  "per is container or process" },
		{ SEQUENCE("event: file_open, count: {over: 5, within: 5s, distinct: file.pth}"), "1:76",
		  "did you mean \"file.path\"?" },
		{ SEQUENCE("event: file_open, count: {ovr: 5, within: 5s}"), "1:45", "did you mean \"over\"?" },
		{ SEQUENCE("event: file_open, response: deny, count: {over: 5, within: 5s}"), "1:9",
		  "cannot be denied" },
		{ SEQUENCE("seqence: []"), "1:19", "did you mean \"sequence\"?" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_refused(NULL, cases[i][0], cases[i][1], cases[i][2]);
}

static uint64_t watches(const struct compiled_policy *policy, const char *path)
{
	for (size_t i = 0; i < policy->path_count; i++)
		if (policy->paths[i].size == strlen(path) && memcmp(policy->paths[i].text, path, strlen(path)) == 0)
			return policy->paths[i].value.exact;
	return 0;
}

static void the_kernel_is_asked_for_all_steps_and_decides_none(void **state)
{
	static const char *const text =
		"rules:\n"
		"- name: chain\n  within: 1s\n  response: kill\n  sequence:\n"
		"  - {event: file_open, where: {file.path: /tmp/x, file.access: write}}\n"
		"  - {event: file_modify, where: {file.operation: mode}}\n"
		"  - {event: process_exec, where: {process.executable.path: /tmp/x, process.args: {glob: '*y'}}}\n"
		"- {name: many, response: kill, event: file_open, where: {file.path: /tmp/y, file.access: read},\n"
		"   count: {over: 3, within: 1s}}\n";
	struct compiled_policy *policy;
	struct rule_set *set;

	(void)state;
	assert_int_equal(load_text(text, &reports, &set), 0);
	assert_int_equal(rules_count(set), 2);
	assert_int_equal(rules_part_count(set), 4);
	assert_int_equal(policy_compile(set, POLICY_ENFORCE | POLICY_DENY_FILES, &policy), 0);
	assert_true(policy->policy.container_kinds ==
		    (1 << PICKET_KIND_FILE_OPEN | 1 << PICKET_KIND_FILE_MODIFY | 1 << PICKET_KIND_PROCESS_EXEC));
	assert_true(policy->policy.flags & PICKET_POLICY_ARGS);
	assert_true(watches(policy, "/tmp/x") == (PICKET_WATCH_WRITE | PICKET_WATCH_EXEC));
	assert_true(watches(policy, "/tmp/y") == PICKET_WATCH_READ);
	assert_int_equal(policy->policy.rules[0].action, PICKET_KERNEL_NONE);
	assert_int_equal(policy->notes[1].reach, POLICY_FILTERED);
	policy_free(policy);
	rules_free(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(append_adds_exceptions_values_conditions_tags_and_responses),
		cmocka_unit_test(append_adds_values_to_a_list_for_the_rules_of_all_files),
		cmocka_unit_test(append_that_cannot_be_meant_is_refused),
		cmocka_unit_test(sequences_that_cannot_be_meant_are_refused),
		cmocka_unit_test(the_kernel_is_asked_for_all_steps_and_decides_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
