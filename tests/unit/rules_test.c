/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "cleanup.h"
#include "event_builder.h"
#include "rules_text.h"

static struct reports reports;

/* Rules that must load. */
static struct rule_set *loaded(const char *text)
{
	struct rule_set *set = NULL;
	int error = load_text(text, &reports, &set);

	if (error)
		print_error("%s", reports.text);
	assert_int_equal(error, 0);
	assert_int_equal(reports.count, 0);
	return set;
}

/* One rule about an event, with the given text behind "where: ". */
static struct rule_set *loaded_where(const char *kind, const char *where)
{
	char text[4096];

	snprintf(text, sizeof(text), "rules: [{name: r, event: %s, scope: any, where: %s}]", kind, where);
	return loaded(text);
}

/* Whether one rule with this where: matches. */
static bool where_matches(const char *where, const struct event_builder *builder, const struct container *container)
{
	struct event_context context = { .event = &builder->event, .container = container };
	struct rule_set *set = loaded_where(catalogue_kind_name(builder->event.kind), where);
	const struct rule *matches[1];
	size_t count = rules_judge(set, &context, matches, 1);

	rules_free(set);
	return count == 1;
}

/* That a text is refused with exactly one report that ends in @message. */
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

/* The same for what stands behind "where: " of a file_open rule. */
static void assert_where_refused(const char *where, const char *message)
{
	char text[8192];

	snprintf(text, sizeof(text), "rules:\n- name: r\n  event: file_open\n  where: %s\n", where);
	assert_refused(text, "4", message);
}

static void the_example_of_the_manual_loads_as_written(void **state)
{
	struct rule_set *set = loaded("lists:\n"
				      "  shells: [sh, bash, dash, ash, zsh, ksh]\n"
				      "rules:\n"
				      "  - name: shadow_file_read            # becomes the label rule=\"...\"\n"
				      "    description: A container process opened the password hashes.\n"
				      "    severity: critical\n"
				      "    event: file_open\n"
				      "    where:\n"
				      "      file.path: {in: [/etc/shadow, /etc/gshadow]}\n"
				      "      file.access: read\n"
				      "    unless:\n"
				      "      process.executable: {in: [/usr/sbin/sshd]}\n"
				      "      container.image: {glob: \"registry.example/backup:*\"}\n"
				      "    scope: container\n"
				      "    response: [kill]\n"
				      "    tags: [T1003.008]\n"
				      "    throttle: {per: container, burst: 10, interval: 1m}\n");
	const struct rule *rule = rules_find(set, "shadow_file_read");

	(void)state;
	assert_int_equal(rules_count(set), 1);
	assert_ptr_equal(rule, rules_at(set, 0));
	assert_null(rules_at(set, 1));
	assert_int_equal(rule->severity, SEVERITY_CRITICAL);
	assert_int_equal(rule->kind, PICKET_KIND_FILE_OPEN);
	assert_int_equal(rule->scope, RULE_SCOPE_CONTAINER);
	assert_int_equal(rule->responses, 1U << RESPONSE_KILL);
	assert_int_equal(rule->where_count, 2);
	assert_int_equal(rule->unless_count, 2);
	assert_string_equal(rule->tags[0], "T1003.008");
	assert_true(rule->throttle_per_container);
	assert_int_equal(rule->throttle_burst, 10);
	assert_int_equal(rule->throttle_interval_ns, 60000000000ULL);
	assert_non_null(strstr(rule->source, ":4"));
	rules_free(set);
}

static void a_short_rule_has_mild_defaults(void **state)
{
	struct rule_set *set = loaded("rules: [{name: r, event: process_exec}]");
	const struct rule *rule = rules_at(set, 0);

	(void)state;
	assert_int_equal(rule->severity, SEVERITY_WARNING);
	assert_int_equal(rule->scope, RULE_SCOPE_CONTAINER);
	assert_int_equal(rule->responses, 0);
	assert_int_equal(rule->throttle_interval_ns, 0);
	assert_string_equal(rule->description, "");
	rules_free(set);
}

