/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cleanup.h"
#include "rules_text.h"
#include "state/policy_compile.h"

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

static struct compiled_policy *compiled(const char *text, bool enforce)
{
	struct rule_set *set = loaded(text);
	struct compiled_policy *policy = NULL;

	assert_int_equal(policy_compile(set, enforce, &policy), 0);
	rules_free(set);
	return policy;
}

static const struct picket_path_policy *find_entry(const struct policy_entry *entries, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (entries[i].size == strlen(text) && memcmp(entries[i].text, text, entries[i].size) == 0)
			return &entries[i].value;
	return NULL;
}

#define ASSERT_ENTRY(trie, text, wanted_exact, wanted_prefix, wanted_inside) \
	do { \
		const struct picket_path_policy *entry_ = find_entry(policy->trie##s, policy->trie##_count, text); \
		assert_non_null(entry_); \
		assert_int_equal(entry_->exact, wanted_exact); \
		assert_int_equal(entry_->prefix, wanted_prefix); \
		assert_int_equal(entry_->inside, wanted_inside); \
		assert_int_equal(entry_->size, strlen(text)); \
	} while (0)

#define OPENS (PICKET_WATCH_READ | PICKET_WATCH_WRITE | PICKET_WATCH_PATH)
#define OPEN_RULE(where) "rules: [{name: r, event: file_open, where: " where "}]"
#define EXEC_RULE(where) "rules: [{name: r, event: process_exec, where: " where "}]"

static void an_exact_path_is_found_through_its_directories(void **state)
{
	struct compiled_policy *policy = compiled(OPEN_RULE("{file.path: /etc/shadow, file.access: read}"), false);

	(void)state;
	assert_int_equal(policy->path_count, 3);
	ASSERT_ENTRY(path, "/", 0, 0, 1);
	ASSERT_ENTRY(path, "/etc/", 0, 0, 1);
	ASSERT_ENTRY(path, "/etc/shadow", PICKET_WATCH_READ, 0, 0);
	assert_int_equal(policy->name_count, 0);
	assert_int_equal(policy->policy.any_path, 0);
	assert_int_equal(policy->policy.flags, 0);
	assert_int_equal(policy->policy.container_kinds, 1ULL << PICKET_KIND_FILE_OPEN);
	assert_int_equal(policy->policy.host_kinds, 0);
	assert_int_equal(policy->notes[0].reach, POLICY_FILTERED);
	policy_free(policy);
}

static void shorter_prefixes_are_folded_into_longer_keys(void **state)
{
	struct compiled_policy *policy = compiled(
		"rules:\n"
		"- {name: a, event: file_open, where: {file.path: {prefix: /etc/}, file.access: write}}\n"
		"- {name: b, event: file_open, where: {file.path: {prefix: /etc/ssh}, file.access: path}}\n"
		"- {name: c, event: file_open, where: {file.path: /etc/ssh/key, file.access: [read, create]}}\n",
		false);

	(void)state;
	ASSERT_ENTRY(path, "/etc/", 0, PICKET_WATCH_WRITE, 1);
	ASSERT_ENTRY(path, "/etc/ssh", 0, PICKET_WATCH_WRITE | PICKET_WATCH_PATH, 0);
	ASSERT_ENTRY(path, "/etc/ssh/", 0, PICKET_WATCH_WRITE | PICKET_WATCH_PATH, 1);
	ASSERT_ENTRY(path, "/etc/ssh/key", PICKET_WATCH_READ | PICKET_WATCH_WRITE,
		     PICKET_WATCH_WRITE | PICKET_WATCH_PATH, 0);
	policy_free(policy);
}

static void globs_and_suffixes_narrow_by_what_is_literal(void **state)
{
	static const struct {
		const char *where, *path, *name;
		bool exact;
	} cases[] = {
		{ "{file.path: {glob: '/home/*/.ssh/id_*'}}", "/home/", NULL, false },
		{ "{file.path: {glob: '/etc/sh?dow'}}", "/etc/sh", NULL, false },
		{ "{file.path: {glob: '/etc/a\\*b'}}", "/etc/a*b", NULL, true },
		{ "{file.path: {glob: '**/.ssh/authorized_keys'}}", NULL, "authorized_keys", true },
		{ "{file.path: {glob: '**/.ssh/id_*'}}", NULL, "id_", false },
		{ "{file.path: {glob: '/*/shadow'}}", NULL, "shadow", true },
		{ "{file.path: {suffix: /.aws/credentials}}", NULL, "credentials", true },
		{ "{file.path: {suffix: [/a, /x/a]}}", NULL, "a", true },
		{ "{file.name: shadow}", NULL, "shadow", true },
		{ "{file.name: {prefix: id_}}", NULL, "id_", false },
		{ "{file.name: {glob: 'id_*'}}", NULL, "id_", false },
		{ "{file.directory: /etc}", "/etc/", NULL, false },
		{ "{file.directory: {prefix: /etc}}", "/etc", NULL, false },
		{ "{file.directory: {glob: '/home/*/.ssh'}}", "/home/", NULL, false },
		{ "{file.path: {suffix: .pem}, file.name: {prefix: k}}", NULL, "k", false },
		{ "{file.name: shadow, file.path: {prefix: /etc/}}", "/etc/", NULL, false },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct compiled_policy *policy;

		snprintf(text, sizeof(text), OPEN_RULE("%s"), cases[i].where);
		policy = compiled(text, false);
		assert_int_equal(policy->policy.any_path, 0);
		assert_int_equal(policy->notes[0].reach, POLICY_FILTERED);
		if (cases[i].path)
			ASSERT_ENTRY(path, cases[i].path, cases[i].exact ? OPENS : 0, cases[i].exact ? 0 : OPENS, 0);
		if (cases[i].name)
			ASSERT_ENTRY(name, cases[i].name, cases[i].exact ? OPENS : 0, cases[i].exact ? 0 : OPENS, 0);
		assert_int_equal(policy->name_count, cases[i].name ? 1 : 0);
		assert_int_equal(!!(policy->policy.flags & PICKET_POLICY_NAMES), cases[i].name ? 1 : 0);
		policy_free(policy);
	}
}

static void what_says_no_path_asks_for_every_event(void **state)
{
	static const char *const cases[] = {
		"{file.path: {suffix: .pem}}",
		"{file.path: {regex: ^/etc/}}",
		"{file.path: {glob: '**'}}",
		"{file.path: {glob: '**/a**'}}",
		"{file.path: {prefix: /}}",
		"{file.path: {not: /etc/shadow}}",
		"{file.path: {glob: '/*/*x'}}",
		"{file.directory: /}",
		"{file.name: {suffix: x}}",
		"{process.executable.path: /x}",
		"{file.path: {in: [/a], not: /b}, file.via_proc: false}",
		"{file.path: {suffix: [/a, .b]}}",
		"{file.path: {suffix: a/}}",
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct compiled_policy *policy;

		snprintf(text, sizeof(text), OPEN_RULE("%s"), cases[i]);
		policy = compiled(text, true);
		if (strstr(cases[i], "[/a], not")) {
			assert_int_equal(policy->policy.any_path, 0);
		} else {
			assert_int_equal(policy->policy.any_path, OPENS);
			assert_int_equal(policy->notes[0].reach, POLICY_EVERY_EVENT);
			assert_true(strlen(policy->notes[0].reason) > 0);
			assert_int_equal(policy->path_count, 0);
		}
		policy_free(policy);
	}
}

static void access_limits_the_class_of_every_event(void **state)
{
	struct compiled_policy *policy = compiled(OPEN_RULE("{file.access: create}"), false);

	(void)state;
	assert_int_equal(policy->policy.any_path, PICKET_WATCH_WRITE);
	policy_free(policy);
	policy = compiled(OPEN_RULE("{file.access: {not: read}}"), false);
	assert_int_equal(policy->policy.any_path, OPENS);
	policy_free(policy);
}

static void detours_need_a_flag_and_no_path(void **state)
{
	struct compiled_policy *policy = compiled(OPEN_RULE("{file.outside_container: true}"), false);

	(void)state;
	assert_int_equal(policy->policy.flags, PICKET_POLICY_VIA_PROC);
	assert_int_equal(policy->policy.any_path, 0);
	assert_int_equal(policy->path_count, 0);
	assert_int_equal(policy->notes[0].reach, POLICY_FILTERED);
	policy_free(policy);
	policy = compiled(OPEN_RULE("{file.via_proc: false}"), false);
	assert_int_equal(policy->policy.flags, PICKET_POLICY_VIA_PROC);
	assert_int_equal(policy->policy.any_path, OPENS);
	policy_free(policy);
	policy = compiled("rules: [{name: r, event: file_open, where: {file.name: x}, unless: {file.via_proc: true}}]",
			  false);
	assert_int_equal(policy->policy.flags, PICKET_POLICY_VIA_PROC | PICKET_POLICY_NAMES);
	policy_free(policy);
}

static void refused_opens_and_arguments_are_asked_for_by_flags(void **state)
{
	struct compiled_policy *policy = compiled(OPEN_RULE("{file.path: /etc/shadow, file.error: EACCES}"), false);

	(void)state;
	assert_int_equal(policy->policy.flags, PICKET_POLICY_FAILED);
	assert_int_equal(policy->policy.any_path, PICKET_WATCH_FAILED);
	assert_int_equal(policy->path_count, 0);
	assert_int_equal(policy->notes[0].reach, POLICY_EVERY_FAILED);
	policy_free(policy);
	policy = compiled(EXEC_RULE("{process.executable.name: sh, process.args: {suffix: x}}"), false);
	assert_int_equal(policy->policy.flags, PICKET_POLICY_ARGS | PICKET_POLICY_NAMES);
	ASSERT_ENTRY(name, "sh", PICKET_WATCH_EXEC, 0, 0);
	policy_free(policy);
}

static void started_programs_are_found_without_directories(void **state)
{
	struct compiled_policy *policy =
		compiled(EXEC_RULE("{process.executable.path: [/usr/bin/nc, /bin/nc]}"), false);

	(void)state;
	assert_int_equal(policy->path_count, 2);
	ASSERT_ENTRY(path, "/usr/bin/nc", PICKET_WATCH_EXEC, 0, 0);
	policy_free(policy);
}

static void scopes_and_kinds_fill_the_masks(void **state)
{
	struct compiled_policy *policy = compiled("rules:\n"
						  "- {name: a, event: process_exec, scope: host}\n"
						  "- {name: b, event: network_connect, scope: any}\n"
						  "- {name: c, event: process_exit}\n",
						  true);

	(void)state;
	assert_int_equal(policy->policy.host_kinds,
			 1ULL << PICKET_KIND_PROCESS_EXEC | 1ULL << PICKET_KIND_NETWORK_CONNECT);
	assert_int_equal(policy->policy.container_kinds,
			 1ULL << PICKET_KIND_PROCESS_EXIT | 1ULL << PICKET_KIND_NETWORK_CONNECT);
	assert_int_equal(policy->policy.any_path, PICKET_WATCH_EXEC);
	assert_int_equal(policy->notes[1].reach, POLICY_EVERY_EVENT);
	policy_free(policy);
}

static void the_built_in_kill_is_carried_out_in_the_kernel_only_with_enforce(void **state)
{
	const uint64_t kills = 1 << PICKET_WATCH_RULE_FIRST;
	struct compiled_policy *policy;
	struct rule_set *set;

	(void)state;
	assert_int_equal(load_texts(NULL, 0, true, &reports, &set), 0);
	assert_int_equal(policy_compile(set, false, &policy), 0);
	assert_int_equal(policy->notes[rules_find(set, "shadow_file_read")->index].reach, POLICY_FILTERED);
	assert_int_equal(policy->policy.rules[0].action, PICKET_KERNEL_NONE);
	assert_null(find_entry(policy->paths, policy->path_count, "/usr/sbin/sshd"));
	policy_free(policy);
	assert_int_equal(policy_compile(set, true, &policy), 0);
	assert_int_equal(policy->notes[rules_find(set, "shadow_file_read")->index].reach, POLICY_KERNEL);
	assert_int_equal(policy->notes[rules_find(set, "proc_root_escape")->index].reach, POLICY_FILTERED);
	assert_int_equal(policy->policy.rules[0].action, PICKET_KERNEL_KILL);
	assert_int_equal(policy->policy.rules[0].access, PICKET_ACCESS_READ);
	assert_true(find_entry(policy->paths, policy->path_count, "/etc/shadow")->exact & kills);
	assert_true(find_entry(policy->paths, policy->path_count, "/etc/shadow-")->exact & kills);
	assert_int_equal(find_entry(policy->paths, policy->path_count, "/usr/sbin/sshd")->subject, kills);
	policy_free(policy);
	rules_free(set);
}

#define DENY_RULES \
	"rules: [{name: f, event: file_open, where: {file.path: /etc/shadow, file.access: read}, response: [deny]}, " \
	"{name: x, event: process_exec, where: {process.executable.path: {prefix: /tmp/}}, response: [deny]}]"

static void opens_and_starts_of_programs_are_denied_where_the_file_sensor_can(void **state)
{
	struct compiled_policy *policy;
	struct rule_set *set = loaded(DENY_RULES);

	(void)state;
	assert_int_equal(policy_compile(set, POLICY_ENFORCE | POLICY_DENY_FILES, &policy), 0);
	assert_true(policy->policy.flags & PICKET_POLICY_DENY_FILES);
	assert_true(policy->notes[0].denied && policy->notes[1].denied);
	assert_int_equal(policy->policy.rules[0].action, PICKET_KERNEL_DENY);
	assert_int_equal(policy->policy.rules[0].kinds, 1 << PICKET_KIND_FILE_OPEN);
	assert_int_equal(policy->policy.rules[1].kinds, 1 << PICKET_KIND_PROCESS_EXEC);
	assert_true(find_entry(policy->paths, policy->path_count, "/tmp/")->prefix & 2 << PICKET_WATCH_RULE_FIRST);
	policy_free(policy);
	rules_free(set);
}

static void where_it_cannot_the_kernel_kills_for_an_open_instead_and_says_so(void **state)
{
	struct compiled_policy *policy;
	struct rule_set *set = loaded(DENY_RULES);

	(void)state;
	assert_int_equal(policy_compile(set, POLICY_ENFORCE, &policy), 0);
	assert_false(policy->policy.flags & PICKET_POLICY_DENY_FILES);
	assert_false(policy->notes[0].denied || policy->notes[1].denied);
	assert_int_equal(policy->policy.rules[0].action, PICKET_KERNEL_KILL);
	assert_int_equal(policy->policy.rules[1].action, PICKET_KERNEL_NONE);
	assert_non_null(strstr(policy->notes[0].reason, "lsm and fentry"));
	assert_non_null(strstr(policy->notes[1].reason, "lsm and fentry"));
	policy_free(policy);
	rules_free(set);
}

static void the_built_in_rules_never_ask_for_every_open(void **state)
{
	struct compiled_policy *policy;
	struct rule_set *set;

	(void)state;
	assert_int_equal(load_texts(NULL, 0, true, &reports, &set), 0);
	assert_int_equal(policy_compile(set, true, &policy), 0);
	assert_int_equal(policy->policy.any_path &
				 (PICKET_WATCH_READ | PICKET_WATCH_WRITE | PICKET_WATCH_PATH | PICKET_WATCH_FAILED),
			 0);
	policy_free(policy);
	rules_free(set);
}

static void what_the_kernel_cannot_judge_exactly_is_left_to_user_space(void **state)
{
	static const char *const cases[] = {
		"where: {file.path: {suffix: /shadow}}",
		"where: {file.path: {glob: /etc/sha*}}",
		"where: {file.name: shadow}",
		"where: {file.path: {prefix: /etc/, not: /etc/passwd}}",
		"where: {file.path: /etc/shadow, process.user.id: 0}",
		"where: {file.path: /etc/shadow, file.access: {not: path}}",
		"where: {file.path: /etc/shadow}, unless: {process.executable.name: sshd}",
		"where: {file.path: /etc/shadow}, unless: {process.executable.path: {prefix: /usr/sbin/}}",
		"where: {file.path: /etc/shadow}, unless: {container.name: db}",
		"where: {file.path: {prefix: /}}",
		"where: {file.path: /etc/shadow, file.error: EACCES}",
		"where: {file.path: /etc/shadow}, scope: any",
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct compiled_policy *policy;

		snprintf(text, sizeof(text), "rules: [{name: r, event: file_open, response: kill, %s}]", cases[i]);
		policy = compiled(text, true);
		assert_int_not_equal(policy->notes[0].reach, POLICY_KERNEL);
		assert_true(strlen(policy->notes[0].reason) > 0);
		assert_int_equal(policy->policy.rules[0].action, PICKET_KERNEL_NONE);
		policy_free(policy);
	}
}

static void the_fifty_seventh_kernel_rule_is_left_to_user_space(void **state)
{
	char text[8192] = "rules:\n";
	struct compiled_policy *policy;

	(void)state;
	for (unsigned int i = 0; i < PICKET_KERNEL_RULES + 1; i++)
		sprintf(text + strlen(text),
			"- {name: r%u, event: file_open, response: kill, where: {file.path: /p%u}}\n", i, i);
	policy = compiled(text, true);
	assert_int_equal(policy->notes[PICKET_KERNEL_RULES - 1].reach, POLICY_KERNEL);
	assert_int_equal(policy->notes[PICKET_KERNEL_RULES].reach, POLICY_FILTERED);
	ASSERT_ENTRY(path, "/p55", OPENS | 1ULL << 63, 0, 0);
	ASSERT_ENTRY(path, "/p56", OPENS, 0, 0);
	policy_free(policy);
}

static void a_path_longer_than_a_key_becomes_a_prefix(void **state)
{
	char path[400], text[1024];
	struct compiled_policy *policy;

	(void)state;
	memset(path, 'x', sizeof(path));
	memcpy(path, "/long/", 6);
	path[sizeof(path) - 1] = '\0';
	snprintf(text, sizeof(text), "rules: [{name: r, event: file_open, response: kill, where: {file.path: %s}}]",
		 path);
	policy = compiled(text, true);
	assert_int_equal(policy->notes[0].reach, POLICY_FILTERED);
	path[PICKET_POLICY_KEY_SIZE] = '\0';
	ASSERT_ENTRY(path, path, 0, OPENS, 0);
	ASSERT_ENTRY(path, "/long/", 0, 0, 1);
	policy_free(policy);
}

static void too_many_paths_ask_for_every_event(void **state)
{
	char *text = malloc(4 << 20);
	struct compiled_policy *policy;
	size_t used;

	(void)state;
	assert_non_null(text);
	used = sprintf(text, "rules:\n");
	for (int rule = 0; rule < 4; rule++) {
		used += sprintf(text + used, "- {name: r%d, event: file_open, response: kill, where: {file.path: [/a",
				rule);
		for (int i = 0; i < 8000; i++)
			used += sprintf(text + used, ", /d%d/f%d", rule, i);
		used += sprintf(text + used, "]}}\n");
	}
	policy = compiled(text, true);
	assert_int_equal(policy->path_count, 0);
	assert_int_equal(policy->policy.any_path, OPENS);
	assert_int_equal(policy->policy.rules[0].action, PICKET_KERNEL_NONE);
	for (int rule = 0; rule < 4; rule++)
		assert_int_equal(policy->notes[rule].reach, POLICY_EVERY_EVENT);
	policy_free(policy);
	free(text);
}

static void an_empty_set_asks_for_nothing(void **state)
{
	struct compiled_policy *policy = compiled("", true);
	static const struct picket_policy nothing;

	(void)state;
	assert_memory_equal(&policy->policy, &nothing, sizeof(nothing));
	assert_int_equal(policy->path_count + policy->name_count + policy->note_count, 0);
	policy_free(policy);
	policy_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exact_path_is_found_through_its_directories),
		cmocka_unit_test(shorter_prefixes_are_folded_into_longer_keys),
		cmocka_unit_test(globs_and_suffixes_narrow_by_what_is_literal),
		cmocka_unit_test(what_says_no_path_asks_for_every_event),
		cmocka_unit_test(access_limits_the_class_of_every_event),
		cmocka_unit_test(detours_need_a_flag_and_no_path),
		cmocka_unit_test(refused_opens_and_arguments_are_asked_for_by_flags),
		cmocka_unit_test(started_programs_are_found_without_directories),
		cmocka_unit_test(scopes_and_kinds_fill_the_masks),
		cmocka_unit_test(the_built_in_kill_is_carried_out_in_the_kernel_only_with_enforce),
		cmocka_unit_test(opens_and_starts_of_programs_are_denied_where_the_file_sensor_can),
		cmocka_unit_test(where_it_cannot_the_kernel_kills_for_an_open_instead_and_says_so),
		cmocka_unit_test(the_built_in_rules_never_ask_for_every_open),
		cmocka_unit_test(what_the_kernel_cannot_judge_exactly_is_left_to_user_space),
		cmocka_unit_test(the_fifty_seventh_kernel_rule_is_left_to_user_space),
		cmocka_unit_test(a_path_longer_than_a_key_becomes_a_prefix),
		cmocka_unit_test(too_many_paths_ask_for_every_event),
		cmocka_unit_test(an_empty_set_asks_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
