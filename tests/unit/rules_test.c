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
/* The same for what stands behind "where: " of a file_open rule. */
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
	static const char *const texts[] = { "",      "# nothing\n",	"rules: []",	   "lists: {}",
					     "---\n", "lists: {a: []}", "rules:\nlists:\n" };

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
	write_file(directory, names[1],
		   "rules: [{name: one, event: file_open, severity: debug}, {name: two, event: file_open}]");
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
		used += sprintf(text + used, "- {name: r%d, event: file_open, where: {%s: {%s: [/p%d, /p%d, /p%d]}}}\n",
				i, "file.path", i % 3 ? "in" : "prefix", i % 7, i % 5, i % 5);
	set = loaded(text);
	builder_open(&builder, "/x", "/p3", PICKET_ACCESS_READ);
	count = rules_judge(set, &(struct event_context){ .event = &builder.event, .container = &container }, matches,
			    300);
	for (int i = 0; i < 300; i++) {
		if (i % 7 != 3 && i % 5 != 3)
			continue;
		assert_true(wanted < count);
		assert_int_equal(matches[wanted++]->index, i);
	}
	assert_int_equal(count, wanted);
	assert_int_equal(rules_judge(set, &(struct event_context){ .event = &builder.event, .container = &container },
				     matches, 2),
			 2);
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
		cmocka_unit_test(a_directory_gives_its_yaml_files_in_name_order),
		cmocka_unit_test(matches_come_in_the_order_of_the_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
