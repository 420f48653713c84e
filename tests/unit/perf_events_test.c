/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <dirent.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "kernel/perf_events.h"
#include "state/counter_table.h"

#define ALL_EVENTS ((1U << PICKET_PERF_EVENT_COUNT) - 1)

static size_t open_files(void)
{
	DIR *directory = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

static void without_descriptors_none_is_open_and_each_is_a_failure(void **state)
{
	struct rlimit before, none = { 0 };
	struct perf_events *events = NULL;
	uint64_t failures = 0;
	char reason[128] = "";
	size_t files = open_files();

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none.rlim_max = before.rlim_max;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	none.rlim_max = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0); /* for good: nothing can raise it, unless as root */
	assert_int_equal(perf_events_open(&events, &failures, reason, sizeof(reason)), 0);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(perf_events_mask(events), 0);
	assert_int_equal(failures, PICKET_PERF_EVENT_COUNT);
	assert_non_null(strstr(reason, "not all open"));
	perf_events_close(events);
	if (!setrlimit(RLIMIT_NOFILE, &before)) /* where it may be raised again */
		assert_int_equal(open_files(), files);
}

static void a_machine_without_such_counters_is_no_failure_and_says_so(void **state)
{
	struct perf_events *events = NULL;
	uint64_t failures = 0;
	char reason[128] = "?";

	(void)state;
	assert_int_equal(perf_events_open(&events, &failures, reason, sizeof(reason)), 0);
	if (perf_events_mask(events) == ALL_EVENTS)
		assert_string_equal(reason, "");
	else
		assert_non_null(strstr(reason, failures ? "not all open" : "not to be had here"));
	perf_events_close(events);
	perf_events_close(NULL);
	assert_int_equal(perf_events_mask(NULL), 0);
}

static void what_nothing_counts_is_not_kept(void **state)
{
	(void)state;
	assert_true(counter_is_kept(PICKET_COUNTER_PROCESS_EXECS, false, 0));
	assert_true(counter_is_kept(PICKET_COUNTER_SETUP_PRIVILEGED, false, 0));
	assert_false(counter_is_kept(PICKET_COUNTER_PERF_TASK_CLOCK, false, ALL_EVENTS));
	assert_true(counter_is_kept(PICKET_COUNTER_PERF_TASK_CLOCK, true, 0));
	assert_true(counter_is_kept(PICKET_COUNTER_PERF_PAGE_FAULTS_MAJOR, true, 0));
	assert_false(counter_is_kept(PICKET_COUNTER_PERF_CPU_CYCLES, true, 0));
	assert_false(counter_is_kept(PICKET_COUNTER_PERF_CPU_CYCLES, false, ALL_EVENTS));
	assert_true(counter_is_kept(PICKET_COUNTER_PERF_INSTRUCTIONS, true, 1U << PICKET_PERF_EVENT_INSTRUCTIONS));
	assert_false(counter_is_kept(PICKET_COUNTER_PERF_CACHE_MISSES, true, 1U << PICKET_PERF_EVENT_INSTRUCTIONS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_without_such_counters_is_no_failure_and_says_so),
		cmocka_unit_test(what_nothing_counts_is_not_kept),
		cmocka_unit_test(
			without_descriptors_none_is_open_and_each_is_a_failure), /* last: it may leave no files */
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
