/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules that ask for several events in an order, or for many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event_builder.h"
#include "rules_text.h"
#include "state/finding.h"
#include "state/progress.h"

#define SECOND 1000000000ULL
#define MEBIBYTE (1 << 20)

/* A set of rules with its progress; what an event completes. */
struct watch {
	struct rule_set *set;
	struct progress *progress;
	struct container container;
	struct progress_match match; /* the last one */
};

static struct watch watch_start(const char *text, size_t max_bytes)
{
	struct watch watch = { .container = builder_container() };
	struct reports reports;

	if (load_text(text, &reports, &watch.set))
		fail_msg("%s", reports.text);
	assert_int_equal(progress_new(max_bytes, &watch.progress), 0);
	assert_int_equal(progress_reset(watch.progress, rules_count(watch.set)), 0);
	return watch;
}

static void watch_end(struct watch *watch)
{
	assert_int_equal(progress_reset(watch->progress, rules_count(watch->set)), 0);
	assert_int_equal(progress_bytes(watch->progress), 0);
	progress_free(watch->progress);
	rules_free(watch->set);
}

/* Return: how many rules the event completes. */
static int take(struct watch *watch, const struct picket_event *event)
{
	struct event_context context = { .event = event, .container = &watch->container };
	const struct rule *matches[16];
	size_t count = rules_judge(watch->set, &context, matches, 16);
	int complete = 0;

	for (size_t i = 0; i < count; i++) {
		assert_non_null(matches[i]->owner);
		complete += progress_take(watch->progress, matches[i], &context, &watch->match);
	}
	return complete;
}

/* A process that opens a file; its ancestors are @parent and 10, and then init. */
static int open_by(struct watch *watch, uint32_t pid, uint32_t parent, const char *path, double seconds)
{
	struct event_builder builder;

	builder_open(&builder, "/bin/prog", path, PICKET_ACCESS_READ);
	builder.event.time_ns = seconds * SECOND;
	builder.event.cgroup_id = watch->container.cgroup_id;
	builder.event.pid = pid;
	builder.event.start_time_ns = pid * 1000000ULL;
	builder.event.ancestors[0].pid = parent;
	builder.event.ancestors[0].start_ms = parent;
	builder.event.ancestors[1].pid = 10;
	builder.event.ancestors[1].start_ms = 10;
	builder.event.ancestors[2].pid = 1;
	return take(watch, &builder.event);
}

#define OPEN(path) "{event: file_open, where: {file.path: " path "}}"
#define ABC(more) \
	"rules:\n- {name: abc, within: 10s, " more " sequence: [" OPEN("/a") ", " OPEN("/b") ", " OPEN("/c") "]}\n"

static void tells_of_steps_in_their_order_once(void **state)
{
	struct watch watch = watch_start(ABC("by: container,"), MEBIBYTE);

	(void)state;
	assert_int_equal(open_by(&watch, 100, 50, "/a", 1), 0);
	assert_int_equal(open_by(&watch, 101, 50, "/c", 2), 0);
	assert_int_equal(open_by(&watch, 102, 50, "/b", 3), 0);
	assert_int_equal(open_by(&watch, 103, 50, "/c", 4), 1);
	assert_int_equal(watch.match.step_count, 3);
	assert_int_equal(watch.match.steps[0].time_ns, SECOND);
	assert_int_equal(watch.match.steps[1].time_ns, 3 * SECOND);
	assert_int_equal(watch.match.last_ns, 4 * SECOND);
	assert_string_equal(watch.match.steps[1].text, "prog (pid 102) opened /b for read");
	assert_int_equal(open_by(&watch, 103, 50, "/c", 5), 0);
	assert_int_equal(open_by(&watch, 103, 50, "/b", 6), 0);
	assert_int_equal(open_by(&watch, 103, 50, "/c", 7), 0);
	watch_end(&watch);
}

