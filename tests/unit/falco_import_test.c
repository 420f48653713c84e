/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules in Falco's form: what becomes of them, and what is told of those that are left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cleanup.h"
#include "import/falco_import.h"
#include "rules_text.h"

static struct reports reports, told;
static size_t translated, left_out;
static char *yaml;
static size_t yaml_size;

static struct rule_set *import(const char *source, bool approximate, const struct rule_set *taken)
{
	struct falco_rules rules = { .report = { .on_error = keep_report, .context = &told } };
	struct falco_import state = {
		.rules = &rules, .approximate = approximate, .taken = taken, .tell = keep_report, .context = &told
	};
	struct rule_set *set = NULL;

	memset(&told, 0, sizeof(told));
	free(yaml);
	yaml = NULL;
	state.out = open_memstream(&yaml, &yaml_size);
	assert_non_null(state.out);
	if (falco_rules_parse(&rules, "f.yaml", source, strlen(source)) == 0)
		assert_int_equal(falco_import_rules(&state), 0);
	fclose(state.out);
	if (yaml_size && load_text(yaml, &reports, &set))
		fail_msg("%s%s", yaml, reports.text);
	translated = state.translated;
	left_out = state.left_out;
	falco_rules_clear(&rules);
	return set;
}

static void assert_says(const char *text, const char *what)
{
	if (!text || !strstr(text, what))
		fail_msg("\"%s\" does not say \"%s\"", text, what);
}

/* One condition that must be left out for this reason. */
static void assert_left_out(const char *condition, const char *reason)
{
	char source[4096];

	snprintf(source, sizeof(source), "- rule: r\n  condition: >\n    %s\n", condition);
	rules_free(import(source, false, NULL));
	if (left_out != 1)
		fail_msg("%s is not left out:\n%s", condition, yaml);
	assert_says(told.text, "f.yaml:1: r: left out: ");
	assert_says(told.text, reason);
	assert_string_equal(yaml, "rules:\n");
}

/* One that must be translated, into a text that has this in it. */
static void assert_becomes(const char *condition, const char *what)
{
	char source[4096];

	snprintf(source, sizeof(source), "- rule: r\n  condition: >\n    %s\n", condition);
	rules_free(import(source, false, NULL));
	if (translated != 1)
		fail_msg("%s: %s", condition, told.text);
	assert_says(yaml, what);
}

static void a_whole_rule_becomes_one_of_ours(void **state)
{
	const struct rule *rule;
	struct rule_set *set;

	(void)state;
	set = import("- list: shells\n  items: [bash, sh]\n"
		     "- list: all_shells\n  items: [shells, zsh]\n"
		     "- macro: is_shell\n  condition: (proc.name in (all_shells))\n"
		     "- rule: Shell, in a Container!\n"
		     "  desc: >\n    Somebody\n    looks around.\n"
		     "  condition: spawned_process and container and is_shell\n"
		     "  output: \"Shell \\\"%proc.name\\\"\"\n"
		     "  priority: ALERT\n  tags: [mitre_execution, T1059, \"no tag\"]\n",
		     false, NULL);
	rule = rules_find(set, "shell_in_a_container");
	assert_non_null(rule);
	assert_int_equal(rule->kind, PICKET_KIND_PROCESS_EXEC);
	assert_int_equal(rule->scope, RULE_SCOPE_CONTAINER);
	assert_int_equal(rule->severity, SEVERITY_CRITICAL);
	assert_string_equal(rule->description, "Somebody looks around. Output: Shell \"%proc.name\"");
	assert_int_equal(rule->tag_count, 2);
	assert_int_equal(rule->where_count, 1);
	assert_int_equal(rule->where[0].value_count, 3);
	assert_string_equal(rule->where[0].values[2], "zsh");
	assert_int_equal(rules_count(set), 1);
	assert_says(told.text, "note: programs that could not be started are not seen");
	rules_free(set);
}

static void a_rule_of_several_events_becomes_several(void **state)
{
	struct rule_set *set = import(
		"- rule: r\n  condition: (spawned_process or open_write or chmod) and proc.name=x\n", false, NULL);

	(void)state;
	assert_int_equal(rules_count(set), 4);
	assert_non_null(rules_find(set, "r_process_exec"));
	assert_non_null(rules_find(set, "r_file_open"));
	assert_non_null(rules_find(set, "r_mode"));
	assert_true(rules_find(set, "r_mode_refused")->refused);
	rules_free(set);
}

