/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "cleanup.h"
#include "event_builder.h"
#include "state/finding.h"
#include "state/utf8.h"

static char *tags[] = { "T1003.008", "picket" };

static struct rule example_rule(void)
{
	return (struct rule){
		.name = "shadow_file_read",
		.description = "Somebody read it.",
		.severity = SEVERITY_CRITICAL,
		.kind = PICKET_KIND_FILE_OPEN,
		.tags = tags,
		.tag_count = 2,
	};
}

static struct finding example_finding(const struct event_builder *builder, const struct container *container,
				      const struct rule *rule)
{
	struct finding finding = {
		.context = { &builder->event, container },
		.rule = rule,
		.time_unix_ns = 1700000000123456789,
		.id = "00112233445566778899aabbccddeeff",
	};

	finding.outcomes[RESPONSE_KILL] = OUTCOME_DRY_RUN;
	return finding;
}

struct names {
	const char *names[64];
	size_t count;
};

static void keep_name(void *context, const char *name, const struct field_value *value)
{
	struct names *names = context;

	assert_true(value->type != FIELD_STRING || strlen(value->string.text) == value->string.size);
	assert_true(names->count < ARRAY_SIZE(names->names));
	names->names[names->count++] = name;
}

static bool has_name(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->names[i], name) == 0)
			return true;
	return false;
}

static void attributes_come_rule_first_then_responses_then_fields(void **state)
{
	static const char *const first[] = {
		"security_rule.name", "security_rule.description", "picket.severity",	   "picket.finding.id",
		"picket.rule.tags",   "picket.event.kind",	   "picket.response.kill", "process.pid",
	};
	struct container container = builder_container();
	struct rule rule = example_rule();
	struct event_builder builder;
	struct names names = { .count = 0 };
	struct finding finding;

	(void)state;
	builder_open(&builder, "/usr/bin/cat", "/etc/shadow", PICKET_ACCESS_READ);
	finding = example_finding(&builder, &container, &rule);
	finding_visit(&finding, keep_name, &names);
	for (size_t i = 0; i < ARRAY_SIZE(first); i++)
		assert_string_equal(names.names[i], first[i]);
	assert_true(has_name(&names, "file.path"));
	assert_true(has_name(&names, "container.name"));
	assert_false(has_name(&names, "k8s.pod.name"));
	assert_false(has_name(&names, "picket.file.via_proc"));
	assert_false(has_name(&names, "destination.address"));
	builder.event.flags = PICKET_EVENT_VIA_PROC;
	names.count = 0;
	finding_visit(&finding, keep_name, &names);
	assert_true(has_name(&names, "picket.file.via_proc"));
}

static const char *summary_of(const struct finding *finding)
{
	static char text[512];

	finding_summary(finding, text, sizeof(text));
	return text;
}

