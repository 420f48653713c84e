/* SPDX-License-Identifier: GPL-2.0-only */
/* Findings that say the same again, and throttled ones: held, counted, and summed up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "event_builder.h"
#include "state/repeats.h"

#define SECOND 1000000000ULL
#define MEBIBYTE (1 << 20)

static struct {
	struct container container;
	bool gone;
	size_t count; /* summaries */
	uint64_t findings;
	struct finding_repeats repeats; /* of the last one */
	char json[8192];
} sent;

static void keep_summary(void *context, const struct finding *finding)
{
	char *json = finding_to_json(finding);

	(void)context;
	assert_non_null(json);
	snprintf(sent.json, sizeof(sent.json), "%s", json);
	free(json);
	sent.count++;
	sent.findings += finding->repeats->count;
	sent.repeats = *finding->repeats;
}

static const struct container *find_container(void *context, uint64_t cgroup_id)
{
	(void)context;
	return !sent.gone && cgroup_id == sent.container.cgroup_id ? &sent.container : NULL;
}

static struct repeats *start(size_t max_bytes, uint64_t interval_ns)
{
	struct repeats_options options = { .interval_ns = interval_ns,
					   .max_bytes = max_bytes,
					   .send = keep_summary,
					   .find_container = find_container };
	struct repeats *repeats;

	memset(&sent, 0, sizeof(sent));
	sent.container = builder_container();
	assert_int_equal(repeats_new(&options, &repeats), 0);
	return repeats;
}

static struct rule rule = {
	.name = "reader", .description = "", .severity = SEVERITY_WARNING, .kind = PICKET_KIND_FILE_OPEN
};

/* Return: whether it was sent by itself. */
static bool find(struct repeats *repeats, const char *path, uint32_t pid, double seconds)
{
	struct event_builder builder;
	struct finding finding = { .rule = &rule, .id = "0123456789abcdef0123456789abcdef" };

	builder_open(&builder, "/bin/cat", path, PICKET_ACCESS_READ);
	builder.event.pid = pid;
	builder.event.time_ns = seconds * SECOND;
	finding.context = (struct event_context){ .event = &builder.event, .container = &sent.container };
	if (repeats_hold(repeats, &finding))
		return false;
	repeats_sent(repeats, &finding);
	return true;
}

static void the_first_is_sent_and_the_rest_summed_up_at_the_end_of_the_interval(void **state)
{
	struct repeats *repeats = start(MEBIBYTE, 10 * SECOND);

	(void)state;
	assert_true(find(repeats, "/etc/shadow", 100, 1));
	for (uint32_t i = 0; i < 36; i++)
		assert_false(find(repeats, "/etc/shadow", 101 + i, 2 + i * 0.1));
	assert_true(find(repeats, "/etc/gshadow", 100, 2));
	repeats_tick(repeats, 10.9 * SECOND);
	assert_int_equal(sent.count, 0);
	repeats_tick(repeats, 11 * SECOND);
	assert_int_equal(sent.count, 1);
	assert_int_equal(sent.repeats.count, 36);
	assert_int_equal(sent.repeats.first_ns, 2 * SECOND);
	assert_int_equal(sent.repeats.last_ns, (uint64_t)(5.5 * SECOND));
	assert_non_null(
		strstr(sent.json, "\"36 times more in 3.5 s: cat (pid 100) in container web opened /etc/shadow"));
	assert_non_null(strstr(sent.json, "\"picket.repeats\":36"));
	assert_non_null(strstr(sent.json, "\"picket.repeats.first_time\":\"1970-01-01T00:00:02.000000000Z\""));
	assert_non_null(strstr(sent.json, "\"picket.repeats.of\":\"0123456789abcdef0123456789abcdef\""));
	assert_false(find(repeats, "/etc/shadow", 200, 12)); /* it goes on: no first one again */
	repeats_tick(repeats, 22 * SECOND);
	assert_int_equal(sent.count, 2);
	repeats_tick(repeats, 40 * SECOND);
	assert_int_equal(sent.count, 2);
	assert_int_equal(repeats_bytes(repeats), 0);
	assert_true(find(repeats, "/etc/shadow", 201, 41));
	repeats_free(repeats);
}

static void rules_and_options_can_ask_for_all(void **state)
{
	struct repeats *repeats = start(MEBIBYTE, 10 * SECOND);

	(void)state;
	rule.ungrouped = true;
	assert_true(find(repeats, "/etc/shadow", 100, 1));
	assert_true(find(repeats, "/etc/shadow", 100, 1));
	rule.ungrouped = false;
	repeats_free(repeats);
	repeats = start(MEBIBYTE, 0);
	assert_true(find(repeats, "/etc/shadow", 100, 1));
	assert_true(find(repeats, "/etc/shadow", 100, 1));
	repeats_free(repeats);
}

static void throttled_ones_are_summed_up_whatever_they_say(void **state)
{
	struct repeats *repeats = start(MEBIBYTE, 0);
	struct event_builder builder;
	struct finding finding = { .rule = &rule };

	(void)state;
	for (int i = 0; i < 5; i++) {
		builder_open(&builder, "/bin/cat", i % 2 ? "/a" : "/b", PICKET_ACCESS_READ);
		builder.event.time_ns = (i + 1) * SECOND;
		finding.context = (struct event_context){ .event = &builder.event, .container = &sent.container };
		repeats_throttled(repeats, &finding);
	}
	repeats_flush(repeats);
	assert_int_equal(sent.count, 1);
	assert_int_equal(sent.repeats.count, 5);
	assert_non_null(strstr(sent.json, "\"picket.repeats.reason\":\"throttled\""));
	assert_null(strstr(sent.json, "picket.repeats.of"));
	repeats_free(repeats);
}

static void a_container_that_is_gone_keeps_its_name_in_the_summary(void **state)
{
	struct repeats *repeats = start(MEBIBYTE, 10 * SECOND);

	(void)state;
	find(repeats, "/etc/shadow", 100, 1);
	find(repeats, "/etc/shadow", 100, 2);
	sent.gone = true;
	repeats_flush(repeats);
	assert_non_null(strstr(sent.json, "in container web opened"));
	assert_non_null(strstr(sent.json, "\"container.id\":\"0123456789abcdef\""));
	repeats_free(repeats);
}

static void memory_is_bounded_and_no_count_is_lost(void **state)
{
	struct repeats *repeats = start(64 << 10, 10 * SECOND);
	uint64_t alone = 0;
	char path[64];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		snprintf(path, sizeof(path), "/etc/%d", i / 2 % 700);
		alone += find(repeats, path, i, 1 + i / 1000.0);
		assert_true(repeats_bytes(repeats) <= 64 << 10);
	}
	repeats_flush(repeats);
	assert_true(sent.findings > 1000);
	assert_int_equal(alone + sent.findings, 5000);
	repeats_free(repeats);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_is_sent_and_the_rest_summed_up_at_the_end_of_the_interval),
		cmocka_unit_test(rules_and_options_can_ask_for_all),
		cmocka_unit_test(throttled_ones_are_summed_up_whatever_they_say),
		cmocka_unit_test(a_container_that_is_gone_keeps_its_name_in_the_summary),
		cmocka_unit_test(memory_is_bounded_and_no_count_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