static void tells_of_nothing_that_takes_longer(void **state)
{
	struct watch watch = watch_start(ABC("by: container,"), MEBIBYTE);

	(void)state;
	open_by(&watch, 100, 50, "/a", 1);
	open_by(&watch, 100, 50, "/b", 2);
	assert_int_equal(open_by(&watch, 100, 50, "/c", 11.001), 0);
	open_by(&watch, 100, 50, "/a", 12);
	open_by(&watch, 100, 50, "/b", 13);
	assert_int_equal(open_by(&watch, 100, 50, "/c", 22), 1);
	watch_end(&watch);
}

static void tells_whatever_the_order_of_arrival(void **state)
{
	static const char *const paths[] = { "/a", "/b", "/c" };
	static const int orders[6][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 }
	};
	struct watch watch;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		for (int group = 0; group < 2; group++) {
			watch = watch_start(group ? ABC("by: process_tree,") : ABC("by: container,"), MEBIBYTE);
			for (int j = 0; j < 3; j++)
				assert_int_equal(
					open_by(&watch, 100 + orders[i][j], 50, paths[orders[i][j]], 1 + orders[i][j]),
					j == 2);
			assert_int_equal(watch.match.steps[0].time_ns, SECOND);
			watch_end(&watch);
		}
	}
}

static void a_flood_of_one_step_does_not_hide_what_was_begun(void **state)
{
	struct watch watch = watch_start(ABC("by: container,"), MEBIBYTE);

	(void)state;
	open_by(&watch, 100, 50, "/a", 1);
	open_by(&watch, 100, 50, "/b", 1.5);
	for (int i = 0; i < 1000; i++)
		open_by(&watch, 100, 50, "/a", 2 + i / 1000.0);
	assert_int_equal(open_by(&watch, 100, 50, "/c", 4), 1);
	watch_end(&watch);
}

static void keeps_processes_apart_when_asked_to(void **state)
{
	struct watch watch = watch_start(ABC("by: process,"), MEBIBYTE);

	(void)state;
	open_by(&watch, 100, 50, "/a", 1);
	open_by(&watch, 100, 50, "/b", 2);
	assert_int_equal(open_by(&watch, 101, 50, "/c", 3), 0);
	assert_int_equal(open_by(&watch, 100, 50, "/c", 4), 1);
	watch_end(&watch);
}

static void keeps_a_pid_used_again_apart(void **state)
{
	struct watch watch = watch_start(ABC("by: process,"), MEBIBYTE);
	struct event_builder builder;

	(void)state;
	open_by(&watch, 100, 50, "/a", 1);
	open_by(&watch, 100, 50, "/b", 2);
	builder_open(&builder, "/bin/prog", "/c", PICKET_ACCESS_READ);
	builder.event.time_ns = 3 * SECOND;
	builder.event.pid = 100;
	builder.event.start_time_ns = 2500000000;
	assert_int_equal(take(&watch, &builder.event), 0);
	watch_end(&watch);
}

static void a_tree_is_siblings_and_their_descendants(void **state)
{
	struct watch watch = watch_start(ABC(""), MEBIBYTE);

	(void)state;
	open_by(&watch, 100, 50, "/a", 1);
	open_by(&watch, 101, 50, "/b", 2);
	assert_int_equal(open_by(&watch, 102, 60, "/c", 3), 0);	 /* another shell's child, though 10 started both */
	assert_int_equal(open_by(&watch, 103, 101, "/c", 4), 0); /* its lineage has lost the shell */
	assert_int_equal(open_by(&watch, 104, 50, "/c", 5), 1);
	open_by(&watch, 100, 50, "/a", 6);
	open_by(&watch, 101, 100, "/b", 7);
	assert_int_equal(open_by(&watch, 102, 100, "/c", 8), 1);
	watch_end(&watch);
}