static void files_without_rules_make_an_empty_set(void **state)
{
	static const char *const texts[] = { "", "# nothing\n", "rules: []", "lists: {}", "---\n", "lists: {a: []}",
					    "rules:\nlists:\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct rule_set *set = loaded(texts[i]);

		assert_int_equal(rules_count(set), 0);
		rules_free(set);
	}
}

static void the_built_in_rules_load_without_a_report(void **state)
{
	struct rule_set *set = NULL;
	size_t size;

	(void)state;
	assert_int_equal(load_texts(NULL, 0, true, &reports, &set), 0);
	assert_int_equal(reports.count, 0);
	assert_non_null(rules_find(set, "shadow_file_read"));
	assert_non_null(rules_find(set, "proc_root_escape"));
	for (size_t i = 0; i < rules_count(set); i++)
		assert_true(strlen(rules_at(set, i)->description) > 20 && rules_at(set, i)->tag_count > 0);
	assert_non_null(strstr(rules_builtin_text(&size), "shadow_file_read"));
	rules_free(set);
}

static size_t judged(const struct rule_set *set, const struct event_builder *builder, const struct container *container,
		     const char *name)
{
	struct event_context context = { .event = &builder->event, .container = container };
	const struct rule *matches[8];
	size_t count = rules_judge(set, &context, matches, 8), found = 0;

	for (size_t i = 0; i < count; i++)
		found += strcmp(matches[i]->name, name) == 0;
	return found;
}

static void reading_the_password_hashes_is_noticed_unless_a_login_program_does(void **state)
{
	struct container container = builder_container();
	struct event_builder builder;
	struct rule_set *set;

	(void)state;
	assert_int_equal(load_texts(NULL, 0, true, &reports, &set), 0);
	builder_open(&builder, "/usr/bin/cat", "/etc/shadow", PICKET_ACCESS_READ);
	assert_int_equal(judged(set, &builder, &container, "shadow_file_read"), 1);
	assert_int_equal(judged(set, &builder, NULL, "shadow_file_read"), 0);
	builder_open(&builder, "/usr/bin/cat", "/etc/gshadow-", PICKET_ACCESS_READ | PICKET_ACCESS_WRITE);
	assert_int_equal(judged(set, &builder, &container, "shadow_file_read"), 1);
	builder_open(&builder, "/usr/bin/cat", "/etc/shadow", PICKET_ACCESS_PATH);
	assert_int_equal(judged(set, &builder, &container, "shadow_file_read"), 0);
	builder_open(&builder, "/usr/bin/passwd", "/etc/shadow", PICKET_ACCESS_READ);
	assert_int_equal(judged(set, &builder, &container, "shadow_file_read"), 0);
	builder_open(&builder, "/tmp/passwd", "/etc/shadow", PICKET_ACCESS_READ);
	assert_int_equal(judged(set, &builder, &container, "shadow_file_read"), 1);
	builder_open(&builder, "", "/etc/shadow", PICKET_ACCESS_READ);
	assert_int_equal(judged(set, &builder, &container, "shadow_file_read"), 1);
	rules_free(set);
}

static void opening_a_file_around_the_root_is_noticed_either_way(void **state)
{
	struct container container = builder_container();
	struct event_builder builder;
	struct rule_set *set;

	(void)state;
	assert_int_equal(load_texts(NULL, 0, true, &reports, &set), 0);
	builder_open(&builder, "/usr/bin/cat", "/etc/hostname", PICKET_ACCESS_READ);
	assert_int_equal(judged(set, &builder, &container, "proc_root_escape"), 0);
	builder.event.flags = PICKET_EVENT_VIA_PROC;
	assert_int_equal(judged(set, &builder, &container, "proc_root_escape"), 1);
	builder.event.flags = PICKET_EVENT_FOREIGN_MNT;
	assert_int_equal(judged(set, &builder, &container, "proc_root_escape"), 1);
	assert_int_equal(judged(set, &builder, NULL, "proc_root_escape"), 0);
	rules_free(set);
}

