/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "kernel/perf_events.h"
#include "state/counter_table.h"

#define ALL_EVENTS ((1U << PICKET_PERF_EVENT_COUNT) - 1)

/* In a process of its own: a limit that was lowered can be raised by few. Return: what went wrong; 0. */
static int open_without_descriptors(void)
{
	const struct rlimit none = { 0 };
	struct perf_events *events = NULL;
	uint64_t failures = 0;
	char reason[128] = "";
	int next = dup(STDERR_FILENO);

	close(next);
	if (setrlimit(RLIMIT_NOFILE, &none))
		return 1;
	if (perf_events_open(&events, &failures, reason, sizeof(reason)))
		return 2;
	if (perf_events_mask(events) || failures != PICKET_PERF_EVENT_COUNT)
		return 3;
	if (!strstr(reason, "not all open"))
		return 4;
	perf_events_close(events);
	return fcntl(next, F_GETFD) < 0 ? 0 : 5; /* the lowest descriptor is free, as before */
}

static void without_descriptors_none_is_open_and_each_is_a_failure(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0)
		_exit(open_without_descriptors());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
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
		cmocka_unit_test(without_descriptors_none_is_open_and_each_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