static void a_parents_pid_used_again_makes_no_tree(void **state)
{
	struct watch watch = watch_start(ABC(""), MEBIBYTE);
	struct event_builder builder;

	(void)state;
	open_by(&watch, 100, 50, "/a", 1);
	open_by(&watch, 101, 50, "/b", 2);
	builder_open(&builder, "/bin/prog", "/c", PICKET_ACCESS_READ);
	builder.event.time_ns = 3 * SECOND;
	builder.event.cgroup_id = watch.container.cgroup_id;
	builder.event.pid = 102;
	builder.event.ancestors[0].pid = 50;
	builder.event.ancestors[0].start_ms = 2500;
	assert_int_equal(take(&watch, &builder.event), 0);
	watch_end(&watch);
}

static void asks_for_the_same_value_in_all_steps(void **state)
{
	struct watch watch = watch_start("rules:\n- name: same\n  within: 5s\n  by: container\n  sequence:\n"
					 "  - {event: file_open, where: {file.access: write}, same: file.path}\n"
					 "  - {event: process_exec, same: process.executable.path}\n",
					 MEBIBYTE);
	struct event_builder builder;

	(void)state;
	builder_open(&builder, "/bin/cp", "/tmp/x", PICKET_ACCESS_WRITE);
	assert_int_equal(take(&watch, &builder.event), 0);
	builder_start(&builder, PICKET_KIND_PROCESS_EXEC, "/tmp/y");
	builder.event.time_ns += 1;
	assert_int_equal(take(&watch, &builder.event), 0);
	builder_start(&builder, PICKET_KIND_PROCESS_EXEC, "/tmp/x");
	builder.event.time_ns += 2;
	assert_int_equal(take(&watch, &builder.event), 1);
	watch_end(&watch);
}

static void one_event_is_never_two_steps(void **state)
{
	struct watch watch = watch_start(
		"rules:\n- {name: two, within: 5s, by: container, sequence: [" OPEN("/a") ", " OPEN("/a") "]}\n",
		MEBIBYTE);

	(void)state;
	assert_int_equal(open_by(&watch, 100, 50, "/a", 1), 0);
	assert_int_equal(open_by(&watch, 100, 50, "/a", 2), 1);
	watch_end(&watch);
}

static void takes_steps_in_any_order_when_asked_to(void **state)
{
	struct watch watch = watch_start(ABC("order: any,"), MEBIBYTE);

	(void)state;
	assert_int_equal(open_by(&watch, 100, 50, "/c", 1), 0);
	assert_int_equal(open_by(&watch, 101, 50, "/a", 2), 0);
	assert_int_equal(open_by(&watch, 102, 60, "/b", 3), 0); /* another's child */
	assert_int_equal(open_by(&watch, 103, 50, "/b", 4), 1);
	assert_int_equal(watch.match.steps[0].time_ns, SECOND);
	assert_int_equal(watch.match.last_ns, 4 * SECOND);
	assert_int_equal(open_by(&watch, 103, 50, "/b", 5), 0);
	assert_int_equal(open_by(&watch, 103, 50, "/a", 6), 0);
	assert_int_equal(open_by(&watch, 103, 50, "/c", 15.5), 0);
	watch_end(&watch);
}

#define COUNT(more) \
	"rules:\n- {name: many, event: file_open, where: {file.path: {prefix: /x}}, count: {over: 3, within: 10s" more \
	"}}\n"

static void counts_within_a_sliding_time(void **state)
{
	struct watch watch = watch_start(COUNT(""), MEBIBYTE);

	(void)state;
	assert_int_equal(open_by(&watch, 100, 50, "/x", 1), 0);
	assert_int_equal(open_by(&watch, 101, 50, "/x", 6), 0);
	assert_int_equal(open_by(&watch, 102, 50, "/x", 7), 0);
	assert_int_equal(open_by(&watch, 103, 50, "/x", 11.5), 0);
	assert_int_equal(open_by(&watch, 104, 50, "/x", 12), 1);
	assert_int_equal(watch.match.count, 4);
	assert_int_equal(watch.match.first_ns, 6 * SECOND);
	assert_int_equal(watch.match.last_ns, 12 * SECOND);
	assert_int_equal(open_by(&watch, 104, 50, "/x", 13), 0);
	assert_int_equal(open_by(&watch, 104, 50, "/y", 13), 0);
	watch_end(&watch);
}