static void names_never_take_the_place_of_other_rules(void **state)
{
	struct rule_set *taken = NULL, *set;

	(void)state;
	assert_int_equal(rules_load(NULL, 0, true, keep_report, &reports, &taken), 0);
	set = import("- rule: Shadow file read\n  condition: spawned_process\n"
		     "- rule: shadow_file_read\n  condition: spawned_process\n"
		     "- rule: \"\\u00fc\"\n  condition: spawned_process\n",
		     false, taken);
	assert_int_equal(rules_count(set), 3);
	assert_non_null(rules_find(set, "shadow_file_read_2"));
	assert_non_null(rules_find(set, "shadow_file_read_3"));
	assert_non_null(rules_find(set, "rule"));
	rules_free(set);
	rules_free(taken);
}

#define BASE "- rule: r\n  condition: spawned_process and proc.name=a\n  tags: [x]\n  priority: INFO\n"

static void later_entries_append_override_and_switch(void **state)
{
	static const struct {
		const char *more, *says;
	} cases[] = {
		{ "- rule: r\n  condition: or (spawned_process and proc.name=b)\n  append: true\n", "{in: [a, b]}" },
		{ "- rule: r\n  condition: and not proc.pname=b\n  override: {condition: append}\n",
		  "process.parent.name: {in: [b]}" },
		{ "- rule: r\n  condition: spawned_process and proc.name=z\n  override: {condition: replace}\n",
		  "{in: [z]}" },
		{ "- rule: r\n  enabled: false\n", "enabled: false" },
		{ "- rule: r\n  condition: spawned_process and proc.name=z\n", "{in: [z]}" },
		{ "- rule: r\n  tags: [y]\n  override: {tags: append}\n", "tags: [\"x\", \"y\"]" },
		{ "- rule: r\n  priority: ERROR\n  override: {priority: replace}\n", "severity: error" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char source[1024];

		snprintf(source, sizeof(source), "%s%s", BASE, cases[i].more);
		rules_free(import(source, false, NULL));
		assert_int_equal(translated, 1);
		assert_says(yaml, cases[i].says);
	}
	rules_free(import(
		"- list: l\n  items: [a]\n- list: l\n  items: [b]\n  append: true\n"
		"- macro: m\n  condition: proc.name in (l)\n- macro: m\n  condition: or proc.name=c\n  append: true\n"
		"- rule: r\n  condition: spawned_process and (m)\n",
		false, NULL));
	assert_says(yaml, "process.name: {in: [a, b, c]}");
}

static void exceptions_spare(void **state)
{
	(void)state;
	rules_free(import(
		BASE "  exceptions:\n"
		     "  - {name: one, fields: proc.pname, values: [cron, sshd]}\n"
		     "  - {name: two, fields: [proc.pname, proc.args], comps: [=, startswith], values: [[x, -k]]}\n"
		     "  - {name: none, fields: [proc.name]}\n",
		false, NULL));
	assert_int_equal(translated, 1);
	assert_says(yaml,
		    "unless:\n      - process.parent.name: {in: [cron, sshd]}\n      - process.parent.name: {in: [x]}");
	assert_says(yaml, "process.arguments: {prefix: [\"-k\"]}");
	rules_free(import(BASE "  exceptions: [{name: one, fields: [proc.pname, proc.args], values: [[x]]}]\n", false,
			  NULL));
	assert_says(told.text, "exception one: values: has not one value for each field");
	rules_free(import(BASE "  exceptions: [{name: one, fields: [proc.pname], comps: [foo], values: [[x]]}]\n",
			  false, NULL));
	assert_says(told.text, "comps: names no operator");
}

static void operators_become_ours(void **state)
{
	(void)state;
	assert_becomes("evt.type=execve and proc.name = \"a b\"", "process.name: {in: [\"a b\"]}");
	assert_becomes("evt.type=execve and proc.name = $x", "process.name: {in: [\"$$x\"]}");
	assert_becomes("evt.type=execve and proc.name contains a*b", "process.name: {glob: [\"*a\\\\*b*\"]}");
	assert_becomes("evt.type=execve and proc.args icontains a1", "process.arguments: {glob: [\"*[aA]1*\"]}");
	assert_becomes("open_read and fd.name pmatch (/a, /b/)", "file.path: {glob: [/a, \"/a/**\", /b, \"/b/**\"]}");
	assert_becomes("open_read and fd.name glob /a*b", "file.path: {glob: [\"/a**b\"]}");
	assert_becomes("evt.type=execve and user.uid >= 1000", "process.user.id: {\">\": 999}");
	assert_becomes("evt.type=execve and user.uid <= 99", "process.user.id: {\"<\": 100}");
	assert_becomes("evt.type=execve and proc.pname exists", "process.parent.name: {glob: [\"*\"]}");
	assert_becomes("evt.type=setns and evt.failed=true", "operation.error: {glob: [\"*\"]}");
	assert_becomes("evt.type=ptrace and evt.arg.request in (PTRACE_ATTACH, PTRACE_SEIZE)",
		       "operation.argument: {in: [16, 16902]}");
	assert_becomes("open_file_failed and evt.res in (EACCES, EPERM)", "file.error: {in: [EACCES, EPERM]}");
	assert_becomes("outbound and not fd.snet in (\"10.0.0.0/8\", \"fc00::/7\")",
		       "cidr: [10.0.0.0/8, \"fc00::/7\"]");
	assert_becomes("evt.type in (accept, accept4) and fd.typechar in (4, 6) and fd.sport=22",
		       "network.local.port: {in: [22]}");
	assert_becomes("not(evt.type!=execve)and(proc.name=a)", "process.name: {in: [a]}");
	assert_becomes("spawned_process and proc.name=a and always_true and not never_true", "process.name: {in: [a]}");
	assert_becomes("rename and fs.path.source startswith /etc/", "file.source_path: {prefix: [/etc/]}");
}

static void what_cannot_be_said_is_left_out_with_the_reason(void **state)
{
	(void)state;
	assert_left_out("proc.name = a", "an evt.type is missing");
	assert_left_out("evt.type = dup2 and fd.num = 0", "picket has no event for evt.type dup2");
	assert_left_out("evt.type in (execve, setuid) and proc.name = a", "picket has no event for evt.type setuid");
	assert_left_out("evt.type = openat and fd.name = /a", "picket does not tell open from openat");
	assert_left_out("evt.type = rmdir and proc.name = a", "does not tell rmdir from unlink");
	assert_left_out("evt.type = connect and proc.name = a", "add fd.typechar in (4, 6)");
	assert_left_out("evt.type = execve and evt.dir = >", "evt.dir");
	assert_left_out("evt.type = execve and proc.exe = a", "write proc.name or proc.exepath");
	assert_left_out("evt.type = execve and proc.aname != a", "write not and =");
	assert_left_out("evt.type = execve and proc.aname[4] = a", "picket has no such field");
	assert_left_out("evt.type = execve and tolower(proc.name) = a", "as they stand");
	assert_left_out("evt.type = execve and proc.name = val(proc.pname)", "as they stand");
	assert_left_out("evt.type = execve and proc.name = \"\"", "empty text");
	assert_left_out("evt.type = execve and proc.name regex a", "cannot be said");
	assert_left_out("evt.type = execve and proc.name > a", "cannot be said");
	assert_left_out("evt.type = execve and proc.name glob [ab]", "cannot be said");
	assert_left_out("open_read and fd.name glob /a?b", "cannot be said");
	assert_left_out("open_read and fd.name = a", "is an absolute path");
	assert_left_out("open_read and proc.cmdline contains a", "file_open has no such field");
	assert_left_out("evt.type in (open, openat) and evt.is_open_read=true", "add fd.num >= 0");
	assert_left_out("evt.type=execve and container.name startswith ho", "container.id = host");
	assert_left_out("evt.type=ptrace and proc.name = a", "add evt.arg.request in");
	assert_left_out("evt.type=execve and nothing_such", "the macro \"nothing_such\" is in none of these files");
	assert_left_out("evt.type=execve and proc.name = a and", "a field or a macro is missing at its end");
	assert_left_out("evt.type=execve and proc.name = a proc.pname = b", "\"and\" or \"or\" is missing");
	assert_left_out("evt.type=execve and proc.name = \"a", "a quote has no end");
	assert_left_out("evt.type=execve and proc.name in (a", "is missing");
	assert_left_out("evt.type=execve and evt.type=setns", "no event that picket sees can match it");
	assert_left_out("outbound and fd.ip = 1.2.3.4", "one end of a connection");
}

static void odd_entries_are_told_and_harm_no_others(void **state)
{
	(void)state;
	rules_free(import(BASE
			  "- rule: a\n- rule: b\n  condition: spawned_process\n  source: k8s_audit\n"
			  "- rule: c\n  condition: spawned_process\n  mystery: 1\n"
			  "- rule: d\n  condition: [x]\n"
			  "- rule: e\n  condition: and x\n  append: true\n"
			  "- macro: m1\n  condition: m2\n- macro: m2\n  condition: m1\n"
			  "- rule: f\n  condition: spawned_process and m1\n"
			  "- list: l\n  items: [l]\n- rule: g\n  condition: spawned_process and proc.name in (l)\n",
			  false, NULL));
	assert_int_equal(translated, 1);
	assert_int_equal(left_out, 7);
	assert_says(told.text, "its source is k8s_audit");
	assert_says(told.text, "unknown key \"mystery\"");
	assert_says(told.text, "a value of the wrong form");
	assert_says(told.text, "it changes a rule that is in none of these files");
	assert_says(told.text, "contains itself");
	assert_null(import("rules: []\n", false, NULL));
	assert_says(told.text, "f.yaml:1:1: no rule file of Falco");
}

static void approximate_rules_are_off_and_say_why(void **state)
{
	const char *source = "- rule: r\n  condition: spawned_process and proc.tty != 0 and proc.name = sh\n";
	struct rule_set *set = import(source, true, NULL);

	(void)state;
	assert_int_equal(rules_count(set), 0);
	assert_int_equal(left_out, 1);
	assert_says(yaml, "# approximate, so switched off: proc.tty !=: ");
	assert_says(yaml, "process.name: {in: [sh]}");
	assert_says(yaml, "enabled: false");
	assert_says(told.text, "r: switched off: proc.tty");
	rules_free(set);
}

static void conditions_that_grow_without_end_are_refused(void **state)
{
	char source[65536];
	size_t used = sprintf(source, "- macro: m0\n  condition: (proc.name=a and proc.pname=b)\n");

	(void)state;
	for (int i = 1; i < 30; i++)
		used += sprintf(source + used, "- macro: m%d\n  condition: (m%d or not m%d)\n", i, i - 1, i - 1);
	sprintf(source + used, "- rule: r\n  condition: spawned_process and m29\n");
	rules_free(import(source, false, NULL));
	assert_says(told.text, "its condition is too long");
	used = sprintf(source, "- rule: r\n  condition: spawned_process");
	for (int i = 0; i < 8; i++)
		used += sprintf(source + used, " and (proc.args contains a%d or proc.name contains b%d)", i, i);
	sprintf(source + used, "\n");
	rules_free(import(source, false, NULL));
	assert_says(told.text, "too many alternatives");
	used = sprintf(source, "- rule: r\n  condition: ");
	for (int i = 0; i < 1000; i++)
		used += sprintf(source + used, "(");
	rules_free(import(source, false, NULL));
	assert_says(told.text, "nested too deeply");
	free(yaml);
	yaml = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_rule_becomes_one_of_ours),
		cmocka_unit_test(a_rule_of_several_events_becomes_several),
		cmocka_unit_test(names_never_take_the_place_of_other_rules),
		cmocka_unit_test(later_entries_append_override_and_switch),
		cmocka_unit_test(exceptions_spare),
		cmocka_unit_test(operators_become_ours),
		cmocka_unit_test(what_cannot_be_said_is_left_out_with_the_reason),
		cmocka_unit_test(odd_entries_are_told_and_harm_no_others),
		cmocka_unit_test(approximate_rules_are_off_and_say_why),
		cmocka_unit_test(conditions_that_grow_without_end_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