static void text_operators_hold_and_fail_as_documented(void **state)
{
	static const struct {
		const char *where;
		bool matches;
	} cases[] = {
		{ "{file.path: /srv/app/config.yaml}", true },
		{ "{file.path: /srv/app/config.yam}", false },
		{ "{file.path: {equals: /srv/app/config.yaml}}", true },
		{ "{file.path: [/a, /srv/app/config.yaml]}", true },
		{ "{file.path: {in: [/a, /b, /c, /d, /e, /f, /srv/app/config.yaml]}}", true },
		{ "{file.path: {in: [/a, /b, /c, /d, /e, /f, /g]}}", false },
		{ "{file.path: {prefix: /srv/}}", true },
		{ "{file.path: {prefix: [/usr/, /srv/app/config.yaml]}}", true },
		{ "{file.path: {prefix: /srv/app/config.yaml1}}", false },
		{ "{file.path: {suffix: .yaml}}", true },
		{ "{file.path: {suffix: .yam}}", false },
		{ "{file.path: {suffix: 123/srv/app/config.yaml}}", false },
		{ "{file.path: {glob: /srv/*/config.yaml}}", true },
		{ "{file.path: {glob: /srv/*}}", false },
		{ "{file.path: {glob: /srv/**}}", true },
		{ "{file.path: {glob: '**/config.*'}}", true },
		{ "{file.name: {glob: '*.yaml'}}", true },
		{ "{file.path: {regex: '^/srv/[a-z]+/config[.]ya?ml$'}}", true },
		{ "{file.path: {regex: '^srv'}}", false },
		{ "{file.path: {prefix: /srv/, suffix: .yaml}}", true },
		{ "{file.path: {prefix: /srv/, suffix: .json}}", false },
		{ "{file.path: {not: /srv/app/config.yaml}}", false },
		{ "{file.path: {not: [/a, /b]}}", true },
		{ "{file.path: {not: {prefix: /srv/}}}", false },
		{ "{file.path: {prefix: /srv/, not: {suffix: .json}}}", true },
		{ "{file.path: {not: {in: [/a, /srv/app/config.yaml]}}}", false },
		{ "{file.directory: /srv/app}", true },
		{ "{process.ancestors: tini}", true },
		{ "{process.ancestors: tin}", false },
		{ "{process.ancestors: {not: tini}}", false },
		{ "{process.ancestors: {not: init}}", true },
		{ "{process.ancestors: {prefix: [x, ba]}}", true },
	};
	struct event_builder builder;

	(void)state;
	builder_open(&builder, "/usr/bin/cat", "/srv/app/config.yaml", PICKET_ACCESS_READ);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (where_matches(cases[i].where, &builder, NULL) != cases[i].matches)
			fail_msg("%s", cases[i].where);
}

static void access_holds_for_each_bit_that_is_set(void **state)
{
	struct event_builder builder;

	(void)state;
	builder_open(&builder, "/x", "/y", PICKET_ACCESS_READ | PICKET_ACCESS_WRITE);
	assert_true(where_matches("{file.access: read}", &builder, NULL));
	assert_true(where_matches("{file.access: write}", &builder, NULL));
	assert_true(where_matches("{file.access: [create, write]}", &builder, NULL));
	assert_false(where_matches("{file.access: create}", &builder, NULL));
	assert_false(where_matches("{file.access: {not: read}}", &builder, NULL));
	assert_true(where_matches("{file.access: {not: path}}", &builder, NULL));
	builder.event.file.access = 0;
	assert_false(where_matches("{file.access: {not: path}}", &builder, NULL));
}

static void numbers_compare_as_numbers(void **state)
{
	static const uint8_t address[4] = { 10, 1, 2, 3 };
	struct event_builder builder;

	(void)state;
	builder_connect(&builder, AF_INET, address, 443);
	assert_true(where_matches("{destination.port: 443}", &builder, NULL));
	assert_true(where_matches("{destination.port: [80, 0x1bb]}", &builder, NULL));
	assert_true(where_matches("{destination.port: 0o673}", &builder, NULL));
	assert_true(where_matches("{destination.port: {<: 444}}", &builder, NULL));
	assert_false(where_matches("{destination.port: {<: 443}}", &builder, NULL));
	assert_true(where_matches("{destination.port: {'>': 442, <: 444}}", &builder, NULL));
	assert_false(where_matches("{destination.port: {'>': 443}}", &builder, NULL));
	assert_true(where_matches("{destination.port: {not: {'>': 443}}}", &builder, NULL));
	assert_true(where_matches("{process.user.id: {'>': -1}}", &builder, NULL));
}

