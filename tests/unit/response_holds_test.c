/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "cleanup.h"
#include "fake_proc.h"
#include "respond/response_holds.h"

#define MS 1000000ULL
#define HOUR (3600000 * MS)

struct fixture {
	struct event_loop *loop;
	struct response_holds *holds;
	char folder[32], path[64];
	unsigned int over;
	uint64_t last;
	enum response_action last_action;
	bool refuse;
};

static bool on_over(void *context, uint64_t cgroup_id, enum response_action action)
{
	struct fixture *fixture = context;

	fixture->over++;
	fixture->last = cgroup_id;
	fixture->last_action = action;
	return !fixture->refuse;
}

static void make_holds(struct fixture *fixture)
{
	assert_int_equal(response_holds_new(fixture->loop, fixture->path, on_over, fixture, &fixture->holds), 0);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	make_folder(fixture->folder);
	snprintf(fixture->path, sizeof(fixture->path), "%s/holds", fixture->folder);
	assert_int_equal(event_loop_new(&fixture->loop), 0);
	make_holds(fixture);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	response_holds_free(fixture->holds);
	event_loop_free(fixture->loop);
	remove_folder(fixture->folder);
	free(fixture);
	return 0;
}

static void run_for(struct fixture *fixture, int milliseconds)
{
	struct timespec now, end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += milliseconds * 1000000L;
	end.tv_sec += end.tv_nsec / 1000000000;
	end.tv_nsec %= 1000000000;
	do {
		event_loop_run_once(fixture->loop, 5);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
}

static void what_is_due_ends_once(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(response_holds_set(fixture->holds, 7, RESPONSE_ISOLATE, 30 * MS, false), 0);
	run_for(fixture, 10);
	assert_int_equal(fixture->over, 0);
	run_for(fixture, 100);
	assert_int_equal(fixture->over, 1);
	assert_int_equal(fixture->last, 7);
	assert_int_equal(fixture->last_action, RESPONSE_ISOLATE);
}

static void of_several_the_longest_is_in_force(void **state)
{
	struct fixture *fixture = *state;

	response_holds_set(fixture->holds, 7, RESPONSE_PAUSE, HOUR, false);
	response_holds_set(fixture->holds, 7, RESPONSE_PAUSE, 10 * MS, true);
	response_holds_set(fixture->holds, 8, RESPONSE_PAUSE, 10 * MS, false);
	response_holds_set(fixture->holds, 8, RESPONSE_PAUSE, 0, true);	      /* for ever */
	response_holds_set(fixture->holds, 9, RESPONSE_PAUSE, 10 * MS, true); /* was for ever */
	run_for(fixture, 60);
	assert_int_equal(fixture->over, 0);
}

static void what_was_released_or_is_gone_is_not_released_again(void **state)
{
	struct fixture *fixture = *state;

	response_holds_set(fixture->holds, 7, RESPONSE_PAUSE, 10 * MS, false);
	response_holds_set(fixture->holds, 7, RESPONSE_ISOLATE, 10 * MS, false);
	response_holds_forget(fixture->holds, 7, 1U << RESPONSE_PAUSE);
	run_for(fixture, 60);
	assert_int_equal(fixture->over, 1);
	assert_int_equal(fixture->last_action, RESPONSE_ISOLATE);
}

static void what_became_due_while_no_daemon_ran_ends_at_its_next_start(void **state)
{
	struct fixture *fixture = *state;

	response_holds_set(fixture->holds, 7, RESPONSE_ISOLATE, 10 * MS, false);
	response_holds_set(fixture->holds, 8, RESPONSE_PAUSE, HOUR, false);
	response_holds_free(fixture->holds);
	run_for(fixture, 30);
	assert_int_equal(fixture->over, 0);
	make_holds(fixture);
	assert_int_equal(response_holds_read(fixture->holds), 2);
	run_for(fixture, 60);
	assert_int_equal(fixture->over, 1);
	assert_int_equal(fixture->last, 7);
}

static void what_could_not_be_ended_is_tried_again_also_by_the_next_daemon(void **state)
{
	struct fixture *fixture = *state;

	fixture->refuse = true;
	response_holds_set(fixture->holds, 7, RESPONSE_PAUSE, 1 * MS, false);
	run_for(fixture, 60);
	assert_int_equal(fixture->over, 1); /* not at once */
	response_holds_free(fixture->holds);
	make_holds(fixture);
	assert_int_equal(response_holds_read(fixture->holds), 1);
}

static void the_file_of_another_boot_and_what_is_none_are_not_believed(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"00000000-0000-0000-0000-000000000000\npause 7 1\n",
		"pause 7 1\n",
	};
	static const char *const lines[] = { "kill 7 1",
					     "pause 0 1",
					     "pause 7",
					     "pause -",
					     "isolate 7 1 2",
					     "pause 7 1x",
					     "pausepausepausepausepause 7 1",
					     "" };
	struct fixture *fixture = *state;
	char id[64], text[256];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		put_text(fixture->folder, "holds", texts[i]);
		assert_int_equal(response_holds_read(fixture->holds), 0);
	}
	get_text("/proc/sys/kernel/random", "boot_id", id, sizeof(id));
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		snprintf(text, sizeof(text), "%s%s\n", id, lines[i]);
		put_text(fixture->folder, "holds", text);
		assert_int_equal(response_holds_read(fixture->holds), 0);
	}
	snprintf(text, sizeof(text), "%spause 7 1\nisolate 8 1\n", id);
	put_text(fixture->folder, "holds", text);
	assert_int_equal(response_holds_read(fixture->holds), 2);
}

static void a_file_that_cannot_be_written_is_told_of_and_the_timeout_holds(void **state)
{
	struct fixture *fixture = *state;
	char path[64];

	snprintf(path, sizeof(path), "%s/missing/holds", fixture->folder);
	response_holds_free(fixture->holds);
	assert_int_equal(response_holds_new(fixture->loop, path, on_over, fixture, &fixture->holds), 0);
	assert_int_equal(response_holds_set(fixture->holds, 7, RESPONSE_PAUSE, 10 * MS, false), -ENOENT);
	run_for(fixture, 60);
	assert_int_equal(fixture->over, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(what_is_due_ends_once),
		TEST(of_several_the_longest_is_in_force),
		TEST(what_was_released_or_is_gone_is_not_released_again),
		TEST(what_became_due_while_no_daemon_ran_ends_at_its_next_start),
		TEST(what_could_not_be_ended_is_tried_again_also_by_the_next_daemon),
		TEST(the_file_of_another_boot_and_what_is_none_are_not_believed),
		TEST(a_file_that_cannot_be_written_is_told_of_and_the_timeout_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