static void the_summary_is_one_sentence_for_each_kind(void **state)
{
	static const char query[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04"
				    "eVil\x07"
				    "example";
	static const uint8_t address[4] = { 169, 254, 169, 254 };
	struct container container = builder_container();
	struct rule rule = example_rule();
	struct event_builder builder;
	struct finding finding;

	(void)state;
	builder_open(&builder, "/usr/bin/cat", "/etc/shadow", PICKET_ACCESS_READ);
	finding = example_finding(&builder, &container, &rule);
	assert_string_equal(summary_of(&finding),
			    "cat (pid 4711) in container web opened /etc/shadow for read; kill: dry_run");
	finding.outcomes[RESPONSE_KILL] = OUTCOME_NONE;
	container.name = "";
	assert_string_equal(summary_of(&finding),
			    "cat (pid 4711) in container 0123456789abcdef opened /etc/shadow for read");
	finding.context.container = NULL;
	assert_string_equal(summary_of(&finding), "cat (pid 4711) on the host opened /etc/shadow for read");
	builder.event.file.access = 0;
	assert_string_equal(summary_of(&finding), "cat (pid 4711) on the host opened /etc/shadow for control");
	builder.event.result = -EACCES;
	assert_string_equal(summary_of(&finding), "cat (pid 4711) on the host was refused /etc/shadow (EACCES)");
	builder_start(&builder, PICKET_KIND_PROCESS_EXEC, "/usr/bin/nc");
	assert_string_equal(summary_of(&finding), "bash on the host started /usr/bin/nc as pid 4711");
	builder_start(&builder, PICKET_KIND_PROCESS_EXIT, "/usr/bin/nc");
	builder.event.exit.code = 3;
	assert_string_equal(summary_of(&finding), "nc (pid 4711) on the host ended with status 3");
	builder.event.exit.signal = 9;
	builder.event.exit.oom = 1;
	assert_string_equal(summary_of(&finding),
			    "nc (pid 4711) on the host was ended by signal 9, because memory ran out");
	builder_connect(&builder, AF_INET, address, 80);
	assert_string_equal(summary_of(&finding),
			    "curl (pid 4711) on the host connected to 169.254.169.254 port 80 by tcp");
	builder.event.result = -EPERM;
	assert_string_equal(summary_of(&finding),
			    "curl (pid 4711) on the host was refused a connection to 169.254.169.254 port 80 by tcp");
	builder_connect(&builder, AF_INET, address, 53);
	builder.event.kind = PICKET_KIND_DNS_QUERY;
	assert_string_equal(summary_of(&finding),
			    "curl (pid 4711) on the host asked 169.254.169.254 for the name of nothing");
	builder_add_bytes(&builder, PICKET_TEXT_PATH, query, sizeof(query));
	assert_string_equal(summary_of(&finding),
			    "curl (pid 4711) on the host asked 169.254.169.254 for the name evil.example");
	builder_start(&builder, PICKET_KIND_CGROUP_CREATE, "");
	builder.event.pid = 0;
	builder_add_text(&builder, PICKET_TEXT_PATH, "/docker/a");
	assert_string_equal(summary_of(&finding), "a cgroup was made: /docker/a");
}

static void the_summary_shows_no_control_characters_and_is_cut_between_characters(void **state)
{
	struct rule rule = example_rule();
	struct event_builder builder;
	struct finding finding;
	char text[64];

	(void)state;
	builder_open(&builder, "/a\x1b[31m\xc2\x9b\xff", "/\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\n", PICKET_ACCESS_READ);
	finding = example_finding(&builder, NULL, &rule);
	assert_string_equal(summary_of(&finding),
			    "a" UTF8_REPLACEMENT "[31m" UTF8_REPLACEMENT UTF8_REPLACEMENT
			    " (pid 4711) on the host opened /\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac" UTF8_REPLACEMENT
			    " for read; kill: dry_run");
	for (size_t size = 1; size < sizeof(text); size++) {
		memset(text, 'x', sizeof(text));
		finding_summary(&finding, text, size);
		assert_true(strlen(text) < size);
		assert_int_equal(utf8_valid_size(text, strlen(text)), strlen(text));
	}
	finding_summary(&finding, text, 0);
}

static json_t *parsed(const struct finding *finding)
{
	char *text = finding_to_json(finding);
	json_t *object;

	assert_non_null(text);
	assert_null(strchr(text, '\n'));
	object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(object);
	free(text);
	return object;
}

static void a_finding_of_several_events_says_which_and_when(void **state)
{
	static const struct progress_match sequence = {
		.first_ns = 1000000000,
		.last_ns = 3500000000,
		.step_count = 2,
		.steps = { { 1000000000, PICKET_KIND_FILE_MODIFY, "chmod (pid 5) changed /tmp/x by mode" },
			   { 3500000000, PICKET_KIND_FILE_OPEN, "sh (pid 6) opened /tmp/x for read" } },
	};
	static const struct progress_match count = { .first_ns = 0, .last_ns = 2000000000, .count = 21 };
	struct rule rule = example_rule();
	struct event_builder builder;
	struct finding finding;
	json_t *object;

	(void)state;
	builder_open(&builder, "/bin/sh", "/tmp/x", PICKET_ACCESS_READ);
	finding = example_finding(&builder, NULL, &rule);
	finding.progress = &sequence;
	object = parsed(&finding);
	assert_string_equal(json_string_value(json_object_get(object, "picket.step.1.time")),
			    "1970-01-01T00:00:01.000000000Z");
	assert_string_equal(json_string_value(json_object_get(object, "picket.step.1.event.kind")), "file_modify");
	assert_string_equal(json_string_value(json_object_get(object, "picket.step.2.summary")),
			    "sh (pid 6) opened /tmp/x for read");
	assert_non_null(strstr(json_string_value(json_object_get(object, "summary")),
			       "; 2.500 s before: chmod (pid 5) changed /tmp/x by mode"));
	json_decref(object);
	finding.progress = &count;
	object = parsed(&finding);
	assert_int_equal(json_integer_value(json_object_get(object, "picket.count")), 21);
	assert_string_equal(json_string_value(json_object_get(object, "picket.count.last_time")),
			    "1970-01-01T00:00:02.000000000Z");
	assert_non_null(strstr(json_string_value(json_object_get(object, "summary")), "; the last of 21 in 2.000 s"));
	json_decref(object);
}

static void json_begins_with_what_a_reader_looks_for(void **state)
{
	static const char start[] =
		"{\"time\":\"2023-11-14T22:13:20.123456789Z\",\"severity\":\"critical\","
		"\"rule\":\"shadow_file_read\",\"summary\":\"cat (pid 4711) in container web opened /etc/shadow "
		"for read,write; kill: dry_run\",\"security_rule.name\":";
	struct container container = builder_container();
	struct rule rule = example_rule();
	struct event_builder builder;
	struct finding finding;
	char *text;

	(void)state;
	builder_open(&builder, "/usr/bin/cat", "/etc/shadow", PICKET_ACCESS_READ | PICKET_ACCESS_WRITE);
	finding = example_finding(&builder, &container, &rule);
	text = finding_to_json(&finding);
	assert_non_null(text);
	assert_ptr_equal(strstr(text, start), text);
	free(text);
}

static void json_keeps_the_types_of_the_values(void **state)
{
	static const uint8_t address[16] = { 0xfd, [15] = 1 };
	struct rule rule = example_rule();
	struct event_builder builder;
	struct finding finding;
	json_t *object;

	(void)state;
	builder_connect(&builder, AF_INET6, address, 443);
	builder.event.flags = PICKET_EVENT_IO_URING;
	finding = example_finding(&builder, NULL, &rule);
	object = parsed(&finding);
	assert_int_equal(json_integer_value(json_object_get(object, "destination.port")), 443);
	assert_string_equal(json_string_value(json_object_get(object, "destination.address")), "fd00::1");
	assert_true(json_is_true(json_object_get(object, "picket.event.io_uring")));
	assert_null(json_object_get(object, "picket.event.compat"));
	assert_string_equal(json_string_value(json_object_get(object, "picket.rule.tags")), "T1003.008,picket");
	json_decref(object);
}

static void json_is_valid_whatever_bytes_the_texts_hold(void **state)
{
	struct container container = builder_container();
	struct rule rule = example_rule();
	struct event_builder builder;
	struct finding finding;
	char path[400], name[40];

	(void)state;
	srandom(3);
	for (int round = 0; round < 3000; round++) {
		path[0] = '/';
		for (size_t i = 1; i < sizeof(path); i++)
			path[i] = 1 + random() % 255;
		path[1 + random() % (sizeof(path) - 2)] = '\0';
		for (size_t i = 0; i < sizeof(name); i++)
			name[i] = 1 + random() % 255;
		name[sizeof(name) - 1] = '\0';
		container.name = name;
		builder_open(&builder, path, path, PICKET_ACCESS_READ);
		finding = example_finding(&builder, &container, &rule);
		json_decref(parsed(&finding));
	}
}

static void times_before_the_epoch_are_right(void **state)
{
	struct rule rule = example_rule();
	struct event_builder builder;
	struct finding finding;
	json_t *object;

	(void)state;
	builder_open(&builder, "/x", "/y", PICKET_ACCESS_READ);
	finding = example_finding(&builder, NULL, &rule);
	finding.time_unix_ns = -1;
	object = parsed(&finding);
	assert_string_equal(json_string_value(json_object_get(object, "time")), "1969-12-31T23:59:59.999999999Z");
	json_decref(object);
	finding.time_unix_ns = INT64_MIN;
	json_decref(parsed(&finding));
	finding.time_unix_ns = INT64_MAX;
	json_decref(parsed(&finding));
}

static void utf8_is_taken_and_what_only_looks_like_it_is_not(void **state)
{
	static const struct {
		const char *text;
		size_t size;
	} cases[] = {
		{ "a", 1 },
		{ "\x7f", 1 },
		{ "\x80", 0 },
		{ "\xc3\xa9", 2 },
		{ "\xc0\x80", 0 },
		{ "\xc1\xbf", 0 },
		{ "\xe2\x82\xac", 3 },
		{ "\xe2\x82", 0 },
		{ "\xe0\x9f\xbf", 0 },
		{ "\xed\x9f\xbf", 3 },
		{ "\xed\xa0\x80", 0 },
		{ "\xef\xbf\xbf", 3 },
		{ "\xf0\x9f\x98\x80", 4 },
		{ "\xf0\x8f\xbf\xbf", 0 },
		{ "\xf4\x8f\xbf\xbf", 4 },
		{ "\xf4\x90\x80\x80", 0 },
		{ "\xf5\x80\x80\x80", 0 },
		{ "\xff", 0 },
		{ "\xe2(\xa1", 0 },
		{ "", 0 },
	};
	size_t size;
	char *repaired;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(utf8_character(cases[i].text, strlen(cases[i].text)), cases[i].size);
	repaired = utf8_repair("a\xff\xc3\xa9\xe2\x82", 6, &size);
	assert_non_null(repaired);
	assert_string_equal(repaired, "a" UTF8_REPLACEMENT "\xc3\xa9" UTF8_REPLACEMENT UTF8_REPLACEMENT);
	assert_int_equal(size, strlen(repaired));
	free(repaired);
}

static void all_outcomes_have_a_name(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < OUTCOME_COUNT; i++)
		assert_true(strlen(outcome_name(i)) > 0);
	assert_string_equal(outcome_name(OUTCOME_COUNT), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_come_rule_first_then_responses_then_fields),
		cmocka_unit_test(the_summary_is_one_sentence_for_each_kind),
		cmocka_unit_test(the_summary_shows_no_control_characters_and_is_cut_between_characters),
		cmocka_unit_test(a_finding_of_several_events_says_which_and_when),
		cmocka_unit_test(json_begins_with_what_a_reader_looks_for),
		cmocka_unit_test(json_keeps_the_types_of_the_values),
		cmocka_unit_test(json_is_valid_whatever_bytes_the_texts_hold),
		cmocka_unit_test(times_before_the_epoch_are_right),
		cmocka_unit_test(utf8_is_taken_and_what_only_looks_like_it_is_not),
		cmocka_unit_test(all_outcomes_have_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
