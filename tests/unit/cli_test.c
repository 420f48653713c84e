/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands that need no daemon, or find none. */
#include "cli_run.h"

static void every_command_explains_itself(void **state)
{
	static char *const names[] = { "events",  "containers", "top",	  "sensors", "status", "incidents",
				       "release", "check",	"fields", "rules",   "help",   "version" };
	char usage[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct run other;

		RUN(&run, names[i], "--help");
		assert_int_equal(run.status, 0);
		snprintf(usage, sizeof(usage), "usage: picket %s", names[i]);
		assert_says(run.out, usage);
		assert_says(run.out, "Exit status:");
		assert_string_equal(run.err, "");
		RUN(&other, "help", names[i]);
		assert_string_equal(other.out, run.out);
		RUN(&other, "help");
		assert_says(other.out, names[i]);
	}
	RUN(&run, "events", "-f", "-h");
	assert_int_equal(run.status, 0);
	assert_says(run.out, "usage: picket events");
}

static void a_misspelt_command_is_named_with_what_was_meant(void **state)
{
	(void)state;
	RUN(&run, "evnts");
	assert_int_equal(run.status, 2);
	assert_string_equal(run.err, "picket: unknown command 'evnts'; did you mean 'events'?\n");
	RUN(&run, "xxxxxxxxxx");
	assert_string_equal(run.err, "picket: unknown command 'xxxxxxxxxx'; see 'picket help'\n");
	RUN(&run, "help", "chck");
	assert_int_equal(run.status, 2);
	assert_says(run.err, "did you mean 'check'");
	assert_string_equal(run.out, "");
}