static void addresses_compare_as_networks(void **state)
{
	static const uint8_t four[4] = { 10, 1, 2, 3 };
	static const uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff, 10, 1, 2, 3 };
	static const uint8_t six[16] = { 0xfd, 0, 0x0e, 0xc2, [14] = 2, [15] = 0x54 };
	struct event_builder builder;

	(void)state;
	builder_connect(&builder, AF_INET, four, 443);
	assert_true(where_matches("{destination.address: 10.1.2.3}", &builder, NULL));
	assert_true(where_matches("{destination.address: '::ffff:10.1.2.3'}", &builder, NULL));
	assert_true(where_matches("{destination.address: {cidr: 10.0.0.0/8}}", &builder, NULL));
	assert_true(where_matches("{destination.address: {cidr: ['fc00::/7', 10.1.2.0/30]}}", &builder, NULL));
	assert_false(where_matches("{destination.address: {cidr: 10.1.2.0/31}}", &builder, NULL));
	assert_true(where_matches("{destination.address: {cidr: 0.0.0.0/0}}", &builder, NULL));
	assert_false(where_matches("{destination.address: {cidr: '::/0'}}", &builder, NULL));
	assert_true(where_matches("{destination.address: {cidr: '::ffff:10.0.0.0/104'}}", &builder, NULL));
	assert_false(where_matches("{destination.address: {not: {cidr: 10.0.0.0/8}}}", &builder, NULL));
	builder_connect(&builder, AF_INET6, mapped, 443);
	assert_true(where_matches("{destination.address: {cidr: 10.0.0.0/8}}", &builder, NULL));
	builder_connect(&builder, AF_INET6, six, 443);
	assert_true(where_matches("{destination.address: {cidr: 'fd00::/8'}}", &builder, NULL));
	assert_false(where_matches("{destination.address: {cidr: 10.0.0.0/8}}", &builder, NULL));
}

static void truth_values_are_true_or_false(void **state)
{
	struct event_builder builder;

	(void)state;
	builder_open(&builder, "/x", "/y", PICKET_ACCESS_READ);
	assert_true(where_matches("{file.via_proc: false}", &builder, NULL));
	assert_false(where_matches("{file.via_proc: true}", &builder, NULL));
	assert_true(where_matches("{file.via_proc: {not: true}}", &builder, NULL));
}

static void an_absent_field_never_holds_not_even_negated(void **state)
{
	struct container container = builder_container();
	struct event_builder builder;

	(void)state;
	builder_open(&builder, "/x", "/y", PICKET_ACCESS_READ);
	assert_false(where_matches("{container.name: {not: db}}", &builder, NULL));
	assert_true(where_matches("{container.name: {not: db}}", &builder, &container));
	assert_false(where_matches("{k8s.pod.name: {not: db}}", &builder, &container));
}

static void refused_opens_are_seen_only_by_rules_that_ask_for_the_error(void **state)
{
	struct event_builder builder;

	(void)state;
	builder_start(&builder, PICKET_KIND_FILE_OPEN, "/usr/bin/cat");
	builder.event.result = -EACCES;
	builder_add_text(&builder, PICKET_TEXT_REQUESTED, "/etc/../etc/shadow");
	assert_false(where_matches("{file.path: /etc/shadow}", &builder, NULL));
	assert_true(where_matches("{file.path: /etc/shadow, file.error: EACCES}", &builder, NULL));
	assert_true(where_matches("{file.path: /etc/shadow, file.error: {not: ENOENT}}", &builder, NULL));
	assert_false(where_matches("{file.error: ENOENT}", &builder, NULL));
	builder_open(&builder, "/usr/bin/cat", "/etc/shadow", PICKET_ACCESS_READ);
	assert_false(where_matches("{file.path: /etc/shadow, file.error: {not: ENOENT}}", &builder, NULL));
}