static void counts_late_events_where_they_belong(void **state)
{
	struct watch watch = watch_start(COUNT(""), MEBIBYTE);

	(void)state;
	open_by(&watch, 100, 50, "/x", 20);
	open_by(&watch, 100, 50, "/x", 9);
	open_by(&watch, 100, 50, "/x", 12);
	assert_int_equal(open_by(&watch, 100, 50, "/x", 11), 0);
	assert_int_equal(open_by(&watch, 100, 50, "/x", 10.5), 1);
	assert_int_equal(watch.match.first_ns, (uint64_t)(10.5 * SECOND));
	watch_end(&watch);
}

static void counts_different_values_and_single_processes(void **state)
{
	struct watch watch = watch_start(COUNT(", distinct: file.path"), MEBIBYTE);

	(void)state;
	for (int i = 0; i < 50; i++)
		assert_int_equal(open_by(&watch, 100, 50, i % 3 ? i % 3 == 1 ? "/x1" : "/x2" : "/x3", 1 + i / 100.0),
				 0);
	assert_int_equal(open_by(&watch, 100, 50, "/x4", 2), 1);
	watch_end(&watch);
	watch = watch_start(COUNT(", per: process"), MEBIBYTE);
	for (int i = 0; i < 9; i++)
		assert_int_equal(open_by(&watch, 100 + i % 3, 50, "/x", 1 + i / 100.0), 0);
	assert_int_equal(open_by(&watch, 100, 50, "/x", 2), 1);
	watch_end(&watch);
}

static void memory_is_bounded_and_what_is_forgotten_is_counted(void **state)
{
	struct watch watch = watch_start(ABC("by: process,"), MEBIBYTE);

	(void)state;
	for (uint32_t pid = 100; pid < 20100; pid++) {
		open_by(&watch, pid, 50, pid % 2 ? "/a" : "/c", 1 + pid / 1e6);
		assert_true(progress_bytes(watch.progress) <= MEBIBYTE);
	}
	assert_true(progress_forgotten(watch.progress) > 1000);
	open_by(&watch, 20099, 50, "/b", 2);
	assert_int_equal(open_by(&watch, 20099, 50, "/c", 3), 1);
	watch_end(&watch);
}

static void what_is_too_old_is_forgotten_without_counting(void **state)
{
	struct watch watch = watch_start(ABC("by: process,"), MEBIBYTE);
	size_t bytes;

	(void)state;
	open_by(&watch, 99, 50, "/a", 1);
	bytes = progress_bytes(watch.progress);
	for (uint32_t pid = 100; pid < 5000; pid++)
		open_by(&watch, pid, 50, "/a", 100 * (pid - 99));
	assert_int_equal(progress_forgotten(watch.progress), 0);
	assert_int_equal(progress_bytes(watch.progress), bytes);
	watch_end(&watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_of_steps_in_their_order_once),
		cmocka_unit_test(tells_of_nothing_that_takes_longer),
		cmocka_unit_test(tells_whatever_the_order_of_arrival),
		cmocka_unit_test(a_flood_of_one_step_does_not_hide_what_was_begun),
		cmocka_unit_test(keeps_processes_apart_when_asked_to),
		cmocka_unit_test(keeps_a_pid_used_again_apart),
		cmocka_unit_test(a_tree_is_siblings_and_their_descendants),
		cmocka_unit_test(a_parents_pid_used_again_makes_no_tree),
		cmocka_unit_test(asks_for_the_same_value_in_all_steps),
		cmocka_unit_test(one_event_is_never_two_steps),
		cmocka_unit_test(takes_steps_in_any_order_when_asked_to),
		cmocka_unit_test(counts_within_a_sliding_time),
		cmocka_unit_test(counts_late_events_where_they_belong),
		cmocka_unit_test(counts_different_values_and_single_processes),
		cmocka_unit_test(memory_is_bounded_and_what_is_forgotten_is_counted),
		cmocka_unit_test(what_is_too_old_is_forgotten_without_counting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