static void a_wrong_command_line_is_one_clear_line_and_2(void **state)
{
	static const struct {
		char *words[5];
		const char *says;
	} wrong[] = {
		{ { "events", "--follwo" }, "unknown flag '--follwo'; did you mean '--follow'?" },
		{ { "events", "--foobarbaz=1" }, "unknown flag '--foobarbaz'; see 'picket events --help'" },
		{ { "events", "-x" }, "unknown flag '-x'" },
		{ { "events", "-n" }, "-n needs a value" },
		{ { "events", "-n", "many" }, "needs a number" },
		{ { "events", "-n", "-1" }, "needs a number" },
		{ { "events", "--lines=99999999999999999999" }, "needs a number" },
		{ { "events", "--rule=" }, "--rule needs a value" },
		{ { "events", "--json=yes" }, "--json takes no value" },
		{ { "events", "web" }, "unexpected argument 'web'" },
		{ { "events", "--rule", "\xff" }, "UTF-8" },
		{ { "containers", "web" }, "unexpected argument 'web'" },
		{ { "top", "-n", "x" }, "needs a number" },
		{ { "status", "--jsn" }, "did you mean '--json'" },
		{ { "release" }, "which container?" },
		{ { "release", "a", "b" }, "unexpected argument 'b'" },
		{ { "release", "--", "\xff" }, "UTF-8" },
		{ { "check" }, "which file?" },
		{ { "rules" }, "rules import FILE" },
		{ { "rules", "export" }, "rules import FILE" },
		{ { "rules", "import" }, "which file?" },
		{ { "rules", "import", "--aproximate", "x" }, "did you mean '--approximate'?" },
		{ { "check", "--foo" }, "unknown flag '--foo'" },
		{ { "fields", "a", "b" }, "unexpected argument 'b'" },
		{ { "version", "1" }, "unexpected argument '1'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		int argc = 0;

		while (wrong[i].words[argc])
			argc++;
		run_vector(&run, argc, wrong[i].words);
		if (run.status != 2)
			fail_msg("%s %s: %d", wrong[i].words[0], wrong[i].words[1], run.status);
		assert_says(run.err, wrong[i].says);
		assert_one_line(run.err);
		assert_string_equal(run.out, "");
	}
}

static void version_is_the_line_that_exporters_print(void **state)
{
	(void)state;
	RUN(&run, "version");
	assert_int_equal(run.status, 0);
	assert_int_equal(strncmp(run.out, "picket, version ", 16), 0);
	assert_says(run.out, "(branch: ");
}

static void fields_lists_what_rules_can_ask_for(void **state)
{
	(void)state;
	RUN(&run, "fields");
	assert_int_equal(run.status, 0);
	assert_says(run.out, "file_open: ");
	assert_says(run.out, "network_connect: ");
	RUN(&run, "fields", "file_open");
	assert_says(run.out, "file.path");
	assert_null(strstr(run.out, "network_connect"));
	RUN(&run, "fields", "file_opne");
	assert_int_equal(run.status, 1);
	assert_says(run.err, "did you mean 'file_open'?");
}

static void write_file(char name[96], const char *leaf, const char *text)
{
	FILE *file;

	snprintf(name, 96, "%s/%s", directory, leaf);
	file = fopen(name, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

#define GOOD_RULE \
	"rules:\n- name: mine\n  description: Mine.\n  severity: info\n  event: file_open\n" \
	"  where: {file.path: /etc/passwd, file.access: read}\n"

static void check_tells_the_rules_of_a_good_file_and_every_error_of_a_bad_one(void **state)
{
	char good[96], longer[96], bad[96], missing[96];

	(void)state;
	write_file(good, "r.yaml", GOOD_RULE);
	write_file(longer, "r.yaml.yaml", "rules:\n- name: other\n  severity: info\n  event: file_open\n");
	write_file(bad, "bad.yaml",
		   "rules:\n- name: a\n  severity: loud\n  event: file_open\n- name: b\n  event: nothing\n");
	snprintf(missing, sizeof(missing), "%s/none.yaml", directory);

	RUN(&run, "check", good);
	assert_int_equal(run.status, 0);
	assert_says(run.out, ": OK: ");
	assert_says(run.out, "  mine ");
	assert_null(strstr(run.out, "shadow_file_read"));
	RUN(&run, "check", directory);
	assert_int_equal(run.status, 1);
	RUN(&run, "check", good, bad, missing);
	assert_int_equal(run.status, 1);
	assert_says(run.out, "  mine ");
	assert_says(run.err, "bad.yaml:3:");
	assert_says(run.err, "bad.yaml:6:");
	assert_says(run.err, "none.yaml");
}

static void import_tells_by_its_status_what_became_of_the_rules(void **state)
{
	char good[96], partly[96], bad[96], result[96];

	(void)state;
	write_file(good, "good.yaml", "- rule: Mine\n  condition: spawned_process and proc.name = sh\n");
	write_file(partly, "partly.yaml", "- rule: Other\n  condition: spawned_process and proc.tty != 0\n");
	write_file(bad, "bad.yaml", "rules: []\n");
	snprintf(result, sizeof(result), "%s/result.yaml", directory);
	RUN(&run, "rules", "import", good);
	assert_int_equal(run.status, 0);
	assert_says(run.out, "  - name: mine\n");
	assert_says(run.err, "1 rules translated, as 1 of picket's; 0 left out");
	RUN(&run, "rules", "import", "-o", result, good, partly);
	assert_int_equal(run.status, 1);
	assert_string_equal(run.out, "");
	assert_says(run.err, "partly.yaml:1: Other: left out: proc.tty");
	RUN(&run, "check", result);
	assert_int_equal(run.status, 0);
	assert_says(run.out, "  mine ");
	RUN(&run, "rules", "import", good, bad);
	assert_int_equal(run.status, 2);
	assert_string_equal(run.out, "");
	RUN(&run, "rules", "import", "/nonexistent/file.yaml");
	assert_int_equal(run.status, 2);
	RUN(&run, "rules", "import", "-o", "/nonexistent/result.yaml", good);
	assert_int_equal(run.status, 2);
}

static void without_a_daemon_it_says_what_to_do(void **state)
{
	(void)state;
	RUN(&run, "events");
	assert_int_equal(run.status, 1);
	assert_says(run.err, "no daemon answers at ");
	assert_one_line(run.err);
	setenv("PICKET_SOCKET",
	       "/tmp/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	       1);
	RUN(&run, "status");
	assert_int_equal(run.status, 1);
	assert_one_line(run.err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_explains_itself),
		cmocka_unit_test(a_misspelt_command_is_named_with_what_was_meant),
		cmocka_unit_test(a_wrong_command_line_is_one_clear_line_and_2),
		cmocka_unit_test(version_is_the_line_that_exporters_print),
		cmocka_unit_test(fields_lists_what_rules_can_ask_for),
		WITH_DIRECTORY(check_tells_the_rules_of_a_good_file_and_every_error_of_a_bad_one),
		WITH_DIRECTORY(import_tells_by_its_status_what_became_of_the_rules),
		WITH_DIRECTORY(without_a_daemon_it_says_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