static void lists_stand_for_their_values(void **state)
{
	struct rule_set *set = loaded("lists:\n"
				      "  a: [/a, /b]\n"
				      "  both: [$a, /c, $$x]\n"
				      "rules:\n"
				      "- {name: one, event: file_open, where: {file.path: {in: $a}}}\n"
				      "- {name: two, event: file_open, where: {file.path: {in: [$a, /d]}}}\n"
				      "- {name: three, event: file_open, where: {file.name: {prefix: $both}}}\n"
				      "- {name: four, event: file_open, where: {file.name: $$a}}\n"
				      "- {name: five, event: file_open, where: {file.name: {regex: $}}}\n");

	(void)state;
	assert_int_equal(rules_find(set, "one")->where[0].value_count, 2);
	assert_int_equal(rules_find(set, "two")->where[0].value_count, 3);
	assert_int_equal(rules_find(set, "three")->where[0].value_count, 4);
	assert_string_equal(rules_find(set, "three")->where[0].values[3], "$x");
	assert_string_equal(rules_find(set, "four")->where[0].values[0], "$a");
	assert_string_equal(rules_find(set, "five")->where[0].values[0], "$");
	rules_free(set);
}

static void a_later_file_replaces_rules_and_lists_by_name(void **state)
{
	static const char *const texts[] = {
		"lists: {who: [/a]}\n"
		"rules:\n"
		"- {name: one, event: file_open, unless: {process.executable: {in: $who}}}\n"
		"- {name: two, event: file_open}\n"
		"- {name: three, event: file_open, enabled: false}\n"
		"- {name: four, event: file_open}\n",
		"lists: {who: [$who, /b, /c]}\n"
		"rules:\n"
		"- {name: two, event: process_exec, severity: debug}\n"
		"- {name: three, enabled: true}\n"
		"- {name: four, enabled: false}\n"
		"- {name: five, event: process_exit}\n",
	};
	struct rule_set *set;

	(void)state;
	assert_int_equal(load_texts(texts, 2, false, &reports, &set), 0);
	assert_int_equal(rules_count(set), 4);
	assert_int_equal(rules_find(set, "one")->unless[0].value_count, 3);
	assert_int_equal(rules_find(set, "two")->kind, PICKET_KIND_PROCESS_EXEC);
	assert_int_equal(rules_find(set, "two")->index, 1);
	assert_int_equal(rules_find(set, "three")->kind, PICKET_KIND_FILE_OPEN);
	assert_null(rules_find(set, "four"));
	for (size_t i = 0; i < rules_count(set); i++)
		assert_int_equal(rules_at(set, i)->index, i);
	rules_free(set);
}

static void a_built_in_rule_can_be_switched_off(void **state)
{
	static const char *const text = "rules: [{name: proc_root_escape, enabled: false}]";
	struct rule_set *set;

	(void)state;
	assert_int_equal(load_texts(&text, 1, true, &reports, &set), 0);
	assert_null(rules_find(set, "proc_root_escape"));
	assert_non_null(rules_find(set, "shadow_file_read"));
	rules_free(set);
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
		{ "rules: [{name: a, event: file_open, throttle: {interval: 1s, burst: 0}}]", "1:69", "a number from 1" },
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
		{ "10.0.0.0/33", "is no IP address" },	  { "10.0.0.0/", "is no IP address" },
		{ "10.0.0.0/8/8", "is no IP address" },	  { "10.0.0/8", "is no IP address" },
		{ "'::/129'", "is no IP address" },	  { "host.example", "is no IP address" },
		{ "10.1.0.0/8", "behind its prefix" },	  { "'fd00::1/64'", "behind its prefix" },
		{ "10.0.0.0/-1", "is no IP address" },	  { "10.0.0.0/+8", "is no IP address" },
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
	snprintf(deep, sizeof(deep), "rules: %.*s%.*s", 100, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
		 "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 100, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
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
		used += sprintf(text + used, "  l%d: [$l%d, $l%d, $l%d, $l%d, $l%d, $l%d, $l%d, $l%d, $l%d, $l%d]\n", i, i - 1,
				i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
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

static void write_file(const char *directory, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	fclose(file);
}

static void a_directory_gives_its_yaml_files_in_name_order(void **state)
{
	static const char *const names[] = { "20-b.yaml", "10-a.yml", ".hidden.yaml", "readme.txt" };
	char directory[] = "/tmp/picket-rules-XXXXXX", path[256];
	const char *paths[] = { directory };
	struct rule_set *set = NULL;

	(void)state;
	assert_non_null(mkdtemp(directory));
	write_file(directory, names[0], "rules: [{name: one, event: file_open, severity: error}]");
	write_file(directory, names[1], "rules: [{name: one, event: file_open, severity: debug}, {name: two, event: file_open}]");
	write_file(directory, names[2], "[");
	write_file(directory, names[3], "[");
	memset(&reports, 0, sizeof(reports));
	assert_int_equal(rules_load(paths, 1, false, keep_report, &reports, &set), 0);
	assert_int_equal(rules_count(set), 2);
	assert_int_equal(rules_find(set, "one")->severity, SEVERITY_ERROR);
	rules_free(set);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(directory), 0);
}

/* Many rules for the same paths, so that hashed and other rules mix. */
static void matches_come_in_the_order_of_the_rules(void **state)
{
	struct container container = builder_container();
	const struct rule *matches[300];
	struct event_builder builder;
	char *text = malloc(300 * 128);
	size_t used, count, wanted = 0;
	struct rule_set *set;

	(void)state;
	assert_non_null(text);
	used = sprintf(text, "rules:\n");
	for (int i = 0; i < 300; i++)
		used += sprintf(text + used, "- {name: r%d, event: file_open, where: {%s: {%s: [/p%d, /p%d, /p%d]}}}\n", i,
				"file.path", i % 3 ? "in" : "prefix", i % 7, i % 5, i % 5);
	set = loaded(text);
	builder_open(&builder, "/x", "/p3", PICKET_ACCESS_READ);
	count = rules_judge(set, &(struct event_context){ &builder.event, &container }, matches, 300);
	for (int i = 0; i < 300; i++) {
		if (i % 7 != 3 && i % 5 != 3)
			continue;
		assert_true(wanted < count);
		assert_int_equal(matches[wanted++]->index, i);
	}
	assert_int_equal(count, wanted);
	assert_int_equal(rules_judge(set, &(struct event_context){ &builder.event, &container }, matches, 2), 2);
	rules_free(set);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_manual_loads_as_written),
		cmocka_unit_test(a_short_rule_has_mild_defaults),
		cmocka_unit_test(files_without_rules_make_an_empty_set),
		cmocka_unit_test(the_built_in_rules_load_without_a_report),
		cmocka_unit_test(reading_the_password_hashes_is_noticed_unless_a_login_program_does),
		cmocka_unit_test(opening_a_file_around_the_root_is_noticed_either_way),
		cmocka_unit_test(text_operators_hold_and_fail_as_documented),
		cmocka_unit_test(access_holds_for_each_bit_that_is_set),
		cmocka_unit_test(numbers_compare_as_numbers),
		cmocka_unit_test(addresses_compare_as_networks),
		cmocka_unit_test(truth_values_are_true_or_false),
		cmocka_unit_test(an_absent_field_never_holds_not_even_negated),
		cmocka_unit_test(refused_opens_are_seen_only_by_rules_that_ask_for_the_error),
		cmocka_unit_test(lists_stand_for_their_values),
		cmocka_unit_test(a_later_file_replaces_rules_and_lists_by_name),
		cmocka_unit_test(a_built_in_rule_can_be_switched_off),
		cmocka_unit_test(all_errors_of_all_files_are_reported_at_their_place),
		cmocka_unit_test(refuses_what_a_rule_must_not_be),
		cmocka_unit_test(refuses_conditions_that_cannot_be_meant),
		cmocka_unit_test(refuses_bad_networks),
		cmocka_unit_test(refuses_yaml_that_is_none_or_grows),
		cmocka_unit_test(refuses_lists_that_multiply),
		cmocka_unit_test(refuses_files_that_are_too_large_or_none),
		cmocka_unit_test(thousands_of_errors_are_counted_and_not_all_shown),
		cmocka_unit_test(more_than_ten_thousand_rules_are_refused),
		cmocka_unit_test(a_directory_gives_its_yaml_files_in_name_order),
		cmocka_unit_test(matches_come_in_the_order_of_the_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
